"""The page on which a person signs in and lets an application act for them (OAuth code flow)."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from .bodies import BadBody, read_form
from .erp import ERP, Erp
from .identity import CONNECT
from .oauth import OAuthError
from .pages import page_text
from .signin import known_login

_TOLD = {
    "api": "Read and change documents as you, with your rights",
    "api:concurrent_access": "Do so in several sessions at a time",
    "offline_access": "Go on doing so while you are away, for up to 30 days",
    "openid": "Know who you are",
    "profile": "Know your name",
    "email": "Know your e-mail address",
}
_KEPT = (
    *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce"),
    *("code_challenge", "code_challenge_method"),
)
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' {back}"


class BadRequest(Exception):
    """A request whose sender cannot be trusted with an answer; the text is for the person."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a consent, found good."""

    members: Mapping[str, str]
    scopes: tuple[str, ...]

    @property
    def back(self) -> str:
        """Where the browser goes afterwards."""
        return self.members["redirect_uri"]

    def address(self, **answer: str) -> str:
        """The way back with an answer, and the state as it was sent."""
        state = self.members.get("state")
        query = urlencode({**answer, **({"state": state} if state else {})})
        return f"{self.back}{'&' if urlsplit(self.back).query else '?'}{query}"


def add_routes(app: web.Application) -> None:
    """Hang the page into the application."""
    app.router.add_get(f"{CONNECT}/authorize", ask)
    app.router.add_post(f"{CONNECT}/authorize", decide)


async def ask(request: web.Request) -> web.StreamResponse:
    """Show who asks for what."""
    return _answered(request.app[ERP], dict(request.query), {})


async def decide(request: web.Request) -> web.StreamResponse:
    """Take the person's answer: back to the application, or the page again with what is wrong."""
    try:
        form = await read_form(request)
    except BadBody as bad:
        return _page("refused.html", {"why": str(bad)}, 400)
    return _answered(request.app[ERP], form, form)


def _answered(erp: Erp, members: Mapping[str, str], form: Mapping[str, str]) -> web.Response:
    try:
        _check_sender(erp, members)
    except BadRequest as bad:
        return _page("refused.html", {"why": str(bad)}, 400)
    try:
        asked = _read(erp, members)
    except OAuthError as wrong:
        return _back(Asked(members, ()).address(**_told(wrong)))
    if form.get("decision") == "deny":
        return _back(asked.address(error="access_denied"))
    if form.get("decision") != "allow":
        return _shown(erp, asked)
    return _allowed(erp, asked, form)


def _allowed(erp: Erp, asked: Asked, form: Mapping[str, str]) -> web.Response:
    login = known_login(erp, form.get("name", ""), form.get("password", ""))
    if not login:
        return _shown(erp, asked, name=form.get("name", ""), problem="Name or password is wrong.")
    members = asked.members
    challenge, nonce = members.get("code_challenge", ""), members.get("nonce", "")
    code = erp.authority.consent(login, asked.scopes, asked.back, challenge, nonce)
    return _back(asked.address(code=code))


def _check_sender(erp: Erp, members: Mapping[str, str]) -> None:
    """An unknown application or address must not be sent anywhere."""
    if not erp.authority.knows(members.get("client_id", "")):
        raise BadRequest("No connected application has this client id in this tenant.")
    if members.get("redirect_uri") not in erp.authority.application.redirect_uris:
        raise BadRequest("The redirect address is not one the application is registered with.")


def _read(erp: Erp, members: Mapping[str, str]) -> Asked:
    if members.get("response_type") != "code":
        raise OAuthError("unsupported_response_type")
    scopes = erp.authority.scopes(members.get("scope", ""))
    _check_challenge(erp, members)
    if members.get("prompt") == "none":
        raise OAuthError("login_required")
    return Asked(members, scopes)


def _check_challenge(erp: Erp, members: Mapping[str, str]) -> None:
    """The vendor's own clients send none; one that is sent must be good."""
    challenge, method = members.get("code_challenge"), members.get("code_challenge_method")
    if not challenge and erp.authority.application.pkce_required:
        raise OAuthError("invalid_request", "A code_challenge is required.")
    if challenge and method != "S256":
        raise OAuthError("invalid_request", "The code_challenge_method must be S256.")


def _told(wrong: OAuthError) -> dict[str, str]:
    told = {"error": wrong.error}
    return {**told, "error_description": wrong.description} if wrong.description else told


def _shown(erp: Erp, asked: Asked, *, name: str = "", problem: str = "") -> web.Response:
    hidden = {key: asked.members[key] for key in _KEPT if key in asked.members}
    values = {
        "tenant": escape(erp.options.tenant),
        "host": escape(urlsplit(asked.back).netloc),
        "scopes": "".join(f"<li>{escape(_TOLD[scope])}</li>" for scope in asked.scopes),
        "hidden": "".join(
            f'<input type="hidden" name="{key}" value="{escape(value)}">'
            for key, value in hidden.items()
        ),
        "people": "".join(
            f'<option value="{escape(p.login)}">{escape(p.name)}, {escape(p.title)}</option>'
            for p in erp.people.all
        ),
        "user": escape(erp.options.user),
        "name": escape(name),
        "problem": f'<p class="say bad" role="alert">{escape(problem)}</p>' if problem else "",
    }
    response = web.Response(text=page_text("consent.html", values), content_type="text/html")
    # Browsers hold a redirect after a form to `form-action` too: without this the person stays.
    back = urlsplit(asked.back)
    response.headers["Content-Security-Policy"] = _POLICY.format(
        back=f"{back.scheme}://{back.netloc}"
    )
    return response


def _page(name: str, values: Mapping[str, str], status: int) -> web.Response:
    text = page_text(name, {key: escape(value) for key, value in values.items()})
    return web.Response(status=status, text=text, content_type="text/html")


def _back(address: str) -> web.Response:
    return web.Response(status=302, headers={"Location": address})
