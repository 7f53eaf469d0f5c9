"""The lake's upkeep, lineage of columns, and lineage told to and by other systems."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from steek.data import (
    AnyDataset,
    ColumnAnswer,
    ColumnLineage,
    ColumnMap,
    DerivedDataset,
    LakeInspection,
    LakeUpkeep,
    contract_of,
    read_columns,
    result_schema,
)
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.ledger import ColumnSource, Database, DatasetDescription, Ledger, OpenLineage, OutsideRuns
from steek.project import Project

_FEATURES = "features."
_TYPES: Mapping[str, Any] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
}
# There are no rows: any moment does.
_ANY_MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
Schema = Mapping[str, Any]


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
                looked += self.columns.note(name, declared.definition_hash, self._derived(declared))
        for name, view in self._project.views.items():
            table, code = f"{_FEATURES}{name}", view.definition_hash
            if not self.columns.is_known(table, code):
                fixed: dict[str, object] = (
                    {"as_of": pl.datetime(2024, 1, 1, time_zone="UTC")} if view.takes_as_of else {}
                )
                looked += self.columns.note(table, code, self._read(view.function, view.inputs, "", fixed))
        return looked

    def _derived(self, declared: DerivedDataset) -> ColumnMap:
        return self._read(declared.function, declared.inputs, "join" if declared.joins else "", {})

    def _read(self, function: Any, inputs: tuple[str, ...], join: str, fixed: dict[str, object]) -> ColumnMap:
        schemas = {name: self._schema(name) for name in inputs}
        missing = [name for name, schema in schemas.items() if schema is None]
        if missing:
            return ColumnMap(None, f"no contract says which columns {', '.join(missing)} has")
        known = {name: schema for name, schema in schemas.items() if schema is not None}
        return read_columns(function, known, join=join, **fixed)

    def _schema(self, name: str) -> Schema | None:
        declared: AnyDataset | None = self._project.datasets.get(name)
        contract = None if declared is None else contract_of(declared)
        if contract is None:
            return self._schema_made(declared) if isinstance(declared, DerivedDataset) else None
        return {field.name: _TYPES[field.type] for field in contract.fields}

    def _schema_made(self, declared: DerivedDataset) -> Schema | None:
        known: dict[str, Schema] = {}
        for name in declared.inputs:
            schema = self._schema(name)
            if schema is None:
                return None
            known[name] = schema
        return result_schema(declared.function, known, join="join" if declared.joins else "")

    def _describe(self, name: str) -> DatasetDescription | None:
        columns = {
            column: [ColumnSource(use.dataset, use.column, use.effect == "value") for use in uses]
            for column, uses in self.columns.sources(name).items()
        }
        if name.startswith(_FEATURES):
            view = self._project.views.get(name.removeprefix(_FEATURES))
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
