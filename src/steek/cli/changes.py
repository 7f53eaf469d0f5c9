"""`steek changes`: what changed upstream of a thing; `steek change`: notes of changes in the world outside."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from steek.cli.commands import command, group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger import OutsideNote, changes_upstream

_DAYS, _AHEAD = timedelta(days=7), timedelta(days=366)


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
        since, until = (at.replace(tzinfo=UTC) for at in between) if between else (now - _DAYS, now)
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


def note(
    subject: Annotated[str, typer.Argument(help="URN of what changed, e.g. supplier:dairy or campaign:18.")],
    summary: Annotated[str, typer.Argument(help="One sentence for people.")],
    at: Annotated[datetime | None, typer.Option(help="When it happened, UTC; by default now.")] = None,
    until: Annotated[datetime | None, typer.Option(help="When it is over, UTC.")] = None,
    expected: Annotated[
        bool, typer.Option("--expected", help="Its effect is wanted: what it moves until then is no fault.")
    ] = False,
    on: Annotated[list[str] | None, typer.Option("--on", help="URN that it moves; may be given again.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="data, schema, config, feature code, model, binary, infrastructure or world.")
    ] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down a change in the world outside; it appears on every chart."""
    with opened(project) as platform:
        begins_at = _utc(at) or (platform.clock.now() if expected else None)
        told = OutsideNote(
            key=key_or_new(key),
            subject=str(Urn.parse(subject)),
            summary=summary,
            at=begins_at,
            until=_utc(until),
            expected=expected,
            on=tuple(on or ()),
            kind=kind,
        )
        show(platform.outside.take([told], actor=actor_or_user(actor))[0], as_json=as_json)


def list_(
    between: Annotated[
        tuple[datetime, datetime] | None,
        typer.Option(help="From and until, UTC; by default the last seven days and what is announced."),
    ] = None,
    about: Annotated[str, typer.Option("--about", help="How the URN of their subject begins.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 100,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Changes in the world outside that began in a stretch of time, latest first."""
    with opened(project) as platform:
        now = platform.clock.now()
        since, until = (at.replace(tzinfo=UTC) for at in between) if between else (now - _DAYS, now + _AHEAD)
        found = platform.outside.changes(since, until, about=about, limit=limit)
        show(found, as_json=as_json, columns=("at", "until", "subject", "summary", "expected", "source", "actor"))


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


COMMANDS = {
    "changes": command(changes),
    "change": group("Changes in the world outside.", note=note, list=list_),
}
