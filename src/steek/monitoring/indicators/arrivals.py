"""What is new among the rows that arrived, and how many answers have an outcome yet."""

from datetime import timedelta

import polars as pl

from steek.evaluation import OUTCOMES
from steek.kernel.errors import InputError
from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.scans import Reads, rows_of
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec
from steek.serving import PREDICTIONS

NEW_VALUE_SHARE = "new_value_share"
OUTCOMES_KNOWN = "outcomes_known"
_BEFORE = timedelta(days=28)
_NAMED = 20


def new_value_share(dataset: str, column: str) -> IndicatorSpec:
    """Share of the rows whose value of a column no row had in the 28 days before: renamed, misspelt, or really new."""
    return IndicatorSpec(NEW_VALUE_SHARE, Urn("dataset", dataset), {"column": column})


def outcomes_known(model: str, *, delay: str = "0s") -> IndicatorSpec:
    """Share of the answers whose outcome is known by now.

    Args:
        model: Name of the model.
        delay: How long outcomes usually take: each evaluation looks at the window that lies this far back.
    """
    return IndicatorSpec(OUTCOMES_KNOWN, Urn("model", model), delay_s=parse_duration(delay).total_seconds())


def measure_new_value_share(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """One measurement; nothing to measure without rows now, or before. The values are in the evidence, largest first.

    Raises:
        InputError: the dataset has no event time, or lacks the column.
    """
    column = str(spec.parameters["column"])
    reads = _reads_column(sources, spec, column)
    rows = rows_of(sources.lake, reads, Window(window.start_at - _BEFORE, window.end_at))
    if rows is None:
        return [Measurement(None, None, 0)]
    is_now = pl.col(reads.at) >= window.start_at
    value = pl.col(column).cast(pl.String)
    counted = rows.group_by(value.alias("value")).agg(now=is_now.sum(), before=(~is_now).sum()).collect()
    now = int(counted["now"].sum())
    if not now or not counted["before"].sum():
        return [Measurement(None, None, 0)]
    new = counted.filter(pl.col("before") == 0).sort("now", "value", descending=[True, False])
    evidence: dict[str, object] = {"new": dict(new.head(_NAMED).select("value", "now").iter_rows())}
    return [Measurement(None, int(new["now"].sum()) / now, now, evidence)]


def measure_outcomes_known(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over answers to requests about a moment in the window; nothing to measure where nobody asked."""
    asked = _count(sources, spec, Reads(PREDICTIONS, "at", frozenset({"model"})), window)
    known = _count(sources, spec, Reads(OUTCOMES, "moment", frozenset({"model"})), window)
    if not asked:
        return [Measurement(None, None, 0)]
    return [Measurement(None, min(known / asked, 1.0), asked, {"outcomes": known})]


def _reads_column(sources: Sources, spec: IndicatorSpec, column: str) -> Reads:
    declared = sources.datasets.get(spec.target.name)
    if declared is None or declared.event_time is None:
        message = f"{spec.target.name!r} is no declared dataset with an event time"
        raise InputError(message, next_step="Declare event_time.")
    return Reads(spec.target.name, declared.event_time, frozenset({column}))


def _count(sources: Sources, spec: IndicatorSpec, reads: Reads, window: Window) -> int:
    rows = sources.rows(reads, window)
    if rows is None:
        return 0
    return int(rows.filter(pl.col("model") == spec.target.name).select(pl.len()).collect().item())
