"""The app manifest of Teams, built from what the settings tell. Pure.

Version 1.16 of the schema is the lowest that has all we use; newer members are refused by older
validators. Follows the vendor's page "App manifest schema for Teams".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

VERSION = "1.16"
SCHEMA = f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
LOCAL_SCHEMA = SCHEMA.replace("schema.json", "Localization.schema.json")
ACCENT = "#17456B"
APPROVAL_NEEDED = "approvalNeeded"
"""The activity a notification in the feed is declared as."""
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
SEMVER = re.compile(r"\d{1,5}\.\d{1,5}\.\d{1,5}")
LONGEST_DEVELOPER = 32


class PackageError(Exception):
    """The package cannot be built; the message names the setting or option and the fix."""


@dataclass(frozen=True, slots=True)
class TeamsApp:
    """What differs from one registration to the next."""

    app_id: str
    """Application id of the bot; also the app's own id, and its Entra id."""
    version: str
    public_url: str
    """Where people reach the service: the developer's pages, unless told otherwise."""
    erp_hosts: tuple[str, ...] = ()
    """Hosts of Acumatica whose links are shown as cards."""
    developer: str = "Countersign"
    website: str = ""
    privacy: str = ""
    terms: str = ""
    reads_replies: bool = False
    """Ask team owners to let the app read the channel's messages, so that replies are heard."""
    notifies: bool = False
    """Ask for notifications in the activity feed."""

    def problems(self) -> list[str]:
        """List what Teams would refuse."""
        found = []
        if not GUID.fullmatch(self.app_id):
            found.append("TEAMS__APP_ID must be the application (client) id, a GUID")
        if not SEMVER.fullmatch(self.version):
            found.append(f"--version: {self.version!r} must be three numbers, such as 1.0.0")
        if not 0 < len(self.developer.strip()) <= LONGEST_DEVELOPER:
            found.append(f"--developer must have 1 to {LONGEST_DEVELOPER} characters")
        links = {"--website": self.website, "--privacy": self.privacy, "--terms": self.terms}
        for option, url in links.items():
            if url and not _is_https(url):
                found.append(f"{option} must be an https address")
        if not all(links.values()) and not _is_https(self.public_url):
            empty = ", ".join(option for option, url in links.items() if not url)
            found.append(f"SERVER__PUBLIC_URL must be an https address (or give {empty})")
        return found

    def asks_for(self) -> list[str]:
        """Say in words what the settings make the app ask for."""
        links = ", ".join(self.erp_hosts)
        return [
            *([f"links to {links} become cards"] if links else []),
            "replies under cards are read: team owners agree when they add the app"
            if self.reads_replies
            else "replies under cards are not read (TEAMS__NOTICES is off)",
            "the activity feed rings for approvers"
            if self.notifies
            else "the activity feed is not used (TEAMS__FEED is off)",
        ]


def manifest(app: TeamsApp) -> dict[str, Any]:
    """Return `manifest.json`. Raises PackageError naming everything that is wrong."""
    problems = app.problems()
    if problems:
        raise PackageError("; ".join(problems))
    built: dict[str, Any] = {
        "$schema": SCHEMA,
        "manifestVersion": VERSION,
        "version": app.version,
        "id": app.app_id,
        "developer": {
            "name": app.developer.strip(),
            "websiteUrl": app.website or app.public_url,
            "privacyUrl": app.privacy or app.public_url,
            "termsOfUseUrl": app.terms or app.public_url,
        },
        "name": {"short": "Countersign", "full": "Countersign: decide on Acumatica from Teams"},
        "description": {"short": SHORT, "full": FULL},
        "localizationInfo": {
            "defaultLanguageTag": "en",
            "additionalLanguages": [{"languageTag": "de", "file": "de.json"}],
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": ACCENT,
        "defaultInstallScope": "team",
        "bots": [_bot(app)],
        "composeExtensions": [_search(app)],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [],
        # Any text will do while nobody signs in through Teams; feed and installation need the id.
        "webApplicationInfo": {"id": app.app_id, "resource": f"api://{app.app_id}"},
    }
    asked = _resource_specific(app)
    if asked:
        built["authorization"] = {"permissions": {"resourceSpecific": asked}}
    if app.notifies:
        built["activities"] = {"activityTypes": [_APPROVAL]}
    return built


def german(app: TeamsApp) -> dict[str, Any]:
    """Return `de.json`, the German texts by the place of the English ones."""
    texts = {
        "$schema": LOCAL_SCHEMA,
        "name.short": "Countersign",
        "name.full": "Countersign: Acumatica-Belege in Teams entscheiden",
        "description.short": SHORT_DE,
        "description.full": FULL_DE,
    }
    for number, (_title, _text, title, text) in enumerate(COMMANDS):
        place = f"bots[0].commandLists[0].commands[{number}]"
        texts |= {f"{place}.title": title, f"{place}.description": text}
    for number, (_id, _title, _text, title, text) in enumerate(SEARCHES):
        place = f"composeExtensions[0].commands[{number}]"
        texts |= {f"{place}.title": title, f"{place}.description": text}
        texts |= {
            f"{place}.parameters[0].title": "Suchbegriff",
            f"{place}.parameters[0].description": "Nummer, Lieferant oder Referenz",
        }
    if app.notifies:
        texts |= {
            "activities.activityTypes[0].description": "Ein Beleg wartet auf Ihre Entscheidung",
            "activities.activityTypes[0].templateText": "{doc} wartet auf Ihre Entscheidung",
        }
    return texts


SHORT = "Bills, purchase orders and payments that wait for you, decided with one press."
FULL = (
    "Countersign brings purchase orders, bills and payments of Acumatica that need a person to that"
    " person as a card with the facts to decide on. A press on the card does the matching thing in"
    " Acumatica: once, by the right person, with a record of who decided what and when.\n\n"
    "In a channel the whole team sees what waits and who decided; only those who may decide see"
    " buttons. In your own chat, type “help” for what you can ask. Your organisation runs"
    " Countersign itself: what it shows comes from your own Acumatica."
)
SHORT_DE = "Rechnungen, Bestellungen und Zahlungen, die auf Sie warten: mit einem Klick."
FULL_DE = (
    "Countersign bringt Bestellungen, Rechnungen und Zahlungen aus Acumatica, die einen Menschen"
    " brauchen, als Karte zu diesem Menschen – mit dem, was man zum Entscheiden wissen muss. Ein"
    " Klick auf die Karte tut das Entsprechende in Acumatica: einmal, durch die richtige Person,"
    " mit einem Nachweis, wer wann was entschieden hat.\n\n"
    "Im Kanal sieht das ganze Team, was wartet und wer entschieden hat; Schaltflächen sehen nur"
    " die, die entscheiden dürfen. Im eigenen Chat zeigt „Hilfe“, was Sie fragen können. Ihre"
    " Organisation betreibt Countersign selbst: Alles stammt aus Ihrem eigenen Acumatica."
)

COMMANDS = (
    ("pending bills", "Bills that wait for a person", "offene Rechnungen", "Wartende Rechnungen"),
    ("pending pos", "Purchase orders that wait", "offene Bestellungen", "Wartende Bestellungen"),
    ("pending payments", "Payments not released", "offene Zahlungen", "Nicht freigegeben"),
    ("bill", "One bill: bill 000154", "Rechnung", "Eine Rechnung: Rechnung 000154"),
    ("po", "One purchase order: po PO000119", "Bestellung", "Eine Bestellung: Bestellung PO000119"),
    ("why", "Why a document is where it is", "warum", "Warum ein Beleg dort ist, wo er ist"),
    ("help", "Everything you can type", "Hilfe", "Alles, was Sie eingeben können"),
)
"""At most ten of title ≤ 32 and description ≤ 128, so that older validators take it, too."""

SEARCHES = (
    ("findBill", "Bills", "Find a bill", "Rechnungen", "Eine Rechnung suchen"),
    ("findPo", "Purchase orders", "Find a purchase order", "Bestellungen", "Bestellung suchen"),
    ("findPayment", "Payments", "Find a payment", "Zahlungen", "Eine Zahlung suchen"),
)

_APPROVAL = {
    "type": APPROVAL_NEEDED,
    "description": "A document waits for your decision",
    "templateText": "{doc} waits for your decision",
}


def _bot(app: TeamsApp) -> dict[str, Any]:
    scopes = ["personal", "team", "groupChat"]
    commands = [{"title": title, "description": text} for title, text, _, _ in COMMANDS]
    return {
        "botId": app.app_id,
        "scopes": scopes,
        "supportsFiles": False,
        "isNotificationOnly": False,
        "commandLists": [{"scopes": scopes, "commands": commands}],
    }


def _search(app: TeamsApp) -> dict[str, Any]:
    found: dict[str, Any] = {
        "botId": app.app_id,
        "commands": [_search_command(*row[:3]) for row in SEARCHES],
    }
    if app.erp_hosts:
        link = {"type": "link", "value": {"domains": list(app.erp_hosts)}}
        found["messageHandlers"] = [link]
    return found


def _search_command(name: str, title: str, text: str) -> dict[str, Any]:
    asked = {
        "name": "q",
        "title": "Search for",
        "description": "Number, vendor or reference",
        "inputType": "text",
    }
    return {
        "id": name,
        "type": "query",
        "title": title,
        "description": text,
        "context": ["compose", "commandBox"],
        "initialRun": True,
        "parameters": [asked],
    }


def _resource_specific(app: TeamsApp) -> list[dict[str, str]]:
    names = ["ChannelMessage.Read.Group"] * app.reads_replies
    names += ["TeamsActivity.Send.User"] * app.notifies
    return [{"name": name, "type": "Application"} for name in names]


def _is_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname) and len(url) <= 2048
