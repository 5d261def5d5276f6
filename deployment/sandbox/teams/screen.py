"""What a person sees now, as JSON. Pure."""

from collections.abc import Iterator

from deployment.sandbox.teams.conversations import BOT, Board, Message
from deployment.sandbox.teams.directory import BOT_NAME, Conversation, Directory, Person
from deployment.sandbox.teams.wire import Json

GONE = "This message has been deleted."


def screen(directory: Directory, board: Board, person: Person | None) -> Json:
    """Every conversation *person* is in; for nobody in particular all, with the base cards."""
    seen = directory.seen_by(person)
    return {"conversations": [_conversation(one, directory, board, person) for one in seen]}


def people(directory: Directory) -> Json:
    """Who can be switched to."""
    return {"people": [_person(one) for one in directory.people]}


def _person(person: Person) -> Json:
    return {
        "id": person.aad_id,
        "name": person.name,
        "email": person.email,
        "aadObjectId": person.aad_id,
        "title": person.title,
        "teamsId": person.teams_id,
        "login": person.login,
    }


def _conversation(
    one: Conversation, directory: Directory, board: Board, person: Person | None
) -> Json:
    def shown(message: Message) -> Json:
        return _message(message, directory, person)

    return {
        "id": one.id,
        "name": _name(one, person),
        "kind": one.kind,
        "type": one.type,
        "team": directory.team.name if one.type == "channel" else None,
        "membership": one.membership,
        "archived": one.type == "channel" and directory.team.archived,
        "messages": [
            shown(root) | {"replies": [shown(reply) for reply in replies]}
            for root, replies in _threads(board, one)
        ],
    }


def _threads(board: Board, one: Conversation) -> Iterator[tuple[Message, list[Message]]]:
    """The posts with their replies; a deleted post stays only as long as it has some."""
    replies: dict[str, list[Message]] = {}
    for message in board.within(one.id):
        if not message.deleted:
            replies.setdefault(message.root or "", []).append(message)
    for message in board.within(one.id):
        under = replies.get(message.id, [])
        if message.root is None and (under or not message.deleted):
            yield message, under


def _name(conversation: Conversation, person: Person | None) -> str:
    if conversation.type == "personal" and person is None:
        return f"{BOT_NAME}: {conversation.members[0].name}"
    return conversation.name


def _reactions(message: Message) -> Json:
    """How many of each kind."""
    kinds = [kind for given in message.reactions.values() for kind in given]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def _message(message: Message, directory: Directory, person: Person | None) -> Json:
    who = person.aad_id if person else None
    sender = None if message.sender == BOT else directory.person(message.sender)
    shown: Json = {
        "id": message.id,
        "from": sender.name if sender else BOT_NAME,
        "fromId": message.sender,
        "at": message.at,
        "text": GONE if message.deleted else message.post.text,
        "textFormat": message.post.text_format,
        "mentions": message.post.mentions,
        "card": None if message.deleted else message.card_for(who),
        "personal": not message.deleted and (who or "") in message.views,
        "edited": message.edited,
        "editedAt": message.edited_at,
        "deleted": message.deleted,
        "reactions": _reactions(message),
        "replies": [],
    }
    notice = message.notices.get(who or "")
    if notice:
        shown |= {"notice": notice.text, "noticeTone": notice.tone}
    return shown
