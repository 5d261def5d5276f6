"""Client assertions: an app proves itself with a certificate (facts §5.4). Pure."""

import base64
import hashlib

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from deployment.sandbox.teams.wire import Json

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["RS256", "PS256"]
LEEWAY = 300


class BadAssertionError(Exception):
    """The assertion proves nothing."""


class StaleAssertionError(BadAssertionError):
    """The assertion was good at another time."""


def check_assertion(
    assertion: str, *, certificate: str | None, app_id: str, tenant_id: str, now: float
) -> None:
    """Check signature, thumbprint, issuer, subject, audience and time, or raise."""
    if certificate is None:
        raise BadAssertionError("No certificate is registered for the app.")
    known = x509.load_pem_x509_certificate(certificate.encode())
    claims = _signed_claims(assertion, known)
    named = {str(claims.get("iss")).casefold(), str(claims.get("sub")).casefold()}
    if named != {app_id.casefold()}:
        raise BadAssertionError("iss and sub must both be the client id.")
    if not _is_meant_for(str(claims.get("aud")), tenant_id):
        raise BadAssertionError("aud must be the tenant's token endpoint.")
    _check_time(claims, now)


def _signed_claims(assertion: str, certificate: x509.Certificate) -> Json:
    try:
        header = jwt.get_unverified_header(assertion)
        if not _names(header, certificate):
            raise BadAssertionError("The thumbprint is of another certificate.")
        # Audience and time are checked by hand: the clock is ours.
        claims: Json = jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]
            algorithms=ALGORITHMS,
            options={
                "verify_aud": False,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except (jwt.PyJWTError, TypeError) as error:
        raise BadAssertionError("The signature does not fit the certificate.") from error
    return claims


def _names(header: Json, certificate: x509.Certificate) -> bool:
    """Whether `x5t#S256`, or the old SHA-1 `x5t`, names the certificate."""
    der = certificate.public_bytes(Encoding.DER)
    modern, old = header.get("x5t#S256"), header.get("x5t")
    if modern:
        return _same(str(modern), hashlib.sha256(der).digest())
    return bool(old) and _same(str(old), hashlib.sha1(der).digest())  # noqa: S324 - Entra's choice


def _same(shown: str, digest: bytes) -> bool:
    return shown.rstrip("=") == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _is_meant_for(audience: str, tenant_id: str) -> bool:
    ends = (f"/{tenant_id}/oauth2/v2.0/token", f"/{tenant_id}/v2.0")
    return audience.casefold().endswith(tuple(one.casefold() for one in ends))


def _check_time(claims: Json, now: float) -> None:
    ends, starts = claims.get("exp"), claims.get("nbf", now)
    if not isinstance(ends, int | float) or not isinstance(starts, int | float):
        raise BadAssertionError("exp and nbf must be numbers.")
    if ends + LEEWAY < now or starts - LEEWAY > now:
        raise StaleAssertionError("The assertion is not within its valid time range.")
