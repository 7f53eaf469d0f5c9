"""The lake's upkeep, lineage of columns, and lineage told to and by other systems."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from steek.data import (
    ColumnAnswer,
    ColumnLineage,
    DerivedDataset,
    LakeInspection,
    LakeUpkeep,
    contract_of,
)
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.ledger import ColumnSource, Database, DatasetDescription, Ledger, OpenLineage, OutsideRuns
from steek.platform.origins import Origins
from steek.project import Project

FEATURES = "features."


@dataclass(frozen=True, slots=True)
class KeepingPart:
    """Keeping the lake, and telling where things come from."""

    upkeep: LakeUpkeep
    inspection: LakeInspection
    provenance: "Provenance"
    outside_runs: OutsideRuns


class Provenance:
    """Where columns come from, and the project's runs in the words of OpenLineage.

    A definition that was not looked at yet is looked at when somebody asks.
    """

    def __init__(self, project: Project, columns: ColumnLineage, database: Database, ledger: Ledger, name: str) -> None:
        self._project = project
        self._origins = Origins(project)
        self.columns = columns
        self._told = OpenLineage(database, ledger, name, self._describe)

    def of(self, column: str) -> ColumnAnswer:
        """Both directions from "dataset.column" or "features.view.column"."""
        self.look()
        return self.columns.of(column)

    def run_events(
        self, *, since: datetime | None = None, after_sequence: int | None = None, limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """OpenLineage RunEvents of runs that ended since; see `OpenLineage.run_events`."""
        self.look()
        return self._told.run_events(since=since, after_sequence=after_sequence, limit=limit)

    def look(self) -> int:
        """Look at the definitions that are new; returns how many there were."""
        looked = 0
        for name, declared in self._project.datasets.items():
            if isinstance(declared, DerivedDataset) and not self.columns.is_known(name, declared.definition_hash):
                looked += self.columns.note(name, declared.definition_hash, self._origins.of(declared))
        for name, view in self._project.views.items():
            table, code = f"{FEATURES}{name}", view.definition_hash
            if not self.columns.is_known(table, code):
                looked += self.columns.note(table, code, self._origins.of(view))
        return looked

    def _describe(self, name: str) -> DatasetDescription | None:
        columns = {
            column: [ColumnSource(use.dataset, use.column, use.effect == "value") for use in uses]
            for column, uses in self.columns.sources(name).items()
        }
        if name.startswith(FEATURES):
            view = self._project.views.get(name.removeprefix(FEATURES))
            return None if view is None else DatasetDescription((), view.owner, columns)
        declared = self._project.datasets.get(name)
        if declared is None:
            return None
        contract = contract_of(declared)
        fields = [] if contract is None else [(each.name, each.type, each.meaning) for each in contract.fields]
        return DatasetDescription(fields, declared.owner, columns)


def keeping_part(settings: Settings, project: Project, database: Database, ledger: Ledger, clock: Clock) -> KeepingPart:
    """Upkeep, inspection and provenance."""
    place = settings.lake_uri, settings.lake_options
    name = f"steek:{settings.name}"
    return KeepingPart(
        upkeep=LakeUpkeep(*place, database, ledger, clock),
        inspection=LakeInspection(*place, database),
        provenance=Provenance(project, ColumnLineage(database, clock), database, ledger, name),
        outside_runs=OutsideRuns(database, ledger, name),
    )
