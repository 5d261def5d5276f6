"""Structured lines for the operator: text on a terminal, JSON otherwise; no bodies, no secrets."""

from __future__ import annotations

import logging
import sys

import structlog

from bot.redacting import Redactor
from bot.settings import LogSettings

QUIET = ("aiohttp.access", "aiosqlite", "asyncio", "botframework", "msal", "urllib3")


def set_up_logging(settings: LogSettings, redactor: Redactor | None = None) -> None:
    """Send every module's log lines through structlog to stderr, past *redactor*."""
    hides = redactor or Redactor()
    as_text = settings.format == "text" or (settings.format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Plain tracebacks: the pretty ones tell the locals of every frame, and so tokens and passwords.
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if as_text
        else structlog.processors.JSONRenderer()
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hides.listed,
            last,
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
