"""Indicators of a project's own: a Polars expression over the rows of a table."""

from base64 import b64decode, b64encode
from io import BytesIO
from typing import Literal, get_args

import polars as pl

from steek.kernel.errors import DeclarationError, InputError, user_code
from steek.kernel.records import content_hash
from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.scans import Reads
from steek.monitoring.indicators.slicing import By, columns_of, grouped, slice_name, sliced_by
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.kinds import Kind
from steek.monitoring.monitor import IndicatorSpec
from steek.serving import PREDICTIONS

USER_DEFINED = "user_defined"
KindName = Literal["count", "share", "ratio", "amount", "hours"]
# Tables that are no declared datasets, with their event time.
_TABLES = {PREDICTIONS: "at", "outcomes": "moment"}


def indicator(
    title: str,
    *,
    of: str,
    value: pl.Expr,
    kind: KindName,
    by: By = None,
    where: pl.Expr | None = None,
    unit: str | None = None,
    delay: str = "0s",
) -> IndicatorSpec:
    """An indicator of your own.

    Args:
        title: What it is, for people.
        of: A dataset with an event time, or one of the tables "predictions" and "outcomes".
        value: What it is of the rows of one window and slice: an aggregating expression, e.g.
            `(pl.col("retail_disc") < 0).mean()`.
        kind: "count", "share" (0 to 1), "ratio" (of sums, 0 up), "amount" or "hours"; it says how chance moves it.
        by: Columns to slice by.
        where: Only these rows.
        unit: Unit in place of that of the kind, e.g. "USD".
        delay: Each evaluation measures the window that lies this far back.

    Raises:
        DeclarationError: what cannot be an indicator: no expression, one over no column, or one that gives many
            values; a kind that there is not.
    """
    if kind not in get_args(KindName):
        message = f"indicator {title!r} has kind {kind!r}; allowed: {', '.join(get_args(KindName))}"
        raise DeclarationError(message)
    for given in (value, *([] if where is None else [where])):
        _check(title, given)
    parameters: dict[str, object] = {
        "title": title,
        "value": _packed(value),
        "where": None if where is None else _packed(where),
        "formula": str(value)[:300],
        "hash": content_hash([str(value), str(where), columns_of(by), kind])[:16],
        "by": columns_of(by),
        "kind": kind,
        "unit": unit,
    }
    return IndicatorSpec(USER_DEFINED, Urn("dataset", of), parameters, parse_duration(delay).total_seconds())


def measure_user_defined(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """The expression over the rows of the window, per slice; a value that is null or not finite is no value.

    Raises:
        InputError: the table has no event time, or lacks a column.
        UserCodeError: the expression cannot be computed on these rows; the cause is kept.
    """
    reads = reads_user_defined(sources, spec)
    if reads is None:
        message = f"{spec.target.name!r} is no dataset with an event time"
        raise InputError(message, next_step="An indicator reads a declared dataset, or predictions or outcomes.")
    columns = sliced_by(spec)
    nothing = [] if columns else [_empty(spec)]
    rows = sources.rows(reads, window)
    if rows is None:
        return nothing
    with user_code(f"indicator {spec.parameters['title']!r}"):
        chosen = rows if spec.parameters["where"] is None else rows.filter(_unpacked(spec.parameters["where"]))
        value = _unpacked(spec.parameters["value"]).cast(pl.Float64).alias("_value")
        frame = grouped(chosen, columns, [value, pl.len().alias("_rows")])
    if frame.height > 1 and not columns:
        message = f"indicator {spec.parameters['title']!r} gives a value for each row: {spec.parameters['formula']}"
        raise InputError(message, next_step="Aggregate it, for example with .mean() or .sum().")
    found = [
        Measurement(slice_name(columns, row), _finite(row["_value"]), int(row["_rows"]))
        for row in frame.iter_rows(named=True)
        if columns or row["_rows"]
    ]
    return found or nothing


def reads_user_defined(sources: Sources, spec: IndicatorSpec) -> Reads | None:
    """The columns that the expressions name and those it is sliced by."""
    name = spec.target.name
    declared = sources.datasets.get(name)
    at = _TABLES.get(name) if declared is None else declared.event_time
    if at is None:
        return None
    given = [_unpacked(spec.parameters[each]) for each in ("value", "where") if spec.parameters[each] is not None]
    named = {column for each in given for column in each.meta.root_names()}
    return Reads(name, at, frozenset({*named, *sliced_by(spec)} - {at}))


def _check(title: str, given: object) -> None:
    if not isinstance(given, pl.Expr):
        message = f"indicator {title!r} needs a Polars expression, not {type(given).__name__}"
        raise DeclarationError(message, next_step='For example (pl.col("price") > 0).mean().')
    if not given.meta.root_names():
        message = f"indicator {title!r} is computed from no column: {given}"
        raise DeclarationError(message)


def _packed(value: pl.Expr) -> str:
    return b64encode(value.meta.serialize()).decode()


def _unpacked(text: object) -> pl.Expr:
    return pl.Expr.deserialize(BytesIO(b64decode(str(text))))


def _empty(spec: IndicatorSpec) -> Measurement:
    return Measurement(None, 0.0 if spec.parameters["kind"] == Kind.COUNT else None, 0)


def _finite(value: float | None) -> float | None:
    return value if value is not None and abs(value) < float("inf") else None
