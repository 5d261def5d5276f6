"""What people do in Acumatica in a story."""

from __future__ import annotations

from typing import Any

from machines import URLS
from scene import Scene, keys_of


class Clerks(Scene):
    """Has them do it."""

    async def _do_bill(self, amount: float, branch: str, owner: str) -> str:
        wish = {
            "Vendor": "V000000021",
            "Amount": amount,
            "Hold": True,
            "BranchID": branch,
            "CurrentDocument.EmployeeID": owner,
            "Description": "entered in a story",
        }
        return await self._enter("Bill", "Bill", wish)

    async def _do_order(self, total: float) -> str:
        wish = {"VendorID": "V000000021", "OrderTotal": total, "Hold": False}
        return await self._enter("PurchaseOrder", "Normal", wish)

    async def _do_payment(self, amount: float) -> str:
        return await self._enter(
            "Payment", "Payment", {"CustomerID": "C000000011", "PaymentAmount": amount}
        )

    async def _enter(self, entity: str, kind: str, wish: dict[str, Any]) -> str:
        body = {"entity": entity, "keys": {"Type": kind}, "set": wish, "by": "dev"}
        status, answer = await self._ask("POST", f"{URLS['erp']}/_sandbox/documents", body)
        if status != 200:
            return f"refused: {answer.get('error')}"
        number = str(list(answer["keys"].values())[-1])
        self._numbers.append((entity, number))
        return f"{entity} {number} is {answer['fields']['Status']}"

    async def _do_change(self, which: int, what: str, amount: float) -> str:
        number = self._bill_number(which)
        value = amount if what == "Amount" else f"changed at {self.machines.loop.time():.0f}"
        return await self._type(number, {"set": {what: value}})

    async def _do_erp_user(self, which: int, what: str) -> str:
        number = self._bill_number(which)
        match what:
            case "remove hold":
                return await self._type(number, {"set": {"Hold": False}})
            case "hold":
                return await self._type(number, {"set": {"Hold": True}})
            case "release":
                return await self._type(number, {"set": {"Status": "Open"}})
            case "approve":
                return await self._type(number, {"action": "Approve", "by": "erin"})
        body = {"entity": "Bill", "keys": keys_of(number), "by": "dev"}
        status, answer = await self._ask("DELETE", f"{URLS['erp']}/_sandbox/documents", body)
        return f"{number}: {status} {answer.get('error', '')}"

    async def _type(self, number: str, wish: dict[str, Any]) -> str:
        body = {"entity": "Bill", "keys": keys_of(number), "set": {}, "by": "dev", **wish}
        status, answer = await self._ask("POST", f"{URLS['erp']}/_sandbox/documents", body)
        told = answer.get("error") or answer.get("fields", {}).get("Status")
        return f"{number}: {status} {told}"
