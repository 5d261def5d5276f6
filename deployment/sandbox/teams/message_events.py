"""People edit, delete and react: the bot hears what it may, Graph the rest (§1.8, §5.3)."""

from deployment.sandbox.teams.activities import BOT_MENTION
from deployment.sandbox.teams.answers import BotAnswer
from deployment.sandbox.teams.bot_calls import send_activity
from deployment.sandbox.teams.conversations import BOT, Message
from deployment.sandbox.teams.directory import Person
from deployment.sandbox.teams.graph.notices import announce
from deployment.sandbox.teams.presses import names_bot, typed, without_bot
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.views import place_of
from deployment.sandbox.teams.wire import DoorError, Json, text_in

REACTIONS = ("like", "heart", "laugh", "surprised", "sad", "angry")
_EVENTS = {"edit": "editMessage", "delete": "softDeleteMessage", "undelete": "undeleteMessage"}
HOWS = (*_EVENTS, "react", "unreact")


async def happen(state: State, person: Person, message: Message, wish: Json) -> BotAnswer | None:
    """Let it happen; the bot's answer, or None where it does not hear of it."""
    how = wish.get("event")
    if how in {"react", "unreact"}:
        return await _react(state, person, message, wish, on=how == "react")
    if how not in _EVENTS:
        raise DoorError(422, f"event must be one of: {', '.join(HOWS)}.")
    if message.sender != person.aad_id:
        raise DoorError(422, f"{person.name} did not write this message.")
    _change(state, message, str(how), wish)
    state.history.add("change", by=person.login, message=message.id, event=how)
    announce(state, message, "deleted" if how == "delete" else "updated")
    place = place_of(state, message)
    if place.conversation.is_group and BOT_MENTION not in message.post.text:
        return None
    activity = state.envelopes.change(
        person,
        place,
        _EVENTS[str(how)],
        id=message.id,
        text=message.post.text,
        now=state.options.now(),
    )
    return await send_activity(state, activity)


def _change(state: State, message: Message, how: str, wish: Json) -> None:
    if how == "edit":
        text = text_in(wish.get("text"), "text")
        mention = place_of(state, message).conversation.is_group and names_bot(text)
        post = typed(state, without_bot(text) if mention else text, mention=mention)
        state.board.edit(message, post, at=state.stamp())
    elif how == "delete":
        state.board.delete(message, at=state.stamp(), hard=wish.get("hard") is True)
    else:
        state.board.undelete(message)


async def _react(
    state: State, person: Person, message: Message, wish: Json, *, on: bool
) -> BotAnswer | None:
    reaction = wish.get("reaction", REACTIONS[0])
    if reaction not in REACTIONS:
        raise DoorError(422, f"reaction must be one of: {', '.join(REACTIONS)}.")
    state.board.react(message, person.aad_id, str(reaction), on=on)
    announce(state, message, "updated")
    if message.sender != BOT:
        return None
    envelopes, now = state.envelopes, state.options.now()
    place = place_of(state, message)
    activity = envelopes.reaction(person, place, str(reaction), on=on, now=now)
    return await send_activity(state, activity | {"replyToId": message.id})
