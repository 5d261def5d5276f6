"""What can go wrong when asking Acumatica, as one tree that answers *try again?*

    ErpError
    ├─ ErpUnavailable     timeout, no network, 5xx without an error body, HTML     try later
    ├─ ErpBusy            429 or a face of the login limit, with `after`           try after that
    ├─ ErpRejected        a 4xx, or a body with an error                           do not try again
    │  └─ ErpNotFound     no such endpoint version, entity or action               do not try again
    └─ ErpSignInFailed    wrong credentials, or 401 after a fresh sign-in          try later, alert

The tree holds for reads. The outcome of an *action* is a `CallOutcome` and never an exception,
because "no answer" there means "perhaps done" (facts: an action is not idempotent).
"""


class ErpError(Exception):
    """Anything Acumatica, or the way to it, answered other than what was asked for."""

    plain = "Acumatica could not be asked just now."

    def __init__(self, detail: str, *, plain: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if plain:
            self.plain = plain


class ErpUnavailable(ErpError):
    """Nobody answered, or not in Acumatica's language (a proxy's page, an HTML error)."""


class ErpBusy(ErpError):
    """The licence limit was hit; `after` says for how many seconds to leave Acumatica alone."""

    plain = "Acumatica is busy just now."

    def __init__(self, detail: str, *, after: float) -> None:
        super().__init__(detail)
        self.after = after


class ErpRejected(ErpError):
    """Acumatica understood and refused; asking again unchanged will be refused again."""

    plain = "Acumatica refused the request."


class ErpNotFound(ErpRejected):
    """The endpoint, its version, the entity or the action does not exist on this instance."""


class ErpSignInFailed(ErpError):
    """Acumatica does not accept the credentials, or dropped a session it had just opened."""

    plain = "Countersign cannot sign in to Acumatica. An administrator has been told."
