"""Every environment variable, once: secrets and places, by pydantic-settings.

Nested with `__` (`TEAMS__APP_ID`), also from `.env`; a secret may come from a file instead
(`TEAMS__CLIENT_SECRET_FILE=/run/secrets/bot`). Anything unsafe refuses to start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import (
    SettingsError as UnreadableError,
)

from acumatica_client.oauth import client_tenant
from bot.checked import SettingsError, Strict, Url, UrlOrNone, is_loopback, mistakes
from bot.company_file import Company
from bot.connections import Bounds
from bot.core.clouds import CLOUDS, Cloud, CloudName
from bot.credentials import certificate_problem
from bot.files import read_text
from storage.vault import key_problem

MIN_SECRET = 16
CALLBACK = "/auth/acumatica/callback"
MAKE_KEY = (
    'make one with: uv run python -c "from cryptography.fernet import Fernet;'
    ' print(Fernet.generate_key().decode())"'
)


def _listed(value: Any) -> Any:
    """Read `one, two` or a JSON list."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


Ids = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class TeamsSettings(Strict):
    """The bot registration and the cloud it lives in."""

    app_id: str = Field("", description="Application (client) id of the Azure Bot registration.")
    app_type: Literal["SingleTenant", "UserAssignedMSI"] = Field(
        "SingleTenant",
        description="Kind of registration: `SingleTenant` proves itself with a secret or a"
        " certificate, `UserAssignedMSI` by the Azure machine it runs on.",
    )
    tenant_id: str = Field("", description="Entra tenant id the bot is registered in.")
    client_secret: SecretStr = Field(SecretStr(""), description="Client secret of the app.")
    client_secret_ends: date | Literal[""] = Field(
        "",
        description="Day the client secret ends, as Entra shows it (`2027-03-31`); default: asked"
        " of Graph where `Application.Read.All` is granted, else not known.",
    )
    certificate: SecretStr = Field(
        SecretStr(""),
        description="Instead of a secret: a certificate of the app in PEM, with its private key.",
    )
    certificate_key: SecretStr = Field(
        SecretStr(""), description="The private key in PEM, where it is not in `certificate`."
    )
    allowed_tenants: Ids = Field(
        (),
        description="Entra tenant ids, separated by commas, whose people may talk to the bot;"
        " default: `tenant_id`.",
    )
    cloud: CloudName = Field(
        "public", description="Microsoft cloud of the tenant: `public`, `gcc`, `gcc_high`, `dod`."
    )
    service_url: Url = Field(
        "", description="Connector address used until Teams tells another; default: the cloud's."
    )
    login_url: Url = Field(
        "", description="Sign-in service for the bot's own tokens; default: the cloud's."
    )
    openid_metadata_url: Url = Field(
        "", description="Where the keys are that sign the calls to the bot; default: the cloud's."
    )
    graph_url: Url = Field("", description="Microsoft Graph; default: the cloud's.")
    graph: Literal["on", "off"] = Field(
        "on",
        description="Whether Microsoft Graph is asked who people are; `off` leaves it to rosters"
        " and countersign.toml.",
    )
    install: Literal["approvers", "off"] = Field(
        "approvers",
        description="To whom the app is brought through Graph before their first card, or `off`.",
    )
    feed: Literal["on", "off"] = Field(
        "off", description="Whether the activity feed tells approvers that something waits."
    )
    notices: Literal["rich", "plain", "off"] = Field(
        "plain",
        description="How Graph tells of replies under cards: `plain`, each is read by its id;"
        " `rich`, they come along, sealed to a certificate of ours; `off`.",
    )
    app_catalog_id: str = Field(
        "",
        description="Id of the app in the organisation's catalog; default: asked of Graph.",
        pattern=r"^[0-9A-Za-z-]{0,64}$",
    )
    playground: bool = Field(
        default=False,
        description="Take the unsigned calls of Microsoft's Agents Playground; refuses to start"
        " unless everything is on this machine.",
    )

    @model_validator(mode="before")
    @classmethod
    def _in_its_cloud(cls, values: Any) -> Any:
        """Fill in the cloud's addresses; a single one that is given counts more."""
        if not isinstance(values, dict):
            return values
        rows = CLOUDS.get(str(values.get("cloud", "public")), CLOUDS["public"])
        own = {
            "service_url": rows.service,
            "login_url": rows.login,
            "openid_metadata_url": rows.keys,
            "graph_url": rows.graph,
        }
        return own | values

    @property
    def rows(self) -> Cloud:
        """What the cloud itself says, whatever single addresses were given."""
        return CLOUDS[self.cloud]

    @property
    def asks_graph(self) -> bool:
        """Whether Graph is asked anything; a bot in the playground has no token for it."""
        return self.graph == "on" and not self.playground

    @property
    def has_certificate(self) -> bool:
        """Whether the app proves itself with a certificate."""
        return bool(self.certificate.get_secret_value())

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants whose people may talk to the bot."""
        return frozenset(self.allowed_tenants or (self.tenant_id,))

    def may_serve(self, url: str) -> bool:
        """Say whether *url* is a connector we may send tokens and cards to."""
        try:
            parts, own = urlsplit(url), urlsplit(self.service_url)
        except ValueError:
            return False
        if "@" in parts.netloc:
            return False
        if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
            return True
        return parts.scheme == "https" and parts.netloc in self.rows.service_hosts

    def reachable(self, remembered: str) -> str:
        """Return the connector to use: the one Teams last told, else the configured one."""
        return remembered if remembered and self.may_serve(remembered) else self.service_url

    def may_call(self, url: str) -> bool:
        """Say whether *url* is a connector of ours or the place of the signing keys."""
        keys, shown = urlsplit(self.openid_metadata_url), urlsplit(url)
        same = (shown.scheme, shown.netloc) == (keys.scheme, keys.netloc)
        return self.may_serve(url) or (same and not shown.username)

    def problems(self) -> list[str]:
        """List what is missing or unsafe."""
        found = []
        if not self.app_id:
            found.append("TEAMS__APP_ID is empty: without it the SDK checks no sender at all")
        if not self.tenant_id:
            found.append("TEAMS__TENANT_ID is empty: nobody could be told from a stranger")
        if "*" in self.tenants:
            found.append("TEAMS__ALLOWED_TENANTS must list tenant ids, not *")
        return found + (self._exposed() if self.playground else self._unproved())

    def _unproved(self) -> list[str]:
        """List what is wrong with how the app proves itself to Entra."""
        names = ("CLIENT_SECRET", "CERTIFICATE", "CERTIFICATE_KEY")
        values = (self.client_secret, self.certificate, self.certificate_key)
        given = [name for name, value in zip(names, values, strict=True) if value]
        if self.app_type == "UserAssignedMSI":
            said = "must be empty: a managed identity needs no secret"
            return [f"TEAMS__{name} {said}" for name in given]
        if not given:
            return [
                "TEAMS__CLIENT_SECRET (or TEAMS__CLIENT_SECRET_FILE) is empty, and so is"
                " TEAMS__CERTIFICATE: the app needs one of them"
            ]
        if "CLIENT_SECRET" in given:
            return [f"TEAMS__CLIENT_SECRET and TEAMS__{one} are both given" for one in given[1:]]
        shown = (self.certificate.get_secret_value(), self.certificate_key.get_secret_value())
        problem = certificate_problem(*shown)
        return [f"TEAMS__CERTIFICATE {problem}"] if problem else []

    def _exposed(self) -> list[str]:
        """List what must not be near a bot that takes unsigned calls."""
        found = []
        if not is_loopback(self.service_url):
            found.append("TEAMS__PLAYGROUND: TEAMS__SERVICE_URL must be on this machine")
        if self.client_secret or self.certificate or self.certificate_key:
            found.append("TEAMS__PLAYGROUND: a bot with a secret or a certificate is a real one")
        return found


class StorageSettings(Strict):
    """Where everything is remembered."""

    url: str = Field(
        "sqlite:///countersign.db", description="Store; a file on a local disk, never on a share."
    )

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.removeprefix("sqlite:///"))

    def problems(self) -> list[str]:
        """List what is wrong with the address."""
        fine = self.url.startswith("sqlite:///") and self.path.name not in ("", "..", ":memory:")
        return [] if fine else ["STORAGE__URL must be like sqlite:///folder/countersign.db"]


class ServerSettings(Strict):
    """Where the service listens."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(3978, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    connections: int = Field(512, ge=8, le=65536, description="Most connections at a time.")
    per_address: int = Field(
        64,
        ge=0,
        le=65536,
        description="Most connections of one address; 0 behind a proxy, whose address all share.",
    )
    public_url: UrlOrNone = Field(
        "",
        description="Address browsers reach the service at; where Acumatica sends a consent back.",
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="What readers of `/metrics` must show as Bearer; empty: this machine only.",
    )

    def problems(self) -> list[str]:
        """List what is weak."""
        token = self.metrics_token.get_secret_value()
        weak = 0 < len(token) < MIN_SECRET
        return [f"SERVER__METRICS_TOKEN must have at least {MIN_SECRET} characters"] * weak

    def bounds(self) -> Bounds:
        """Return how many connections there may be."""
        return Bounds(self.connections, self.per_address)

    def within(self) -> bool:
        """Say whether nobody but this machine can reach us, as far as settings tell."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return all(map(is_loopback, (f"http://{host}", self.public_url or "http://localhost")))


class CompanySecrets(Strict):
    """What is secret of one company, `ACUMATICA__<NAME>__…`."""

    user: str = Field("", description="Acumatica API user.")
    password: SecretStr = Field(SecretStr(""), description="Its password.")
    client_id: str = Field(
        "", description="Client id of the connected application (SM303010), `GUID@Tenant`."
    )
    client_secret: SecretStr = Field(
        SecretStr(""), description="Secret of the connected application, for OAuth."
    )
    push_secret: SecretStr = Field(
        SecretStr(""),
        description="Header value push notifications must carry; empty: polling only.",
    )
    push_secret_previous: SecretStr = Field(
        SecretStr(""), description="The former header value, still valid during a rotation."
    )

    def push_secrets(self) -> tuple[bytes, ...]:
        """Return the header values that are valid now."""
        both = (self.push_secret, self.push_secret_previous)
        return tuple(s.get_secret_value().encode() for s in both if s.get_secret_value())

    def missing(self, company: str, *, oauth: bool, person: bool = False) -> list[str]:
        """List what this way of signing in, or acting as the *person*, needs and does not have."""
        wanted = {
            "USER": (self.user, not oauth or self.has_password),
            "PASSWORD": (self.has_password, not oauth),
            "CLIENT_ID": (self.client_id, oauth or person),
            "CLIENT_SECRET": (self.client_secret.get_secret_value(), oauth or person),
        }
        where = f"ACUMATICA__{company.upper()}__"
        return [
            f"{where}{name} is empty"
            for name, (value, need) in wanted.items()
            if need and not value
        ]

    def strays(self, company: Company) -> list[str]:
        """List a client id of another tenant: the tenant in it decides whose data are read."""
        told = client_tenant(self.client_id)
        if not self.client_id or told.casefold() == company.tenant.casefold():
            return []
        where = f"ACUMATICA__{company.name.upper()}__CLIENT_ID"
        return [f"{where} must be written GUID@{company.tenant}, with the tenant of the file"]

    @property
    def has_password(self) -> bool:
        """Whether the service user signs in by password."""
        return bool(self.password.get_secret_value())

    def weak(self, company: str) -> list[str]:
        """List what is too easily guessed."""
        where = f"ACUMATICA__{company.upper()}__"
        return [
            f"{where}{name} must have at least {MIN_SECRET} characters"
            for name, secret in (
                ("PUSH_SECRET", self.push_secret),
                ("PUSH_SECRET_PREVIOUS", self.push_secret_previous),
            )
            if 0 < len(secret.get_secret_value()) < MIN_SECRET
        ]


class EncryptionSettings(Strict):
    """Keys of the vault, where secrets lie that come into being at run time."""

    keys: SecretStr = Field(
        SecretStr(""),
        description="Keys separated by commas: the first seals, all open. Needed for OAuth by"
        " consent and for acting as the person.",
    )
    key_vault: UrlOrNone = Field(
        "",
        description="Azure Key Vault that keeps the keys, read by the machine's managed identity,"
        " where `keys` is empty.",
    )
    key_vault_secret: str = Field(
        "countersign-encryption-keys",
        description="Name of the secret in it.",
        pattern=r"^[0-9A-Za-z-]{1,127}$",
    )
    identity: str = Field(
        "",
        description="Client id of a user-assigned identity to read it with; empty: the system's.",
    )

    @property
    def listed(self) -> tuple[str, ...]:
        """Return the keys, the one that seals first."""
        parts = (part.strip() for part in self.keys.get_secret_value().split(","))
        return tuple(part for part in parts if part)

    def problems(self) -> list[str]:
        """List keys that are none, by their place, never by their value."""
        return [
            f"ENCRYPTION__KEYS: key {place} {problem}; {MAKE_KEY}"
            for place, key in enumerate(self.listed, 1)
            if (problem := key_problem(key))
        ]


class AuditSettings(Strict):
    """How the audit trail is proved, and how long it keeps what is personal."""

    keys: SecretStr = Field(
        SecretStr(""),
        description="Keys separated by commas: the first signs, all prove. Default: made from"
        " `ENCRYPTION__KEYS`, else one kept beside the store.",
    )
    anchor: Path | Literal[""] = Field(
        "",
        description="File to which the end of the trail is told every hour; best on another disk."
        " Default: beside the store.",
    )
    keep_details: int = Field(
        0, ge=0, le=36500, description="Days after which details are erased, rows stay; 0: never."
    )

    @property
    def listed(self) -> tuple[str, ...]:
        """Return the keys, the one that signs first."""
        parts = (part.strip() for part in self.keys.get_secret_value().split(","))
        return tuple(part for part in parts if part)

    def problems(self) -> list[str]:
        """List keys that are none, by their place, never by their value."""
        return [
            f"AUDIT__KEYS: key {place} {problem}; {MAKE_KEY}"
            for place, key in enumerate(self.listed, 1)
            if (problem := key_problem(key))
        ]


class AdminSettings(Strict):
    """The admin page, and who may sign in to it."""

    enabled: bool = Field(default=False, description="Whether there is an admin page at `/admin`.")
    client_id: str = Field(
        "",
        description="Application (client) id of the Entra registration people sign in with; empty:"
        " only links of `admin link` sign in.",
    )
    client_secret: SecretStr = Field(SecretStr(""), description="Client secret of it.")
    idle_minutes: int = Field(
        30, ge=1, le=1440, description="Minutes without a request after which a session ends."
    )
    session_hours: int = Field(
        8, ge=1, le=24, description="Hours after which a session ends, whatever happens in it."
    )
    sign_ins_a_minute: int = Field(
        10, ge=1, le=1000, description="Tries to sign in that one address has in a minute."
    )

    def problems(self, public_url: str) -> list[str]:
        """List what is missing for a sign-in by Entra."""
        found: list[str] = []
        if not self.enabled:
            return found
        if self.client_id and not self.client_secret:
            found.append(
                "ADMIN__CLIENT_SECRET (or ADMIN__CLIENT_SECRET_FILE) is empty: Entra answers a"
                " web application with its secret only"
            )
        if self.client_id and not public_url:
            found.append("SERVER__PUBLIC_URL is empty: Entra must know where to send people back")
        return found


class LogSettings(Strict):
    """How the service speaks to its operator."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level.")
    format: Literal["auto", "text", "json"] = Field(
        "auto", description="`auto` is text on a terminal and JSON otherwise."
    )


class TracesSettings(Strict):
    """Where spans go."""

    url: UrlOrNone = Field(
        "",
        description="Address that takes spans by OTLP over HTTP, like"
        " `http://127.0.0.1:4318/v1/traces`; needs the extra `otel`. Empty: none are sent.",
    )


_NESTED = ("teams__", "server__", "encryption__", "audit__", "admin__", "acumatica__")
"""Where secrets stand; other programs have variables that end in `_FILE`, too."""


def _with_files(source: PydanticBaseSettingsSource) -> PydanticBaseSettingsSource:
    """Read `X_FILE=/path` as the value of `X`: secrets need not stand in the environment."""
    if isinstance(source, EnvSettingsSource):
        source.env_vars = dict(_resolved(source.env_vars))
    return source


def _resolved(variables: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Read the files that are named; what stands in the environment itself counts more."""
    named = [name for name in variables if name.startswith(_NESTED) and name.endswith("_file")]
    plain = {name: value for name, value in variables.items() if name not in named}
    texts = {name.removesuffix("_file"): _file_text(name, variables[name]) for name in named}
    return plain | {name: text for name, text in texts.items() if not plain.get(name)}


def place_of(path: str) -> Path:
    """Return where a file that is named lies: a bare name among systemd's credentials, if any."""
    return Path(os.environ.get("CREDENTIALS_DIRECTORY", ""), path)


def _file_text(name: str, path: str | None) -> str:
    try:
        return read_text(place_of(path or "")).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise SettingsError([f"{name.upper()}: {path!r} cannot be read: {reason}"]) from error


class Settings(BaseSettings):
    """Every environment variable of the service."""

    model_config = SettingsConfigDict(
        env_file=".env", env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True
    )

    config: Path = Field(
        Path("countersign.toml"), description="The file with companies and routes."
    )
    teams: TeamsSettings = Field(default_factory=TeamsSettings)
    storage: StorageSettings = Field(default_factory=StorageSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    traces: TracesSettings = Field(default_factory=TracesSettings)
    encryption: EncryptionSettings = Field(default_factory=EncryptionSettings)
    audit: AuditSettings = Field(default_factory=AuditSettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)
    acumatica: dict[str, CompanySecrets] = Field(default_factory=dict)

    def exposed(self) -> list[str]:
        """List what a bot that takes unsigned calls must not have."""
        if not self.teams.playground or self.server.within():
            return []
        return ["TEAMS__PLAYGROUND: SERVER__HOST and SERVER__PUBLIC_URL must be this machine"]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the base class's name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the base class's name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read, in this order: arguments, the environment, `.env`."""
        return init_settings, _with_files(env_settings), _with_files(dotenv_settings)


def own_address(settings: Settings) -> str:
    """Return where the service listens, as this machine reaches it."""
    server = settings.server
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(server.host, server.host)  # noqa: S104
    return f"http://{host}:{server.port}"


def read_settings(**values: Any) -> Settings:
    """Read the environment, or raise SettingsError with every mistake found."""
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(mistakes(error, Settings, _variable)) from error
    except UnreadableError as error:
        raise SettingsError([f"the environment: {error}; it must be JSON"]) from error


def _variable(place: Sequence[str | int]) -> str:
    return "__".join(part for part in place if isinstance(part, str)).upper()
