"""Graph's words for Teams apps and for lines in the activity feed. Pure.

Follows the vendor's pages "Proactive installation of apps using Graph API" and "userTeamwork:
sendActivityNotification".
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from bot.core.graph import VERSION, literal, rows_of, segment
from storage.records import Json

APPROVAL_NEEDED = "approvalNeeded"
"""The kind of activity the manifest declares."""
LONGEST_PREVIEW = 150
CATALOG = "/appCatalogs/teamsApps"


def catalog_path(manifest_id: str) -> str:
    """Return where to ask which app of the catalog was made from our manifest."""
    return f"{CATALOG}?$filter=externalId%20eq%20{literal(manifest_id)}"


def read_catalog_id(page: Json) -> str:
    """Return the id the catalog gave our app; empty when it is not there, or not only once."""
    found = [row.get("id") for row in rows_of(page)]
    return found[0] if len(found) == 1 and isinstance(found[0], str) else ""


def installed_path(person: str, catalog_id: str) -> str:
    """Return where to ask whether a person has the app."""
    wanted = f"$filter=teamsApp/id%20eq%20{literal(catalog_id)}"
    return f"{apps_path(person)}?$expand=teamsApp&{wanted}"


def apps_path(person: str) -> str:
    """Return the place of a person's installed apps."""
    return f"/users/{segment(person)}/teamwork/installedApps"


def read_installation(page: Json) -> str:
    """Return the id of an installation; empty when the app is not installed."""
    found = [row.get("id") for row in rows_of(page)]
    return next((one for one in found if isinstance(one, str) and one), "")


def install_body(catalog_id: str, url: str) -> Json:
    """Return what has the app installed; *url* is the address of Graph."""
    app = f"{url.rstrip('/')}{VERSION}{CATALOG}/{quote(catalog_id, safe='')}"
    return {"teamsApp@odata.bind": app}


def feed_path(person: str) -> str:
    """Return where a person's activity feed takes lines."""
    return f"/users/{segment(person)}/teamwork/sendActivityNotification"


def feed_body(title: str, preview: str, *, app_id: str, chain: int, catalog_id: str = "") -> Json:
    """Return one line of the feed. A newer one with the same *chain* takes its place."""
    body = {
        "topic": {
            "source": "text",
            "value": title,
            # Our chat is what every approver has: the manifest declares no tab a link could open.
            "webUrl": f"https://teams.microsoft.com/l/chat/0/0?users=28:{quote(app_id, safe='')}",
        },
        "activityType": APPROVAL_NEEDED,
        "previewText": {"content": preview[:LONGEST_PREVIEW]},
        "templateParameters": [{"name": "doc", "value": title}],
        "chainId": chain,
    }
    return body | ({"teamsAppId": catalog_id} if catalog_id else {})


def chain_of(company: str, document: str) -> int:
    """Return the number all lines about one document share: positive, 63 bits."""
    digest = hashlib.sha256(f"{company}|{document}".encode()).digest()
    return int.from_bytes(digest[:8]) >> 1
