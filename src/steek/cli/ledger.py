"""`steek ledger`: the events."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show
from steek.kernel.errors import NotFoundError


def list_(
    kind: Annotated[list[str] | None, typer.Option(help="Only these kinds, e.g. route.changed.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only about this URN, or all URNs that begin so.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 30,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The newest events, newest first."""
    with opened(project) as platform:
        events = platform.ledger.events(kinds=kind or None, subject_prefix=subject, newest_first=True, limit=limit)
        show(events, as_json=as_json, columns=("sequence", "at", "kind", "subject", "actor"))


def show_(event_id: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One event with its payload and hashes."""
    with opened(project) as platform:
        event = platform.ledger.event(event_id)
        if event is None:
            message = f"no event with id {event_id!r}"
            raise NotFoundError(message, next_step="'steek ledger list' shows the newest.")
        show(event, as_json=as_json)


def verify(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Recompute the hash chain over every event; an error names the first that is not what was written."""
    with opened(project) as platform:
        events = platform.ledger.verify()
        show({"verified_events": events}, as_json=as_json)


COMMANDS = {"ledger": group("Events: what happened, in an unbroken chain.", list=list_, show=show_, verify=verify)}
