"""`steek changes`: what changed upstream of a thing, and notes of changes in the world outside."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger import changes_upstream


def changes(
    upstream_of: Annotated[str | None, typer.Option("--upstream-of", help="URN, e.g. model:partner_demand.")] = None,
    between: Annotated[
        tuple[datetime, datetime] | None, typer.Option(help="From and until, UTC; by default the last seven days.")
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", help="Instead: write down a change in the world outside.")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", help="With --note: what it is about, e.g. supplier:dairy.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What changed upstream of a thing in a stretch of time, nearest first."""
    with opened(project) as platform:
        if note is not None:
            subject = str(Urn.parse(on or "world:outside"))
            event = platform.outside.note(subject, note, at=None, key=key_or_new(key), actor=actor_or_user(actor))
            show(event, as_json=as_json)
            return
        if upstream_of is None:
            message = "nothing was asked"
            raise InputError(message, next_step="Give --upstream-of URN, or --note TEXT.")
        now = platform.clock.now()
        since, until = (at.replace(tzinfo=UTC) for at in between) if between else (now - timedelta(days=7), now)
        found = changes_upstream(platform.ledger, platform.lineage, upstream_of, since=since, until=until)
        rows = [
            {
                "at": change.event.at,
                "kind": change.event.kind,
                "subject": change.event.subject,
                "actor": change.event.actor,
                "distance": change.distance,
                "event": change.event.id,
                "payload": change.event.payload,
            }
            for change in found
        ]
        show(rows, as_json=as_json, columns=("at", "kind", "subject", "actor", "distance"))


COMMANDS = {"changes": command(changes)}
