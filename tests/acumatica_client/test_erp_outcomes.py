"""What an answer means: the error tree for reads, the outcome classes for writes."""

import json
from typing import Any

import pytest
from erp_fixtures import ERRORS, json_reply, page_reply, reply

from acumatica_client.answers import (
    LIMIT_BACK_OFF,
    class_of,
    error_of,
    error_text,
    is_signed_out,
    plain_words,
    poll_address,
)
from acumatica_client.errors import (
    ErpBusy,
    ErpError,
    ErpNotFound,
    ErpRejected,
    ErpSignInFailed,
    ErpUnavailable,
)
from acumatica_client.models import CallClass
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply

ADDRESS = Address("https://erp.acme.example/AcumaticaERP", "Default", "24.200.001")
STATUS = "/AcumaticaERP/entity/Default/24.200.001/Bill/ReleaseBill/status/6a1f"
LIMIT_TEXT = "The number of concurrent API logins has been reached."
LIMIT_PAGE = f"<title>API Login Limit</title><p>{LIMIT_TEXT}"
SIGN_IN_PAGE = "/AcumaticaERP/Frames/Login.aspx?ReturnUrl=%2f"


def px(text: str = "Operation failed", **more: Any) -> dict[str, Any]:
    kind = "PX.Data.PXInvalidOperationException"
    return {"message": "An error has occurred.", "exceptionMessage": text, "exceptionType": kind,
            "stackTrace": "   at PX.Data.PXGraph.Persist()", **more}  # fmt: skip


def bare(status: int, **headers: str) -> Reply:
    return Reply(status, headers, b"")


MESSAGE = {"message": "An error has occurred."}
LIMIT_ADDRESS = {"location": f"/Frames/Error.aspx?exceptionID=1&message={LIMIT_TEXT}"}
LIMIT_FACES = {
    "429 with text": Reply(429, {"content-type": "text/plain"}, b"The custom error module ..."),
    "429 with nothing": bare(429),
    "500 with the stack": json_reply(500, px(stackTrace="PXLicensePolicy.CheckApiUsersLimits(x)")),
    "500 page": page_reply(500, LIMIT_PAGE),
    "200 page": page_reply(200, LIMIT_PAGE),
    "redirect with spaces": bare(302, **LIMIT_ADDRESS),
    "redirect with pluses": bare(302, location=LIMIT_ADDRESS["location"].replace(" ", "+")),
    "redirect encoded": bare(302, location=LIMIT_ADDRESS["location"].replace(" ", "%20")),
}


# --- reads: try again? ---


@pytest.mark.parametrize("name", [name for name, case in ERRORS.items() if case.read])
def test_error_body_has_its_place_in_the_tree(name: str) -> None:
    case = ERRORS[name]

    error = error_of(reply(name))

    assert type(error) is case.read
    assert case.words in error.detail


@pytest.mark.parametrize("face", LIMIT_FACES)
def test_every_face_of_the_login_limit_asks_to_be_left_alone(face: str) -> None:
    error = error_of(LIMIT_FACES[face])

    assert isinstance(error, ErpBusy)
    assert error.after == LIMIT_BACK_OFF


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_reply(401, {"message": "Authorization has been denied."}), ErpSignInFailed),
        (bare(401), ErpSignInFailed),
        (bare(302, location=SIGN_IN_PAGE), ErpSignInFailed),
        (bare(301, location=SIGN_IN_PAGE.upper()), ErpSignInFailed),
        (bare(302, location="/ui/error"), ErpUnavailable),
        (bare(307, location="https://elsewhere.example/"), ErpUnavailable),
        (page_reply(200), ErpUnavailable),
        (page_reply(502), ErpUnavailable),
        (page_reply(503), ErpUnavailable),
        (page_reply(500), ErpUnavailable),
        (bare(500), ErpUnavailable),
        (json_reply(500, MESSAGE), ErpUnavailable),
        (json_reply(503, {"message": "The service is unavailable."}), ErpUnavailable),
        (json_reply(500, {}), ErpUnavailable),
        (json_reply(500, [px()]), ErpUnavailable),
        (Reply(500, {"content-type": "application/json"}, b'{"exceptionMess'), ErpUnavailable),
        (Reply(500, {"content-type": "application/json"}, b"[" * 100_000), ErpUnavailable),
        (json_reply(500, px()), ErpRejected),
        (json_reply(500, {"exceptionType": "System.NullReferenceException"}), ErpRejected),
        (json_reply(400, {"message": "The request is invalid."}), ErpRejected),
        (json_reply(403, {"message": "You have insufficient rights."}), ErpRejected),
        (page_reply(403), ErpRejected),
        (json_reply(404, {"message": "No HTTP resource was found."}), ErpNotFound),
        (page_reply(404), ErpNotFound),
        (bare(412), ErpRejected),
    ],
)
def test_answer_to_a_read_says_whether_to_try_again(answer: Reply, kind: type[ErpError]) -> None:
    error = error_of(answer)

    assert type(error) is kind
    assert str(answer.status) in error.detail


def test_missing_thing_is_a_refusal_and_every_error_is_of_one_tree() -> None:
    assert issubclass(ErpNotFound, ErpRejected)
    for kind in (ErpUnavailable, ErpBusy, ErpRejected, ErpSignInFailed):
        assert issubclass(kind, ErpError)


def test_every_error_has_a_sentence_for_people_that_quotes_nothing() -> None:
    errors = [ErpUnavailable("boom"), ErpBusy("boom", after=1), ErpRejected("boom")]

    sentences = {error.plain for error in (*errors, ErpSignInFailed("boom"))}

    assert len(sentences) == 4
    assert all(text.endswith(".") and "boom" not in text for text in sentences)
    assert ErpRejected("boom", plain="Ask Ann.").plain == "Ask Ann."


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        (bare(401), True),
        (bare(302, location=SIGN_IN_PAGE), True),
        (bare(302, location="/Frames/Error.aspx"), False),
        (bare(200, location=SIGN_IN_PAGE), False),
        (bare(403), False),
    ],
)
def test_session_is_lost_by_401_or_the_way_to_the_sign_in_page(answer: Reply, lost: bool) -> None:
    assert is_signed_out(answer) is lost


# --- the words of an error ---


def test_innermost_message_is_the_useful_one() -> None:
    body = px("outer", innerException=px("middle", innerException=px("inner")))

    assert error_text(json_reply(500, body)) == "inner"


@pytest.mark.parametrize("inner", [{}, None, "text", {"stackTrace": "at PX"}])
def test_empty_inner_exception_does_not_hide_the_outer_words(inner: Any) -> None:
    assert error_text(json_reply(500, px("outer", innerException=inner))) == "outer"


def test_message_stands_in_for_a_missing_exception_message() -> None:
    assert error_text(json_reply(400, {"message": "The request is invalid."})) == (
        "The request is invalid."
    )


def test_422_tells_every_error_of_the_tree_in_reading_order() -> None:
    body = {
        "error": "record",
        "Amount": {"value": 1, "error": "field"},
        "Vendor": {"value": "error", "error": ""},
        "Details": [{"Qty": {"error": "first line"}}, {"Account": {"error": "second line"}}],
        "TaxDetails": [{"error": {"value": "a field of that name"}}],
    }

    assert error_text(json_reply(422, body)) == "record; field; first line; second line"


def test_stack_trace_is_never_told() -> None:
    for name in ERRORS:
        assert "PX.Api" not in error_text(reply(name))
        assert "   at " not in error_text(reply(name))


def test_words_of_a_page_are_one_short_line() -> None:
    text = error_text(page_reply(503, "<h1>\r\n  Maintenance</h1>" + "x" * 5000))

    assert text.startswith("<h1> Maintenance</h1>")
    assert len(text) <= 200


def test_words_are_bounded_and_can_be_stored() -> None:
    text = error_text(json_reply(500, px("\ud83d" + "x" * 5000)))

    assert len(text) == 1000
    assert text.encode()


@pytest.mark.parametrize("told", [7, None, ["x"], {"a": "b"}])
def test_message_that_is_no_text_is_passed_over(told: Any) -> None:
    assert error_text(json_reply(500, {"message": "outer", "exceptionMessage": told})) == "outer"


def test_deep_tree_does_not_break_the_reader() -> None:
    deep = '{"Details": [' * 300 + '{"error": "deep"}' + "]}" * 300
    answer = Reply(422, {"content-type": "application/json"}, deep.encode())

    assert error_text(answer) == "deep"


# --- writes: what is known of them ---


@pytest.mark.parametrize("name", ERRORS)
def test_error_body_of_a_write_has_its_class(name: str) -> None:
    case = ERRORS[name]

    outcome = class_of(reply(name))

    assert outcome.outcome is case.call
    assert case.words in outcome.detail


@pytest.mark.parametrize("status", [200, 204])
def test_success_is_only_a_claim(status: int) -> None:
    answer = json_reply(200, {"id": "1"}) if status == 200 else bare(204)

    assert class_of(answer).outcome is CallClass.CLAIMS_DONE


@pytest.mark.parametrize(
    "answer",
    [
        bare(429),
        page_reply(429),
        json_reply(429, MESSAGE),
        LIMIT_FACES["500 with the stack"],
    ],
)
def test_limit_turns_a_write_away_before_it_runs(answer: Reply) -> None:
    outcome = class_of(answer)

    assert (outcome.outcome, outcome.after) == (CallClass.TURNED_AWAY, LIMIT_BACK_OFF)


def test_first_401_is_turned_away_and_the_second_a_refusal() -> None:
    answer = json_reply(401, {"message": "Authorization has been denied."})

    assert class_of(answer).outcome is CallClass.TURNED_AWAY
    assert class_of(answer, again=True).outcome is CallClass.REFUSED


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 412, 415, 422])
def test_4xx_with_a_json_error_is_a_refusal(status: int) -> None:
    outcome = class_of(json_reply(status, {"message": "No."}))

    assert outcome.outcome is CallClass.REFUSED
    assert outcome.detail == f"{status} No."
    assert outcome.plain


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 412, 415, 422])
def test_4xx_without_a_json_error_is_somebody_elses(status: int) -> None:
    assert class_of(page_reply(status)).outcome is CallClass.UNKNOWN
    assert class_of(json_reply(status, {})).outcome is CallClass.UNKNOWN
    assert class_of(json_reply(status, ["No."])).outcome is CallClass.UNKNOWN


def test_500_with_a_complete_error_body_is_a_refusal_in_doubt() -> None:
    outcome = class_of(json_reply(500, px()))

    assert outcome.outcome is CallClass.REFUSED_IN_DOUBT
    assert outcome.detail == "500 Operation failed"


@pytest.mark.parametrize(
    "answer",
    [
        json_reply(500, MESSAGE),
        json_reply(500, {"exceptionType": "System.Exception", "exceptionMessage": "x"}),
        json_reply(500, {"exceptionType": 7}),
        json_reply(500, {}),
        bare(500),
        page_reply(500),
        page_reply(500, LIMIT_PAGE),
        Reply(500, {"content-type": "application/json"}, json.dumps(px()).encode()[:-9]),
        Reply(500, {"content-type": "text/plain"}, json.dumps(px()).encode()),
        json_reply(502, px()),
        json_reply(503, px()),
        page_reply(503),
        bare(504),
        page_reply(200),
        page_reply(200, LIMIT_PAGE),
        bare(200),
        bare(201),
        bare(202),
        json_reply(202, {}),
        bare(301),
        bare(302, location="/ui/error"),
        bare(302, location=SIGN_IN_PAGE),
        bare(302, **LIMIT_ADDRESS),
        bare(307),
        json_reply(410, MESSAGE),
        page_reply(411),
        Reply(400, {"content-type": "application/json"}, b"[" * 100_000),
    ],
)
def test_everything_else_is_unknown(answer: Reply) -> None:
    assert class_of(answer).outcome is CallClass.UNKNOWN


def test_document_that_speaks_of_limits_is_refused_like_any_other() -> None:
    entity = {"error": "Not saved.", "Description": {"value": "API Login Limit upgrade"}}
    quoted = px("'concurrent API logins' cannot be found")

    assert class_of(json_reply(422, entity)).outcome is CallClass.REFUSED
    assert class_of(json_reply(500, quoted)).outcome is CallClass.REFUSED_IN_DOUBT


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (json_reply(403, {"message": "secret words"}), "does not let"),
        (json_reply(500, px("You are not an authorized approver for this document.")), "approve"),
        (json_reply(422, {"error": "secret words"}), "Acumatica refused."),
    ],
)
def test_cards_get_our_own_words(answer: Reply, words: str) -> None:
    assert words in plain_words(answer)
    assert "secret words" not in plain_words(answer)


# --- where a long operation is asked after ---


@pytest.mark.parametrize("location", [STATUS, f"https://erp.acme.example{STATUS}"])
def test_status_address_comes_relative_to_the_host_or_absolute(location: str) -> None:
    url = poll_address(ADDRESS, bare(202, location=location))

    assert url == f"https://erp.acme.example{STATUS}"


@pytest.mark.parametrize(
    "location",
    [
        "",
        "/AcumaticaERP/entity/Default/24.200.001/Bill/b6410d82",
        f"https://evil.example{STATUS}",
        f"//evil.example{STATUS}",
        f"http://erp.acme.example{STATUS}",
        f"https://erp.acme.example:8443{STATUS}",
        f"https://erp.acme.example@evil.example{STATUS}",
        f"https://user@erp.acme.example{STATUS}",
        f"https://erp.acme.example.evil.example{STATUS}",
        "https://erp.acme.example/?x=/status/",
        "javascript:alert(1)/status/",
        "https://[bad/status/1",
    ],
)
def test_status_address_that_is_not_our_erps_is_not_asked(location: str) -> None:
    assert poll_address(ADDRESS, bare(202, location=location)) is None


def test_202_without_an_address_is_not_asked_after() -> None:
    assert poll_address(ADDRESS, bare(202)) is None
