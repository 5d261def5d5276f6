"""The token service: client credentials in, a connector token out (facts §3.5, §5.4). Pure."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import jwt

from deployment.sandbox.teams.wire import ConnectorError, Json

SCOPE = "https://api.botframework.com/.default"
AUDIENCE = "https://api.botframework.com"
LIFETIME = 3600
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

    app_id: str
    app_secret: str
    tenant_id: str
    now: Callable[[], datetime]

    def grant(self, tenant: str, form: Mapping[str, str]) -> Json:
        """Answer a client-credentials request, or raise TokenRefusedError."""
        self._check_client(tenant, form)
        if form.get("grant_type") != "client_credentials":
            text = "The app requested an unsupported grant type."
            raise TokenRefusedError(400, "unsupported_grant_type", 70003, text)
        if form.get("scope") != SCOPE:
            text = f"The provided value for scope is not valid. This stand-in grants {SCOPE}."
            raise TokenRefusedError(400, "invalid_scope", 70011, text)
        return {
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": self._issue(),
        }

    def check(self, authorization: str) -> None:
        """Refuse a connector call without a token of ours that is still good: 401."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not self._is_good(token):
            message = "Authorization has been denied for this request."
            raise ConnectorError(401, "Unauthorized", message)

    def _check_client(self, tenant: str, form: Mapping[str, str]) -> None:
        if tenant.casefold() != self.tenant_id.casefold():
            text = f"Tenant '{tenant}' not found."
            raise TokenRefusedError(400, "invalid_request", 90002, text)
        if form.get("client_id", "").casefold() != self.app_id.casefold():
            text = "Application with this identifier was not found in the directory."
            raise TokenRefusedError(400, "unauthorized_client", 700016, text)
        shown = form.get("client_secret", "").encode()
        if not hmac.compare_digest(shown, self.app_secret.encode()):
            text = f"Invalid client secret provided for app '{self.app_id}'."
            raise TokenRefusedError(401, "invalid_client", 7000215, text)

    def _issue(self) -> str:
        start = int(self.now().timestamp())
        claims = {
            "aud": AUDIENCE,
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "appid": self.app_id,
            "tid": self.tenant_id,
            "iat": start,
            "nbf": start,
            "exp": start + LIFETIME,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key(), algorithm="HS256")

    def _is_good(self, token: str) -> bool:
        try:
            claims = jwt.decode(
                token,
                self._key(),
                algorithms=["HS256"],
                audience=AUDIENCE,
                # The clock is ours, so PyJWT must not look at its own.
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            return False
        return bool(claims["exp"] > self.now().timestamp() and claims["appid"] == self.app_id)

    def _key(self) -> bytes:
        # Only the stand-in reads these tokens; derived, they outlive a restart without a file.
        return hashlib.sha256(b"connector token " + self.app_secret.encode()).digest()


def authority(tenant: str) -> Json:
    """The tenant's OpenID document as MSAL wants it: https addresses of the real service."""
    base = f"{LOGIN}/{tenant}"
    return {
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
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
