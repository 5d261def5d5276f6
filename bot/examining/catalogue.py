"""Everything that is looked at, by subject; docs/doctor.md explains each. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.examining.findings import Check, Who

_ERP, _ENTRA, _TEAMS, _US = Who.ACUMATICA, Who.ENTRA, Who.TEAMS, Who.OPERATOR
_NETWORK = "DNS, proxy and firewall between this machine and there"
_APP = "Entra admin center > App registrations > the app (TEAMS__APP_ID)"
_ALL = "nothing works: the service does not start"

# --- ours -----------------------------------------------------------------------------------

SETTINGS = Check(
    "settings.safe", "Are the environment and countersign.toml complete and safe?", _US,
    "the environment, .env, countersign.toml", _ALL,
)  # fmt: skip
ADVICE = Check(
    "settings.advice", "Is something set that will be missed one day?", _US,
    "countersign.toml", "",
)  # fmt: skip
STORE = Check(
    "store.file", "Is the store there, and can it be read?", _US, "STORAGE__URL", _ALL,
)  # fmt: skip
MIGRATIONS = Check(
    "store.migrations", "Is the store of this version?", _US, "STORAGE__URL", _ALL,
    needs=("store.file",),
)  # fmt: skip
WHOLE = Check(
    "store.whole", "Is the store undamaged?", _US, "STORAGE__URL",
    "what was decided and posted may be lost", needs=("store.file",),
)  # fmt: skip
BACKUP = Check(
    "store.backup", "When was the store copied last?", _US, "uv run app.py backup FILE",
    "a lost disk loses what is open and the audit trail", needs=("store.file",),
)  # fmt: skip
SPACE = Check(
    "store.space", "Is there room on the store's disk?", _US, "the disk of STORAGE__URL",
    "nothing is stored, so nothing is taken or decided",
)  # fmt: skip
RUNNING = Check(
    "service.running", "Does a service run with this store, and is it well?", _US,
    "uv run app.py run", "nothing is read, posted or decided",
)  # fmt: skip
PUBLIC = Check(
    "service.public", "Does the public address lead to this service?", _US,
    "SERVER__PUBLIC_URL", "presses and pushes do not arrive", needs=("service.running",),
)  # fmt: skip
TLS = Check(
    "secrets.tls", "How long does the certificate of the public address last?", _US,
    "the proxy before the service", "presses and pushes do not arrive",
    needs=("service.public",),
)  # fmt: skip
APP_SECRET = Check(
    "secrets.app", "How long does what the app proves itself with last?", _ENTRA,
    f"{_APP} > Certificates & secrets", "nothing is posted, nobody is found",
)  # fmt: skip
SEALING = Check(
    "secrets.encryption-key", "Do the encryption keys open everything that is sealed?", _US,
    "ENCRYPTION__KEYS", _ALL, needs=("store.file",),
)  # fmt: skip
TRAIL_KEY = Check(
    "secrets.audit-key", "Is the audit trail signed with a key of its own?", _US,
    "AUDIT__KEYS", "",
)  # fmt: skip
NOTICES = Check(
    "secrets.notices", "How long does the certificate last that replies come sealed to?", _US,
    "ENCRYPTION__KEYS", "replies under cards cannot be opened",
    needs=("secrets.encryption-key",),
)  # fmt: skip
OWN_CLOCK = Check(
    "clock.own", "Does this machine's clock agree with the others'?", _US,
    "time synchronisation (NTP) of this machine", "tokens are refused, presses are turned away",
)  # fmt: skip
PEER_CLOCK = Check(
    "clock.peer", "Does each peer's clock agree with the others'?", _US,
    "time synchronisation (NTP) of that machine", "times on cards are wrong",
)  # fmt: skip

# --- Acumatica ------------------------------------------------------------------------------

TO_ERP = Check(
    "network.acumatica", "Is Acumatica reached (DNS, TLS, connection)?", _US, _NETWORK,
    "documents are neither read nor released",
)  # fmt: skip
SITE = Check(
    "erp.site", "Does Acumatica answer at the address?", _US, "countersign.toml: url",
    "documents are neither read nor released", needs=("network.acumatica",),
)  # fmt: skip
SIGN_IN = Check(
    "erp.sign-in", "Can the service sign in?", _ERP, "Users (SM201010)",
    "documents are neither read nor released", needs=("erp.site",),
)  # fmt: skip
TENANT = Check(
    "erp.tenant", "Does the sign-in land in the company's tenant?", _US, "countersign.toml: tenant",
    "the wrong company's documents would be read, so none is", needs=("erp.site",),
)  # fmt: skip
ENDPOINT = Check(
    "erp.endpoint", "Is the endpoint there, in its version and contract?", _US,
    "countersign.toml: endpoint, version", "documents are neither read nor released",
    needs=("erp.sign-in",),
)  # fmt: skip
SEATS = Check(
    "erp.seats", "Are there as many sessions free as the service uses?", _ERP,
    "License Monitoring Console (SM604000); Users (SM201010): Max. Number of Concurrent Logins",
    "reading and acting wait for each other, or for a free session",
    needs=("erp.endpoint",),
)  # fmt: skip
BUDGET = Check(
    "erp.budget", "Do the requests a minute suffice?", _ERP,
    "License Monitoring Console (SM604000); countersign.toml: requests_per_minute",
    "everything is slow, then refused", needs=("erp.endpoint",),
)  # fmt: skip
RIGHTS = Check(
    "erp.rights", "May the API user open each screen?", _ERP, "Access Rights by Role (SM201025)",
    "its documents are neither read nor released", needs=("erp.endpoint",),
)  # fmt: skip
VISIBLE = Check(
    "erp.visible", "Does the API user see documents of each kind?", _ERP,
    "Users (SM201010) > Membership; branch access of the role",
    "what is hidden never becomes a card", needs=("erp.endpoint",),
)  # fmt: skip
FIELDS = Check(
    "erp.fields", "Does a real record have each field we use?", _US,
    "countersign.toml: [company.extra]", "its documents become no cards", needs=("erp.endpoint",),
)  # fmt: skip
VERBS = Check(
    "erp.verbs", "Is there an action for each verb of the routes?", _US,
    "countersign.toml: [company.calls]", "a press on that button is refused",
    needs=("erp.endpoint",),
)  # fmt: skip
EDITORS = Check(
    "erp.editors", "Is known who entered and last changed a document?", _ERP,
    "Web Service Endpoints (SM207060); countersign.toml: [company.extra.ENTITY]",
    "every press is refused, as nobody could tell its author from its approver",
    needs=("settings.safe",),
)  # fmt: skip
PUSH_SECRET = Check(
    "push.secret", "Is push set up, and its rotation finished?", _US,
    "ACUMATICA__<NAME>__PUSH_SECRET", "",
)  # fmt: skip
PUSH_CAME = Check(
    "push.arrived", "Do push notifications of each inquiry arrive?", _ERP,
    "Push Notifications (SM302000), Process Push Notifications (SM502000)",
    "changes are found by polling alone, minutes later", needs=("store.file",),
)  # fmt: skip
PUSH_REFUSED = Check(
    "push.refused", "Did the service turn pushes away since its start?", _ERP,
    "Push Notifications (SM302000)", "those changes are found by polling alone, minutes later",
    needs=("service.running",),
)  # fmt: skip
PUSH_WAIT = Check(
    "push.waited", "Does a push come while we wait (--push)?", _ERP,
    "Push Notifications (SM302000), Process Push Notifications (SM502000)",
    "changes are found by polling alone, minutes later", needs=("service.running",),
    asked_only=True,
)  # fmt: skip

# --- Entra, Graph, Teams --------------------------------------------------------------------

TO_ENTRA = Check(
    "network.entra", "Is Entra's sign-in reached (DNS, TLS, connection)?", _US, _NETWORK,
    "nothing is posted, nobody is found",
)  # fmt: skip
TO_GRAPH = Check(
    "network.graph", "Is Microsoft Graph reached (DNS, TLS, connection)?", _US, _NETWORK,
    "people are found by rosters alone, the app is not brought to approvers",
)  # fmt: skip
TO_TEAMS = Check(
    "network.teams", "Is the Bot Connector reached (DNS, TLS, connection)?", _US, _NETWORK,
    "nothing is posted",
)  # fmt: skip
TO_KEYS = Check(
    "network.keys", "Is the document of Teams' signing keys reached?", _US, _NETWORK,
    "nobody can be told from a stranger, so every press is turned away",
)  # fmt: skip
KEYS = Check(
    "bot.keys", "Can the keys be read that sign calls to the bot?", _US,
    "TEAMS__OPENID_METADATA_URL, TEAMS__CLOUD",
    "nobody can be told from a stranger, so every press is turned away",
    needs=("network.keys",),
)  # fmt: skip
BOT_TOKEN = Check(
    "bot.token", "Does Entra give the bot a token?", _ENTRA, f"{_APP} > Certificates & secrets",
    "nothing is posted", needs=("network.entra",),
)  # fmt: skip
BOT_APP = Check(
    "bot.app", "Is the token of the app and tenant that are set, of a kind that still exists?",
    _US, "TEAMS__APP_ID, TEAMS__TENANT_ID, TEAMS__APP_TYPE",
    "Teams refuses what we post", needs=("bot.token",),
)  # fmt: skip
BOT_TAKEN = Check(
    "bot.registration", "Does Teams take the bot's token?", _ENTRA,
    "Azure portal > the Azure Bot > Configuration, Channels > Microsoft Teams",
    "nothing is posted", needs=("bot.token", "network.teams"),
)  # fmt: skip
BOT_HEARD = Check(
    "bot.heard", "Does Teams reach the messaging endpoint?", _ENTRA,
    "Azure portal > the Azure Bot > Configuration > Messaging endpoint",
    "presses and words do not arrive", needs=("store.file",),
)  # fmt: skip
BOUND = Check(
    "channels.bound", "Is each channel of the routes bound to a channel of Teams?", _TEAMS,
    "Teams, in that channel, as an owner of the team", "its cards wait",
)  # fmt: skip
KIND = Check(
    "channels.kind", "Is what is bound a channel?", _US, "countersign.toml: [[channel]]",
    "its cards cannot be posted",
)  # fmt: skip
PRESENT = Check(
    "channels.reached", "Is the bot in each bound channel, and let in?", _TEAMS,
    "Teams admin center > Manage apps; the team > Manage team > Apps", "its cards wait",
    needs=("bot.registration",),
)  # fmt: skip
WRITABLE = Check(
    "channels.refused", "Did a channel refuse our last message?", _TEAMS,
    "Teams, that team and channel", "its cards wait", needs=("store.file",),
)  # fmt: skip
TEST_CARD = Check(
    "channels.test-card", "Is a test card posted, edited and deleted (--post CHANNEL)?", _TEAMS,
    "Teams, that team and channel", "its cards do not arrive",
    needs=("bot.registration",), asked_only=True,
)  # fmt: skip
GRAPH_TOKEN = Check(
    "graph.token", "Does Entra give the app a token for Graph?", _ENTRA, _APP,
    "people are found by rosters alone, the app is not brought to approvers",
    needs=("bot.token",),
)  # fmt: skip
ROLES = Check(
    "graph.permissions", "Has the app each Graph permission it uses?", _ENTRA,
    f"{_APP} > API permissions > Grant admin consent", "", needs=("graph.token",),
)  # fmt: skip
CATALOG = Check(
    "graph.catalog", "Is the app in the organisation's catalog?", _TEAMS,
    "Teams admin center > Manage apps", "approvers must add the app by hand",
    needs=("graph.token", "network.graph"),
)  # fmt: skip
HEARING = Check(
    "graph.subscriptions", "Is every bound channel subscribed, and until when?", _US,
    "uv run app.py run", "replies under cards are not kept",
    needs=("graph.token", "network.graph", "store.file"),
)  # fmt: skip
KNOWN = Check(
    "approvers.known", "Is each approver one person of Teams?", _US, "countersign.toml: [[person]]",
    "what waits for them waits for nobody", needs=("store.file",),
)  # fmt: skip
ALLOWED = Check(
    "approvers.allowed", "May each approver approve?", _ENTRA, "Entra admin center > Users",
    "their presses are refused", needs=("store.file",),
)  # fmt: skip
REACHED = Check(
    "approvers.reached", "Do cards reach each approver's chat?", _TEAMS,
    "Teams, the person's Apps; Teams admin center > Setup policies",
    "their cards wait, or go to the fallback", needs=("store.file",),
)  # fmt: skip
INSTALLED = Check(
    "approvers.app", "Has each approver the app?", _TEAMS,
    "Teams admin center > Setup policies; the person's Apps in Teams",
    "cards reach their chat only once they have it",
    needs=("graph.token", "network.graph", "store.file"),
)  # fmt: skip
DELIVERED = Check(
    "approvers.delivery", "When did a card last reach each approver?", _TEAMS,
    "Teams, the person's chat with the app", "", needs=("store.file",),
)  # fmt: skip

CHECKS: Mapping[str, Check] = {
    check.id: check for check in list(globals().values()) if isinstance(check, Check)
}
"""Every check by its id, in the order of this page."""
