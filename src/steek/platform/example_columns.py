"""What the columns of examples come from, as their functions tell without a row."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from steek.data import ColumnMap, Labels, contract_of, read_columns
from steek.features import Examples
from steek.kernel.windows import Window
from steek.platform.origins import Origins
from steek.project import Project

_MOMENT = pl.Datetime("us", "UTC")
_LABEL_TYPES: Mapping[str, Any] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
}
# There are no rows: any window does.
_ANY_DAY = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=1))


def example_columns(project: Project, examples: Examples) -> ColumnMap:
    """Columns of examples to those of the datasets and labels that they read."""
    origins = Origins(project)
    known: dict[str, Mapping[str, Any]] = {}
    for name in examples.inputs:
        labels = project.labels.get(name)
        schema = origins.schema(name) if labels is None else _schema_of(project, labels)
        if schema is None:
            return ColumnMap(None, f"no contract says which columns {name} has")
        known[name] = schema
    fixed: dict[str, Any] = {"window": _ANY_DAY} if examples.takes_window else {}
    return read_columns(examples.function, known, **fixed)


def _schema_of(project: Project, labels: Labels) -> dict[str, Any]:
    """Labels name examples by columns of datasets, so these have the types that contracts give to their names."""
    origins = Origins(project)
    known: dict[str, Any] = {}
    for name, dataset in project.datasets.items():
        if contract_of(dataset) is not None:
            known |= origins.schema(name) or {}
    return {
        **{name: known.get(name, pl.String()) for name in labels.entity},
        **dict.fromkeys((labels.moment, "stated_at", "known_at", "matures_at"), _MOMENT),
        "label": _LABEL_TYPES[labels.type],
        "annotator": pl.String(),
        **dict.fromkeys(("is_late", "changed"), pl.Boolean()),
        "statements": pl.UInt32(),
    }
