"""How connecting one's own Acumatica user looks: the card with the link, and the page after it."""

from __future__ import annotations

from html import escape as html
from typing import Any

from cards.elements import ActionSet, OpenUrl, TextBlock
from cards.language import Language, phrase
from cards.render import page, small
from cards.text import clean, escape, plain

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.1rem/1.5 "Segoe UI", system-ui, sans-serif; margin: 12vh auto; max-width: 34rem;
       padding: 0 1.25rem; }
code { font: 700 1.6rem/2 ui-monospace, monospace; letter-spacing: .1em; }
"""


CONNECT_TITLE = phrase("Connect your Acumatica user")
NOTHING_TO_CONNECT = phrase(
    "Nothing needs connecting here: Countersign acts by its own Acumatica user."
)
OLD_LINK = phrase(
    "This link was used already or is too old. Type “connect” in Teams for a new one."
)
ONLY_PEOPLE = phrase("Only a signed-in person can connect an Acumatica user.")
LINK_COMES = phrase("I am sending you a link in our own chat. Sign in there, then come back.")
NOT_HERE = phrase("Please type that in our own chat, where nobody else reads it.")
NOTHING_CONNECTED = phrase("You had not connected an Acumatica user.")


def connect_card(company: str, link: str, until: str, language: Language) -> dict[str, Any]:
    """Return the card that asks somebody to sign in to Acumatica once; only they may see it."""
    say = language.say
    title = say(CONNECT_TITLE)
    why = say(
        "In {company}, decisions are carried out by the Acumatica user of the person who decides."
        " Sign in once, and Countersign may act for you when you press.",
        company=clean(company, 40),
    )
    body = [
        TextBlock(title, size="Large", weight="Bolder", style="heading"),
        TextBlock(escape(why, 400)),
        ActionSet(actions=[OpenUrl(title=say("Sign in to Acumatica"), url=link)]),
        small(say("The link is yours alone and works once, until {time}.", time=until)),
        small(say("Later, type “disconnect” to take it back.")),
    ]
    return page(body, title, language).json()


def connected_text(company: str, login: str, language: Language) -> str:
    """Return what somebody is told whose Acumatica user is connected now."""
    return language.say(
        "Connected. In {company}, you now decide as Acumatica user {login}.",
        company=company,
        login=plain(login, 60),
    )


def disconnected_text(language: Language, *, told: bool) -> str:
    """Return what somebody is told who took it back; *told*: Acumatica knows as well."""
    say = language.say
    forgotten = say("Disconnected. Countersign no longer acts as your Acumatica user.")
    if told:
        return forgotten
    rest = say("Acumatica could not be told; its administrator can end it there.")
    return f"{forgotten} {rest}"


def wrong_login(login: str, why: str, language: Language) -> str:
    """Return who somebody signed in as, and *why* that does not do."""
    signed_in = language.say("You signed in to Acumatica as {login}.", login=plain(login, 60))
    return f"{signed_in} {why}"


def signed_in_page(login: str, code: str, language: Language) -> str:
    """Return the page after a sign-in: the number proves that browser and chat are one person."""
    say = language.say
    signed_in = say("You signed in to Acumatica as {login}.", login=clean(login, 60))
    return _page(
        say("Almost done"),
        f"<p>{html(signed_in)}</p>"
        f"<p>{html(say('Go back to your chat with Countersign in Teams and type'))}</p>"
        f"<p><code>connect {html(code)}</code></p>"
        f"<p>{html(say(_WARNING))}</p>",
        language,
    )


_WARNING = phrase(
    "Did somebody send you here? Then close this page and tell nobody the number:"
    " whoever types it decides in your name."
)


def failed_page(why: str, language: Language) -> str:
    """Return the page for a sign-in that led nowhere; *why* is a sentence in *language*."""
    return _page(language.say("That did not work"), f"<p>{html(why)}</p>", language)


def _page(title: str, body: str, language: Language) -> str:
    return (
        f'<!DOCTYPE html><html lang="{language.code}"><meta charset="utf-8">'
        f"<title>{html(title)} · Countersign</title>"
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style><main><h1>{html(title)}</h1>{body}</main></html>"
    )
