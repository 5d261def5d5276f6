"""A stand-in for an Acumatica ERP: contract REST API, push sender, and doors for testers."""

from .app import Serving, build_app, serve
from .options import SandboxOptions
from .welcome import welcome

__all__ = ["SandboxOptions", "Serving", "build_app", "serve", "welcome"]
