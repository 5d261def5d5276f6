"""How connecting one's own Acumatica user looks: the card with the link, and the page after it."""

from __future__ import annotations

from html import escape as html
from typing import Any

from cards.elements import ActionSet, OpenUrl, TextBlock
from cards.render import page, small
from cards.text import clean, escape

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.1rem/1.5 "Segoe UI", system-ui, sans-serif; margin: 12vh auto; max-width: 34rem;
       padding: 0 1.25rem; }
code { font: 700 1.6rem/2 ui-monospace, monospace; letter-spacing: .1em; }
"""


def connect_card(company: str, link: str, until: str) -> dict[str, Any]:
    """Return the card that asks somebody to sign in to Acumatica once; only they may see it."""
    title = "Connect your Acumatica user"
    body = [
        TextBlock(title, size="Large", weight="Bolder", style="heading"),
        TextBlock(
            escape(
                f"In {clean(company, 40)}, decisions are carried out by the Acumatica user of the"
                " person who decides. Sign in once, and Countersign may act for you when you press."
            )
        ),
        ActionSet(actions=[OpenUrl(title="Sign in to Acumatica", url=link)]),
        small(escape(f"The link is yours alone and works once, until {until}.")),
        small("Later, type “disconnect” to take it back."),
    ]
    return page(body, title).json()


def signed_in_page(login: str, code: str) -> str:
    """Return the page after a sign-in: the number proves that browser and chat are one person."""
    return _page(
        "Almost done",
        f"<p>You signed in to Acumatica as <b>{html(clean(login, 60))}</b>.</p>"
        "<p>Go back to your chat with Countersign in Teams and type</p>"
        f"<p><code>connect {html(code)}</code></p>"
        "<p>Did somebody send you here? Then close this page and tell nobody the number:"
        " whoever types it decides in your name.</p>",
    )


def failed_page(sentence: str) -> str:
    """Return the page for a sign-in that led nowhere."""
    return _page("That did not work", f"<p>{html(sentence)}</p>")


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title} · Countersign</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style><main><h1>{title}</h1>{body}</main></html>"
    )
