"""Keys, pseudonyms and who may undo them, on an opened project."""

from dataclasses import dataclass

import polars as pl

from steek.governance import KeyCustody, KeyVault, Pseudonyms, open_key_vault, reversers
from steek.governance.pseudonyms.pseudonyms import REVERSER
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.ledger import Database, Ledger
from steek.project import Project


@dataclass(frozen=True, slots=True)
class GovernancePart:
    """What protects persons."""

    vault: KeyVault
    custody: KeyCustody
    pseudonyms: Pseudonyms

    def for_reader(self, values: pl.Series, scope: str, subject: str) -> pl.Series:
        """Pseudonyms of values that are stored plain, for a reader who may see no more; nothing is kept of it."""
        return self.pseudonyms.pseudonymise(values, scope, subject=subject, reversible=False)


def governance_part(
    settings: Settings, project: Project, database: Database, ledger: Ledger, clock: Clock
) -> GovernancePart:
    """The vault that the settings name, and what works with its keys."""
    vault = open_key_vault(settings, database)
    role = project.roles.get(REVERSER)
    may_reverse = reversers(() if role is None else role.members)
    return GovernancePart(
        vault=vault,
        custody=KeyCustody(vault, database, ledger, clock),
        pseudonyms=Pseudonyms(vault, database, ledger, clock, may_reverse),
    )
