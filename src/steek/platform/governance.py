"""Keys, pseudonyms and checks of what leaves, on an opened project."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from steek.data import contract_of
from steek.governance import (
    KeyCustody,
    KeyVault,
    Pseudonyms,
    RememberingKeyVault,
    open_key_vault,
    open_rows,
    sealed_types,
    unsealed,
)
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.ledger import Database, Ledger
from steek.project import Project

Unseal = Callable[[str, pl.LazyFrame], pl.LazyFrame]
_QUARANTINE = "quarantine."


@dataclass(frozen=True, slots=True)
class GovernancePart:
    """What protects persons."""

    vault: KeyVault
    custody: KeyCustody
    pseudonyms: Pseudonyms

    def for_reader(self, values: pl.Series, scope: str, subject: str) -> pl.Series:
        """Pseudonyms of values that are stored plain, for a reader who may see no more; nothing is kept of it."""
        return self.pseudonyms.pseudonymise(values, scope, subject=subject, reversible=False)


def governance_part(settings: Settings, database: Database, ledger: Ledger, clock: Clock) -> GovernancePart:
    """The vault that the settings name, and what works with its keys."""
    kept = open_key_vault(settings, database)
    vault = RememberingKeyVault(kept, database, clock)
    custody = KeyCustody(kept, database, ledger, clock)
    return GovernancePart(vault, custody, Pseudonyms(vault, database, ledger, clock))


def unsealing(vault: KeyVault, project: Project) -> Unseal:
    """Opens the sealed columns of the project's datasets, as their contracts name them, and rows in quarantine."""

    def opened(rows: pl.Series) -> pl.Series:
        return open_rows(rows, vault)

    def unseal(table: str, frame: pl.LazyFrame) -> pl.LazyFrame:
        if table.startswith(_QUARANTINE):
            return frame.with_columns(pl.col("row").map_batches(opened, return_dtype=pl.String, is_elementwise=True))
        declared = project.datasets.get(table)
        contract = None if declared is None else contract_of(declared)
        types = {} if contract is None else sealed_types(contract)
        return unsealed(frame, types, vault, dataset=table) if types else frame

    return unseal
