"""The demo with Microsoft's Agents Playground in the place of the Teams stand-in.

The playground is somebody else's program under its own licence: it is neither shipped nor started
from here, only told about. It signs nothing and knows one team with one channel beside *General*,
so the bot takes its unsigned calls, on this machine only, and the demo's channels are bound there.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from deployment.sandbox.demo import Demo, Secrets
from deployment.sandbox.processes import StandIn
from deployment.sandbox.teams import SandboxOptions as TeamsOptions
from deployment.sandbox.teams.directory import (
    BOT_NAME,
    GROUP_CHAT_ID,
    GROUP_CHAT_NAME,
    PEOPLE_FILE,
)

PACKAGE = "@microsoft/m365agentsplayground@0.2.28"
PORT = 56150
FILE = ".m365agentsplayground.yml"
GENERAL, EAST = "19:acme-general@thread.tacv2", "19:purchasing-east@thread.tacv2"
ELSEWHERE = tuple(
    f"19:{name}@thread.tacv2" for name in ("ap-approvals", "purchasing-west", "payments")
)
"""Channels of the demo the playground has no room for: their cards go to *General*."""
CURRENT = "ben"
OTHERS = ("ann", "carla", "dev", "erin", "farid")
"""The playground wants exactly five people beside the one who looks at it."""


class PlaygroundDemo(Demo):
    """One demo that waits for the playground."""

    @property
    def teams(self) -> str:
        """Address of the playground, as it names itself."""
        return f"http://localhost:{self.teams_port}"

    def _ports(self) -> tuple[tuple[int, str], ...]:
        # The playground's own port is its business: it may be running already.
        return super()._ports()[:2]

    def _rules(self) -> str:
        text = super()._rules()
        for conversation in ELSEWHERE:
            text = text.replace(conversation, GENERAL)
        return text

    def prepare(self) -> Secrets:
        """Also write the file with which the playground has our people and places."""
        words = super().prepare()
        # JSON is YAML, too.
        (self.data / FILE).write_text(json.dumps(playground_file(), indent=2), "utf-8")
        return words

    def settings(self, words: Secrets) -> dict[str, Any]:
        """Return the bot's environment; every card is a warning until the playground runs."""
        return {**super().settings(words), "log": {"level": "error"}}

    def _teams(self, words: Secrets) -> dict[str, Any]:
        del words  # there is no secret: the playground asks for none
        app = TeamsOptions(bot=self.bot, app_secret="")
        return {
            "app_id": app.app_id,
            "tenant_id": app.tenant_id,
            "service_url": f"{self.teams}/_connector",
            "playground": True,
            "graph": "off",
        }

    async def _start_all(self, words: Secrets) -> dict[str, StandIn]:
        return {"acumatica": await self._start_erp(words)}

    def what_next(self, words: Secrets) -> str:
        """Return the line that starts the playground, and what to do in it."""
        del words
        return f"""
  Acumatica (stand-in)  {self.erp}
  Countersign           {self.bot}, unsigned calls from this machine

  1. In another terminal (Node 20 or newer; the playground has a licence of its own):
       {start_line(self.data, self.bot, self.teams_port)}
  2. Open {self.teams} and choose the channel Purchasing East: you are Ben Ortiz, and cards
     wait for you. Press Review, then Release. Other channels' cards are in General.
  3. Watch the bill turn Open on the Acumatica page; put a new one on hold there. That also
     brings a card where the page shows none: it only shows what comes while it is open.

  Views of single people, dialogs and other people than Ben need the stand-in.
  Everything is remembered in {self.data}/ (delete it to start afresh). Ctrl-C stops.
"""


def start_line(data: Path, bot: str, port: int) -> str:
    """Return what to type to have the playground speak to *bot*."""
    folder = shlex.quote(str(data.resolve()))
    return (
        f"cd {folder} && npx --yes -p {PACKAGE} agentsplayground start"
        f" -e {bot}/api/messages -c msteams -p {port} --disable-telemetry"
    )


def playground_file() -> dict[str, Any]:
    """Return the playground's configuration: fixed ids, and people of the sample data."""
    known = json.loads(PEOPLE_FILE.read_text("utf-8"))
    people = {row["login"]: _person(row) for row in known["people"]}
    app = TeamsOptions(bot="", app_secret="")
    return {
        "version": "0.1.1",
        "tenantId": app.tenant_id,
        "bot": {"id": f"28:{app.app_id}", "name": BOT_NAME},
        "currentUser": people[CURRENT],
        "users": [people[login] for login in OTHERS],
        "personalChat": {"id": f"a:1{CURRENT}-playground"},
        "groupChat": {"id": GROUP_CHAT_ID, "name": GROUP_CHAT_NAME},
        "team": {
            "id": GENERAL,
            "name": known["tenant"]["name"],
            "aadGroupId": "cccccccc-0000-4000-8000-000000000003",
            "channels": [{"id": EAST, "name": "Purchasing East"}],
        },
    }


def _person(row: dict[str, str]) -> dict[str, str]:
    given, _, surname = row["name"].partition(" ")
    return {
        "id": row["teamsId"],
        "name": row["name"],
        "userPrincipleName": row["email"],  # spelled like that over there
        "aadObjectId": row["aadObjectId"],
        "givenName": given,
        "surname": surname,
        "email": row["email"],
    }
