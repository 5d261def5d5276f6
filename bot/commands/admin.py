"""`admin link`: lets somebody in to the admin page, once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.commands.console import operator, run_loop, say

admin = typer.Typer(help="The admin page: links that sign in once.", no_args_is_help=True)


class Role(StrEnum):
    """What whoever uses the link may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@admin.command("link")
def admin_link(
    role: Annotated[
        Role, typer.Option(help="What whoever uses it may do; each also what those before may.")
    ] = Role.VIEWER,
    local: Annotated[
        bool,
        typer.Option(
            "--local", help="For a browser on this machine, or at the end of an ssh tunnel to it."
        ),
    ] = False,
) -> None:
    """Print a link that signs in to the admin page once, within ten minutes.

    Whoever opens it is signed in as you, so send it to nobody. It works while the service runs
    (ADMIN__ENABLED=true). Decisions that need two people want people signed in with Microsoft.
    """
    from bot.admin.links import make_link
    from bot.admin.roles import Role as PageRole
    from bot.clock import system_ports
    from bot.secrets.sources import with_keys
    from bot.settings import read_settings

    settings = with_keys(read_settings())
    if not settings.admin.enabled:
        say("✗ There is no admin page: set ADMIN__ENABLED=true and start the service anew")
        raise typer.Exit(1)

    async def work() -> None:
        name, wanted = operator(), PageRole(role.value)
        print(await make_link(settings, system_ports(), name=name, role=wanted, local=local))
        say("It works once, for ten minutes.")

    run_loop(work())
