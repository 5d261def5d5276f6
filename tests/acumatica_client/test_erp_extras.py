"""Names of a company's own endpoint: asked for under its names, told under our words."""

from collections.abc import AsyncIterator

import pytest
from erp_extras_world import client_of
from erp_world import StandIn, bill, stand_in

from acumatica_client.entities import BILL, owner_of
from acumatica_client.errors import ErpForbidden, ErpMisconfigured, ErpRejected
from acumatica_client.extras import DEFAULTS, explained, extras_of, read_extras, widened


@pytest.fixture
async def erp() -> AsyncIterator[StandIn]:
    async with stand_in() as opened:
        yield opened


def test_without_a_word_of_the_company_the_screens_known_names_are_asked_for() -> None:
    extras = extras_of("Bill")

    assert extras.dotted == tuple(DEFAULTS["Bill"].values())
    assert extras.plain == ()
    assert widened(read_extras({}))["Bill"].approvals == ""


def test_an_empty_name_is_not_asked_for() -> None:
    extras = extras_of("Bill", {"owner": "", "workgroup": ""})

    assert extras.dotted == ()
    assert extras.widened(BILL).custom == ()


def test_a_dotted_name_is_a_screens_field_and_a_plain_one_the_endpoints() -> None:
    extras = extras_of("Bill", {"created_by": "CreatedBy", "modified_by": "Document.Z"})

    wide = extras.widened(BILL)

    assert wide.select == (*BILL.select, "CreatedBy")
    assert "Document.Z" in wide.custom


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"Bil": {}}, "'Bil' is none of Bill"),
        ({"Bill": {"login": "x"}}, "'login' is none of owner"),
        ({"Bill": {"owner": "a.b.c"}}, "extra.Bill.owner"),
        ({"Bill": {"owner": "x$y"}}, "extra.Bill.owner"),
        ({"Bill": {"approvals": "View.List"}}, "extra.Bill.approvals"),
        ({"Vendor": {"instructions": "a b"}}, "extra.Vendor.instructions"),
    ],
)
def test_a_table_that_makes_no_sense_names_the_key(
    told: dict[str, dict[str, str]], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        read_extras(told)


def test_extras_of_an_entity_nobody_knows_are_refused() -> None:
    with pytest.raises(ValueError, match="'Invoice' is none of"):
        extras_of("Invoice")


def test_a_missing_name_is_told_with_the_setting_that_holds_it() -> None:
    names = {"owner": "CurrentDocument.EmployeeID", "created_by": "Document.CreatedByID"}
    text = "500 The given key 'CreatedByID' was not present in the dictionary."

    error = explained("Bill", names, ErpRejected(text))

    assert isinstance(error, ErpMisconfigured)
    assert 'created_by = "Document.CreatedByID"' in str(error)
    assert "owner =" not in str(error)
    assert 'created_by = ""' in str(error)


def test_a_missing_name_nobody_can_tell_apart_names_them_all() -> None:
    error = explained(
        "Bill", {"owner": "A.B", "workgroup": "C.D"}, ErpRejected("KeyNotFoundException")
    )

    assert 'owner = "A.B", workgroup = "C.D"' in str(error)


@pytest.mark.parametrize("names", [{}, {"owner": ""}])
def test_what_we_did_not_ask_for_cannot_be_missing(names: dict[str, str]) -> None:
    error = ErpRejected("500 KeyNotFoundException")

    assert explained("Bill", names, error) is error


def test_another_refusal_stays_what_it_is() -> None:
    error = ErpRejected("500 Operation failed")

    assert explained("Bill", {"owner": "A.B"}, error) is error


# --- against the stand-in -------------------------------------------------------------------


async def test_owner_creator_and_editor_are_told_under_our_words(erp: StandIn) -> None:
    extra = {"created_by": "Document.CreatedByID", "modified_by": "Document.LastModifiedByID"}
    client = client_of(erp, Bill=extra)

    told = await client.read(bill("000159"))

    await client.close()
    assert told is not None
    assert (told.text("created_by"), told.text("modified_by")) == ("dev", "dev")
    assert told.text("owner") == owner_of(told) == "EP00000002"
    assert "Document.LastModifiedByID" not in told.fields


async def test_the_fields_of_an_extended_endpoint_are_told_likewise(erp: StandIn) -> None:
    extra = {"created_by": "CreatedBy", "modified_by": "LastModifiedBy"}
    client = client_of(erp, "Countersign", Bill=extra)

    told = await client.read(bill("000159"))

    await client.close()
    assert told is not None
    assert (told.text("created_by"), told.text("modified_by")) == ("dev", "dev")
    assert "CreatedBy" not in told.fields


async def test_a_name_the_endpoint_lacks_is_a_mistake_of_the_file(erp: StandIn) -> None:
    client = client_of(erp, Bill={"created_by": "CreatedBy"})

    with pytest.raises(ErpMisconfigured, match=r'created_by = "CreatedBy" under \[company.extra'):
        await client.read(bill("000159"))

    await client.close()


async def test_a_role_without_the_screen_is_no_mistake_of_the_file(erp: StandIn) -> None:
    client = client_of(erp)
    await erp.arm("status:403", method="GET")

    with pytest.raises(ErpForbidden):
        await client.read(bill("000159"))

    await client.close()
