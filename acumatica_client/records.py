"""Asks Acumatica for what stands around documents: people, vendors, orders, receipts.

Knows no session: it is given a way to send one read, which says what a 404 means.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, TypeVar

from acumatica_client import orders, parties, people
from acumatica_client.answers import read_json
from acumatica_client.errors import ErpCannotList, ErpForbidden, ErpRejected
from acumatica_client.extras import Extras, explained
from acumatica_client.faces import cannot_list, error_text, is_missing
from acumatica_client.models import Contact, Differs, Document, Employee, Vendor
from acumatica_client.orders import Papers, Source
from acumatica_client.paging import Fetch, whole
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply, Request

MOST_SAME = 5
"""Bills with the same vendor reference that are asked for: one is enough to look twice."""

_T = TypeVar("_T", bound=Hashable)
Get = Callable[[Request], Awaitable[Reply]]


class Records:
    """Reads one company's records around documents; *extras* are its names for our words."""

    def __init__(
        self, address: Address, get: Get, extras: Mapping[str, Extras], *, page: int
    ) -> None:
        self._address = address
        self._get = get
        self._extras = extras
        self._page = page
        self._one_by_one = False
        """The ERP cannot export the list of employees with everything we want of it."""
        self._employees: dict[str, tuple[str, Employee]] = {}
        """Employees read by key, each with the stamp it had in the list."""

    async def employees(self) -> list[Employee]:
        """Read all employees with contact, settings, delegates, and login where told."""
        if not self._one_by_one:
            try:
                return await self._all(self._employee_page, lambda one: one.code, "Employee")
            except ErpCannotList:
                self._one_by_one = True  # the next time does not fail first
        return await self._employees_by_key()

    async def contacts(self) -> list[Contact]:
        """Read all contacts."""
        return await self._all(self._contact_page, lambda one: one.id, "Contact")

    async def vendor(self, code: str) -> Vendor | None:
        """Read a vendor, None when the ERP does not show one by that code."""
        extras = self._extras["Vendor"]
        reply = await self._get(parties.build_vendor(self._address, extras, code))
        if is_missing(reply):
            return None
        data = self._json(reply, extras)
        return parties.read_vendor(data, extras, company=self._address.instance)

    async def papers(self, source: Source) -> Papers | Differs:
        """Read an order or receipt for comparing, or why there is none to compare with."""
        try:
            reply = await self._get(orders.build_source(self._address, source))
            if is_missing(reply):
                return Differs.NOT_THERE
            return orders.read_source(read_json(reply), source) or Differs.NOT_THERE
        except ErpRejected:
            # A role without the screen must not keep a bill from being shown; the card says so.
            return Differs.UNREADABLE

    async def same_reference(self, bill: Document) -> list[str]:
        """List the numbers of other bills of the vendor with the same vendor reference."""
        request = orders.build_same_reference(self._address, bill, top=MOST_SAME)
        return orders.read_same_reference(read_json(await self._get(request)), bill)

    # --- employees ---

    async def _employee_page(self, skip: int, top: int) -> list[Employee]:
        extras = self._extras["Employee"]
        request = people.build_employees(self._address, extras, top=top, skip=skip)
        reply = await self._get(request)
        if cannot_list(reply):
            raise ErpCannotList(f"Employee: {error_text(reply)}")
        return people.read_employees(self._json(reply, extras), extras)

    async def _employees_by_key(self) -> list[Employee]:
        """Read one by one the employees whose stamp moved since they were last read."""
        stamps = dict(await self._all(self._code_page, lambda row: row[0], "Employee"))
        for code, stamp in stamps.items():
            kept = self._employees.get(code)
            if kept is None or kept[0] != stamp:
                employee = await self._employee(code)
                if employee is not None:
                    self._employees[code] = (stamp, employee)
        return [kept[1] for code in stamps if (kept := self._employees.get(code))]

    async def _code_page(self, skip: int, top: int) -> list[tuple[str, str]]:
        request = people.build_employee_codes(self._address, top=top, skip=skip)
        return people.read_employee_codes(read_json(await self._get(request)))

    async def _employee(self, code: str) -> Employee | None:
        extras = self._extras["Employee"]
        reply = await self._get(people.build_employee(self._address, extras, code))
        return (
            None if is_missing(reply) else people.read_employee(self._json(reply, extras), extras)
        )

    async def _contact_page(self, skip: int, top: int) -> list[Contact]:
        request = people.build_contacts(self._address, top=top, skip=skip)
        return people.read_contacts(read_json(await self._get(request)))

    # --- shared ---

    def _json(self, reply: Reply, extras: Extras) -> Any:
        """Return the JSON of an answer; where one of our names is not there, say which."""
        try:
            return read_json(reply)
        except ErpForbidden:
            raise
        except ErpRejected as error:
            raise explained(extras.entity, extras.names, error) from error

    async def _all(self, fetch: Fetch[_T], name_of: Callable[[_T], str], what: str) -> list[_T]:
        """Read a list whole; a row that changed while it moved counts as it was read last."""
        pages = whole(fetch, name_of, page=self._page, what=what)
        return list({name_of(row): row async for page in pages for row in page}.values())
