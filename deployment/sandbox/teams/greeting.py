"""Installing the app: once the bot is up it hears where it was added (facts §1.8)."""

from deployment.sandbox.teams.activities import Place
from deployment.sandbox.teams.bot_calls import is_up, send_activity
from deployment.sandbox.teams.directory import OWNER_LOGIN, Conversation, Person
from deployment.sandbox.teams.state import State

PAUSE = 0.25
RETRY_PAUSE = 1.0
WANTED = "wanted"


async def greet(state: State) -> None:
    """Wait for the bot, then tell it of every installation it has not heard of."""
    await state.address.known.wait()
    while not await is_up(state):
        await state.options.sleep(PAUSE)
    state.bot_up = True
    state.pulse.beat()
    while waiting := _untold(state):
        for conversation in waiting:
            if state.installed[conversation.id] == WANTED:  # it may have been taken out meanwhile
                await tell_added(state, conversation)
        if _untold(state):
            await state.options.sleep(RETRY_PAUSE)


async def tell_added(state: State, conversation: Conversation) -> int:
    """Send installationUpdate and conversationUpdate; remembered when the bot took both."""
    person, place, now = _installer(state, conversation), Place(conversation), state.options.now()
    state.set_installed(conversation, WANTED)
    added = state.envelopes.installation(person, place, action="add", now=now)
    first = await send_activity(state, added)
    second = await send_activity(state, state.envelopes.arrival(person, place, now))
    if first.accepted and second.accepted and state.installed[conversation.id] == WANTED:
        state.set_installed(conversation, "told")
    return first.status


async def tell_removed(state: State, conversation: Conversation) -> int:
    """Take the app out of *conversation* and send installationUpdate remove."""
    person, place, now = _installer(state, conversation), Place(conversation), state.options.now()
    state.set_installed(conversation, "removed")
    removed = state.envelopes.installation(person, place, action="remove", now=now)
    return (await send_activity(state, removed)).status


async def tell_upgraded(state: State, conversation: Conversation) -> int:
    """Send installationUpdate add-upgrade: a new version of the app (facts §6.2)."""
    person, place, now = _installer(state, conversation), Place(conversation), state.options.now()
    upgraded = state.envelopes.installation(person, place, action="add-upgrade", now=now)
    return (await send_activity(state, upgraded)).status


def _untold(state: State) -> list[Conversation]:
    return [
        one
        for one in state.directory.conversations
        if state.home_of(one) is one and state.installed[one.id] == WANTED
    ]


def _installer(state: State, conversation: Conversation) -> Person:
    """The owner adds the app to the team; in a chat the first member does."""
    owner = state.directory.person(OWNER_LOGIN)
    return owner if owner and owner in conversation.members else conversation.members[0]
