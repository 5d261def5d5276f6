"""What a dry run found, as a page for people and as a table for a spreadsheet.

The page fetches nothing and runs no script; every word of others is escaped at one place (`_e`).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TextIO

from bot.auditing.story import cut
from bot.auditing.tables import cell
from bot.configuring.drawn import card_lines
from bot.configuring.rehearsal import Rehearsal, Sending

COLUMNS = ("company", "document", "what", "where", "mentions", "summary", "why")
STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5c6675;--line:#dfe3e9;--paper:#fff;
 --wash:#f5f7fa;--accent:#3b5bdb;--warn:#fff4d6}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaf0;--soft:#a3adbb;--line:#343c49;
 --paper:#1b212b;--wash:#12161d;--accent:#8ea6ff;--warn:#3a3218}}
*{box-sizing:border-box}
body{margin:0;background:var(--wash);color:var(--ink);
 font:15px/1.5 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:2rem 0 .6rem}
.sub{color:var(--soft);margin:0 0 1rem}
.warn{background:var(--warn);border-radius:8px;padding:.8rem 1rem}
table{border-collapse:collapse;width:100%}
th{text-align:left;color:var(--soft);font-weight:500}
th,td{padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line)}
article{background:var(--paper);border:1px solid var(--line);border-radius:10px;
 padding:1rem 1.2rem;margin:0 0 1rem;overflow-wrap:anywhere}
article h3{margin:0;font-size:1rem}article p{margin:.25rem 0}
.what{color:var(--accent)}.soft{color:var(--soft)}
summary{cursor:pointer;color:var(--accent)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0 0;padding:.8rem 1rem;
 background:var(--wash);border-radius:8px;font:.85rem/1.5 ui-monospace,Consolas,monospace}
"""


def page(found: Rehearsal) -> Iterator[str]:
    """Yield the page."""
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f"<title>Dry run</title><style>{STYLE}</style></head><body><main>"
    )
    yield "<h1>Dry run: nothing was sent, nothing was done</h1>"
    yield (
        f'<p class="sub">{found.at:%Y-%m-%d %H:%M} UTC · configuration {_e(found.version)} ·'
        f" {_e(found.counted)}</p>"
    )
    yield from _troubles(found)
    yield from _counts(found)
    yield "<h2>Messages</h2>"
    for one in found.sendings:
        yield from _article(one)
    yield "" if found.sendings else "<p>None.</p>"
    yield "</main></body></html>"


def write_down(found: Rehearsal, to: Path) -> tuple[Path, Path]:
    """Write both into the folder *to*; return where they are. Raises OSError."""
    to.mkdir(parents=True, exist_ok=True)
    html, table = to / "dry-run.html", to / "dry-run.csv"
    html.write_text("".join(page(found)), "utf-8")
    with table.open("w", encoding="utf-8", newline="") as rows:
        write_table(found, rows)
    return html, table


def write_table(found: Rehearsal, file: TextIO) -> None:
    """Write a row for each message."""
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for one in found.sendings:
        told = (
            one.company, one.document, one.what, one.place, ", ".join(one.mentions),
            one.summary, " ".join(one.why),
        )  # fmt: skip
        writer.writerow(map(cell, told))


def _troubles(found: Rehearsal) -> Iterator[str]:
    if found.troubles:
        rows = "".join(f"<li>{_e(one)}</li>" for one in found.troubles)
        yield f'<section class="warn"><b>Not everything could be read</b><ul>{rows}</ul></section>'


def _counts(found: Rehearsal) -> Iterator[str]:
    counted = Counter((one.place, one.what) for one in found.sendings)
    if not counted:
        return
    yield "<h2>Who gets what</h2><table><tr><th>Where</th><th>What</th><th>How many</th></tr>"
    for (place, what), number in sorted(counted.items()):
        yield f"<tr><td>{_e(place)}</td><td>{_e(what)}</td><td>{number}</td></tr>"
    yield "</table>"


def _article(one: Sending) -> Iterator[str]:
    mentioned = f" · mentions {', '.join(one.mentions)}" if one.mentions else ""
    yield f"<article><h3>{_e(one.summary)}</h3>"
    yield f'<p><span class="what">{_e(one.what)}</span> · {_e(one.place + mentioned)}</p>'
    yield f'<p class="soft">{_e(f"{one.document} of {one.company}")}</p>'
    yield "".join(f"<p>{_e(line)}</p>" for line in one.why)
    said = "\n".join(_e(line) for line in card_lines(one.card))
    yield f"<details><summary>The card</summary><pre>{said}</pre></details></article>"


def _e(text: str) -> str:
    return escape(cut(str(text)))
