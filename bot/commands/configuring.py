"""`check`, `plan` and `explain`: what the settings and routes say, and what they would do."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.console import run_loop, say


def check(
    schema: Annotated[
        bool,
        typer.Option("--schema", help="Print the JSON schema of countersign.toml, for editors."),
    ] = False,
    examples: Annotated[
        bool, typer.Option("--examples", help="With --schema: that of countersign.examples.toml.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for what is merely odd, too.")
    ] = False,
) -> None:
    """Check settings and routes without starting anything; lists every mistake and its place.

    Examples in `countersign.examples.toml`, beside the file, are tried: which way a document must
    go. Exit code 1: something is wrong, or an example goes another way.
    """
    if schema:
        from bot.configuring.schema import examples_schema, file_schema

        made = examples_schema() if examples else file_schema()
        print(json.dumps(made, indent=2, ensure_ascii=False))
        return
    from bot.configuring.version import short, version_of
    from bot.safety import oddities, read_everything

    settings, file = read_everything()
    failed = _try_examples(settings, file)
    if not failed:
        companies, routes = len(file.company), len(file.route)
        counted = f"{companies} {'company' if companies == 1 else 'companies'},"
        counted += f" {routes} {'route' if routes == 1 else 'routes'}"
        version = short(version_of(file))
        say(f"✓ {settings.config}: {counted}; the settings are safe (version {version})")
    odd = oddities(settings, file)
    for line in _placed(settings.config, odd):
        say(f"! {line}")
    if failed or (strict and odd):
        raise typer.Exit(1)


def _placed(config: Path, odd: Any) -> list[str]:
    from bot.files import read_text
    from bot.toml_lines import line_at, lines_of

    lines = lines_of(read_text(config))
    numbers = [line_at(lines, one.place) for one in odd]
    return [
        f"{config}{f', line {number}' if number else ''}: {one.told}"
        for one, number in zip(odd, numbers, strict=True)
    ]


def _try_examples(settings: Any, file: Any) -> bool:
    """Try the examples where there are any; say which fail."""
    from bot.configuring.examples import examples_beside, failures

    path = examples_beside(settings.config)
    if not path.exists():
        return False
    count, failed = failures(path, file)
    for line in failed:
        say(f"✗ {line}")
    if not failed:
        say(f"✓ {path}: {count} {'example goes its' if count == 1 else 'examples go their'} way")
    return bool(failed)


def plan(
    new: Annotated[Path, typer.Argument(metavar="FILE", help="A countersign.toml to compare.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the plan as JSON on standard output.")
    ] = False,
) -> None:
    """Say which open documents another countersign.toml would send elsewhere, and their cards.

    Compares FILE with the one in use, over what the service last stored; nothing is changed. It
    happens when the service starts with FILE.
    """
    from bot.clock import SystemClock
    from bot.company_file import read_file
    from bot.configuring.planning import read_plan
    from bot.safety import read_everything

    settings, file = read_everything()
    other = read_file(new)

    async def work() -> None:
        now = SystemClock().now()
        found = await read_plan(settings.storage.path, file, other, now=now)
        if as_json:
            print(json.dumps(found.to_json(), ensure_ascii=False))
        else:
            _tell_plan(found)

    run_loop(work())


def _tell_plan(found: Any) -> None:
    from rich.console import Console

    from bot.configuring.drawn import planned

    Console(soft_wrap=not sys.stdout.isatty()).print(planned(found))


def explain(
    entity: Annotated[
        str, typer.Argument(help="Bill, PurchaseOrder, Check or Payment; bill, po, payment.")
    ] = "",
    reference: Annotated[str, typer.Argument(metavar="REF", help="Its number.")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="Explain the document in a JSON file instead.")
    ] = None,
    company: Annotated[
        str, typer.Option(help="One company of countersign.toml; without it, the first that knows.")
    ] = "",
    kind: Annotated[
        str, typer.Option("--type", help="Its type, where it is not the commonest one.")
    ] = "",
    live: Annotated[
        bool, typer.Option("--live", help="Read it from Acumatica, also if the store has it.")
    ] = False,
    card: Annotated[
        Path | None, typer.Option("--card", help="Write the first card to this file, as JSON.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON on standard output.")
    ] = False,
) -> None:
    """Say which route a document goes by and why, who is asked, and which card is sent where.

    Nothing is written, posted or acted on. A document the store does not have is read from
    Acumatica. Exit code 1: nobody knows such a document.
    """
    from bot.clock import system_ports
    from bot.configuring import explaining
    from bot.configuring.sketch import read_document
    from bot.safety import read_everything

    if bool(file) == bool(entity and reference):
        say("✗ say which document: explain Bill 004512, or explain --file document.json")
        raise typer.Exit(2)
    settings, rules = read_everything()
    ports = system_ports()
    wish = (
        explaining.Wish((), document=read_document(file, now=ports.clock.now()), company=company)
        if file
        else explaining.read_wish(entity, reference, kind, company=company, live=live)
    )

    async def work() -> None:
        found = await explaining.explain(settings, rules, ports, wish)
        if found is None:
            say(f"✗ nobody knows {entity} {reference}: neither the store nor Acumatica")
            raise typer.Exit(1)
        _tell(found, card, as_json=as_json)

    run_loop(work())


def _tell(found: Any, card: Path | None, *, as_json: bool) -> None:
    from bot.configuring.drawn import explained

    if card and found.cards:
        _, shown = found.cards[0]
        card.write_text(json.dumps(shown.card, indent=2, ensure_ascii=False) + "\n", "utf-8")
        say(f"✓ {card}: the card, as Teams would get it")
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        print("\n".join(explained(found)))


async def rehearse(settings: Any, file: Any, to: Path) -> None:
    """Look at live data once, and write what would be sent."""
    from bot.clock import system_ports
    from bot.configuring.rehearsal import rehearse
    from bot.configuring.rehearsal_page import write_down

    logging.getLogger().addHandler(logging.NullHandler())  # what came of it is told below, once
    found = await rehearse(settings, file, system_ports(), lambda _: None)
    html, table = write_down(found, to)
    for trouble in found.troubles:
        say(f"! {trouble}")
    say(f"✓ {found.counted}; nothing was")
    say(f"  {html} to read, {table} to sort")
