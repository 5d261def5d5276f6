"""The evidence as a page: for the screen and for paper, with nothing in it but text and its style.

No script, no address to fetch from, and every word of others escaped at one place (`_e`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from bot.auditing.decisions import HEADINGS, Decisions
from bot.auditing.seal import Seal
from bot.auditing.story import Told, cut, short

STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5c6675;--line:#dfe3e9;--paper:#fff;
 --wash:#f5f7fa;--faint:#66707f;--fine:#effaf2;--fine-line:#b7dfc3;--partly:#fff9e8;
 --partly-line:#ecd08a;--broken:#fdf0f0;--broken-line:#f0b3b3}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#a9b2bf;--line:#39414d;
 --paper:#1d232c;--wash:#14181e;--faint:#97a1af;--fine:#16301f;--fine-line:#2f6b42;--partly:#33290f;
 --partly-line:#7a622a;--broken:#3a1a1a;--broken-line:#8a3a3a}}
*{box-sizing:border-box}
body{margin:0;background:var(--wash);color:var(--ink);
 font:15px/1.5 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:60rem;margin:2rem auto;background:var(--paper);padding:2.5rem 3rem;
 border:1px solid var(--line);border-radius:10px}
h1{font-size:1.75rem;line-height:1.2;margin:.1rem 0 .3rem;letter-spacing:-.01em}
h2{font-size:1.05rem;margin:2.2rem 0 .8rem;padding-bottom:.35rem;border-bottom:2px solid var(--ink)}
.over{text-transform:uppercase;letter-spacing:.09em;font-size:.72rem;color:var(--soft);margin:0}
.sub{color:var(--soft);margin:0}
.seal{display:flex;gap:1rem;margin:1.6rem 0;padding:1rem 1.2rem;border-radius:8px;
 border:1px solid var(--fine-line);background:var(--fine)}
.seal.partly{border-color:var(--partly-line);background:var(--partly)}
.seal.broken{border-color:var(--broken-line);background:var(--broken)}
.seal b{display:block}.seal .mark{font-size:1.5rem;line-height:1.2}
.seal p{margin:.2rem 0 0;color:var(--soft);font-size:.88rem}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.9rem 1.5rem;
 margin:1rem 0}
dl.facts dt{font-size:.74rem;color:var(--soft)}dl.facts dd{margin:0;font-weight:600;
 overflow-wrap:anywhere}
.day{margin:1.6rem 0 .6rem;font-weight:600;color:var(--soft);font-size:.85rem}
ol{list-style:none;margin:0;padding:0;border-left:2px solid var(--line)}
li{position:relative;padding:.1rem 0 1.1rem 1.5rem;break-inside:avoid}
li:before{content:"";position:absolute;left:-7px;top:.45rem;width:12px;height:12px;
 border-radius:50%;background:var(--tone,#aab2bf);border:2px solid var(--paper);
 print-color-adjust:exact;-webkit-print-color-adjust:exact}
.asked{--tone:#7048e8}.pressed{--tone:#3b5bdb}.sent{--tone:#1098ad}.done{--tone:#2b8a3e}
.refused{--tone:#c92a2a}.doubt{--tone:#e8890c}.erp{--tone:#5c7cfa}.card{--tone:#868e96}
.what{font-weight:600;overflow-wrap:anywhere}
.who{font-weight:400;color:var(--soft)}
.when{font-variant-numeric:tabular-nums;color:var(--soft);font-size:.82rem;margin-right:.5rem}
.more{margin:.25rem 0 0;font-size:.85rem;overflow-wrap:anywhere}
.more span{color:var(--soft)}.more i{font-style:normal;margin-right:1rem}
.proof{font:.72rem/1.5 ui-monospace,SFMono-Regular,Consolas,monospace;color:var(--faint);
 overflow-wrap:anywhere;margin:.2rem 0 0}
.wide{overflow-x:auto}.wide table{min-width:46rem}
table{border-collapse:collapse;width:100%;font-size:.85rem;margin:.5rem 0}
th{text-align:left;color:var(--soft);font-weight:500}
th,td{padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;
 overflow-wrap:anywhere}
footer{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.8rem;
 color:var(--soft)}
code{font:.85em ui-monospace,SFMono-Regular,Consolas,monospace;overflow-wrap:anywhere}
@page{margin:16mm 14mm}
@media print{body{background:none;font-size:10.5pt}main{border:0;margin:0;padding:0;max-width:none}
 h2{break-after:avoid}.day{break-after:avoid}.seal{print-color-adjust:exact;
 -webkit-print-color-adjust:exact}}
@media(max-width:40rem){main{margin:0;padding:1.2rem;border:0;border-radius:0}}
"""
_SHOWN = (
    "Vendor", "Vendor ID", "Vendor Name", "Vendor Ref", "Amount", "Order Total", "Payment Amount",
    "Currency ID", "Date", "Due Date", "Terms", "Branch ID", "Branch", "Description",
)  # fmt: skip
"""Fields of a document that stand on top; the rest stands where they were read."""


_MARKS = {"whole": "✓", "partly": "!", "broken": "✗"}
MOST_COLUMNS = 6
"""A wider table does not fit on paper."""
LONGEST = 8000
"""More than a story tells in one text; whatever comes here, a page stays one."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on top of a page of evidence."""

    title: str
    about: str
    made: str
    by: str
    seal: Seal
    """What the examination of the whole chain found."""
    proof: str
    """Where the chain ended then."""
    counted: Sequence[tuple[str, str]]
    document: Mapping[str, str]
    lines: Sequence[Mapping[str, str]]
    decisions: Decisions | None = None
    """All that was decided in a time; None for the evidence about one document."""


def head(cover: Cover) -> Iterator[str]:
    """Yield the top of the page."""
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f"<title>{_e(cover.title)}</title><style>{STYLE}</style></head><body><main>"
    )
    yield f'<p class="over">Evidence from the audit trail</p><h1>{_e(cover.title)}</h1>'
    yield f'<p class="sub">{_e(cover.about)}</p>'
    seal = cover.seal
    yield (
        f'<div class="seal {seal.tone}"><div class="mark">{_MARKS[seal.tone]}</div>'
        f"<div><b>{_e(seal.title)}</b><p>{_e(seal.told)}</p>"
        f'<p class="proof">{_e(cover.proof)}</p></div></div>'
    )
    yield from _list([*cover.counted, *_chosen(cover.document)])
    yield from _table(cover.lines)
    yield from _decisions(cover.decisions)
    yield "<h2>What happened</h2>"


def entries(rows: Sequence[Told], *, day: str, named: bool) -> Iterator[str]:
    """Yield rows as a timeline; *day* is the one it stands at; *named*: with their documents."""
    for told in rows:
        today = told.row.at[:10]
        if today != day:
            yield f'{"</ol>" if day else ""}<div class="day">{_e(today)} (UTC)</div><ol>'
            day = today
        yield from _entry(told, named=named)


def foot(cover: Cover, *, empty: bool) -> Iterator[str]:
    """Yield the end of the page."""
    yield "<p>Nothing is told of it.</p>" if empty else "</ol>"
    yield (
        f"<footer>Made {_e(cover.made)} by {_e(cover.by)}. All times are UTC. Each entry is a row"
        " of a chain: its proof (HMAC-SHA-256) covers the row and the proof before it, so that"
        " nobody without the key can change, add or remove one unseen. <code>proof.json</code>"
        " beside this page holds every row and proof in full; README.txt says how to check it."
        "</footer></main></body></html>\n"
    )


def _entry(told: Told, *, named: bool) -> Iterator[str]:
    row = told.row
    about = " ".join(filter(None, (row.company, row.document)))
    yield f'<li class="{told.tone}"><div class="what"><span class="when">{_e(row.at[11:19])}</span>'
    yield f'{_e(told.what)} <span class="who">· {_e(told.who)}</span></div>'
    if named and about:
        yield f'<p class="more"><span>about</span> {_e(about)}</p>'
    pairs = "".join(f"<i><span>{_e(name)}</span> {_e(value)}</i>" for name, value in told.facts)
    if pairs:
        yield f'<p class="more">{pairs}</p>'
    if told.document:
        yield f'<p class="more"><span>Acumatica showed:</span> {_pairs(told.document)}</p>'
    if told.lines:
        count = f"{len(told.lines)} line{'s' * (len(told.lines) > 1)}"
        yield f'<p class="more"><span>and</span> {count}; in full in proof.json</p>'
    if row.fingerprint:
        yield f'<p class="proof">version (fingerprint) {_proof(row.fingerprint)}</p>'
    yield f'<p class="proof">row {row.seq} · proof {_proof(row.mac)}</p></li>'


def _proof(proof: str) -> str:
    """Show the beginning of a hash, and all of it to who points at it."""
    return f'<span title="{_e(proof)}">{_e(short(proof))}</span>'


def _chosen(document: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, document[name]) for name in _SHOWN if name in document]


def _list(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    told = "".join(f"<div><dt>{_e(name)}</dt><dd>{_e(value)}</dd></div>" for name, value in pairs)
    yield f'<dl class="facts">{told}</dl>' if told else ""


def _table(lines: Sequence[Mapping[str, str]]) -> Iterator[str]:
    columns = list(dict.fromkeys(name for line in lines for name in line))
    if not columns:
        return
    yield "<h2>Lines, as Acumatica last showed them</h2>"
    if len(columns) > MOST_COLUMNS:
        yield from (f'<p class="more">{n}. {_pairs(line)}</p>' for n, line in enumerate(lines, 1))
        return
    yield f"<table>{_row('th', columns)}"
    for line in lines:
        yield _row("td", [line.get(name, "") for name in columns])
    yield "</table>"


def _decisions(decisions: Decisions | None) -> Iterator[str]:
    if decisions is None or not decisions.found:
        return
    yield f'<h2>What was decided</h2><div class="wide"><table>{_row("th", HEADINGS)}'
    for one in decisions.found:
        yield _row("td", one.cells())
    yield "</table></div>"
    if decisions.more:
        yield f"<p>{decisions.more:,} more stand below and in rows.csv.</p>"


def _pairs(told: Mapping[str, str]) -> str:
    return " · ".join(f"<span>{_e(name)}</span> {_e(value)}" for name, value in told.items())


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{_e(cell)}</{tag}>" for cell in cells) + "</tr>"


def _e(text: str) -> str:
    return escape(cut(str(text), LONGEST))
