"""`secrets`: what is secret, where it comes from, setting it, a new key for what is kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.console import operator, run_loop, say

secrets = typer.Typer(help="Secrets: where each comes from; set, rotate.", no_args_is_help=True)
NAME = Annotated[
    str,
    typer.Argument(
        help="Its variable, like TEAMS__CLIENT_SECRET, or acumatica.acme.password.",
        show_default=False,
    ),
]


@secrets.command("set")
def secrets_set(
    name: NAME,
    file: Annotated[
        Path | None, typer.Option(help="Read it from this file instead of asking.")
    ] = None,
) -> None:
    """Keep a secret in the store, encrypted; asks for it without showing it, or reads a pipe.

    Never give it as an argument: others on the machine see those. A running service takes it
    within a minute, but for the client secret of an Acumatica application: that needs a restart.
    """
    from bot.clock import system_ports
    from bot.secrets.storing import keep

    settings, wanted = _settings_and_name(name)
    secret = _told(file, wanted.variable)

    async def work() -> None:
        runs = await keep(settings, system_ports(), wanted, secret, operator())
        say(f"✓ {wanted.variable} is kept in {settings.storage.path}, encrypted")
        _say_what_counts(settings, wanted)
        _say_next(wanted, runs)

    run_loop(work())


@secrets.command("remove")
def secrets_remove(name: NAME) -> None:
    """Take a secret out of the store; what the environment or a file tells stays."""
    from bot.clock import system_ports
    from bot.secrets.storing import remove

    settings, wanted = _settings_and_name(name)

    async def work() -> None:
        runs = await remove(settings, system_ports(), wanted, operator())
        say(f"✓ {wanted.variable} is out of the store")
        _say_next(wanted, runs)

    run_loop(work())


@secrets.command("list")
def secrets_list(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print it as JSON on standard output.")
    ] = False,
) -> None:
    """List every secret: where it comes from, since when, how many days are left. Never a value.

    Below them stand the sign-ins to Acumatica that are kept, the service's and people's own.
    """
    from rich.console import Console

    from bot.clock import SystemClock
    from bot.secrets.listing import drawn, listed, row_of, row_of_sign_in, sign_ins
    from bot.secrets.sources import with_keys
    from bot.settings import read_settings

    settings = with_keys(read_settings())
    file, now = _file(settings), SystemClock().now()
    rows = listed(settings, _companies(settings, file), file)

    async def show() -> None:
        kept = await sign_ins(settings, file) if file else []
        if as_json:
            told = [row_of_sign_in(one, now) for one in kept]
            print(json.dumps({"secrets": [row_of(one, now) for one in rows], "sign_ins": told}))
        else:
            Console(soft_wrap=not sys.stdout.isatty()).print(drawn(rows, kept, now))

    run_loop(show())


@secrets.command("rotate")
def secrets_rotate(
    to: Annotated[
        Path | None,
        typer.Option(help="New file for the keys, where they stand in the environment now."),
    ] = None,
) -> None:
    """Make a new encryption key and seal everything that is kept with it; the old one still opens.

    The new key goes in front where the keys come from: their file, or Azure Key Vault. While the
    service runs, rows are sealed anew at its next start. Broken off? The same command goes on.
    """
    from cryptography.fernet import Fernet

    from bot.clock import system_ports
    from bot.secrets.rotating import rotate
    from bot.secrets.sources import with_keys
    from bot.settings import read_settings

    settings = with_keys(read_settings())

    async def work() -> None:
        done = await rotate(settings, system_ports(), Fernet.generate_key().decode(), to)
        for line in done.lines():
            say(line)

    run_loop(work())


def _settings_and_name(text: str) -> tuple[Any, Any]:
    from bot.secrets.names import read_name
    from bot.secrets.sources import stored, with_keys
    from bot.settings import read_settings

    settings = with_keys(read_settings())
    known = {*_companies(settings, _file(settings)), *(name.company for name in stored(settings))}
    return settings, read_name(text, sorted(known - {""}))


def _companies(settings: Any, file: Any) -> list[str]:
    told = [company.name for company in file.company] if file else []
    return sorted({*told, *settings.acumatica})


def _file(settings: Any) -> Any:
    """Read the file with the companies; mistakes in it must not keep a secret from being set."""
    from bot.checked import SettingsError
    from bot.company_file import read_file

    try:
        return read_file(settings.config)
    except SettingsError as error:
        say(f"! {settings.config} cannot be read yet ({len(error.problems)} mistakes; see check)")
        return None


def _told(file: Path | None, variable: str) -> str:
    from bot.checked import SettingsError
    from bot.files import read_text

    if file is not None:
        try:
            return read_text(file).strip()
        except UnicodeDecodeError as error:
            told = f"{file} is no text; a certificate is kept as PEM, not as PFX or DER"
            raise SettingsError([told]) from error
    if not sys.stdin.isatty():
        return sys.stdin.read().strip()
    secret: str = typer.prompt(variable, hide_input=True, confirmation_prompt=True)
    return secret.strip()


def _say_what_counts(settings: Any, name: Any) -> None:
    from bot.secrets.sources import value_of

    if value_of(settings, name):
        say(f"! the environment or a file tells {name.variable}, too, and that counts: take it out")


def _say_next(name: Any, runs: bool) -> None:
    from bot.secrets.renewing import needs_restart

    if not runs:
        say("  No service runs: it counts from the next start.")
    elif needs_restart(name):
        say("  The service runs with the former one: restart it.")
    else:
        say("  The running service takes it within a minute.")
