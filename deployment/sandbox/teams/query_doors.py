"""Levers for what people do in dialogs and in the message extension."""

from aiohttp import web

from deployment.sandbox.teams.activities import Place
from deployment.sandbox.teams.answers import BotAnswer
from deployment.sandbox.teams.dialogs import read_dialog, submit
from deployment.sandbox.teams.directory import Person
from deployment.sandbox.teams.extension import (
    COUNT,
    Search,
    ask,
    compose,
    read_results,
    unfold,
    unfold_anonymously,
)
from deployment.sandbox.teams.state import STATE, State
from deployment.sandbox.teams.wire import DoorError, Json, whole_in
from deployment.sandbox.teams.wishes import (
    locale_of,
    message_of,
    object_of,
    person_of,
    place_of,
    text_of,
    wish_of,
)

MOST = 1_000_000


def routes() -> list[web.RouteDef]:
    """What the page, and a test, can do there."""
    return [
        web.post("/_sandbox/dialog", submit_dialog),
        web.post("/_sandbox/search", search),
        web.post("/_sandbox/unfurl", unfurl),
        web.post("/_sandbox/compose", compose_message),
    ]


async def submit_dialog(request: web.Request) -> web.Response:
    """Press the button of a dialog."""
    state, wish = request.app[STATE], await wish_of(request)
    person = person_of(state, text_of(wish, "person"))
    message = message_of(state, text_of(wish, "message"))
    data = {**object_of(wish, "data"), **object_of(wish, "inputs")}
    answer = await submit(state, person, message, data, locale=locale_of(wish))
    return web.json_response(_told(answer) | read_dialog(answer))


async def search(request: web.Request) -> web.Response:
    """Search with the message extension; `choose` sends one of the results."""
    state, wish = request.app[STATE], await wish_of(request)
    person = person_of(state, text_of(wish, "person"))
    place = place_of(state, wish, person)
    wanted = Search(
        command=text_of(wish, "command"),
        text=str(wish.get("text") or "").strip(),
        parameter=str(wish.get("parameter") or "q"),
        skip=whole_in(wish.get("skip", 0), "skip", range(MOST)),
        count=whole_in(wish.get("count", COUNT), "count", range(1, MOST)),
    )
    answer = await ask(state, person, place, wanted, locale=locale_of(wish))
    found = read_results(answer)
    body = _told(answer) | found
    if "choose" in wish:
        number = whole_in(wish["choose"], "choose", range(MOST))
        chosen = found["results"][number : number + 1]
        body |= await _send(state, person, place, chosen, text="")
    return web.json_response(body)


async def unfurl(request: web.Request) -> web.Response:
    """Paste a link; `send` sends the message with what it unfolds to."""
    state, wish = request.app[STATE], await wish_of(request)
    person, url = person_of(state, text_of(wish, "person")), text_of(wish, "url")
    place, anonymous = place_of(state, wish, person), wish.get("anonymous") is True
    answer = await (
        unfold_anonymously(state, url)
        if anonymous
        else unfold(state, person, place, url, locale=locale_of(wish))
    )
    found = read_results(answer)
    found["results"] = found["results"][:1]  # Teams uses the first only
    body = _told(answer) | found
    if wish.get("send") is True and found["results"]:
        text = str(wish.get("text") or url)
        body |= await _send(state, person, place, found["results"], text=text)
    return web.json_response(body)


async def compose_message(request: web.Request) -> web.Response:
    """Send a card that was chosen or unfolded before."""
    state, wish = request.app[STATE], await wish_of(request)
    person = person_of(state, text_of(wish, "person"))
    place, card = place_of(state, wish, person), object_of(wish, "card")
    if card.get("type") != "AdaptiveCard":
        raise DoorError(400, "card must be an AdaptiveCard.")
    text = str(wish.get("text") or "")
    return web.json_response(await _send(state, person, place, [{"card": card}], text=text))


async def _send(
    state: State, person: Person, place: Place, results: list[Json], *, text: str
) -> Json:
    if not results:
        raise DoorError(422, "There is no such result to choose.")
    message, answer = await compose(state, person, place, results[0]["card"], text)
    return {"message": message.id, "heard": answer.status if answer else None}


def _told(answer: BotAnswer) -> Json:
    return {"status": answer.status, "body": answer.body}
