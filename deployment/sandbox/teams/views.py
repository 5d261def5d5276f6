"""Automatic refresh: each listed person's own view of a card (facts §2.2)."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from deployment.sandbox.teams.activities import LOCALE, Place
from deployment.sandbox.teams.answers import NewCard, read_invoke
from deployment.sandbox.teams.bot_calls import send_activity
from deployment.sandbox.teams.cards import MOST_REFRESHED, Button, refreshed_ids
from deployment.sandbox.teams.conversations import Message
from deployment.sandbox.teams.directory import Conversation, Person
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.waiting import at_most

FRESH_SECONDS = 60.0
Pair = tuple[str, str]


@dataclass(slots=True)
class Views:
    """Asks the bot for personal views and remembers when it last did."""

    state: State
    _asked: dict[Pair, tuple[float, str]] = field(default_factory=dict)
    """When a view was asked for last, and in which language."""
    _languages: dict[str, str] = field(default_factory=dict)
    """Person to the language of the client they looked with last."""
    _running: dict[Pair, asyncio.Task[None]] = field(default_factory=dict)

    def changed(self, message: Message) -> None:
        """The bot posted or edited *message*: everybody listed asks again."""
        for person in self._listed(message):
            self._ask(message, person)

    def speaks(self, person: Person, locale: str) -> None:
        """Somebody's client speaks *locale*, also in what it asks by itself from now on."""
        self._languages[person.aad_id] = locale

    async def seen(
        self, person: Person, *, conversation: str | None, wait: float, locale: str = ""
    ) -> None:
        """*person* looks: ask where the last answer is too old or in another language; then wait.

        Without a *locale* the language is that of their last look.
        """
        self._languages[person.aad_id] = locale or self._language(person)
        for message in self._in_view(person, conversation):
            if person in self._listed(message) and self._is_old(message, person):
                self._ask(message, person)
        mine = [task for (_, who), task in self._running.items() if who == person.aad_id]
        if mine and wait > 0:
            await self._wait(mine, wait)

    async def _wait(self, tasks: list[asyncio.Task[None]], seconds: float) -> None:
        # `asyncio.wait` leaves them running when we give up: the answers still count.
        try:
            await at_most(seconds, asyncio.wait(tasks), self.state.options.sleep)
        except TimeoutError:
            return

    def _in_view(self, person: Person, conversation: str | None) -> Iterator[Message]:
        for one in self.state.directory.seen_by(person):
            if conversation in {None, one.id}:
                yield from self.state.board.within(one.id)

    def _listed(self, message: Message) -> list[Person]:
        conversation = self.state.directory.conversation(message.conversation)
        ids = refreshed_ids(message.post.card)
        if message.deleted or conversation is None or ids == []:
            return []
        if ids is None:
            members = list(conversation.members)
            return members if len(members) <= MOST_REFRESHED else []
        return [one for one in conversation.members if one.teams_id in ids]

    def _is_old(self, message: Message, person: Person) -> bool:
        at, language = self._asked.get((message.id, person.aad_id), (0.0, ""))
        is_other = language != self._language(person)
        return is_other or self.state.options.monotonic() - at > FRESH_SECONDS

    def _language(self, person: Person) -> str:
        return self._languages.get(person.aad_id, LOCALE)

    def _ask(self, message: Message, person: Person) -> None:
        pair = (message.id, person.aad_id)
        self._asked[pair] = self.state.options.monotonic(), self._language(person)
        task = self.state.background.start(self._refresh(message, person))
        self._running[pair] = task
        task.add_done_callback(lambda done: self._forget(pair, done))

    def _forget(self, pair: Pair, task: asyncio.Task[None]) -> None:
        if self._running.get(pair) is task:
            del self._running[pair]

    async def _refresh(self, message: Message, person: Person) -> None:
        state, version, language = self.state, message.version, self._language(person)
        card = message.post.card or {}
        button = Button("", "", card["refresh"]["action"], {})
        activity = replace(state.envelopes, locale=language).execute(
            person,
            place_of(state, message),
            button,
            button.action.get("data"),
            trigger="automatic",
            now=state.options.now(),
        )
        answer = await send_activity(state, activity | {"replyToId": message.id})
        result = read_invoke(answer)
        # An answer to an older version, or in the language of before, is dropped: the edit or the
        # change of language has already asked anew.
        is_wanted = message.version == version and language == self._language(person)
        if isinstance(result, NewCard) and is_wanted:
            state.board.show(message, person.aad_id, result.card)


def place_of(state: State, message: Message) -> Place:
    """Where a press on *message* happens: in a channel its thread."""
    conversation = state.directory.conversation(message.conversation)
    if conversation is None:
        raise LookupError(message.conversation)
    return Place(conversation, thread_of(conversation, message))


def thread_of(conversation: Conversation, message: Message) -> str | None:
    """The thread a message belongs to; chats have none."""
    return message.thread if conversation.type == "channel" else None
