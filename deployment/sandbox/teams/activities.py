"""Activities as the bot receives them, envelope and all (facts §1). Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from html import escape
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from deployment.sandbox.teams.cards import Button
from deployment.sandbox.teams.conversations import THREAD_MARK
from deployment.sandbox.teams.directory import BOT_NAME, Conversation, Person
from deployment.sandbox.teams.team_life import TEAM_GROUP_ID, TEAM_ID, TEAM_NAME
from deployment.sandbox.teams.wire import Json, stamp

ZONE = "America/Chicago"
LOCALE = "en-US"
BOT_MENTION = f"<at>{BOT_NAME}</at>"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an activity happens: a conversation, and in a channel the thread."""

    conversation: Conversation
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Builds activities of one tenant for one bot. *random* makes the ids of system events."""

    app_id: str
    tenant_id: str
    service_url: str
    random: Random
    team_name: str = TEAM_NAME
    locale: str = LOCALE

    def message(self, person: Person, place: Place, text: str, *, id: str, now: datetime) -> Json:
        """A typed message; in a group it names the bot."""
        activity = self._envelope(person, place, "message", now)
        activity |= {"id": id, "text": text, "textFormat": "plain"}
        if place.conversation.is_group and BOT_MENTION in text:
            bot = {"id": self.bot_id, "name": BOT_NAME}
            mention = {"type": "mention", "text": BOT_MENTION, "mentioned": bot}
            activity["entities"] = [mention, *activity["entities"]]
        activity["attachments"] = [
            {"contentType": "text/html", "content": f"<div>{escape(text)}</div>"}
        ]
        return activity

    def execute(
        self,
        person: Person,
        place: Place,
        button: Button,
        data: Any,
        *,
        trigger: str,
        now: datetime,
    ) -> Json:
        """A pressed or refreshed Action.Execute: invoke `adaptiveCard/action` (facts §1.4)."""
        action = {"type": "Action.Execute", "data": data}
        action |= {name: button.action[name] for name in ("id", "verb") if name in button.action}
        activity = self._envelope(person, place, "invoke", now)
        activity["channelData"]["source"] = {"name": "message"}
        activity["name"] = "adaptiveCard/action"
        return activity | {"value": {"action": action, "trigger": trigger}}

    def submit(self, person: Person, place: Place, data: Any, *, id: str, now: datetime) -> Json:
        """A pressed Action.Submit: a message with a value and no text (facts §1.3)."""
        activity = self._envelope(person, place, "message", now)
        return activity | {"id": id, "value": data}

    def installation(self, person: Person, place: Place, *, action: str, now: datetime) -> Json:
        """The app was added or removed by *person* (facts §1.8)."""
        activity = self._envelope(person, place, "installationUpdate", now)
        if place.conversation.type == "channel":
            activity["channelData"]["settings"] = {"selectedChannel": {"id": place.conversation.id}}
        activity["channelData"]["source"] = {"name": "message"}
        return activity | {"action": action}

    def arrival(self, person: Person, place: Place, now: datetime) -> Json:
        """The conversationUpdate that comes besides the installationUpdate (facts §1.8)."""
        activity = self._envelope(person, place, "conversationUpdate", now)
        if place.conversation.type == "channel":
            activity["channelData"]["eventType"] = "teamMemberAdded"
        return activity | {"membersAdded": [{"id": self.bot_id, "name": BOT_NAME}]}

    def invoke(
        self, person: Person, place: Place, name: str, value: Json, *, now: datetime
    ) -> Json:
        """What a dialog or the message extension asks (facts §1.5, §1.7)."""
        activity = self._envelope(person, place, "invoke", now)
        activity["channelData"]["source"] = {"name": "compose"}
        return activity | {"name": name, "value": value}

    def anonymous(self, name: str, value: Json, now: datetime) -> Json:
        """An invoke that does not tell who asks, nor where (facts §1.7)."""
        return {
            "type": "invoke",
            "name": name,
            "id": self._event_id(),
            **_times(now),
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": {"id": "", "name": ""},
            "recipient": {"id": self.bot_id, "name": BOT_NAME},
            "conversation": {"id": "", "conversationType": "personal"},
            "channelData": {},
            "value": value,
        }

    def team_event(
        self, person: Person, team: Conversation, event: str, *, now: datetime, channel: Json
    ) -> Json:
        """Something happened to the team or to one of its channels (facts §1.8)."""
        activity = self._envelope(person, Place(team), "conversationUpdate", now)
        data = activity["channelData"] | {"eventType": event}
        data["channel"] = channel or data["channel"]
        return activity | {"channelData": data}

    def change(
        self, person: Person, place: Place, event: str, *, id: str, text: str, now: datetime
    ) -> Json:
        """A person edited, deleted or brought back a message the bot had heard (facts §1.8)."""
        kind = "messageDelete" if event == "softDeleteMessage" else "messageUpdate"
        activity = self._envelope(person, place, kind, now)
        activity["channelData"]["eventType"] = event
        return activity | {"id": id} | ({"text": text} if kind == "messageUpdate" else {})

    def reaction(
        self, person: Person, place: Place, reaction: str, *, on: bool, now: datetime
    ) -> Json:
        """A reaction to a message of the bot (facts §1.8)."""
        activity = self._envelope(person, place, "messageReaction", now)
        return activity | {f"reactions{'Added' if on else 'Removed'}": [{"type": reaction}]}

    def again(self, activity: Json, now: datetime) -> Json:
        """The same activity as the service repeats it: new id, new timestamp (facts §1.6)."""
        return activity | {"id": self._event_id(), **_times(now)}

    @property
    def bot_id(self) -> str:
        """The bot's id in this channel."""
        return f"28:{self.app_id}"

    def _envelope(self, person: Person, place: Place, kind: str, now: datetime) -> Json:
        sender = {"id": person.teams_id, "name": person.name, "aadObjectId": person.aad_id}
        client = {"locale": self.locale, "country": "US", "platform": "Web", "timezone": ZONE}
        return {
            "type": kind,
            "id": self._event_id(),
            **_times(now),
            "localTimezone": ZONE,
            "locale": self.locale,
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": sender,
            "recipient": {"id": self.bot_id, "name": BOT_NAME},
            "conversation": self._conversation(place),
            "channelData": self._channel_data(place.conversation),
            "entities": [{"type": "clientInfo", **client}],
        }

    def _conversation(self, place: Place) -> Json:
        one, mark = place.conversation, f"{THREAD_MARK}{place.thread}" if place.thread else ""
        known: Json = {"id": one.id + mark, "conversationType": one.type}
        known["tenantId"] = self.tenant_id
        if one.is_group:
            known |= {"isGroup": True, "name": one.name}
        return known

    def _channel_data(self, conversation: Conversation) -> Json:
        tenant: Json = {"tenant": {"id": self.tenant_id}}
        if conversation.type != "channel":
            return tenant
        team = {"id": TEAM_ID, "name": self.team_name, "aadGroupId": TEAM_GROUP_ID}
        channel = {"id": conversation.id}
        ids = {"teamsTeamId": TEAM_ID, "teamsChannelId": conversation.id}
        return tenant | {"team": team, "channel": channel, **ids}

    def _event_id(self) -> str:
        return f"f:{uuid.UUID(int=self.random.getrandbits(128), version=4)}"


def _times(now: datetime) -> Json:
    local = now.astimezone(ZoneInfo(ZONE)).isoformat(timespec="milliseconds")
    return {"timestamp": stamp(now), "localTimestamp": local}
