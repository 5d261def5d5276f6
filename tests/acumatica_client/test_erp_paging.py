"""Pages that miss nothing: whatever moves while a list is read, what stood there is found."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.errors import ErpMoving
from acumatica_client.paging import READINGS, whole


class List:
    """A list without order of its own, that something happens to before each of its pages."""

    def __init__(self, rows: list[str], *happenings: Callable[[list[str]], object]) -> None:
        self.rows = rows
        self.happenings = list(happenings)
        self.asked: list[tuple[int, int]] = []

    async def fetch(self, skip: int, top: int) -> list[str]:
        if self.happenings:
            self.happenings.pop(0)(self.rows)
        self.asked.append((skip, top))
        return self.rows[skip : skip + top]

    async def read(self, page: int) -> list[list[str]]:
        pages = whole(self.fetch, lambda row: row[0], page=page, what="Bill")
        return [rows async for rows in pages]


def nothing(_: list[str]) -> None:
    pass


def leaves(row: str) -> Callable[[list[str]], object]:
    return lambda rows: rows.remove(row)


def enters(row: str) -> Callable[[list[str]], object]:
    return lambda rows: rows.insert(0, row)


def becomes(order: str) -> Callable[[list[str]], object]:
    return lambda rows: rows.__setitem__(slice(None), list(order))


def found(pages: list[list[str]]) -> set[str]:
    return {row for rows in pages for row in rows}


@pytest.mark.parametrize("rows", range(0, 13))
@pytest.mark.parametrize("page", [1, 2, 3, 5, 12, 20])
async def test_list_that_stands_still_costs_one_call_a_page(rows: int, page: int) -> None:
    still = List([chr(65 + n) for n in range(rows)])

    pages = await still.read(page)

    assert [row for rows in pages for row in rows] == still.rows
    assert len(still.asked) == rows // page + 1  # a full last page cannot know that it was the last
    assert all(len(rows) == page for rows in pages[:-1])


async def test_later_pages_begin_with_the_row_before() -> None:
    still = List(list("ABCDE"))

    await still.read(2)

    assert still.asked == [(0, 2), (1, 3), (3, 3)]


async def test_row_that_leaves_before_the_border_hides_none() -> None:
    moving = List(list("ABCDEF"), nothing, leaves("A"))

    assert found(await moving.read(2)) == set("ABCDEF")


async def test_plain_paging_would_have_missed_that_row() -> None:
    moving = List(list("ABCDEF"), nothing, leaves("A"))

    plain = [await moving.fetch(skip, 2) for skip in (0, 2, 4)]

    assert found(plain) == set("ABDEF")  # C is lost, and nothing shows it


async def test_row_that_enters_before_the_border_shows_none_twice() -> None:
    moving = List(list("ABCD"), nothing, enters("X"))

    pages = await moving.read(2)

    assert sorted(row for rows in pages for row in rows) == sorted("ABCDX")


async def test_order_that_changed_is_noticed_by_a_row_seen_twice() -> None:
    moving = List(list("ABCDEF"), nothing, nothing, becomes("FEBDAC"))

    pages = await moving.read(2)

    assert moving.asked == [(0, 2), (1, 3), (3, 3), (0, 4), (3, 5)]
    assert found(pages) == set("ABCDEF")


async def test_row_that_changed_meanwhile_is_shown_again_as_it_is() -> None:
    moving = List(
        ["A1", "B1", "C1", "D1"], nothing, lambda rows: rows.pop(0) and rows.insert(2, "A2")
    )

    assert found(await moving.read(2)) >= {"A1", "A2", "B1", "C1", "D1"}


async def test_last_row_of_a_full_page_may_leave() -> None:
    moving = List(list("AB"), nothing, leaves("B"))

    assert found(await moving.read(2)) == set("AB")


async def test_list_that_never_stands_still_is_an_error_after_five_readings() -> None:
    names = iter(map(chr, range(0x100, 0x200)))
    moving = List(
        [chr(65 + n) for n in range(50)], *[lambda rows: rows.insert(0, next(names))] * 12
    )

    with pytest.raises(ErpMoving, match="Bill: the list moved in each of 5 readings"):
        await moving.read(2)

    assert [top for skip, top in moving.asked if skip == 0] == [2, 4, 8, 16, 32]
    assert READINGS == 5


@settings(deadline=None, max_examples=20)
@given(st.randoms(use_true_random=False))
async def test_list_without_any_order_is_read_in_one_page_in_the_end(chance: Random) -> None:
    restless = List([chr(65 + n) for n in range(25)], *[chance.shuffle] * 100)

    assert found(await restless.read(2)) == set(restless.rows)


@pytest.mark.parametrize(("page", "largest"), [(200, 3200), (1000, 5000), (7000, 7000)])
async def test_pages_grow_with_each_reading_but_not_without_bound(page: int, largest: int) -> None:
    rows = iter(range(10**7))
    asked: list[int] = []

    async def fetch(skip: int, top: int) -> list[int]:
        asked.append(top)
        return [next(rows) for _ in range(top)]

    with pytest.raises(ErpMoving):
        _ = [rows async for rows in whole(fetch, str, page=page, what="Bill")]
    assert max(asked) == largest + 1


async def test_list_that_comes_to_rest_is_read_whole() -> None:
    moving = List(list("ABCD"), nothing, becomes("DABC"), nothing, becomes("CDAB"))

    assert found(await moving.read(3)) == set("ABCD")


MOVES = st.one_of(
    st.just(("stay", 0)),
    st.tuples(st.just("leave"), st.integers(0, 30)),
    st.tuples(st.just("enter"), st.integers(0, 30)),
)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 25), st.integers(1, 6), st.lists(MOVES, max_size=12))
async def test_row_that_stayed_the_whole_time_is_always_found(
    size: int, page: int, moves: list[tuple[str, int]]
) -> None:
    rows = [chr(65 + n) for n in range(size)]
    left: set[str] = set()

    def happening(kind: str, place: int) -> Callable[[list[str]], object]:
        def happen(now: list[str]) -> None:
            if kind == "leave" and place < len(now):
                left.add(now.pop(place))
            if kind == "enter":
                now.insert(min(place, len(now)), chr(0x100 + len(left) + len(now)))

        return happen

    moving = List(rows.copy(), *[happening(*move) for move in moves])
    try:
        seen = found(await moving.read(page))
    except ErpMoving:
        return

    assert seen >= set(rows) - left


async def test_ten_thousand_rows_cost_fifty_one_calls_of_two_hundred() -> None:
    still = List([f"{n:05d}" for n in range(10_000)])
    pages = whole(still.fetch, str, page=200, what="Bill")

    rows = [row async for page in pages for row in page]

    assert (len(rows), len(still.asked)) == (10_000, 51)
