"""The identity server under `/identity`: discovery, tokens, who somebody is, and revocation.

The ERP insists on https; here plain http is fine, as a stand-in listens on loopback only.
"""

import base64
import uuid
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from aiohttp import web

from .bearers import seat_at_token, shown_bearer
from .bodies import BadBody, read_form, require_length
from .erp import ERP, Erp
from .oauth import ACCESS_LIVES, OPENID, SCOPES, WRONG_USER, OAuthError, Tokens
from .refusals import json_response
from .signin import known_login
from .wire import Json

DISCOVERY = "/identity/.well-known/openid-configuration"
CONNECT = "/identity/connect"
_PEOPLE = uuid.UUID("0b9d4c0e-52f1-4c57-9a55-6b3f1f1f6a11")  # makes subject ids of logins
Form = Mapping[str, str]


def add_routes(app: web.Application) -> None:
    """Hang the identity server into the application; the consent page has its own module."""
    app.router.add_get(DISCOVERY, discovery)
    app.router.add_get(f"{DISCOVERY}/jwks", keys)
    app.router.add_post(f"{CONNECT}/token", token)
    app.router.add_get(f"{CONNECT}/userinfo", userinfo)
    app.router.add_post(f"{CONNECT}/userinfo", userinfo)
    app.router.add_post(f"{CONNECT}/revocation", revocation)


async def discovery(request: web.Request) -> web.Response:
    """Where everything is."""
    root = _root(request)
    here = {name: f"{root}{CONNECT}/{path}" for name, path in _ENDPOINTS.items()}
    return json_response(
        {
            "issuer": f"{root}/identity",
            "jwks_uri": f"{root}{DISCOVERY}/jwks",
            **here,
            "scopes_supported": list(SCOPES),
            "claims_supported": ["sub", "name", "preferred_username", "email"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(_GRANTS),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
    )


async def keys(request: web.Request) -> web.Response:
    """The public half of what signs identity tokens."""
    return json_response(request.app[ERP].signing.document())


async def token(request: web.Request) -> web.Response:
    """Tokens for a password, a code or a refresh token."""
    require_length(request)
    erp = request.app[ERP]
    try:
        form = await _form(request)
        erp.authority.check_client(*_client(request, form))
        given = _granted(erp, form)
    except OAuthError as wrong:
        return _refused(wrong)
    if erp.licence.limits.limit_at_token:
        seat_at_token(erp, given.access)
    return _no_store(_answer(request, given))


async def userinfo(request: web.Request) -> web.Response:
    """Who gave the token, as far as its scopes tell."""
    bearer = shown_bearer(request)
    if bearer is None:
        return _challenged(401, "invalid_token")
    if OPENID not in bearer.grant.scopes:
        return _challenged(403, "insufficient_scope")
    return json_response(_claims(request.app[ERP], bearer.grant.user, bearer.grant.scopes))


async def revocation(request: web.Request) -> web.Response:
    """Make a token worthless; its session stays signed in until it idles away or is logged out."""
    require_length(request)
    authority = request.app[ERP].authority
    try:
        form = await _form(request)
        authority.check_client(*_client(request, form))
    except OAuthError as wrong:
        return _refused(wrong)
    authority.revoke(form.get("token", ""))
    return web.Response(status=200)


def _granted(erp: Erp, form: Form) -> Tokens:
    kind = form.get("grant_type", "")
    if not kind:
        raise OAuthError("invalid_request")
    if kind not in _GRANTS:
        raise OAuthError("unsupported_grant_type")
    return _GRANTS[kind](erp, form)


def _by_password(erp: Erp, form: Form) -> Tokens:
    scopes = erp.authority.scopes(form.get("scope", ""))
    login = known_login(erp, form.get("username", ""), form.get("password", ""))
    if not login:
        raise OAuthError(*WRONG_USER)
    return erp.authority.allow(login, scopes)


def _by_code(erp: Erp, form: Form) -> Tokens:
    code, back = form.get("code", ""), form.get("redirect_uri", "")
    return erp.authority.redeem(code, back, form.get("code_verifier", ""))


def _by_refresh(erp: Erp, form: Form) -> Tokens:
    return erp.authority.renew(form.get("refresh_token", ""))


_GRANTS: Mapping[str, Callable[[Erp, Form], Tokens]] = {
    "authorization_code": _by_code,
    "password": _by_password,
    "refresh_token": _by_refresh,
}
_ENDPOINTS = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "userinfo_endpoint": "userinfo",
    "revocation_endpoint": "revocation",
}


def _answer(request: web.Request, given: Tokens) -> Json:
    scopes = given.grant.scopes
    answer: Json = {
        "access_token": given.access,
        "expires_in": int(ACCESS_LIVES.total_seconds()),
        "token_type": "Bearer",
        "scope": " ".join(scopes),
    }
    if given.refresh:
        answer["refresh_token"] = given.refresh
    if OPENID in scopes:
        answer["id_token"] = _id_token(request, given)
    return answer


def _id_token(request: web.Request, given: Tokens) -> str:
    erp = request.app[ERP]
    now = int(erp.options.now().timestamp())
    return erp.signing.sign(
        {
            "iss": f"{_root(request)}/identity",
            "aud": erp.authority.application.client_id,
            "iat": now,
            "nbf": now,
            "exp": now + int(ACCESS_LIVES.total_seconds()),
            **({"nonce": given.nonce} if given.nonce else {}),
            **_claims(erp, given.grant.user, given.grant.scopes),
        }
    )


def _claims(erp: Erp, login: str, scopes: tuple[str, ...]) -> Json:
    """What the real server calls a user is not documented; `sub` stays the same for a login."""
    person = erp.people.find(login)
    claims: Json = {"sub": str(uuid.uuid5(_PEOPLE, login))}
    if "profile" in scopes:
        claims |= {"preferred_username": login, "name": person.name if person else login}
    if "email" in scopes and person:
        claims["email"] = person.email
    return claims


async def _form(request: web.Request) -> Form:
    try:
        return await read_form(request)
    except BadBody as bad:
        raise OAuthError("invalid_request", str(bad)) from None


def _client(request: web.Request, form: Form) -> tuple[str, str]:
    """Client id and secret, from the Authorization header or the form."""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(shown, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no text
        raise OAuthError("invalid_client") from None
    return _decoded(name), _decoded(secret)


def _decoded(text: str) -> str:
    """RFC 6749 section 2.3.1: both are form-encoded before they are joined; not all do it."""
    return unquote_plus(text)


def _refused(wrong: OAuthError) -> web.Response:
    body: Json = {"error": wrong.error}
    if wrong.description:
        body["error_description"] = wrong.description
    return _no_store(body, status=400)


def _no_store(body: Json, status: int = 200) -> web.Response:
    return json_response(body, status=status, headers={"Cache-Control": "no-store"})


def _challenged(status: int, error: str) -> web.Response:
    return web.Response(status=status, headers={"WWW-Authenticate": f'Bearer error="{error}"'})


def _root(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}{request.app[ERP].options.site}"
