"""Opening the data folder: everything goes on where the last run ended."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from deployment.sandbox.teams.conversations import Board, Message, to_json
from deployment.sandbox.teams.directory import Directory, load_directory
from deployment.sandbox.teams.feed import Feed
from deployment.sandbox.teams.graph.subscriptions import Subscriptions
from deployment.sandbox.teams.graph.users import Users, seeded
from deployment.sandbox.teams.history import History
from deployment.sandbox.teams.keys import ENTRA_KEY_FILE, SigningKey
from deployment.sandbox.teams.live import Pulse
from deployment.sandbox.teams.options import SandboxOptions
from deployment.sandbox.teams.registration import Registration
from deployment.sandbox.teams.state import Address, State
from deployment.sandbox.teams.store import Store
from deployment.sandbox.teams.team_life import TeamLife, team_life_from
from deployment.sandbox.teams.tokens import TokenService
from deployment.sandbox.teams.wire import Json, stamp


def open_state(options: SandboxOptions) -> State:
    """Open the data folder and take up where the last run ended."""
    store = Store(options.data)
    pulse = Pulse()
    board = Board(saved=_saver(store, pulse))
    for saved in store.all("message"):
        board.restore(saved)
    address = Address(options.address)
    if options.address:
        address.known.set()
    directory = load_directory(options.tenant_id, _team(store))
    app = _registration(options, store)
    return State(
        options=options,
        directory=directory,
        store=store,
        key=SigningKey(options.keys or options.data),
        entra_key=SigningKey(options.keys or options.data, ENTRA_KEY_FILE),
        app=app,
        tokens=TokenService(app, options.now),
        history=History(store, lambda: stamp(options.now())),
        board=board,
        address=address,
        users=_users(store, directory),
        feed=_restored(Feed(_keeper(store, "feed")), store, "feed"),
        subscriptions=_restored(
            Subscriptions(_keeper(store, "subscriptions")), store, "subscriptions"
        ),
        pulse=pulse,
        installed=_installed(store, directory),
        reach=(store.one("reach") or {"reach": {}})["reach"],
    )


def _saver(store: Store, pulse: Pulse) -> Callable[[Message], None]:
    def saved(message: Message) -> None:
        store.put("message", int(message.id), to_json(message))
        pulse.beat()

    return saved


def _installed(store: Store, directory: Directory) -> dict[str, str]:
    """Where the app is: everywhere at first, then as remembered."""
    places = {one.id: "wanted" for one in directory.conversations}
    return places | {row["id"]: row["how"] for row in store.all("installed")}


def _keeper(store: Store, bucket: str) -> Callable[[Json], None]:
    return lambda content: store.put(bucket, 0, content)


class _Restorable(Protocol):
    def restore(self, saved: Json) -> None: ...


Kept = TypeVar("Kept", bound=_Restorable)


def _restored(kept: Kept, store: Store, bucket: str) -> Kept:
    saved = store.one(bucket)
    if saved is not None:
        kept.restore(saved)
    return kept


def _users(store: Store, directory: Directory) -> Users:
    return _restored(seeded(directory, _keeper(store, "users")), store, "users")


def _team(store: Store) -> TeamLife:
    saved = store.one("team")
    return team_life_from(saved) if saved else TeamLife()


def _registration(options: SandboxOptions, store: Store) -> Registration:
    app = Registration(options.app_id, options.tenant_id, options.app_secret)
    app.change(store.one("app") or {})
    app.saved = _keeper(store, "app")
    return app
