"""`steek ledger`: the events."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show
from steek.kernel.errors import InputError, NotFoundError


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


def verify(
    known: Annotated[
        str | None, typer.Option(help="SEQUENCE:HASH as an earlier verification printed it: it must still be there.")
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute the hash chain over every event; an error names the first that is not what was written.

    Note the tip that it prints somewhere else: events cut off the end can be missed only against it.
    """
    with opened(project) as platform:
        events = platform.ledger.verify(known=None if known is None else _tip(known))
        sequence, hash_ = platform.ledger.tip()
        show({"verified_events": events, "tip": f"{sequence}:{hash_}"}, as_json=as_json)


def _tip(text: str) -> tuple[int, str]:
    sequence, _, hash_ = text.partition(":")
    if not (sequence.isdecimal() and hash_):
        message = f"{text!r} is not of the form SEQUENCE:HASH"
        raise InputError(message, next_step="Give the tip as 'steek ledger verify' printed it.")
    return int(sequence), hash_


COMMANDS = {"ledger": group("Events: what happened, in an unbroken chain.", list=list_, show=show_, verify=verify)}
