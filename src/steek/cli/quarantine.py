"""`steek quarantine`: rows that did not fit their contract, and what becomes of them."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.data import Selection
from steek.governance import Actor
from steek.platform import Platform

ReceiptOption = Annotated[str | None, typer.Option("--receipt", help="Only rows of this batch.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Only rows whose reason contains this text.")]
RowOption = Annotated[list[str] | None, typer.Option("--row", help="Only this row, by its id; may be repeated.")]
DiscardedOption = Annotated[bool, typer.Option("--discarded", help="Also rows that were discarded before.")]
PurposeOption = Annotated[
    str | None,
    typer.Option("--purpose", help="Ask for protected values, for this purpose; a policy must open them to you."),
]
_ROW_COLUMNS = ("id", "received_at", "state", "reason")


def list_(
    dataset: str,
    rows: Annotated[bool, typer.Option("--rows", help="Row by row instead of by reason.")] = False,
    receipt: ReceiptOption = None,
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    purpose: PurposeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open rows by reason, with counts and an example of each; or row by row, also those that were dealt with."""
    with opened(project) as platform:
        if not (rows or receipt or reason):
            show(platform.quarantine.reasons(dataset)[:limit], as_json=as_json)
            return
        selection = Selection(receipt_id=receipt, reason=reason)
        found = platform.quarantine.rows(dataset, selection, limit=limit, reader=_reader(platform, purpose))
        show(found, as_json=as_json, columns=_ROW_COLUMNS)


def show_(row: str, purpose: PurposeOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One row as it came; protected values are masked unless a policy opens them for the purpose."""
    with opened(project) as platform:
        show(platform.quarantine.show(row, reader=_reader(platform, purpose)), as_json=as_json)


def replay(
    dataset: str,
    receipt: ReceiptOption = None,
    reason: ReasonOption = None,
    row: RowOption = None,
    discarded: DiscardedOption = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge rows by the present contract and cleaning, and bring in those that fit now; the rest stays."""
    selection = Selection(receipt_id=receipt, reason=reason, rows=tuple(row or ()), discarded=discarded)
    with opened(project) as platform:
        done = platform.quarantine.replay(dataset, selection, actor=actor_or_user(actor), key=key_or_new(key))
        show(done, as_json=as_json, columns=("dataset", "state", "row_count", "left_count", "receipts"))


def discard(
    dataset: str,
    why: Annotated[str, typer.Option("--why", help="Why nobody needs them.")],
    receipt: ReceiptOption = None,
    reason: ReasonOption = None,
    row: RowOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give rows up; 'replay --discarded' takes them up again."""
    selection = Selection(receipt_id=receipt, reason=reason, rows=tuple(row or ()))
    with opened(project) as platform:
        done = platform.quarantine.discard(
            dataset, selection, reason=why, actor=actor_or_user(actor), key=key_or_new(key)
        )
        show(done, as_json=as_json, columns=("dataset", "state", "row_count", "reason"))


def decisions(dataset: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What was replayed and discarded, by whom and why."""
    with opened(project) as platform:
        columns = ("at", "action", "state", "row_count", "left_count", "actor", "reason")
        show(platform.quarantine.decisions(dataset), as_json=as_json, columns=columns)


def _reader(platform: Platform, purpose: str | None) -> Actor | None:
    return None if purpose is None else platform.access.actor(actor_or_user(None), purpose)


COMMANDS = {
    "quarantine": group(
        "Rows that did not fit their contract: look, replay, discard.",
        list=list_,
        show=show_,
        replay=replay,
        discard=discard,
        decisions=decisions,
    ),
}
