"""A company's own table of ERP calls."""

from __future__ import annotations

import pytest

from acumatica_client.models import REASON, ErpCall
from bot.company_file import Company, read_call


def company(**calls: dict[str, str]) -> Company:
    return Company(name="acme", url="https://erp.acme.example", tenant="Company", calls=calls)


def test_a_step_without_an_entry_has_the_default_call() -> None:
    assert company().call("Bill", "remove_hold") == ErpCall("Bill", "ReleaseFromHold")


def test_a_step_may_be_another_action_or_a_check_box() -> None:
    own = company(Bill={"remove_hold": "PUT Hold=false", "release": "POST ReleaseNow"})

    assert own.call("Bill", "remove_hold") == ErpCall("Bill", put=(("Hold", False),))
    assert own.call("Bill", "release") == ErpCall("Bill", "ReleaseNow")


def test_an_actions_dialog_is_told_who_pressed() -> None:
    own = company(Bill={"reject": f'POST Reject {REASON}="by {{person}} in Teams" A.B="x"'})

    call = own.call("Bill", "reject", person="Ann Whitfield")

    assert call.action == "Reject"
    assert call.dialog == ((REASON, "by Ann Whitfield in Teams"), ("A.B", "x"))


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("POST", "must be like"),
        ("POST Reject Reason=x", "must be like"),
        (f'POST Reject {REASON}="by {{name}}"', "{person}"),
        (f'POST Reject {REASON}="{{"', "{person}"),
        ("PUT Hold=no", "must be like"),
        ('PUT Hold=false A.B="x"', "must be like"),
        ("DELETE Bill", "must be like"),
    ],
)
def test_a_call_that_cannot_be_read_says_how_to_write_it(text: str, about: str) -> None:
    with pytest.raises(ValueError, match="calls") as told:
        read_call("Bill", "reject", text)

    assert about in str(told.value)


def test_the_default_rejection_tells_the_reason_that_was_given() -> None:
    assert company().call("Bill", "reject").dialog == ()
    assert company().call("Bill", "reject", reason="not ours").dialog == ((REASON, "not ours"),)


def test_a_companys_own_rejection_tells_what_its_table_says() -> None:
    table = f'POST Reject {REASON}="{{person}}: {{reason}}" A.B="{{reason}}"'
    own = company(Bill={"reject": table})

    call = own.call("Bill", "reject", person="Ann {reason}", reason="not {person}")
    bare = own.call("Bill", "reject", person="Ann")

    assert call.dialog == ((REASON, "Ann {reason}: not {person}"), ("A.B", "not {person}"))
    assert bare.dialog == ((REASON, "Ann: "),)


@pytest.mark.parametrize("reasons", [("",), ("x" * 101,), ("one", "one"), ("r",) * 21])
def test_reasons_that_make_no_list_are_a_mistake_of_the_file(reasons: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="reject_reasons"):
        Company(name="acme", url="https://erp.acme.example", tenant="C", reject_reasons=reasons)
