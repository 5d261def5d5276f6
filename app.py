"""Countersign's commands: `uv run app.py demo` first, `run` for real, `check` before that."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import secrets
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from aiohttp import web

if TYPE_CHECKING:
    from deployment.sandbox.demo import Demo

LOCAL = "127.0.0.1"

app = typer.Typer(
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


class State(StrEnum):
    """Where something that has not arrived stands."""

    ANY = ""
    WAITING = "waiting"
    PARKED = "parked"
    MAYBE = "maybe"
    PERSON = "person"


sandbox = typer.Typer(help="One stand-in alone, to try any client against.", no_args_is_help=True)
app.add_typer(sandbox, name="sandbox")
audit = typer.Typer(help="The audit trail: whole? And evidence.", no_args_is_help=True)
app.add_typer(audit, name="audit")


def main() -> None:
    """Run the command line; what goes wrong is told in plain words with exit code 1."""
    os.umask(0o077)  # what we write is for us alone: card tokens, people, amounts
    try:
        app()
    except Exception as error:
        problems = _plain(error)
        if not problems:
            raise
        for problem in problems:
            say(f"✗ {problem}")
        sys.exit(1)


def _plain(error: Exception) -> tuple[str, ...]:
    """Return sentences for what a person can mend; nothing for a mistake of ours."""
    # Imported here: `--help` should not wait for the SDK.
    from acumatica_client.errors import ErpError
    from bot.checked import SettingsError
    from deployment.sandbox.processes import StandInFailed
    from deployment.teams import PackageError
    from storage.database import StoreError

    if isinstance(error, SettingsError):
        return error.problems
    if isinstance(error, OSError) and error.filename:
        return (f"{error.filename}: {error.strerror}",)
    told = isinstance(error, OSError | StandInFailed | StoreError | ErpError | PackageError)
    return (str(error),) if told else ()


def say(text: str = "") -> None:
    """Tell a person something; data would go to standard output, this does not."""
    print(text, file=sys.stderr, flush=True)


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run *work* on the fastest loop there is."""
    try:
        import uvloop  # not on Windows
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


# --- run and check --------------------------------------------------------------------------


@app.command()
def run() -> None:
    """Run the service, from the environment (`.env`) and `countersign.toml`.

    Stops cleanly on Ctrl-C or SIGTERM: messages in flight end, Acumatica sessions are signed out.
    """
    from bot.safety import read_everything
    from deployment.sandbox.processes import StandIn

    settings, file = read_everything()
    StandIn.check_port(settings.server.port, "SERVER__PORT", settings.server.host)
    run_loop(_serve(settings, file))


@app.command()
def check() -> None:
    """Check settings and routes without starting anything; lists every mistake and its place."""
    from bot.safety import read_everything, warnings

    settings, file = read_everything()
    companies, routes = len(file.company), len(file.route)
    counted = f"{companies} {'company' if companies == 1 else 'companies'},"
    counted += f" {routes} {'route' if routes == 1 else 'routes'}"
    say(f"✓ {settings.config}: {counted}; the settings are safe")
    for warning in warnings(file):
        say(f"! {settings.config}: {warning}")


@app.command()
def connect(
    company: Annotated[str, typer.Argument(help="One company of countersign.toml.")],
) -> None:
    """Connect the service's own Acumatica user by OAuth: sign in once, in a browser.

    For companies with sign_in = "oauth" and no password. Stop the service first.
    """
    from bot.clock import system_ports
    from bot.safety import read_everything
    from bot.signing_in.connect import connect_service

    settings, file = read_everything()

    async def work() -> None:
        login = await connect_service(company, settings, file, system_ports(), _sign_in_there)
        say(f"✓ {company} is connected as {login}; start the service again")

    run_loop(work())


async def _sign_in_there(url: str) -> str:
    say(f"Sign in to Acumatica as the service user, and allow it:\n\n  {url}\n")
    say("The browser ends at an address of Countersign; the page may be missing. Within a minute")
    return await asyncio.to_thread(input, "paste that whole address here: ")


@app.command()
def reconcile(
    company: Annotated[
        str, typer.Argument(help="One company of countersign.toml; without it, all.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the reports as JSON on standard output.")
    ] = False,
) -> None:
    """Compare everything that waits with Acumatica now; each difference is looked at again.

    The running service does it; where none runs, it is done here, and cards change when the service
    starts. Exit code 0: everything was compared. 1: something could not be.
    """
    from bot.safety import read_everything

    settings, file = read_everything()
    known = [one.name for one in file.company]
    if company and company not in known:
        say(f"✗ {settings.config} has no company {company!r}; it has: {', '.join(known)}")
        raise typer.Exit(1)
    run_loop(_reconcile(settings, file, [company] if company else known, as_json=as_json))


async def _reconcile(settings: Any, file: Any, companies: list[str], *, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from bot.clock import system_ports
    from bot.reading.on_demand import reconcile

    logging.getLogger().addHandler(logging.NullHandler())  # what came of it is told below, once
    told = TextColumn("{task.fields[rows]} read")
    columns = (TextColumn("{task.description}"), BarColumn(), told)
    with Progress(*columns, console=Console(stderr=True)) as display:
        show = _shown_in(display)
        done = await reconcile(settings, file, system_ports(), companies, show)
    for answer in done.answers:
        _tell_answer(answer)
    found = sum(answer.differences for answer in done.answers)
    if found and not done.by_service:
        say("No service runs: the cards change, and messages leave, when it starts.")
    if as_json:
        rows = [{"company": answer.company, **answer.report} for answer in done.answers]
        print(json.dumps({"companies": rows, "by_service": done.by_service}))
    if not all(answer.whole for answer in done.answers):
        raise typer.Exit(1)


@app.command()
def deliveries(
    company: Annotated[str, typer.Option(help="Only this company of countersign.toml.")] = "",
    state: Annotated[
        State, typer.Option(help="Only what is on its way, parked, perhaps delivered, a person's.")
    ] = State.ANY,
    document: Annotated[str, typer.Option(help="Only this document, like Bill/INV/004512.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to list.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print them as JSON on standard output.")
    ] = False,
) -> None:
    """List what has not arrived: what is on its way, what is parked and why, what is in doubt.

    Reads the store, whether the service runs or not. Oldest first. `replay` tries one again.
    """
    from rich.console import Console

    from bot.clock import SystemClock
    from bot.operating.report import drawn, read_page
    from bot.settings import read_settings
    from storage.records import Wanted

    wanted = Wanted(company, document, state.value)

    async def work() -> None:
        page = await read_page(read_settings().storage.path, wanted, limit=limit)
        if as_json:
            print(json.dumps(page.to_json()))
        else:
            Console(soft_wrap=not sys.stdout.isatty()).print(drawn(page, SystemClock().now()))

    run_loop(work())


@app.command()
def replay(
    items: Annotated[
        list[str] | None, typer.Argument(help="What `deliveries` calls them: m12 p3 l7.")
    ] = None,
    document: Annotated[
        str, typer.Option(help="All that is parked of this document, like Bill/INV/004512.")
    ] = "",
    parked: Annotated[bool, typer.Option("--parked", help="All that is parked.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, you are only told.")] = False,
) -> None:
    """Try again what is parked or perhaps delivered; tells first what that would do.

    A card is drawn when it leaves, so that an old one is never sent. Decisions are never replayed.
    The running service does it; where none runs, messages leave when it starts.
    """
    from bot.safety import read_everything
    from storage.records import Wanted

    if bool(items) + bool(document) + parked != 1:
        say("✗ Say what: the IDs that `deliveries` lists, or --document, or --parked")
        raise typer.Exit(2)
    settings, file = read_everything()
    ids = tuple(items) if items else None
    wanted = Wanted(document=document, state="" if items else State.PARKED.value, ids=ids)
    run_loop(_replay(settings, file, wanted, really=yes))


async def _replay(settings: Any, file: Any, wanted: Any, *, really: bool) -> None:
    import getpass

    from bot.clock import system_ports
    from bot.operating.asking import Wish, replay
    from bot.operating.replayer import MOST, told_lines
    from bot.operating.report import read_page

    page = await read_page(settings.storage.path, wanted, limit=MOST)
    ids = wanted.ids or tuple(row.id for row in page.rows)
    if not ids:
        say("Nothing of that is parked.")
        return
    wish = Wish(ids, getpass.getuser(), preview=not really)
    answer, by_service = await replay(settings, file, system_ports(), wish)
    for line in told_lines(answer):
        say(f"  {line}")
    if not really:
        say("Nothing was done yet. To do it: the same command with --yes")
    elif not by_service:
        say("No service runs: messages leave when it starts.")


@app.command()
def backup(
    path: Annotated[Path, typer.Argument(help="The file to make; it must not exist yet.")],
) -> None:
    """Copy the store into one file, while the service runs or not.

    To restore it: stop the service, put the file where STORAGE__URL says (and remove the files
    beside it that end in -wal and -shm), start. Nothing is released a second time: what was open
    in the backup is read back from Acumatica first. The keys that open its secrets are not in it.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from bot.clock import SystemClock
    from bot.operating.backup import make_backup
    from bot.settings import read_settings

    with Progress(TextColumn("copying"), BarColumn(), console=Console(stderr=True)) as display:
        bar = display.add_task("copying", total=None)
        made = make_backup(
            read_settings().storage.path,
            path,
            lambda done, total: display.update(bar, completed=done, total=total),
            now=SystemClock().now(),
        )
    say(f"✓ {path}: {made.told()}")
    say("  The keys that open its secrets (ENCRYPTION__KEYS) are not in it: keep them elsewhere.")


@app.command()
def people(
    company: Annotated[
        str, typer.Option(help="One company of countersign.toml; without it, all.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON on standard output.")
    ] = False,
) -> None:
    """Show who is who: employees, their accounts in Teams, how they were found, who may approve.

    Reads what the service last stored, whether it runs or not; those in doubt come first, with the
    lines that settle them. Exit code 1: somebody who is to approve cannot be reached, or may not.
    """
    from bot.people.report import read_reports
    from bot.safety import read_everything

    settings, file = read_everything()
    known = [one.name for one in file.company]
    if company and company not in known:
        say(f"✗ {settings.config} has no company {company!r}; it has: {', '.join(known)}")
        raise typer.Exit(1)

    async def work() -> None:
        path, wanted = settings.storage.path, [company] if company else known
        installing = settings.teams.asks_graph and settings.teams.install == "approvers"
        _tell_people(await read_reports(path, file, wanted, installing=installing), as_json)

    run_loop(work())


def _tell_people(reports: Sequence[Any], as_json: bool) -> None:
    from rich.console import Console

    from bot.clock import SystemClock
    from bot.people.table import drawn

    if as_json:
        print(json.dumps({"companies": [report.to_json() for report in reports]}))
    else:
        console = Console()
        for report in reports:
            # Lines to paste stay lines: the terminal breaks them, we do not.
            console.print(drawn(report, SystemClock().now()), soft_wrap=True)
    if any(report.blocked for report in reports):
        raise typer.Exit(1)


def _shown_in(display: Any) -> Callable[[Sequence[Any]], None]:
    """Return what draws rows of progress into *display*, one bar for each thing that is read."""
    bars: dict[tuple[str, str], Any] = {}

    def show(rows: Sequence[Any]) -> None:
        for row in rows:
            name = (row.company, row.entity)
            if name not in bars:
                text = f"{row.company}: {row.entity}"
                bars[name] = display.add_task(text, total=None, rows=0)
            ended = row.finished_at is not None  # then the bar is full, also of nothing
            total, completed = (1, 1) if ended else (row.total, row.rows)
            display.update(bars[name], total=total, completed=completed, rows=row.rows)

    return show


def _tell_answer(answer: Any) -> None:
    report = answer.report
    fine = "✓" if answer.whole else "✗"
    say(f"{fine} {answer.company}: {report['compared']} compared, {answer.differences} differ")
    for line in report["examples"]:
        say(f"    {line}")
    for line in dict.fromkeys(report["problems"]):
        say(f"    could not compare {line}")


async def _serve(settings: Any, file: Any) -> None:
    async with _serving(settings, file) as url:
        say(f"Countersign listens on {url}")
        await _until_stopped()
        say("Stopping…")


@asynccontextmanager
async def _serving(settings: Any, file: Any) -> AsyncIterator[str]:
    """Listen until the block ends; everything that was opened is closed then."""
    from bot.clock import system_ports
    from bot.connections import GuardedRunner
    from bot.log import set_up_logging
    from bot.service import build

    set_up_logging(settings.log)
    runner = GuardedRunner(
        build(settings, file, system_ports()), settings.server.bounds(), access_log=None
    )
    try:
        await runner.setup()
        site = web.TCPSite(runner, settings.server.host, settings.server.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def _until_stopped() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
            break
    await stop.wait()


@app.command()
def package(
    to: Annotated[
        Path | None, typer.Option(help="File to write; default: countersign-teams-VERSION.zip.")
    ] = None,
    version: Annotated[
        str, typer.Option(help="Teams takes a package again only with a higher version.")
    ] = "1.0.0",
    developer: Annotated[str, typer.Option(help="Whose app it is.")] = "Countersign",
    website: Annotated[str, typer.Option(help="Their page; default: SERVER__PUBLIC_URL.")] = "",
    privacy: Annotated[str, typer.Option(help="Their privacy statement; the same.")] = "",
    terms: Annotated[str, typer.Option(help="Their terms of use; the same.")] = "",
) -> None:
    """Build the Teams app package: what a Teams administrator uploads, without any secret.

    What it asks for follows from the settings; deployment/teams/README.md says what to do with it.
    """
    from bot.safety import read_everything
    from deployment.teams import TeamsApp, build_package

    settings, file = read_everything()
    hosts = {urlsplit(company.url).hostname or "" for company in file.company}
    teams_app = TeamsApp(
        settings.teams.app_id, version, settings.server.public_url, tuple(sorted(hosts)),
        developer=developer, website=website, privacy=privacy, terms=terms,
        reads_replies=settings.teams.notices != "off", notifies=settings.teams.feed == "on",
    )  # fmt: skip
    target = to or Path(f"countersign-teams-{version}.zip")
    named = build_package(teams_app, target)
    say(f"✓ {target}: {', '.join(named)}")
    for line in teams_app.asks_for():
        say(f"  {line}")
    say("  Next: Teams admin center → Manage apps → Upload new app (deployment/teams/README.md)")


# --- audit ----------------------------------------------------------------------------------


@audit.command("verify")
def audit_verify(
    anchor: Annotated[
        Path | None, typer.Option(help="File with anchors; default: AUDIT__ANCHOR.")
    ] = None,
    head: Annotated[
        str, typer.Option(metavar="ROWS:PROOF", help="Also an end that was told to a channel.")
    ] = "",
    pack: Annotated[
        Path | None, typer.Option(help="Check an exported folder instead of the store.")
    ] = None,
) -> None:
    """Check that nobody changed, added, took out or reordered anything in the audit trail.

    Names the first bad row. What was cut off at the end, or written anew by somebody with the key,
    is told by the anchors. Works while the service runs. Exit code 1: something is wrong.
    """
    from bot.auditing.proof import check_pack
    from bot.auditing.verify import keys_of, verify
    from bot.settings import read_settings

    settings = read_settings()
    if pack is not None:
        checked = check_pack(pack, keys_of(settings))
        if checked.problem:
            say(f"✗ {pack}: {checked.problem}")
            raise typer.Exit(1)
        say(f"✓ {pack}: {checked.rows:,} rows about {checked.about} are as they were written")
        return
    with _counting("checking") as show:
        verified = verify(settings, anchor, head, show)
    for line in verified.lines():
        say(line)
    if not verified.whole:
        raise typer.Exit(1)


@audit.command("export")
def audit_export(
    document: Annotated[str, typer.Option(help="One document, like Bill/Bill/004512.")] = "",
    since: Annotated[str, typer.Option("--from", help="First day or moment (UTC).")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day, or moment (UTC).")] = "",
    company: Annotated[str, typer.Option(help="Only this company of countersign.toml.")] = "",
    out: Annotated[Path, typer.Option(help="Folder to make, a new one.")] = Path("evidence"),
) -> None:
    """Write evidence about a document or a time: a page to read, a table, and the proof.

    The whole trail is checked first; the page says what was found. Works while the service runs.
    """
    import getpass

    from bot.auditing.export import Order, export
    from bot.auditing.keys import open_chain
    from bot.auditing.verify import keys_of, verify
    from bot.auditing.wanted import read_wanted
    from bot.clock import system_ports
    from bot.settings import read_settings

    wanted = read_wanted(document, since, until, company)
    settings, ports = read_settings(), system_ports()
    keys_of(settings)
    with _counting("checking") as show:
        checked = verify(settings, None, "", show)
    order = Order(wanted, out, ports.clock.now(), getpass.getuser(), checked)

    async def work() -> None:
        rows = await export(settings.storage.path, order, open_chain(settings, ports.token))
        say(f"✓ {out}: {rows:,} rows; begin with {out / 'story.html'}")

    run_loop(work())
    if not checked.whole:
        say(f"✗ {checked.found.flaw}; the page says so, too")
        raise typer.Exit(1)


@audit.command("erase")
def audit_erase(
    person: Annotated[str, typer.Argument(help="Their Entra object id (aadObjectId).")],
    also: Annotated[
        list[str] | None, typer.Option(help="Further names or addresses of theirs; repeatable.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be undone.")] = False,
) -> None:
    """Erase a person from the audit trail; the rows stay, and so does their proof.

    Whose pseudonym it was is forgotten, and it takes the place of their names wherever they stand.
    Stop the service first.
    """
    import getpass

    from bot.auditing.erasing import erase_person
    from bot.clock import system_ports
    from bot.settings import read_settings

    if not yes:
        say(f"Nothing was done yet. To erase {person} for good: the same command with --yes")
        return
    asked_by = getpass.getuser()

    async def work() -> None:
        alias, rows = await erase_person(
            read_settings(), system_ports(), person, also or (), asked_by=asked_by
        )
        say(f"✓ {person} is {alias} from now on; {rows:,} rows named them")

    run_loop(work())


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far long work is."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        bar = display.add_task(what, total=None)
        yield lambda done, total: display.update(bar, completed=done, total=total)


# --- demo -----------------------------------------------------------------------------------


class TeamsSide(StrEnum):
    """What stands where Teams would."""

    STAND_IN = "stand-in"
    PLAYGROUND = "playground"


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the bot.")] = 3978,
    acumatica_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the Acumatica stand-in.")
    ] = 8770,
    teams_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, show_default="8771, playground 56150", help="Port of the Teams side."
        ),
    ] = None,
    teams: Annotated[
        TeamsSide,
        typer.Option(
            help="What plays Teams: the stand-in with its page, or Microsoft's Agents Playground,"
            " which you start yourself by the line that is printed."
        ),
    ] = TeamsSide.STAND_IN,
    data: Annotated[
        Path, typer.Option(help="Folder to remember everything in; delete it to start afresh.")
    ] = Path(".demo"),
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the page in a browser.")
    ] = False,
    quiet_data: Annotated[
        bool, typer.Option("--quiet-data", help="Start with no documents; they come from outside.")
    ] = False,
    as_person: Annotated[
        bool,
        typer.Option(
            "--as-person",
            help="Everybody acts as their own Acumatica user, connected once by OAuth;"
            " approval maps can be answered then.",
        ),
    ] = False,
) -> None:
    """Try the whole loop on this machine, with no account anywhere.

    Starts an Acumatica stand-in, a Teams stand-in with its page, and the bot between them. A card
    for a bill on hold arrives within seconds: switch to its approver and press Release.
    """
    from deployment.sandbox import playground
    from deployment.sandbox.demo import TEAMS_PORT, Demo

    theirs = teams is TeamsSide.PLAYGROUND
    kind = playground.PlaygroundDemo if theirs else Demo
    default = playground.PORT if theirs else TEAMS_PORT
    started = kind(
        port,
        acumatica_port,
        teams_port or default,
        data,
        sample=not quiet_data,
        as_person=as_person,
    )
    # The playground's page is there only once somebody has started it.
    run_loop(_demo(started, open_page=not (no_open or theirs)))


async def _demo(demo: Demo, *, open_page: bool) -> None:
    from deployment.sandbox.folder import owned

    with owned(demo.data):
        await _play(demo, demo.prepare(), open_page=open_page)


async def _play(demo: Demo, words: Mapping[str, str], *, open_page: bool) -> None:
    say("Starting the stand-ins and the bot…")
    # The SDK takes seconds to import: that runs while the stand-ins start.
    importing = partial(asyncio.to_thread, importlib.import_module, "bot.service")
    async with demo.stand_ins(words, importing):
        from bot.company_file import read_file
        from bot.settings import read_settings

        settings = read_settings(_env_file=None, **demo.settings(words))
        async with _serving(settings, read_file(demo.file)):
            say(demo.what_next(words))
            if open_page:
                webbrowser.open(demo.teams)
            await _until_stopped()
            say("Stopping…")


# --- stand-ins ------------------------------------------------------------------------------

DataOption = Annotated[
    Path | None, typer.Option(help="Folder to remember everything in; without it, nothing is.")
]
PortOption = Annotated[
    int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
]
ParentOption = Annotated[
    bool, typer.Option("--with-parent", hidden=True, help="Stop when standard input closes.")
]


@sandbox.command("acumatica")
def sandbox_acumatica(
    context: typer.Context,
    port: PortOption = 8770,
    user: Annotated[str, typer.Option(help="API user to sign in with.")] = "countersign",
    password: Annotated[
        str, typer.Option(envvar="SANDBOX_PASSWORD", help="Its password; default: a random one.")
    ] = "",
    tenant: Annotated[str, typer.Option(help="Tenant to sign in to.")] = "Company",
    client_secret: Annotated[
        str,
        typer.Option(
            envvar="SANDBOX_CLIENT_SECRET",
            help="Secret of the OAuth application; default: the password.",
        ),
    ] = "",
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(help="Where OAuth consents may go back to; more than once for several."),
    ] = None,
    seats: Annotated[int, typer.Option(min=0, help="Sessions the license allows.")] = 4,
    requests_per_minute: Annotated[
        int, typer.Option(min=0, help="Requests a minute the license allows; 0 is any number.")
    ] = 0,
    contract5: Annotated[
        bool, typer.Option("--contract5", help="Serve Default/26.200.001 (contract 5) too.")
    ] = False,
    data: DataOption = None,
    empty: Annotated[bool, typer.Option("--empty", help="Start without documents.")] = False,
    with_parent: ParentOption = False,
) -> None:
    """Run the Acumatica stand-in: contract-based REST API, push sender, a page to play the ERP.

    It listens on loopback and prints how to sign in (cookies or OAuth), three lines to try, and
    its levers: faults, license limits, maintenance. Without --data it forgets all when it stops.
    """
    from deployment.sandbox.acumatica import SandboxOptions, serve, welcome
    from deployment.sandbox.acumatica.options import CALLBACKS

    password = password or secrets.token_urlsafe(12)
    # Shown on a terminal only when it did not come in secret.
    source = context.get_parameter_source("password")
    secret = source is not None and source.name == "ENVIRONMENT"
    options = SandboxOptions(
        user=user, password=password, tenant=tenant, data=data, sample=not empty, seats=seats,
        requests_per_minute=requests_per_minute, contract5=contract5, client_secret=client_secret,
        redirect_uris=tuple(redirect_uri or CALLBACKS),
    )  # fmt: skip

    async def listen() -> None:
        serving = await serve(options, host=LOCAL, port=port)
        say(welcome(options, f"http://{LOCAL}:{serving.port}", told=not secret))
        await _until_stopped()
        await serving.stop()

    _stand_alone(listen(), port, with_parent=with_parent)


@sandbox.command("teams")
def sandbox_teams(
    bot: Annotated[str, typer.Option(help="Address of the bot.")] = "http://127.0.0.1:3978",
    port: PortOption = 8771,
    app_secret: Annotated[
        str,
        typer.Option(envvar="SANDBOX_APP_SECRET", help="The bot's client secret; default: random."),
    ] = "",
    data: DataOption = None,
    with_parent: ParentOption = False,
) -> None:
    """Run the Teams stand-in: connector REST API, token service, a page that looks like Teams."""
    from deployment.sandbox.teams import SandboxOptions, serve

    given = bool(app_secret)
    options = SandboxOptions(bot=bot, app_secret=app_secret or secrets.token_urlsafe(24), data=data)

    async def listen() -> None:
        served = await serve(options, host=LOCAL, port=port)
        say(
            f"Teams stand-in on http://{LOCAL}:{served.port}\n"
            f"  bot at {bot}, app id {options.app_id}, tenant {options.tenant_id}\n"
            f"  client secret {'(given)' if given else options.app_secret}"
        )
        await _until_stopped()
        await served.cleanup()

    _stand_alone(listen(), port, with_parent=with_parent)


def _stand_alone(work: Coroutine[Any, Any, None], port: int, *, with_parent: bool) -> None:
    from deployment.sandbox.processes import StandIn, stop_with_parent

    try:
        StandIn.check_port(port, "--port")
    except Exception:
        work.close()  # what never ran must not be complained about
        raise
    if with_parent:
        stop_with_parent()
    run_loop(work)


if __name__ == "__main__":
    main()
