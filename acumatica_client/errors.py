"""What can go wrong when asking Acumatica, as one tree that answers *try again?*

    ErpError
    ├─ ErpUnavailable        timeout, no network, 5xx without an error body     try later
    │  ├─ ErpPage            HTML or a redirect: a proxy, maintenance           try later
    │  ├─ ErpUnreadable      an answer of another shape than documented         try later, alert
    │  └─ ErpMoving          a list that moved in every one of its readings     try later
    ├─ ErpBusy               429 or a face of the login limit, with `after`     try after that
    ├─ ErpMisconfigured      a setting does not fit the instance                try later, alert
    │  ├─ ErpVersionMissing  no such endpoint, or not in this version
    │  └─ ErpContract5       the endpoint speaks contract version 5
    ├─ ErpRejected           a 4xx, or a body with an error                     do not try again
    │  ├─ ErpFailed          an exception, as a 5xx: for good, or a lock        try some times
    │  ├─ ErpNotFound        no such entity or action on this endpoint
    │  ├─ ErpForbidden       403: the role lacks the screen, or the feature is off
    │  └─ ErpCannotList      the list cannot be exported, however plainly it is asked for
    └─ ErpSignInFailed       wrong credentials, or 401 after a fresh sign-in    try later, alert

The tree holds for reads. The outcome of an *action* is a `CallOutcome` and never an exception,
because "no answer" there means "perhaps done" (facts: an action is not idempotent).

`detail` is for operators and the audit; `plain` is a sentence for people that quotes nothing.
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
    """Nobody answered, or not in a way that says anything about the question."""


class ErpPage(ErpUnavailable):
    """A page or a redirect came where the API should answer: a proxy, maintenance, a restart."""

    plain = "Acumatica is down for maintenance, or something stands in front of it."


class ErpUnreadable(ErpUnavailable):
    """Acumatica answered, but not in the documented shape; the detail names the place."""

    plain = "Acumatica answered in a way Countersign does not understand."


class ErpMoving(ErpUnavailable):
    """A list changed while it was read, each time it was read; what was found is not whole."""

    plain = "Acumatica's list kept changing while it was read."


class ErpBusy(ErpError):
    """The licence limit was hit; `after` says for how many seconds to leave Acumatica alone."""

    plain = "Acumatica is busy just now."

    def __init__(self, detail: str, *, after: float) -> None:
        super().__init__(detail)
        self.after = after


class ErpMisconfigured(ErpError):
    """What `countersign.toml` says of the instance does not fit it; the detail says what to set."""

    plain = "Countersign is not set up for this Acumatica. An administrator has been told."


class ErpVersionMissing(ErpMisconfigured):
    """The pinned endpoint, or its version, does not exist on this instance."""


class ErpContract5(ErpMisconfigured):
    """The endpoint speaks contract version 5, whose shapes would be misread."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where}: this endpoint speaks contract version 5, which Countersign does not speak;"
            ' pin an endpoint of version 25.200.001 or older: set endpoint and version = "…"'
            " in countersign.toml"
        )


class ErpRejected(ErpError):
    """Acumatica understood and refused; asking again unchanged will be refused again."""

    plain = "Acumatica refused the request."


class ErpFailed(ErpRejected):
    """An exception of Acumatica's own ended the request.

    Its 500 looks the same for what never works and for "Another process has updated the record".
    """


class ErpNotFound(ErpRejected):
    """The endpoint has no such entity or action."""


class ErpForbidden(ErpRejected):
    """The user's role lacks a screen, or its feature is off; `screen` where Acumatica named it."""

    def __init__(self, detail: str, *, screen: str = "") -> None:
        where = f" screen {screen}" if screen else " what it asked for"
        super().__init__(detail, plain=f"Acumatica does not let Countersign's user open{where}.")
        self.screen = screen


class ErpCannotList(ErpRejected):
    """A list is refused ("Optimization cannot be performed") even of keys and stamps alone."""


class ErpSignInFailed(ErpError):
    """Acumatica does not accept the credentials, or dropped a session it had just opened."""

    plain = "Countersign cannot sign in to Acumatica. An administrator has been told."
