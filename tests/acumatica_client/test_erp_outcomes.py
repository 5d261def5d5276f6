"""What an answer means: the error tree for reads, the outcome classes for writes."""

import json
from time import thread_time
from typing import Any

import pytest
from erp_fixtures import ERRORS, json_reply, page_reply, reply

from acumatica_client.errors import (
    ErpBusy,
    ErpCannotList,
    ErpContract5,
    ErpError,
    ErpFailed,
    ErpForbidden,
    ErpMisconfigured,
    ErpMoving,
    ErpNotFound,
    ErpPage,
    ErpRejected,
    ErpSignInFailed,
    ErpUnavailable,
    ErpUnreadable,
    ErpVersionMissing,
)
from acumatica_client.faces import LIMIT_BACK_OFF, cannot_list, error_of, error_text, is_signed_out
from acumatica_client.models import CallClass
from acumatica_client.outcomes import class_of, plain_words, poll_address
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply

ADDRESS = Address("https://erp.acme.example/AcumaticaERP", "Default", "24.200.001")
STATUS = "/AcumaticaERP/entity/Default/24.200.001/Bill/ReleaseBill/status/6a1f"
LIMIT_TEXT = "The number of concurrent API logins has been reached."
LIMIT_PAGE = f"<title>API Login Limit</title><p>{LIMIT_TEXT}"
LIMIT_FRAME = "   at PX.Data.PXLicensePolicy.CheckApiUsersLimits(String company)"
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
    "500 with the words": json_reply(500, px(LIMIT_TEXT)),
    "500 with the stack": json_reply(500, px(stackTrace="PXLicensePolicy.CheckApiUsersLimits(x)")),
    "500 page": page_reply(500, LIMIT_PAGE),
    "200 page": page_reply(200, LIMIT_PAGE),
    "redirect with spaces": bare(302, **LIMIT_ADDRESS),
    "redirect with pluses": bare(302, location=LIMIT_ADDRESS["location"].replace(" ", "+")),
    "redirect all encoded": bare(302, location="/x?message=API%20Login%20Limit"),
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
        (bare(302, location="/ui/error"), ErpPage),
        (bare(302, location="/Frames/Error.aspx?message=The+site+is+being+updated."), ErpPage),
        (bare(307, location="https://elsewhere.example/"), ErpPage),
        (bare(302, location="https://[bad/"), ErpPage),
        (page_reply(200), ErpPage),
        (page_reply(502), ErpPage),
        (page_reply(503), ErpPage),
        (page_reply(504), ErpPage),
        (page_reply(500), ErpPage),
        (page_reply(400), ErpPage),
        (page_reply(411), ErpPage),
        (bare(502), ErpUnavailable),
        (bare(503), ErpUnavailable),
        (bare(504), ErpUnavailable),
        (bare(408), ErpUnavailable),
        (Reply(500, {"content-type": "text/plain"}, b"Runtime error"), ErpUnavailable),
        (bare(500), ErpUnavailable),
        (json_reply(500, MESSAGE), ErpUnavailable),
        (json_reply(503, {"message": "The service is unavailable."}), ErpUnavailable),
        (json_reply(500, {}), ErpUnavailable),
        (json_reply(500, [px()]), ErpUnavailable),
        (Reply(500, {"content-type": "application/json"}, b'{"exceptionMess'), ErpUnavailable),
        (Reply(500, {"content-type": "application/json"}, b"[" * 100_000), ErpUnavailable),
        (json_reply(500, px()), ErpFailed),
        (json_reply(500, {"exceptionType": "System.NullReferenceException"}), ErpFailed),
        (json_reply(400, {"message": "The request is invalid."}), ErpRejected),
        (json_reply(403, {"message": "You have insufficient rights."}), ErpForbidden),
        (bare(403), ErpForbidden),
        (page_reply(403), ErpPage),
        (json_reply(422, {"error": "Not saved.", "Amount": {"error": "wrong"}}), ErpRejected),
        (bare(406), ErpRejected),
        (bare(411), ErpRejected),
        (bare(415), ErpRejected),
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
    for kind in (ErpFailed, ErpNotFound, ErpForbidden, ErpCannotList):
        assert issubclass(kind, ErpRejected)
    for kind in (ErpPage, ErpUnreadable, ErpMoving):
        assert issubclass(kind, ErpUnavailable)
    for kind in (ErpVersionMissing, ErpContract5):
        assert issubclass(kind, ErpMisconfigured)
    for kind in (ErpUnavailable, ErpBusy, ErpMisconfigured, ErpRejected, ErpSignInFailed):
        assert issubclass(kind, ErpError)


def test_every_error_has_a_sentence_for_people_that_quotes_nothing() -> None:
    kinds = (
        ErpUnavailable, ErpPage, ErpUnreadable, ErpMoving, ErpMisconfigured, ErpRejected,
        ErpForbidden, ErpSignInFailed,
    )  # fmt: skip

    sentences = {error.plain for error in (ErpBusy("boom", after=1), *(it("boom") for it in kinds))}

    assert len(sentences) == len(kinds) + 1
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
        "Details": [{"Qty": {"error": "wrong"}}, {"Account": {"error": "closed"}, "error": "line"}],
        "TaxDetails": [{"error": {"value": "a field of that name"}}],
    }

    assert error_text(json_reply(422, body)) == (
        "record; Amount: field; Details[1].Qty: wrong; Details[2]: line; Details[2].Account: closed"
    )


def test_stack_trace_is_never_told() -> None:
    for name in ERRORS:
        assert "PX.Api" not in error_text(reply(name))
        assert "   at " not in error_text(reply(name))


def test_words_of_a_page_are_one_short_line() -> None:
    title = "<html><title>\r\n Service &amp;\n Maintenance</title><h1>x</h1>"

    assert error_text(page_reply(503, title + "x" * 5000)) == "Service & Maintenance"
    assert error_text(page_reply(503, "<style>p{}</style><p>Down <b>now</b>")) == "Down now"
    assert len(error_text(page_reply(503, "x" * 5000))) == 200


@pytest.mark.parametrize("piece", ["<", "<title>", "<script>", "<h1", "<!--", "< >", "&amp;"])
def test_page_made_to_be_slow_is_read_at_once(piece: str) -> None:
    answer = page_reply(500, piece * (1_000_000 // len(piece)))

    began = thread_time()
    error_of(answer)

    assert thread_time() - began < 0.25


def test_stack_trace_on_a_page_is_not_told() -> None:
    page = "<title>Runtime Error</title><pre>   at PX.Data.PXGraph.Persist()</pre>"

    assert error_text(page_reply(500, page)) == "Runtime Error"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"message": "The request is invalid.",
             "modelState": {"": ["The request body should not be empty."]}},
            "The request is invalid. The request body should not be empty.",
        ),
        (
            {"message": "The request is invalid.", "modelState": {"entity": ["Bad.", "Worse."]}},
            "The request is invalid. entity: Bad. entity: Worse.",
        ),
        ({"message": "No.", "messageDetail": "Why."}, "No. Why."),
        ({"message": "No.", "modelState": {"a": "text", "b": None}}, "No."),
        ({"message": "No.", "modelState": ["text"]}, "No."),
    ],
)  # fmt: skip
def test_model_state_is_told_with_its_fields(body: Any, told: str) -> None:
    assert error_text(json_reply(400, body)) == told


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("/ui/error", "a redirect to /ui/error"),
        (
            "/Frames/Error.aspx?exceptionID=1&message=The+site%20is+being+updated.",
            "a redirect to /Frames/Error.aspx: The site is being updated.",
        ),
        ("https://[bad/", "a redirect to nowhere"),
        ("", "a redirect to"),
    ],
)
def test_redirect_tells_where_to_and_the_message_in_it(place: str, told: str) -> None:
    assert error_text(bare(302, location=place)) == told


def test_403_names_the_screen_that_the_role_lacks() -> None:
    error = error_of(reply("errors/insufficient_rights_403"))

    assert isinstance(error, ErpForbidden)
    assert error.screen == "AP301000"
    assert error.plain == "Acumatica does not let Countersign's user open screen AP301000."


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (json_reply(500, px("x", exceptionType="PX.A.CannotOptimizeException")), True),
        (json_reply(500, px("Optimization cannot be performed. The following fields …")), True),
        (json_reply(500, px("Operation failed")), False),
        (json_reply(422, {"error": "Optimization cannot be performed"}), False),
        (page_reply(500, "Optimization cannot be performed"), True),
    ],
)
def test_list_that_cannot_be_exported_is_recognised(answer: Reply, refused: bool) -> None:
    assert cannot_list(answer) is refused


def test_error_body_beyond_a_megabyte_is_not_understood() -> None:
    answer = json_reply(422, {"error": "x" * 1024 * 1024})

    assert class_of(answer).outcome is CallClass.UNKNOWN
    assert type(error_of(answer)) is ErpRejected


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

    text = error_text(answer)
    assert text.endswith("Details[1].Details[1]: deep")
    assert len(text) < 100


# --- writes: what is known of them ---


@pytest.mark.parametrize("name", ERRORS)
def test_error_body_of_a_write_has_its_class(name: str) -> None:
    case = ERRORS[name]

    outcome = class_of(reply(name))

    assert outcome.outcome is case.call
    assert case.words in outcome.detail


@pytest.mark.parametrize(
    "place",
    [
        "",
        "/AcumaticaERP/entity/Default/24.200.001/Bill/b6410d82",
        STATUS,
        "nonsense",
        "https://[bad",
    ],
)
def test_204_is_done_whatever_its_location_says(place: str) -> None:
    assert class_of(bare(204, location=place)).outcome is CallClass.CLAIMS_DONE


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
        json_reply(500, px(innerException={"stackTrace": LIMIT_FRAME})),
        json_reply(500, px(stackTrace=f"   at PX.Data.PXGraph.Persist()\r\n{LIMIT_FRAME}")),
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
    named = px("PXLicensePolicy.CheckApiUsersLimits(x) is no valid Vendor Ref.")
    inner = px(innerException=named)
    line = px(innerException={"message": "   at PX.Data.PXLicensePolicy.CheckApiUsersLimits(x)"})

    assert class_of(json_reply(422, entity)).outcome is CallClass.REFUSED
    for body in (quoted, named, inner, line):
        assert class_of(json_reply(500, body)).outcome is CallClass.REFUSED_IN_DOUBT


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (json_reply(403, {"message": "secret words"}), "does not let"),
        (json_reply(403, {"message": "secret words (AP301000)"}), "on screen AP301000."),
        (json_reply(404, {"message": "secret words"}), "no such action"),
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


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (bare(200), "200"),
        (page_reply(200, "<title>Proxy</title>"), "200 Proxy"),
        (json_reply(429, MESSAGE), "429 An error has occurred."),
        (json_reply(401, MESSAGE), "401 An error has occurred."),
        (page_reply(502, "<title>Bad gateway</title>"), "502 Bad gateway"),
        (json_reply(418, MESSAGE), "418 An error has occurred."),
        (bare(204), "204"),
    ],
)
def test_every_class_tells_the_answer_it_was_judged_by(answer: Reply, detail: str) -> None:
    assert class_of(answer).detail.startswith(detail)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (bare(403), "Acumatica does not let Countersign's user do this."),
        (
            json_reply(404, MESSAGE),
            "Acumatica knows no such action. An administrator must look at the table of calls.",
        ),
        (
            json_reply(500, px("You are not an authorized approver")),
            "Acumatica says that this user may not approve the document.",
        ),
    ],
)
def test_our_own_words_are_whole_sentences(answer: Reply, words: str) -> None:
    assert plain_words(answer) == words
