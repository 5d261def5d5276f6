"""Forms that are out: who was given one, what for, and what it was answered when it came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import Dialog, moment, stamp

SQL = statements("dialogs")


async def begin(conn: Connection, dialog: Dialog) -> None:
    """Remember a form that is given to somebody."""
    await SQL.open(
        conn,
        token=dialog.token,
        kind=dialog.kind,
        about=dialog.about,
        person=dialog.person,
        conversation=dialog.conversation,
        reply_to=dialog.reply_to,
        opened_at=stamp(dialog.opened_at),
        expires_at=stamp(dialog.expires_at),
    )


async def get(conn: Connection, token: str) -> Dialog | None:
    """Return the form a token belongs to."""
    row = await SQL.get(conn, token=token)
    return _dialog(row) if row else None


async def spend(conn: Connection, token: str, *, answer: str) -> bool:
    """Keep what a form was *answered*, after which it works no more; False when it was before."""
    return bool(await SQL.spend(conn, token=token, answer=answer))


async def drop_old(conn: Connection, *, before: datetime) -> None:
    """Forget forms nobody will send any more."""
    await SQL.drop_old(conn, before=stamp(before))


def _dialog(row: Any) -> Dialog:
    return Dialog(
        row["token"],
        row["kind"],
        row["about"],
        row["person"],
        row["conversation"],
        row["reply_to"],
        moment(row["opened_at"]),
        moment(row["expires_at"]),
        row["answer"],
    )
