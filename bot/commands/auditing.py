"""`audit verify`, `audit export`, `audit erase`: whether the trail is whole; evidence from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.console import counting, operator, run_loop, say

audit = typer.Typer(help="The audit trail: whole? And evidence.", no_args_is_help=True)


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
    from bot.secrets.sources import with_keys
    from bot.settings import read_settings

    settings = with_keys(read_settings())
    if pack is not None:
        checked = check_pack(pack, keys_of(settings))
        if checked.problem:
            say(f"✗ {pack}: {checked.problem}")
            raise typer.Exit(1)
        say(f"✓ {pack}: {checked.rows:,} rows about {checked.about} are as they were written")
        return
    with counting("checking") as show:
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
    from bot.auditing.export import Order, export
    from bot.auditing.keys import open_chain
    from bot.auditing.verify import keys_of, verify
    from bot.auditing.wanted import read_wanted
    from bot.clock import system_ports
    from bot.secrets.sources import with_keys
    from bot.settings import read_settings

    wanted = read_wanted(document, since, until, company)
    settings, ports = with_keys(read_settings()), system_ports()
    keys_of(settings)
    with counting("checking") as show:
        checked = verify(settings, None, "", show)
    order = Order(wanted, out, ports.clock.now(), operator(), checked)

    async def work() -> None:
        rows = await export(settings.storage.path, order, open_chain(settings, ports.token))
        say(f"✓ {out}: {rows:,} rows; begin with {out / 'story.html'}")

    run_loop(work())
    if not checked.whole:
        say(f"✗ {checked.found.flaw}; the page says so, too")
        raise typer.Exit(1)


@audit.command("erase")
def audit_erase(
    person: Annotated[str, typer.Argument(help="Their address, or Entra object id (aadObjectId).")],
    also: Annotated[
        list[str] | None, typer.Option(help="Further names or addresses of theirs; repeatable.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be undone.")] = False,
) -> None:
    """Erase a person from the audit trail; the rows stay, and so does their proof.

    Whose pseudonym it was is forgotten, and it takes the place of their names wherever they stand.
    Tells first which those are. Stop the service before it is done.
    """
    from bot.auditing.erasing import erase_person, names_to_erase
    from bot.clock import system_ports
    from bot.secrets.sources import with_keys
    from bot.settings import read_settings

    settings, asked_by = read_settings(), operator()

    async def work() -> None:
        if not yes:
            names = await names_to_erase(settings.storage.path, person, also or ())
            say(f"A pseudonym would stand for: {', '.join(names)}")
            say("Nothing was done yet. To erase them for good: the same command with --yes")
            return
        alias, rows = await erase_person(
            with_keys(settings), system_ports(), person, also or (), asked_by=asked_by
        )
        say(f"✓ {person} is {alias} from now on; {rows:,} rows named them")

    run_loop(work())
