"""What would change by itself, or is about to, on systems that a freeze holds: nightly trainings, open proposals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from steek.data.contracts.proposal import OPEN_STATES
from steek.data.contracts.tables import contract_proposals
from steek.models import Freeze


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """One change that waits for the freeze of `incident` (URN); it is held when its time comes."""

    incident: str
    subject: str
    action: str
    what: str
    by: str


def scheduled_changes(
    connection: Connection, freezes: Iterable[Freeze], schedules: Mapping[str, str]
) -> list[ScheduledChange]:
    """Scheduled changes that the freezes hold, in the order of the freezes.

    Args:
        connection: To read the open proposals from.
        freezes: Those in force.
        schedules: Model to when it is trained by itself, as its definition says it ("daily 02:00"); others have none.
    """
    found: list[ScheduledChange] = []
    for freeze in freezes:
        kind, _, name = freeze.subject.partition(":")
        if kind == "model" and "train" in freeze.actions and schedules.get(name):
            words = f"training, {schedules[name]}"
            found.append(ScheduledChange(freeze.incident, freeze.subject, "train", words, "schedule"))
        if kind == "dataset" and "contract" in freeze.actions:
            found += _proposals(connection, freeze, name)
    return list(dict.fromkeys(found))


def _proposals(connection: Connection, freeze: Freeze, dataset: str) -> list[ScheduledChange]:
    columns = contract_proposals.c
    query = select(columns.id, columns.version, columns.proposed_by)
    query = query.where(columns.dataset == dataset, columns.state.in_(OPEN_STATES)).order_by(columns.proposed_at)
    return [
        ScheduledChange(
            freeze.incident, freeze.subject, "contract", f"version {row.version}, proposal {row.id}", row.proposed_by
        )
        for row in connection.execute(query)
    ]
