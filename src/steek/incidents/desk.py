"""What every operation on an incident has at hand."""

from dataclasses import dataclass

from steek.incidents.mitigations import Menu
from steek.incidents.rows import attached
from steek.incidents.types import AlertEvidence
from steek.kernel.clock import Clock
from steek.ledger import Database, Ledger, Lineage


@dataclass(frozen=True, slots=True)
class Desk:
    """Database and ledger to write to, lineage to ask, the clock, and the menu of mitigations."""

    database: Database
    ledger: Ledger
    lineage: Lineage
    clock: Clock
    menu: Menu

    def alerts_of(self, incident_id: str) -> tuple[AlertEvidence, ...]:
        """Alerts that belong to an incident, oldest first."""
        with self.database.reading() as connection:
            return attached(connection, incident_id)
