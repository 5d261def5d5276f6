"""Looks at one record of anything, and at what the endpoint offers, to see whether it may be used.

Knows no session: it is given a way to send one read, which says what a 404 means. Nothing is
written. Follows the vendor's guide, "Contract-Based REST API": `$adHocSchema` and `swagger.json`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from acumatica_client import answers, people, protocol
from acumatica_client.entities import Entity
from acumatica_client.errors import ErpRejected
from acumatica_client.extras import Extras, explained
from acumatica_client.models import Glimpse
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply, Request

KEYS = {"Vendor": "VendorID", "Contact": "ContactID", "PurchaseReceipt": "ReceiptNbr"}
"""What is read around documents, and the one field that is asked for."""

Get = Callable[[Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Offered:
    """Actions that can be called; *whole*: there are no others, as the screen told them too."""

    names: frozenset[str]
    whole: bool


class Glances:
    """Looks at one company's endpoint; *extras* are its names for our words."""

    def __init__(
        self,
        address: Address,
        get: Get,
        entities: Mapping[str, Entity],
        extras: Mapping[str, Extras],
    ) -> None:
        self._address = address
        self._get = get
        self._entities = entities
        self._extras = extras
        self._paths: frozenset[str] | None = None
        """Paths of the endpoint's own description, once it was read."""

    async def document(self, entity: str) -> Glimpse | None:
        """Read the keys of any one document; None where the user sees none. Raises ErpError."""
        row = self._entities[entity]
        reply = await self._get(protocol.build_glance(self._address, row))
        return next(iter(answers.read_glimpses(row, reply)), None)

    async def record(self, entity: str) -> bool:
        """Say whether the user sees any record of *entity*. Raises ErpError."""
        if entity == "Employee":
            return await self._employee()
        url = f"{self._address.base}/{entity}"
        request = protocol.build_get(url, {"$select": KEYS[entity], "$top": "1"})
        return bool(answers.rows_of(answers.read_json(await self._get(request)), entity))

    async def actions(self, entity: str, *, tenant: str) -> Offered:
        """Name the actions of *entity*, as far as this instance tells them. Raises ErpError."""
        of_screen = await self._of_screen(entity)
        declared = await self._declared(entity, tenant)
        return Offered(declared | (of_screen or frozenset()), whole=of_screen is not None)

    async def _employee(self) -> bool:
        extras = self._extras["Employee"]
        request = people.build_employees(self._address, extras, top=1, skip=0)
        try:
            found = answers.read_json(await self._get(request))
        except ErpRejected as error:
            raise explained("Employee", extras.names, error) from error
        return bool(answers.rows_of(found, "Employee"))

    async def _of_screen(self, entity: str) -> frozenset[str] | None:
        """Read the workflow's actions, which newer builds tell; the member's form may vary."""
        url = f"{self._address.base}/{entity}/$adHocSchema"
        try:
            told = answers.read_json(await self._get(protocol.build_get(url, {})))
        except ErpRejected:
            return None
        rows = told.get("_workflowActions") if isinstance(told, dict) else None
        return frozenset(filter(None, map(_name, rows))) if isinstance(rows, list) else None

    async def _declared(self, entity: str, tenant: str) -> frozenset[str]:
        paths = await self._described(tenant)
        start = f"/{entity}/"
        found = (path.rpartition(start)[2] for path in paths if start in path)
        return frozenset(name for name in found if name.isidentifier())

    async def _described(self, tenant: str) -> frozenset[str]:
        if self._paths is None:
            url = f"{self._address.base}/swagger.json"
            request = protocol.build_get(url, {"company": tenant} if tenant else {})
            try:
                reply = await self._get(request)
                # Some megabytes: read beside the loop.
                told = await asyncio.to_thread(answers.read_json, reply)
            except ErpRejected:
                told = {}
            self._paths = _paths(told)
        return self._paths


def _paths(described: Any) -> frozenset[str]:
    paths = described.get("paths") if isinstance(described, dict) else None
    return frozenset(paths) if isinstance(paths, dict) else frozenset()


def _name(row: Any) -> str:
    name = row.get("name") if isinstance(row, dict) else row
    return name if isinstance(name, str) else ""
