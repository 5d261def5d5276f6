"""The ERP's error answers, as recorded or documented; raised below the API, sent at its door.

Mind the vendor's habits: a missing record, a wrong password and a bad filter are all 500.
"""

from collections.abc import Mapping

from aiohttp import web

from .wire import dumps

OPERATION_FAILED = "PX.Data.PXInvalidOperationException"
PX_EXCEPTION = "PX.Data.PXException"
_LIMIT = "The number of concurrent API logins has been reached. Please try again later."


class Refusal(Exception):
    """An answer that ends a request early."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = headers or {}

    def response(self) -> web.Response:
        """The answer as HTTP; a text body is HTML or plain text, anything else JSON."""
        if isinstance(self.body, str):
            kind = "text/html" if self.body.lstrip().startswith("<") else "text/plain"
            return web.Response(
                status=self.status, text=self.body, content_type=kind, headers=self.headers
            )
        return json_response(self.body, status=self.status, headers=self.headers)


def json_response(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer in the ERP's writing of numbers."""
    return web.Response(
        status=status, text=dumps(body), content_type="application/json", headers=headers
    )


_HANDLING = """\
   at PX.Api.ContractBased.EntityService.Invoke(EntityImpl entity)\r
   at PX.Api.ContractBased.SystemContracts.V2.EntityController.Handle()"""


def px_error(
    text: str, kind: str = PX_EXCEPTION, status: int = 500, trace: str = _HANDLING
) -> Refusal:
    """A user or server error as the ERP shows both: 500 with exception type and a stack trace."""
    return Refusal(
        status,
        {
            "message": "An error has occurred.",
            "exceptionMessage": text,
            "exceptionType": kind,
            "stackTrace": trace,
        },
    )


def broken(error: Exception) -> Refusal:
    """What nobody foresaw: a 500 as of the server's own exceptions."""
    return px_error(f"{type(error).__name__}: {error}", "System.Exception")


def no_record() -> Refusal:
    """A record that is not there is 500, not 404."""
    return px_error(
        "No entity satisfies the condition.",
        "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException",
    )


def not_possible() -> Refusal:
    """An action in a state that does not allow it; the ERP says nothing more specific."""
    return px_error("Operation failed", OPERATION_FAILED)


def unknown_name(name: str) -> Refusal:
    """A field name the endpoint does not have, in `$select`, `$expand`, `$custom` or `$filter`."""
    return px_error(
        f"The given key '{name}' was not present in the dictionary.",
        "System.Collections.Generic.KeyNotFoundException",
    )


def not_found(url: str) -> Refusal:
    """A wrong endpoint, version, entity or action."""
    text = f"No HTTP resource was found that matches the request URI '{url}'."
    return Refusal(404, {"message": text})


def bad_request(field: str, text: str) -> Refusal:
    """A body the server cannot use."""
    return Refusal(400, {"message": "The request is invalid.", "modelState": {field: [text]}})


def empty_body() -> Refusal:
    """A PUT or action without a body."""
    return bad_request("", "The request body should not be empty.")


def not_signed_in() -> Refusal:
    """No session, or one that idled away."""
    return Refusal(401, {"message": "Authorization has been denied for this request."})


def no_rights(form: str, screen: str) -> Refusal:
    """The API user's role lacks the screen."""
    text = f"You have insufficient rights to access the {form} ({screen}) form."
    return Refusal(403, {"message": text})


def precondition_failed() -> Refusal:
    """If-Match or If-None-Match did not hold."""
    return Refusal(412, {"message": "The precondition given in the request header failed."})


def length_required() -> Refusal:
    """IIS wants a Content-Length on every POST and PUT."""
    return Refusal(411, "<!DOCTYPE html><title>Length Required</title><h2>Length Required</h2>")


def login_limit(face: str) -> Refusal:
    """The API login limit in one of the faces seen in the wild."""
    return _FACES[face]


_CHECKING = """\
   at PX.Data.PXLicensePolicy.CheckApiUsersLimits(String company)\r
   at PX.Data.PXLogin.LoginUser(String& userName, String password)"""
_ERROR_PAGE = "/Frames/Error.aspx?exceptionID=1&message="
_LIMIT_PAGE = f"<!DOCTYPE html><html><head><title>API Login Limit</title></head><p>{_LIMIT}</html>"
_FACES: Mapping[str, Refusal] = {
    "429": Refusal(429, "The custom error module does not recognize this error."),
    "500": px_error(_LIMIT, trace=_CHECKING),
    "html": Refusal(200, _LIMIT_PAGE),
    "redirect": Refusal(302, "", {"Location": f"{_ERROR_PAGE}{_LIMIT.replace(' ', '+')}"}),
}
LOGIN_LIMIT_FACES = tuple(_FACES)
