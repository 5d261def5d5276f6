"""How connecting one's own Acumatica user looks: the card with the link, and the page after it."""

from __future__ import annotations

from html import escape as html
from typing import Any

from cards.elements import ActionSet, OpenUrl, TextBlock
from cards.language import ENGLISH, Language, phrase
from cards.render import page, small
from cards.text import clean, escape

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.1rem/1.5 "Segoe UI", system-ui, sans-serif; margin: 12vh auto; max-width: 34rem;
       padding: 0 1.25rem; }
code { font: 700 1.6rem/2 ui-monospace, monospace; letter-spacing: .1em; }
"""


def connect_card(
    company: str, link: str, until: str, language: Language = ENGLISH
) -> dict[str, Any]:
    """Return the card that asks somebody to sign in to Acumatica once; only they may see it."""
    say = language.say
    title = say("Connect your Acumatica user")
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


def signed_in_page(login: str, code: str, language: Language = ENGLISH) -> str:
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


def failed_page(sentence: str, language: Language = ENGLISH) -> str:
    """Return the page for a sign-in that led nowhere; *sentence* is one of ours, in English."""
    told = language.term(sentence)
    return _page(language.say("That did not work"), f"<p>{html(told)}</p>", language)


def _page(title: str, body: str, language: Language) -> str:
    return (
        f'<!DOCTYPE html><html lang="{language.code}"><meta charset="utf-8">'
        f"<title>{html(title)} · Countersign</title>"
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style><main><h1>{html(title)}</h1>{body}</main></html>"
    )
