"""OAuth messages: what is asked, what an answer means; and nothing leads off our ERP's host."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from erp_fixtures import json_reply, page_reply, reply

from acumatica_client import oauth
from acumatica_client.errors import ErpBusy, ErpError, ErpSignInFailed, ErpUnavailable
from acumatica_client.oauth import Application, Endpoints, GrantLost, Tokens
from acumatica_client.transport import Reply, Request

INSTANCE = "https://erp.example/site"
CONNECT = f"{INSTANCE}/identity/connect"
AT = Endpoints(*(f"{CONNECT}/{name}" for name in ("authorize", "token", "userinfo", "revocation")))
APP = Application(
    "7E1B@Company", "a secret & more", redirect_uri="https://bot.example/auth/acumatica/callback"
)
DISCOVERY = {
    "issuer": f"{INSTANCE}/identity",
    "authorization_endpoint": AT.authorize,
    "token_endpoint": AT.token,
    "userinfo_endpoint": AT.userinfo,
    "revocation_endpoint": AT.revocation,
}
TOLD = {"access_token": "a1", "refresh_token": "r1", "expires_in": 3600, "token_type": "Bearer"}


def form(request: Request) -> dict[str, str]:
    assert (request.method, request.url) == ("POST", AT.token)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    return {name: values[0] for name, values in parse_qs((request.body or b"").decode()).items()}


# --- asking ---


def test_consent_asks_for_a_code_with_pkce_and_keeps_the_verifier_out_of_the_address() -> None:
    verifier = "v" * 43
    asked = oauth.begin_consent(APP, AT, verifier=verifier, state="s1")

    shown = {name: values[0] for name, values in parse_qs(urlsplit(asked.url).query).items()}
    digest = hashlib.sha256(verifier.encode()).digest()
    assert asked.url.startswith(f"{AT.authorize}?")
    assert shown == {
        "response_type": "code",
        "client_id": "7E1B@Company",
        "redirect_uri": "https://bot.example/auth/acumatica/callback",
        "scope": "api offline_access",
        "state": "s1",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    assert verifier not in repr(asked)


def test_password_flow_sends_user_password_and_client_in_the_body() -> None:
    assert form(oauth.build_password(APP, AT, "svc", "p&w=d")) == {
        "grant_type": "password",
        "username": "svc",
        "password": "p&w=d",
        "scope": "api offline_access",
        "client_id": "7E1B@Company",
        "client_secret": "a secret & more",
    }


def test_code_is_redeemed_with_its_verifier_and_redirect() -> None:
    assert form(oauth.build_code(APP, AT, "c1", "v1")) == {
        "grant_type": "authorization_code",
        "code": "c1",
        "code_verifier": "v1",
        "redirect_uri": "https://bot.example/auth/acumatica/callback",
        "client_id": "7E1B@Company",
        "client_secret": "a secret & more",
    }


def test_refresh_shows_the_token_and_the_client() -> None:
    told = form(oauth.build_refresh(APP, AT, "r1"))

    assert (told["grant_type"], told["refresh_token"]) == ("refresh_token", "r1")
    assert told["client_secret"] == "a secret & more"


def test_revocation_goes_to_its_own_address() -> None:
    request = oauth.build_revocation(APP, AT, "r1")

    assert request.url == AT.revocation
    assert b"token=r1" in (request.body or b"")


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ({}, ("api", "offline_access")),
        ({"concurrent": True}, ("api", "api:concurrent_access", "offline_access")),
        ({"who": True}, ("api", "offline_access", "openid", "profile")),
    ],
)
def test_no_more_scopes_than_wanted(wanted: dict[str, bool], asked: tuple[str, ...]) -> None:
    assert oauth.scopes(**wanted) == asked


@pytest.mark.parametrize("shown", [APP, Tokens("a1", "r1")])
def test_secrets_show_in_no_repr(shown: object) -> None:
    assert all(word not in repr(shown) for word in ("a secret", "'a1'", "'r1'"))


# --- discovery ---


def test_discovery_tells_the_endpoints() -> None:
    assert oauth.read_discovery(INSTANCE, json_reply(200, DISCOVERY)) == AT


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/token",
        "http://erp.example/site/identity/connect/token",
        "https://erp.example:444/token",
        "https://svc@erp.example/token",
        "",
        None,
        7,
    ],
)
@pytest.mark.parametrize("name", ["token", "authorization", "userinfo", "revocation"])
def test_endpoint_off_the_host_of_the_instance_is_refused(name: str, address: object) -> None:
    told = json_reply(200, {**DISCOVERY, f"{name}_endpoint": address})

    with pytest.raises(ErpUnavailable, match=f"{name}_endpoint"):
        oauth.read_discovery(INSTANCE, told)


@pytest.mark.parametrize("told", [json_reply(200, []), page_reply(200), Reply(404, {}, b"")])
def test_discovery_that_is_none_is_a_named_error(told: Reply) -> None:
    with pytest.raises(ErpError):
        oauth.read_discovery(INSTANCE, told)


# --- tokens ---


def test_tokens_are_read_with_their_lifetime() -> None:
    assert oauth.read_tokens(json_reply(200, TOLD)) == Tokens("a1", "r1", 3600)


@pytest.mark.parametrize("lives", [None, 0, -5])
def test_token_without_a_lifetime_lives_an_hour(lives: object) -> None:
    assert oauth.read_tokens(json_reply(200, {**TOLD, "expires_in": lives})).lives == 3600


def test_tokens_with_other_scopes_than_asked_are_tokens_all_the_same() -> None:
    assert oauth.read_tokens(json_reply(200, {**TOLD, "scope": "api openid"})).access == "a1"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (json_reply(400, {"error": "invalid_grant"}), ErpSignInFailed, "user or password"),
        (json_reply(400, {"error": "invalid_client"}), ErpSignInFailed, "SM303010"),
        (
            json_reply(400, {"error": "unsupported_grant_type"}),
            ErpSignInFailed,
            "no client-credentials flow",
        ),
        (json_reply(400, {"error": "unauthorized_client"}), ErpSignInFailed, "this flow"),
        (json_reply(400, {"error": "invalid_scope"}), ErpSignInFailed, "no refresh tokens"),
        (json_reply(429, {"message": "too many"}), ErpBusy, "429"),
        (reply("errors/login_limit"), ErpBusy, ""),
        (page_reply(503), ErpUnavailable, "503"),
        (page_reply(200), ErpUnavailable, ""),
        (json_reply(200, {}), ErpUnavailable, ""),
        (json_reply(200, []), ErpUnavailable, ""),
        (json_reply(200, {**TOLD, "expires_in": "soon"}), ErpUnavailable, ""),
        (json_reply(200, {**TOLD, "expires_in": []}), ErpUnavailable, ""),
        (json_reply(200, {"access_token": 7}), ErpUnavailable, ""),
        (json_reply(200, {"access_token": "a\r\nb: c"}), ErpUnavailable, ""),
        (Reply(302, {"location": "/Frames/Error.aspx"}, b""), ErpUnavailable, ""),
        (Reply(200, {"content-type": "application/json"}, b"\xff{"), ErpUnavailable, ""),
        (Reply(500, {}, b""), ErpUnavailable, ""),
    ],
)
def test_what_is_no_token_is_a_named_error(answer: Reply, kind: type[ErpError], words: str) -> None:
    with pytest.raises(kind, match=words or None):
        oauth.read_tokens(answer)


def test_dead_refresh_token_means_connect_again() -> None:
    with pytest.raises(GrantLost, match="connect again") as lost:
        oauth.read_tokens(json_reply(400, {"error": "invalid_grant"}), refused=GrantLost)

    assert lost.value.plain == "The connection to Acumatica has ended. Please connect again."


# --- who ---


@pytest.mark.parametrize(
    ("told", "claim", "login"),
    [
        ({"sub": "1", "preferred_username": "ann"}, "", "ann"),
        ({"sub": "1", "name": " ann "}, "", "ann"),
        ({"sub": "1"}, "", "1"),
        ({"sub": "1", "upn": "ann@x"}, "upn", "ann@x"),
    ],
)
def test_login_is_the_first_claim_that_tells_it(
    told: dict[str, str], claim: str, login: str
) -> None:
    assert oauth.read_login(json_reply(200, told), claim) == login


@pytest.mark.parametrize("told", [{}, {"sub": 7}, {"sub": " "}, []])
def test_nobody_is_a_named_error(told: object) -> None:
    with pytest.raises(ErpUnavailable, match="userinfo"):
        oauth.read_login(json_reply(200, told))


@pytest.mark.parametrize(
    ("client_id", "tenant"), [("7E1B@Company", "Company"), ("7E1B", ""), ("", "")]
)
def test_client_id_names_its_tenant(client_id: str, tenant: str) -> None:
    assert oauth.client_tenant(client_id) == tenant


# --- the way back ---


def test_code_is_taken_from_the_address_the_browser_came_back_to() -> None:
    assert oauth.read_callback("https://bot.example/cb?code=c1&state=s1", "s1") == "c1"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://bot.example/cb?code=c1&state=s2", "does not belong"),
        ("https://bot.example/cb?code=c1", "does not belong"),
        ("", "does not belong"),
        ("https://[bot/cb?code=c1&state=s1", "does not belong"),
        ("https://bot.example/cb?error=access_denied&state=s1", "access_denied"),
    ],
)
def test_way_back_of_another_sign_in_or_without_consent_is_refused(
    address: str, words: str
) -> None:
    with pytest.raises(ErpSignInFailed, match=words):
        oauth.read_callback(address, "s1")
