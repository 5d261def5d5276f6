"""The token service: client credentials in, an access token out (facts §3.5, §5.4). Pure."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import jwt

from deployment.sandbox.teams.assertions import (
    ASSERTION_TYPE,
    BadAssertionError,
    StaleAssertionError,
    check_assertion,
)
from deployment.sandbox.teams.registration import Registration
from deployment.sandbox.teams.wire import ConnectorError, Json

CONNECTOR: Final = "https://api.botframework.com"
GRAPH: Final = "https://graph.microsoft.com"
# Other clouds ask for the same two resources by other names (facts §3.5).
RESOURCES = {
    CONNECTOR: CONNECTOR,
    "https://api.botframework.us": CONNECTOR,
    GRAPH: GRAPH,
    "https://graph.microsoft.us": GRAPH,
    "https://dod-graph.microsoft.us": GRAPH,
}
LOGIN = "https://login.microsoftonline.com"  # MSAL refuses an authority that is not https


class TokenRefusedError(Exception):
    """An OAuth error answer with its AADSTS text."""

    def __init__(self, status: int, error: str, code: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.body: Json = {
            "error": error,
            "error_description": f"AADSTS{code}: {text}",
            "error_codes": [code],
        }


@dataclass(frozen=True, slots=True)
class TokenService:
    """Issues and checks access tokens of one app in one tenant."""

    app: Registration
    now: Callable[[], datetime]

    def grant(self, tenant: str, form: Mapping[str, str]) -> Json:
        """Answer a client-credentials request, or raise TokenRefusedError."""
        self._check_client(tenant, form)
        if form.get("grant_type") != "client_credentials":
            text = "The app requested an unsupported grant type."
            raise TokenRefusedError(400, "unsupported_grant_type", 70003, text)
        resource = form.get("scope", "").removesuffix("/.default")
        if resource not in RESOURCES or resource == form.get("scope"):
            text = "The provided value for scope is not valid: one known resource and /.default."
            raise TokenRefusedError(400, "invalid_scope", 70011, text)
        seconds = self.app.token_seconds
        return {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": self.issue(resource),
        }

    def issue(self, resource: str) -> str:
        """A token for one resource; Graph's names the app's permissions."""
        start = int(self.now().timestamp())
        claims: Json = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{self.app.tenant_id}/",
            "appid": self.app.app_id,
            "tid": self.app.tenant_id,
            "iat": start,
            "nbf": start,
            "exp": start + self.app.token_seconds,
            "ver": "1.0",
        }
        # A token without any permission has no such claim at all.
        if RESOURCES[resource] == GRAPH and self.app.roles:
            claims["roles"] = list(self.app.roles)
        return jwt.encode(claims, self._key(), algorithm="HS256")

    def check(self, authorization: str) -> None:
        """Refuse a connector call without a token of ours that is still good: 401."""
        if self.claims(authorization, CONNECTOR) is None:
            message = "Authorization has been denied for this request."
            raise ConnectorError(401, "Unauthorized", message)

    def claims(self, authorization: str, resource: str) -> Json | None:
        """What a good token for *resource* says; None for any other."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            return None
        try:
            claims: Json = jwt.decode(
                token,
                self._key(),
                algorithms=["HS256"],
                audience=[one for one, kind in RESOURCES.items() if kind == resource],
                # The clock is ours, so PyJWT must not look at its own.
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            return None
        good = claims["exp"] > self.now().timestamp() and claims["appid"] == self.app.app_id
        return claims if good else None

    def _check_client(self, tenant: str, form: Mapping[str, str]) -> None:
        if tenant.casefold() != self.app.tenant_id.casefold():
            text = f"Tenant '{tenant}' not found."
            raise TokenRefusedError(400, "invalid_request", 90002, text)
        if form.get("client_id", "").casefold() != self.app.app_id.casefold():
            text = "Application with this identifier was not found in the directory."
            raise TokenRefusedError(400, "unauthorized_client", 700016, text)
        if form.get("client_assertion_type") == ASSERTION_TYPE:
            self._check_assertion(form.get("client_assertion", ""))
        else:
            self._check_secret(form.get("client_secret", ""))

    def _check_secret(self, shown: str) -> None:
        if not shown:
            text = "The request body must contain: 'client_assertion' or 'client_secret'."
            raise TokenRefusedError(401, "invalid_client", 7000218, text)
        if not hmac.compare_digest(shown.encode(), self.app.app_secret.encode()):
            text = f"Invalid client secret provided for app '{self.app.app_id}'."
            raise TokenRefusedError(401, "invalid_client", 7000215, text)
        if self.app.secret == "expired":  # noqa: S105 - the state of the secret, not the secret
            text = f"The provided client secret keys for app '{self.app.app_id}' are expired."
            raise TokenRefusedError(401, "invalid_client", 7000222, text)

    def _check_assertion(self, assertion: str) -> None:
        try:
            check_assertion(
                assertion,
                certificate=self.app.certificate,
                app_id=self.app.app_id,
                tenant_id=self.app.tenant_id,
                now=self.now().timestamp(),
            )
        except StaleAssertionError as error:
            raise TokenRefusedError(401, "invalid_client", 700024, f"{error}") from error
        except BadAssertionError as error:
            text = f"Client assertion failed signature validation. {error}"
            raise TokenRefusedError(401, "invalid_client", 700027, text) from error

    def _key(self) -> bytes:
        # Only the stand-in reads these tokens; derived, they outlive a restart without a file.
        return hashlib.sha256(b"connector token " + self.app.app_secret.encode()).digest()


def authority(tenant: str) -> Json:
    """The tenant's OpenID document as MSAL wants it: https addresses of the real service."""
    base = f"{LOGIN}/{tenant}"
    return {
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "tenant_region_scope": "NA",
    }


def instances() -> Json:
    """The instance discovery answer: one cloud, one host."""
    host = LOGIN.removeprefix("https://")
    names = {"preferred_network": host, "preferred_cache": "login.windows.net", "aliases": [host]}
    return {"tenant_discovery_endpoint": authority("common")["issuer"], "metadata": [names]}
