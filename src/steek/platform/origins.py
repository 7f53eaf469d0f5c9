"""What the columns of derived datasets and features come from, as their functions tell without a row."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from steek.data import AnyDataset, ColumnMap, DerivedDataset, contract_of, read_columns, result_schema
from steek.data.validation.converting import COLUMN_TYPES
from steek.features import FeatureView
from steek.project import Project

Schema = Mapping[str, Any]


class Origins:
    """Runs the functions of a project on frames without rows."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def of(self, declared: DerivedDataset | FeatureView) -> ColumnMap:
        """Columns of a derived dataset or of features to those of their inputs."""
        known = self._known(declared.inputs)
        if known is None:
            missing = [name for name in declared.inputs if self.schema(name) is None]
            return ColumnMap(None, f"no contract says which columns {', '.join(missing)} has")
        return read_columns(declared.function, known, join=_join(declared), **_fixed(declared))

    def counts(self, declared: DerivedDataset | FeatureView) -> frozenset[str]:
        """Columns that can only be numbers of things: no contract has their type, and every count of Polars has it."""
        known = self._known(declared.inputs)
        if known is None:
            return frozenset()
        made = result_schema(declared.function, known, join=_join(declared), **_fixed(declared))
        return frozenset(name for name, dtype in (made or {}).items() if dtype == pl.UInt32)

    def schema(self, name: str) -> Schema | None:
        """Columns and types of a dataset; None where neither a contract nor its function tells."""
        declared: AnyDataset | None = self._project.datasets.get(name)
        contract = None if declared is None else contract_of(declared)
        if contract is not None:
            return {field.name: COLUMN_TYPES[field.type] for field in contract.fields}
        if not isinstance(declared, DerivedDataset):
            return None
        known = self._known(declared.inputs)
        return None if known is None else result_schema(declared.function, known, join=_join(declared))

    def _known(self, inputs: Sequence[str]) -> dict[str, Schema] | None:
        schemas = {name: self.schema(name) for name in inputs}
        known = {name: schema for name, schema in schemas.items() if schema is not None}
        return known if len(known) == len(schemas) else None


def _join(declared: DerivedDataset | FeatureView) -> str:
    return "join" if isinstance(declared, DerivedDataset) and declared.joins else ""


def _fixed(declared: DerivedDataset | FeatureView) -> dict[str, object]:
    if isinstance(declared, DerivedDataset) or not declared.takes_as_of:
        return {}
    # There are no rows: any moment does.
    return {"as_of": pl.datetime(2024, 1, 1, time_zone="UTC")}
