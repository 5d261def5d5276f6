"""Pages of a list that may move while it is read, until one reading is whole.

Contract version 4 has no order, no count and no cursor, so a page is only "so many rows from
there". Within a frozen window rows leave (edited meanwhile) and enter (committed late), and each
shifts those behind it across the border of a page, where they would be missed. Each page after the
first therefore begins with the last row of the page before. A reading is whole when every page
began so, when no row came twice, and when it ended in a page that was not full. Otherwise the list
is read again, a bounded number of times and in pages twice as large: fewer borders to move across,
and in the end perhaps none, which is what a server without any order of its own needs.

That finds any shift in an order that stands still, and, by counting, a changed order that showed
one row twice for another. It costs no call more than plain paging: one for each page. Rows that
entered before the place read are left to the overlap of the next window.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import TypeVar

from acumatica_client.errors import ErpMoving

READINGS = 5
"""How often a list that moves is read before that is an error."""

LARGEST = 5000
"""Rows that a page grows to; a page of one's own setting may be larger."""

Row = TypeVar("Row", bound=Hashable)

Fetch = Callable[[int, int], Awaitable[list[Row]]]
"""Reads rows: so many skipped, at most so many returned."""


class _Moved(Exception):
    """The rows behind a border of pages are not those that stood there before."""


async def whole(
    fetch: Fetch[Row], name_of: Callable[[Row], Hashable], *, page: int, what: str
) -> AsyncIterator[list[Row]]:
    """Yield the rows of a list page by page, each once as it is, until one reading was whole.

    Raises ErpMoving when none was; what was yielded before is true, but may not be everything.
    """
    shown: set[Row] = set()
    for reading in range(READINGS):
        size = min(page * 2**reading, max(page, LARGEST))
        try:
            async for rows in _reading(fetch, name_of, size):
                fresh = [row for row in rows if row not in shown]
                shown.update(fresh)
                yield fresh
        except _Moved:
            continue
        return
    raise ErpMoving(f"{what}: the list moved in each of {READINGS} readings")


async def _reading(
    fetch: Fetch[Row], name_of: Callable[[Row], Hashable], page: int
) -> AsyncIterator[list[Row]]:
    """Read the list once, from its start to a page that is not full. Raises _Moved."""
    seen: set[Hashable] = set()
    rows = await fetch(0, page)
    full = len(rows) == page
    read, last = len(rows), rows[-1:]
    while True:
        names = [name_of(row) for row in rows]
        if len({*seen, *names}) != len(seen) + len(names):
            raise _Moved
        seen.update(names)
        yield rows
        if not full:
            return
        found = await fetch(read - 1, page + 1)
        if [name_of(row) for row in found[:1]] != [name_of(row) for row in last]:
            raise _Moved
        rows, full = found[1:], len(found) == page + 1
        read, last = read + len(rows), found[-1:]
