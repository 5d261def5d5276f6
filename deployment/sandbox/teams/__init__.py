"""Microsoft Teams, the Bot Connector and the token service for one bot, on loopback.

`build_app` makes the application, `serve` listens. What it plays is told in the facts file of
Teams; where it cannot play something it says so aloud instead of pretending.
"""

from deployment.sandbox.teams.options import SandboxOptions
from deployment.sandbox.teams.server import Served, build_app, serve

__all__ = ["SandboxOptions", "Served", "build_app", "serve"]
