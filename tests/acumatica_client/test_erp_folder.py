"""The client against an ERP that lives in a folder of its web server."""

from erp_world import RELEASE, REMOVE_HOLD, bill, stand_in

from acumatica_client.models import CallClass


async def test_an_erp_in_a_folder_is_read_acted_on_and_asked_for_its_operations() -> None:
    async with stand_in(site="/AcumaticaERP") as erp:
        client = erp.client()
        try:
            freed = await client.service.act(REMOVE_HOLD, bill("000154"))
            released = await client.service.act(RELEASE, bill("000150"))
        finally:
            await client.close()

        assert freed.outcome is CallClass.CLAIMS_DONE
        assert released.outcome is CallClass.CLAIMS_DONE
        assert await erp.status_of("000154") == "Balanced"
        assert await erp.status_of("000150") in ("Open", "Closed")
        assert await erp.requests("GET", "/status/")
