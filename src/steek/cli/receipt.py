"""`steek receipt`: what became of a batch."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show


def show_(receipt_id: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One receipt: its state, what cleaning and checks report, and everything that was made from its rows so far."""
    with opened(project) as platform:
        receipt = platform.ingestion.receipt(receipt_id)
        made = platform.lineage.downstream(receipt.urn)
        show({"receipt": receipt, "downstream": list(made.distance)[1:]}, as_json=as_json)


def list_(
    dataset: Annotated[str | None, typer.Argument(help="Of one dataset; by default of all.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The newest receipts: spooled, held, committed, rejected or damaged."""
    with opened(project) as platform:
        columns = ("received_at", "dataset", "state", "accepted_rows", "quarantined_rows", "table_version", "id")
        show(platform.ingestion.receipts(dataset, limit), as_json=as_json, columns=columns)


def commit(
    dataset: Annotated[str | None, typer.Argument(help="Of one dataset; by default of all.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring what waits in the spool of this machine into the lake now."""
    with opened(project) as platform:
        show(platform.ingestion.drain(dataset), as_json=as_json)


COMMANDS = {
    "receipt": group("Receipts of ingested batches.", show=show_, list=list_, commit=commit),
}
