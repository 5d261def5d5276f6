"""What a stand-in says when it starts: all that a client's author has to know. Pure."""

from .identity import DISCOVERY
from .options import SandboxOptions
from .versions import CONTRACT5, EXTENDS, EXTENSION

_WITHHELD = "(given)"


def welcome(options: SandboxOptions, address: str, *, told: bool) -> str:
    """How to sign in, what to try, where the levers are; secrets only if they may be told."""
    password = options.password if told else _WITHHELD
    own = options.client_secret and options.client_secret != options.password
    secret = _WITHHELD if own else "the password"
    newest = options.versions[-1]
    return f"""Acumatica stand-in on {address}  (Ctrl-C stops)

  page        {address}/  documents, the site's state; be anybody
  sign in     user {options.user}, password {password}, tenant {options.tenant}
              or a person: ann, ben, carla … with the same password
  endpoints   {_endpoints(options)}
  OAuth       client id {options.client_id}
              client secret: {secret}
              flows: code (PKCE where a challenge is sent), password; no implicit, no hybrid
              {address}{DISCOVERY}
              redirect to: {_lines(options.redirect_uris)}
  license     {options.seats} sessions, {_per_minute(options)}

  Try it:
    curl -c jar -H 'Content-Type: application/json' {address}/entity/auth/login \\
      -d '{{"name":"{options.user}","password":"{password}","tenant":"{options.tenant}"}}'
    curl -b jar '{address}/entity/Default/{newest}/Bill?$top=2&$select=ReferenceNbr,Status'
    curl -b jar -d '' {address}/entity/auth/logout

  Levers at the same address (GET shows, POST changes; a wrong body tells what is allowed):
    /_sandbox/documents    change or create a document as an ERP user, or a batch
    /_sandbox/history      every request and change, in order
    /_sandbox/push         push notifications; /push/resend sends failed ones again
    /_sandbox/faults       what goes wrong with which call; DELETE disarms
    /_sandbox/licence      seats, requests a minute, faces of the login limit
    /_sandbox/maintenance  html503, redirect, reset, off; /_sandbox/recycle signs all out
    /_sandbox/oauth        redirect addresses, grants; DELETE revokes all
    /_sandbox/habits       what the documentation leaves open
"""


def _endpoints(options: SandboxOptions) -> str:
    newer = [CONTRACT5 + " (contract 5)"] if options.contract5 else []
    versions = ", ".join([*options.versions, *newer])
    return f"Default {versions}; {EXTENSION} {EXTENDS}"


def _per_minute(options: SandboxOptions) -> str:
    number = options.requests_per_minute
    return f"{number} requests a minute" if number else "any number of requests a minute"


def _lines(addresses: tuple[str, ...]) -> str:
    return ("\n" + " " * 27).join(addresses)
