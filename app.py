"""Countersign's commands: `uv run app.py demo` first, `run` for real, `check` before that."""

from __future__ import annotations

import asyncio
import importlib
import os
import secrets
import sys
import webbrowser
from collections.abc import Coroutine, Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from bot.commands.admin import admin
from bot.commands.auditing import audit
from bot.commands.comparing import reconcile
from bot.commands.configuring import check, explain, plan, rehearse
from bot.commands.console import run_loop, say
from bot.commands.delivering import backup, deliveries, replay
from bot.commands.doctor import doctor
from bot.commands.looking import status
from bot.commands.people import people
from bot.commands.secret import secrets as secrets_
from bot.commands.serving import connect, serve, serving, until_stopped

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


sandbox = typer.Typer(help="One stand-in alone, to try any client against.", no_args_is_help=True)
app.add_typer(sandbox, name="sandbox")
app.add_typer(audit, name="audit")
app.add_typer(admin, name="admin")
app.add_typer(secrets_, name="secrets")


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
    if isinstance(error, UnicodeEncodeError):
        return ("an argument holds bytes that are no UTF-8 text",)
    if isinstance(error, OSError) and error.filename:
        return (f"{error.filename}: {error.strerror}",)
    told = isinstance(error, OSError | StandInFailed | StoreError | ErpError | PackageError)
    return (str(error),) if told else ()


# --- the service ----------------------------------------------------------------------------


@app.command()
def run(
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Look at live data once and write what would be sent to whom, and why: a page"
            " and a table. Nothing is posted, acted on or kept.",
        ),
    ] = False,
    to: Annotated[Path, typer.Option(help="Folder for what a dry run writes.")] = Path("dry-run"),
) -> None:
    """Run the service, from the environment (`.env`) and `countersign.toml`.

    Stops cleanly on Ctrl-C or SIGTERM: messages in flight end, Acumatica sessions are signed out.
    """
    from bot.safety import read_everything
    from deployment.sandbox.processes import StandIn

    settings, file = read_everything()
    if dry_run:
        run_loop(rehearse(settings, file, to))
        return
    StandIn.check_port(settings.server.port, "SERVER__PORT", settings.server.host)
    run_loop(serve(settings, file))


for command in (
    check, plan, explain, doctor, status, connect, reconcile, deliveries, replay, backup, people,
):  # fmt: skip
    app.command()(command)


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
        async with serving(settings, read_file(demo.file)):
            say(demo.what_next(words))
            say("  The admin page, by a link that works once, within ten minutes:")
            say(f"  {await _admin_link(settings)}\n")
            if open_page:
                webbrowser.open(demo.teams)
            await until_stopped()
            say("Stopping…")


async def _admin_link(settings: Any) -> str:
    from bot.admin.links import make_link
    from bot.admin.roles import Role
    from bot.clock import system_ports

    return await make_link(settings, system_ports(), name="demo", role=Role.ADMIN)


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
        await until_stopped()
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
        await until_stopped()
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
