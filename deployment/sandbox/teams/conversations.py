"""Messages, their versions and what each person sees of them. Pure: no clock, no I/O."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields

from deployment.sandbox.teams.cards import Button, buttons
from deployment.sandbox.teams.posts import Post
from deployment.sandbox.teams.wire import Json

BOT = "bot"
THREAD_MARK = ";messageid="


@dataclass(frozen=True, slots=True)
class Notice:
    """A short line under a card, for one person."""

    text: str
    tone: str = "info"


@dataclass(slots=True)
class Message:
    """One message: the base everybody sees, and the views and notices of single persons."""

    id: str
    conversation: str
    root: str | None
    sender: str
    at: str
    post: Post
    version: int = 1
    deleted: bool = False
    erased: bool = False
    edited_at: str | None = None
    deleted_at: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    views: dict[str, Json] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    carried: list[Button] = field(default_factory=list)

    @property
    def thread(self) -> str:
        """The id of the thread's first message."""
        return self.root or self.id

    @property
    def edited(self) -> bool:
        """Whether the sender changed it since."""
        return self.version > 1

    def card_for(self, person: str | None) -> Json | None:
        """The card *person* sees now: their own view, else the base."""
        return self.views.get(person or "", self.post.card)

    def button(self, name: str, person: str, action: Json | None = None) -> Button | None:
        """The button called *name* on *person*'s screen, else the latest one ever carried.

        *action* tells apart two buttons of one name, as a client does that drew both.
        """
        card = self.card_for(person)
        shown = list(buttons(card)) if card else []
        known = [one for one in (*reversed(shown), *reversed(self.carried)) if one.is_called(name)]
        exact = (one for one in known if one.action == action)
        return next(exact, known[0] if known else None)

    def carry(self, card: Json | None) -> None:
        """Remember the card's buttons: cards never expire (facts §1.6)."""
        fresh = list(buttons(card)) if card else []
        names = {(one.title, one.verb) for one in fresh}
        kept = [one for one in self.carried if (one.title, one.verb) not in names]
        self.carried = [*kept, *fresh]


@dataclass(slots=True)
class Board:
    """All messages of the tenant. *saved* hears of every change."""

    saved: Callable[[Message], None] = lambda _message: None
    messages: dict[str, Message] = field(default_factory=dict)
    last_id: int = 0
    _places: dict[str, list[Message]] = field(default_factory=dict)

    def add(
        self, conversation: str, post: Post, *, root: str | None, sender: str, at: str, millis: int
    ) -> Message:
        """Put a new message on the board; its id is the time in milliseconds, never twice."""
        self.last_id = max(millis, self.last_id + 1)
        message = Message(str(self.last_id), conversation, root, sender, at, post)
        message.carry(post.card)
        self._place(message)
        self.saved(message)
        return message

    def edit(self, message: Message, post: Post, *, at: str) -> None:
        """Replace the base; this resets everybody's own view (facts §2.2)."""
        message.post = post
        message.edited_at = at
        message.version += 1
        message.views.clear()
        message.notices.clear()
        message.carry(post.card)
        self.saved(message)

    def delete(self, message: Message, *, at: str, hard: bool = False) -> None:
        """Take the message off everybody's screen; *hard*: Graph forgets it too."""
        message.deleted, message.deleted_at, message.erased = True, at, hard
        self.saved(message)

    def undelete(self, message: Message) -> None:
        """Bring the message back."""
        message.deleted, message.deleted_at, message.erased = False, None, False
        self.saved(message)

    def react(self, message: Message, person: str, reaction: str, *, on: bool) -> None:
        """Put a person's reaction under the message, or take it away."""
        others = [one for one in message.reactions.pop(person, []) if one != reaction]
        if others or on:
            message.reactions[person] = [*others, reaction] if on else others
        self.saved(message)

    def show(self, message: Message, person: str, card: Json) -> None:
        """Replace the card for this person only (facts §1.4)."""
        message.views[person] = card
        message.notices.pop(person, None)
        message.carry(card)
        self.saved(message)

    def tell(self, message: Message, person: str, notice: Notice | None) -> None:
        """Put a short line at the card for this person, or take it away."""
        message.notices.pop(person, None)
        if notice:
            message.notices[person] = notice
        self.saved(message)

    def within(self, conversation: str) -> Iterator[Message]:
        """The messages of one conversation, oldest first."""
        return iter(self._places.get(conversation, ()))

    def restore(self, saved: Json) -> None:
        """Take back a message written by `to_json`."""
        message = message_from(saved)
        self._place(message)
        self.last_id = max(self.last_id, int(message.id))

    def _place(self, message: Message) -> None:
        self.messages[message.id] = message
        self._places.setdefault(message.conversation, []).append(message)


def split_thread(conversation_id: str) -> tuple[str, str | None]:
    """Split `19:…;messageid=170…` into the conversation and the thread's root (facts §1.1)."""
    base, mark, root = conversation_id.partition(THREAD_MARK)
    return base, root if mark else None


def to_json(message: Message) -> Json:
    """Write a message for the store, which writes it down at once: cards are not copied."""
    parts = {one.name: getattr(message, one.name) for one in fields(message)}
    parts["post"] = {one.name: getattr(message.post, one.name) for one in fields(message.post)}
    parts["notices"] = {who: asdict(one) for who, one in message.notices.items()}
    parts["carried"] = [_button_parts(one) for one in message.carried]
    return parts


def _button_parts(button: Button) -> Json:
    return {one.name: getattr(button, one.name) for one in fields(button)}


def message_from(saved: Json) -> Message:
    """Read a message from the store."""
    post = Post(**saved["post"])
    notices = {who: Notice(**one) for who, one in saved["notices"].items()}
    carried = [Button(**one) for one in saved["carried"]]
    return Message(**{**saved, "post": post, "notices": notices, "carried": carried})
