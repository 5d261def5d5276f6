"""The app's registration in Entra and in the catalogue, as levers leave it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography import x509

from deployment.sandbox.teams.wire import Json, ShapeError, flag, names_in, text_in, whole_in

ALL_ROLES = (
    "User.Read.All",
    "AppCatalog.Read.All",
    "TeamsAppInstallation.ReadWriteSelfForUser.All",
    "TeamsActivity.Send",
    "Team.ReadBasic.All",
    "Channel.ReadBasic.All",
    "ChannelMessage.Read.All",
)
TOKEN_SECONDS = 3600
LONGEST_TOKEN = 86_400
CATALOG_ID = "dddddddd-0000-4000-8000-000000000004"
APP_NAME = "Countersign"
SECRET_STATES = ("good", "expired")
IDENTITY_HEADER = "stand-in-identity"


@dataclass(slots=True)
class Registration:
    """One app: credentials, permissions, place in the catalogue. *saved* hears of changes."""

    app_id: str
    tenant_id: str
    app_secret: str = field(repr=False)
    secret: str = SECRET_STATES[0]
    secret_ends: str = "2028-03-31T00:00:00Z"  # noqa: S105  # a day, not a value
    certificate: str | None = None
    token_seconds: int = TOKEN_SECONDS
    external_id: str = ""
    published: bool = True
    activity_types: list[str] = field(default_factory=lambda: ["approvalNeeded"])
    roles: list[str] = field(default_factory=lambda: list(ALL_ROLES))
    saved: Callable[[Json], None] = lambda _state: None

    def __post_init__(self) -> None:
        """The manifest's id is the app's own unless a lever says otherwise."""
        self.external_id = self.external_id or self.app_id

    def change(self, wish: Mapping[str, object]) -> Json:
        """Apply the wish of a lever, or raise ShapeError; says how the registration stands."""
        for name, value in wish.items():
            reader = _READERS.get(name)
            if reader is None:
                raise ShapeError(f"“{name}” is unknown. Known: {', '.join(_READERS)}.")
            setattr(self, _FIELDS.get(name, name), reader(value, name))
        self.saved(self.state())
        return self.state()

    def state(self) -> Json:
        """What a lever changed, as the lever names it."""
        return {name: getattr(self, _FIELDS.get(name, name)) for name in _READERS}


def _secret(value: object, name: str) -> str:
    if value not in SECRET_STATES:
        raise ShapeError(f"{name} must be one of: {', '.join(SECRET_STATES)}.")
    return str(value)


def _certificate(value: object, name: str) -> str | None:
    if value is None:
        return None
    pem = text_in(value, name)
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise ShapeError(f"{name} holds no X.509 certificate in PEM.") from error
    return pem


def _seconds(value: object, name: str) -> int:
    return whole_in(value, name, range(1, LONGEST_TOKEN + 1))


_READERS: dict[str, Callable[[object, str], object]] = {
    "secret": _secret,
    "secretEnds": text_in,
    "certificate": _certificate,
    "tokenSeconds": _seconds,
    "externalId": text_in,
    "published": flag,
    "activityTypes": names_in,
    "roles": names_in,
}
_FIELDS = {
    "secretEnds": "secret_ends",
    "tokenSeconds": "token_seconds",
    "externalId": "external_id",
    "activityTypes": "activity_types",
}
