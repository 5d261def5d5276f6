"""The store and the service: there, of this version, undamaged, copied lately; running and well."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

from acumatica_client.transport import Request, TransportError
from bot.examining import catalogue
from bot.examining.findings import Finding
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe
from bot.health import LITTLE, NONE
from bot.operating.backup import last_backup
from bot.people.report import age
from storage import vitals
from storage.database import StoreError, visiting

COPIED = timedelta(days=7)
TIMEOUT = 10.0


def probes(see: Instruments) -> list[Probe]:
    """List the looks at the store, then at the service that uses it."""
    return [
        Probe((catalogue.STORE,), partial(_file, see)),
        Probe((catalogue.SPACE,), partial(_space, see)),
        Probe((catalogue.MIGRATIONS,), partial(_migrations, see)),
        Probe((catalogue.WHOLE,), partial(_whole, see)),
        Probe((catalogue.BACKUP,), partial(_backup, see)),
        Probe((catalogue.RUNNING,), partial(_running, see)),
        Probe((catalogue.PUBLIC,), partial(_public, see)),
    ]


# --- the store ------------------------------------------------------------------------------


async def _file(see: Instruments) -> AsyncIterator[Finding]:
    if not see.store.exists():
        yield catalogue.STORE.unknown(
            f"{see.store} is not there: no service ever ran with it",
            "right before the first start; else correct STORAGE__URL, or restore a backup",
        )
        return
    try:
        async with visiting(see.store) as conn:
            await vitals.version(conn)
    except StoreError as error:
        step = "see that this user may read and write it; where it is damaged, restore a backup"
        yield catalogue.STORE.failed(str(error), step, place=f"STORAGE__URL: {see.store}")
    else:
        yield catalogue.STORE.ok(str(see.store))


async def _space(see: Instruments) -> AsyncIterator[Finding]:
    folder = next(one for one in (see.store.resolve().parent, *see.store.resolve().parents)
                  if one.exists())  # fmt: skip
    yield room(shutil.disk_usage(folder).free)


def room(left: int) -> Finding:
    """Judge how many bytes are left on the disk."""
    told, step = f"{left / 1e9:,.1f} GB are left", "make room, or move the store"
    if left < NONE:
        return catalogue.SPACE.failed(told, step)
    if left < LITTLE:
        return catalogue.SPACE.warning(told, step, lost=f"soon: {catalogue.SPACE.lost}")
    return catalogue.SPACE.ok(told)


async def _migrations(see: Instruments) -> AsyncIterator[Finding]:
    async with visiting(see.store) as conn:
        has = await vitals.version(conn)
    newest = vitals.newest_version()
    if has > newest:
        yield catalogue.MIGRATIONS.failed(
            f"a newer Countersign wrote it (version {has}, this one knows {newest})",
            "run that newer Countersign, or restore the backup made before the upgrade",
        )
    elif has < newest:
        yield catalogue.MIGRATIONS.warning(
            f"it is of version {has}, this Countersign brings it to {newest}",
            "make a backup, then start (or restart) the service",
        )
    else:
        yield catalogue.MIGRATIONS.ok(f"version {has}")


async def _whole(see: Instruments) -> AsyncIterator[Finding]:
    async with visiting(see.store) as conn:
        damage = await vitals.damage(conn)
    if damage:
        step = "stop the service, and restore the newest backup (README, `backup`)"
        yield catalogue.WHOLE.failed(damage, step)
    else:
        yield catalogue.WHOLE.ok("undamaged; the audit trail is checked by `audit verify`")


async def _backup(see: Instruments) -> AsyncIterator[Finding]:
    at = last_backup(see.store)
    now, step = see.ports.clock.now(), "run `uv run app.py backup FILE` every day"
    if at is None:
        told = "no backup by `app.py backup` is known"
        yield catalogue.BACKUP.warning(told, step, lost=catalogue.BACKUP.lost)
    elif now - at > COPIED:
        told = f"the last backup was made {age(at, now)}"
        yield catalogue.BACKUP.warning(told, step, lost=catalogue.BACKUP.lost)
    else:
        yield catalogue.BACKUP.ok(age(at, now))


# --- the service ----------------------------------------------------------------------------


async def _running(see: Instruments) -> AsyncIterator[Finding]:
    """Ask the running service itself how it is."""
    if not see.running:
        yield catalogue.RUNNING.unknown(
            "no service runs with this store", "start it once the rest is well"
        )
        return
    url = f"{see.own_address}/health/ready"
    try:
        told = await _told(see, url)
    except (TransportError, ValueError) as error:
        yield catalogue.RUNNING.warning(
            f"a service uses the store, and does not answer at {url}: {error}",
            "compare SERVER__HOST and SERVER__PORT with those it was started with",
        )
        return
    reasons = [*told.get("reasons", []), *_of_companies(told)]
    if told.get("ready") is False:
        yield catalogue.RUNNING.failed("; ".join(reasons) or "it is not ready", "read its log")
    elif reasons:
        yield catalogue.RUNNING.warning("it tells: " + "; ".join(reasons), "see the checks below")
    else:
        yield catalogue.RUNNING.ok("running, and nothing troubles it")


def _of_companies(told: dict[str, Any]) -> list[str]:
    return [
        f"{name}: {reason}"
        for name, state in told.get("companies", {}).items()
        for reason in (*state.get("reasons", []), *state.get("warnings", []))
    ]


async def _told(see: Instruments, url: str) -> dict[str, Any]:
    told = json.loads((await see.ask_service(url)).body)
    if not isinstance(told, dict):
        raise ValueError("it answers something else")  # noqa: TRY004  # told like bad JSON
    return told


async def _public(see: Instruments) -> AsyncIterator[Finding]:
    """Ask the public address, from here; whether others reach it nobody here can know."""
    public = see.settings.server.public_url.rstrip("/")
    if not public:
        yield catalogue.PUBLIC.unknown(
            "SERVER__PUBLIC_URL is empty, so nobody here knows it",
            "set it to the address Teams and Acumatica call",
        )
        return
    step = "have the proxy pass this address on to the service, over https"
    try:
        reply = await see.places.send(Request("GET", f"{public}/health/live", timeout=TIMEOUT))
    except TransportError as error:
        lost = catalogue.PUBLIC.lost
        yield catalogue.PUBLIC.warning(f"not reached from here: {error}", step, lost=lost)
        return
    if reply.status == 200:
        yield catalogue.PUBLIC.ok(f"{public} leads here, seen from this machine")
        return
    told = f"{public}/health/live answers {reply.status}: that is somebody else"
    yield catalogue.PUBLIC.failed(told, step)
