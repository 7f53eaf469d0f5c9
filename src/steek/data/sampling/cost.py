"""What a sample costs in quality: totals and distributions estimated from it, against all rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

import numpy as np
import polars as pl

from steek.data.datasets import AnyDataset
from steek.data.lake.lake import Lake
from steek.data.sampling.sampling import Floats, Sampling, draw
from steek.kernel.errors import InputError, describe_unknown
from steek.measures import Estimate, estimate_total


@dataclass(frozen=True, slots=True)
class SamplingCost:
    """One rate, compared with all rows.

    Args:
        rate: Chance of each unit.
        rows: Rows in the sample.
        fraction: Of all rows.
        total: What the sample says of the total of the metric, or of the number of rows, with its 95% interval.
        true_total: What it is.
        error_fraction: Distance between them as a share of the truth; None where the truth is 0.
        slices: Slices in all rows; 0 without a group.
        lost_slices: Of these, the ones without any row in the sample.
        median_slice_error_fraction: Half of the slices are estimated better than this, half worse.
        worst_slice_error_fraction: The worst of them; 1 for a lost one.
        worst_slice: Its value as text.
        covered_fraction: Share of slices in the sample whose interval holds the truth; near 0.95 where intervals can
            be trusted, lower where slices have few units.
        share_distance: Half the sum of differences between true and estimated shares of the slices, 0 to 1.
        value_distance: Largest distance between the true and the estimated distribution of the metric's values,
            0 to 1 (Kolmogorov-Smirnov); None without a metric.
    """

    rate: float
    rows: int
    fraction: float
    total: Estimate
    true_total: float
    error_fraction: float | None
    slices: int
    lost_slices: int
    median_slice_error_fraction: float | None
    worst_slice_error_fraction: float | None
    worst_slice: str | None
    covered_fraction: float | None
    share_distance: float | None
    value_distance: float | None


@dataclass(frozen=True, slots=True)
class _Slice:
    name: str | None
    truth: float
    estimate: Estimate

    @property
    def error_fraction(self) -> float | None:
        value = self.estimate.value or 0.0
        return abs(value - self.truth) / abs(self.truth) if self.truth else None

    @property
    def covers(self) -> bool | None:
        low, high = self.estimate.low, self.estimate.high
        return None if low is None or high is None else low <= self.truth <= high


def sampling_cost(
    rows: pl.DataFrame,
    sampling: Sampling,
    rates: Sequence[float],
    *,
    metric: str | None = None,
    group: str | None = None,
    event_time: str | None = None,
) -> list[SamplingCost]:
    """Draw samples of several rates, as `sampling` would, and compare each with all rows.

    Args:
        rows: All rows. Without any there is nothing to compare: an empty list.
        sampling: Units and salt; rates of its own are put aside.
        rates: Each above 0 and at most 1.
        metric: Column of numbers whose totals are compared; None compares numbers of rows. Null counts as 0.
        group: Column whose values are the slices.
        event_time: Needed where the sampling is renewed.
    """
    if rows.is_empty():
        return []
    value = pl.lit(1.0) if metric is None else pl.col(metric).cast(pl.Float64).fill_null(0.0)
    slice_ = pl.lit(None, dtype=pl.String) if group is None else pl.col(group).cast(pl.String)
    whole = rows.with_columns(value.alias("value"), slice_.alias("slice")).select("value", "slice")
    found: list[SamplingCost] = []
    for rate in rates:
        drawn = draw(replace(sampling, rate=rate, slices={}, periods={}), rows, event_time)
        unit = pl.Series("unit", drawn.unit_hashes.view(np.int64))
        sample = whole.with_columns(unit).filter(drawn.chosen)
        found.append(_compared(rate, whole, sample, sliced=group is not None, valued=metric is not None))
    return found


def cost_in_lake(
    lake: Lake,
    dataset: AnyDataset,
    sampling: Sampling,
    rates: Sequence[float],
    *,
    metric: str | None = None,
    group: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[SamplingCost]:
    """`sampling_cost` over what the lake holds of a dataset, by event time in [since, until).

    Raises:
        InputError: no such column, a stretch of a dataset without event time, or a dataset that is a sample already.
        NotFoundError: the dataset has no data yet.
    """
    if getattr(dataset, "sampling", None) is not None:
        message = f"dataset {dataset.name!r} holds a sample already; what it costs can only be seen beside all rows"
        raise InputError(message, next_step="Measure before the sampling is declared.")
    frame = lake.scan(dataset.name)
    known = frame.collect_schema().names()
    wanted = [name for name in (*sampling.units, metric, group) if name is not None]
    for name in wanted:
        if name not in known:
            message, hint = describe_unknown("column", name, known)
            raise InputError(f"sampling cost of {dataset.name!r}: {message}", next_step=hint)
    moment = dataset.event_time
    if moment is None and (since is not None or until is not None):
        message = f"dataset {dataset.name!r} has no event time, so it has no stretch of it"
        raise InputError(message, next_step="Leave out since and until.")
    if moment is not None:
        wanted.append(moment)
        frame = frame.filter(
            *([pl.col(moment) >= since] if since else []), *([pl.col(moment) < until] if until else [])
        )
    rows = frame.select(list(dict.fromkeys(wanted))).collect()
    return sampling_cost(rows, sampling, rates, metric=metric, group=group, event_time=moment)


def _compared(rate: float, whole: pl.DataFrame, sample: pl.DataFrame, *, sliced: bool, valued: bool) -> SamplingCost:
    truth = float(whole["value"].sum())
    total = _total(sample, rate)
    slices = _slices(rate, whole, sample) if sliced else []
    errors = [(error, each.name) for each in slices if (error := each.error_fraction) is not None]
    covering = [covers for each in slices if (covers := each.covers) is not None]
    worst = max(errors, key=lambda pair: pair[0]) if errors else (None, None)
    kept = set(sample["slice"].unique().to_list())
    return SamplingCost(
        rate=rate,
        rows=sample.height,
        fraction=sample.height / whole.height,
        total=total,
        true_total=truth,
        error_fraction=_Slice(None, truth, total).error_fraction,
        slices=len(slices),
        lost_slices=sum(each.name not in kept for each in slices),
        median_slice_error_fraction=median(error for error, _ in errors) if errors else None,
        worst_slice_error_fraction=worst[0],
        worst_slice=worst[1],
        covered_fraction=sum(covering) / len(covering) if covering else None,
        share_distance=_share_distance(slices),
        value_distance=_value_distance(whole["value"].to_numpy(), sample["value"].to_numpy()) if valued else None,
    )


def _total(sample: pl.DataFrame, rate: float) -> Estimate:
    return estimate_total(sample["value"].to_numpy(), np.full(sample.height, rate), sample["unit"].to_numpy())


def _slices(rate: float, whole: pl.DataFrame, sample: pl.DataFrame) -> list[_Slice]:
    truths = whole.group_by("slice").agg(pl.col("value").sum()).sort("slice")
    parts = {key[0]: part for key, part in sample.partition_by("slice", as_dict=True).items()}
    empty = sample.clear()
    return [_Slice(name, truth, _total(parts.get(name, empty), rate)) for name, truth in truths.iter_rows()]


def _share_distance(slices: Sequence[_Slice]) -> float | None:
    truth = sum(each.truth for each in slices)
    guess = sum(each.estimate.value or 0.0 for each in slices)
    if truth <= 0 or guess <= 0:
        return None
    return sum(abs(each.truth / truth - (each.estimate.value or 0.0) / guess) for each in slices) / 2


def _value_distance(whole: Floats, sample: Floats) -> float | None:
    if sample.size == 0:
        return None
    points = np.unique(whole)
    true_share = np.searchsorted(np.sort(whole), points, side="right") / whole.size
    share = np.searchsorted(np.sort(sample), points, side="right") / sample.size
    return float(np.abs(true_share - share).max())
