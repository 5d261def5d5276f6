"""The encryption keys, kept in Azure Key Vault and read by the machine's managed identity.

Two requests of its REST API and the token msal gets from the machine: no package more. Follows
the vendor's pages "Get Secret", "Set Secret" and "Managed identities". Blocks: before the loop
begins, or in a thread.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msal
import requests

from bot.checked import SettingsError, is_loopback
from bot.settings import EncryptionSettings
from bot.tokens import TIMEOUT, TimedHttp

VERSION = "api-version=7.4"
PUBLIC = "https://vault.azure.net"
ROLES = {"GET": "Key Vault Secrets User", "PUT": "Key Vault Secrets Officer"}
"""What the identity must be given there, for reading and for rotating."""


class KeyVaultError(SettingsError):
    """The Key Vault does not give or take the keys; says what to do, never what they are."""


def keys_of_vault(settings: EncryptionSettings) -> str:
    """Return the keys as they are kept there, separated by commas. Raises KeyVaultError."""
    found = _call(settings, "GET").get("value")
    if not isinstance(found, str) or not found.strip():
        raise KeyVaultError([f"ENCRYPTION__KEY_VAULT: {settings.key_vault_secret} is empty there"])
    return found


def keep_in_vault(settings: EncryptionSettings, keys: str) -> None:
    """Keep *keys* there as a new version; the former one stays. Raises KeyVaultError."""
    _call(settings, "PUT", {"value": keys, "contentType": "Countersign encryption keys"})


def resource_of(url: str) -> str:
    """Return what a token for a Key Vault is asked for: its cloud's domain without its own name."""
    host = urlsplit(url).hostname or ""
    return PUBLIC if is_loopback(url) else f"https://{host.partition('.')[2]}"


def _call(settings: EncryptionSettings, method: str, body: Any = None) -> dict[str, Any]:
    name = settings.key_vault_secret
    url = f"{settings.key_vault.rstrip('/')}/secrets/{name}?{VERSION}"
    headers = {"Authorization": f"Bearer {_token(settings)}"}
    try:
        answer = requests.request(
            method, url, headers=headers, json=body, timeout=TIMEOUT, allow_redirects=False
        )
    except requests.RequestException as error:
        raise KeyVaultError(
            [f"ENCRYPTION__KEY_VAULT gives no answer: {type(error).__name__}"]
        ) from error
    if answer.status_code != 200:
        raise KeyVaultError([_refusal(answer.status_code, method, name)])
    try:
        return dict(answer.json())
    except (ValueError, TypeError) as error:
        raise KeyVaultError(["ENCRYPTION__KEY_VAULT: its answer is no Key Vault's"]) from error


def _refusal(status: int, method: str, name: str) -> str:
    where = "ENCRYPTION__KEY_VAULT"
    if status == 404:
        return f"{where} has no secret {name}; make it there, with the keys as its value"
    if status in (401, 403):
        role = ROLES[method]
        return f"{where} does not let us ({status}): give this machine's identity {role!r} there"
    return f"{where} answers {status}; try again"


def _token(settings: EncryptionSettings) -> str:
    chosen = settings.identity
    identity = (
        msal.UserAssignedManagedIdentity(client_id=chosen)
        if chosen
        else msal.SystemAssignedManagedIdentity()
    )
    client = msal.ManagedIdentityClient(identity, http_client=TimedHttp())
    problem = "is not Entra's"
    try:
        found = client.acquire_token_for_client(resource=resource_of(settings.key_vault))
    except (requests.RequestException, msal.ManagedIdentityError, ValueError, TypeError) as error:
        problem, found = type(error).__name__, {}
    token = found.get("access_token")
    if not isinstance(token, str) or not token:
        told = found.get("error") or problem
        raise KeyVaultError(
            [f"ENCRYPTION__KEY_VAULT: this machine's managed identity gives no token: {told}"]
        )
    return token
