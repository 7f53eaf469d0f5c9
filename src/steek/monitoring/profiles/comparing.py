"""Comparing two profiles: what changed, by how much, and whether so few values can tell."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from steek.kernel.verdict import Verdict
from steek.measures import wilson
from steek.measures.sketching import (
    Shift,
    equal_groups,
    jensen_shannon,
    judge_shift,
    stability_index,
    transport_distance,
)
from steek.measures.sketching.quantiles import sketch_shares
from steek.monitoring.profiles.profile import ColumnSummary, Profile

Counts = tuple[Sequence[float], Sequence[float]]
GRID = tuple((part + 0.5) / 100 for part in range(100))
_GROUPS = 10
# A share of missing values that differs by less is not told, however sure it is.
_LEAST_FRACTION = 0.01
_RISING_FRACTION, _LEAST_WINDOWS = 0.9, 3


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """How one column changed from one profile to another.

    Args:
        column: Its name.
        psi: Population stability index without what chance adds to it; None where nothing can be compared.
        psi_lower, psi_upper: Its bounds in 99 of 100 cases.
        js: Jensen-Shannon distance, 0 to 1.
        wasserstein: Mean distance between the same quantiles, in the unit of the column; None for texts.
        mean_before, mean_after: Means.
        null_before, null_after: Shares of rows without a value.
        non_finite_before, non_finite_after: Shares of rows with NaN or infinity.
        rows_before, rows_after: Rows.
        verdict: "pass": no more than is tolerated; "fail": more; "undecided": too few values to tell.
        reason: One sentence with the numbers.
        basis: What the distance was taken on: "cells" (edges of one version, exact), "bins" (bits of the numbers,
            exact), "quantiles" (sketches), "values" (the most frequent), or "" for nothing.
    """

    column: str
    psi: float | None
    psi_lower: float | None
    psi_upper: float | None
    js: float | None
    wasserstein: float | None
    mean_before: float | None
    mean_after: float | None
    null_before: float
    null_after: float
    non_finite_before: float
    non_finite_after: float
    rows_before: int
    rows_after: int
    verdict: Verdict
    reason: str
    basis: str


def compare(before: Profile, after: Profile, counting: Collection[str] = ()) -> tuple[ColumnChange, ...]:
    """Changes of all columns of either profile, the largest first: failures, then undecided, then by distance.

    A verdict does not depend on the number of rows, except that few rows are undecided: see `judge_shift`.

    Args:
        before: One profile.
        after: The other.
        counting: Columns whose values are new in every window, such as receipt numbers or weeks: their distribution
            says nothing.
    """
    names = dict.fromkeys([*before.columns, *after.columns])
    changes = [
        _change(name, before.columns.get(name), after.columns.get(name), counts_up=name in counting) for name in names
    ]
    order = {Verdict.FAIL: 0, Verdict.UNDECIDED: 1, Verdict.PASS: 2}
    return tuple(sorted(changes, key=lambda one: (order[one.verdict], -(one.psi or 0.0), one.column)))


def counting_columns(windows: pl.DataFrame) -> frozenset[str]:
    """Columns of whole numbers that count up: their mean rises in nearly every window, and the last window has no
    value that is as low as one of the first.

    Args:
        windows: Rows of a profile table, of one slice and several windows; fewer than three tell nothing.
    """
    numbers = windows.filter((pl.col("kind") == "number") & (pl.col("count") > 0)).sort("window_start")
    rising = (pl.col("mean") >= pl.col("mean").shift(1)).drop_nulls().mean()
    low, high = pl.col("minimum"), pl.col("maximum")
    found = numbers.group_by("column", maintain_order=True).agg(
        rising.alias("rising"),
        (low.last() > high.first()).alias("apart"),
        ((low == low.floor()) & (high == high.floor())).all().alias("whole"),
        pl.len().alias("windows"),
    )
    counted = found.filter("apart", "whole", pl.col("rising") >= _RISING_FRACTION, pl.col("windows") >= _LEAST_WINDOWS)
    return frozenset(counted["column"].to_list())


def common_counts(before: ColumnSummary, after: ColumnSummary) -> tuple[Counts, str] | None:
    """Values per group of both, in the same groups, and what the groups are; None where there is nothing in common."""
    same = before.edges is not None and before.edges == after.edges
    if same and before.cells is not None and after.cells is not None:
        return (before.cells, after.cells), "cells"
    if before.places is not None and after.places is not None:
        places = sorted({*before.places, *after.places})
        return ([before.places.get(at, 0) for at in places], [after.places.get(at, 0) for at in places]), "bins"
    if before.quantile_sketch is not None and after.quantile_sketch is not None and before.count and after.count:
        edges = sorted(set(before.quantiles(*np.linspace(0.0, 1.0, _GROUPS + 1)[1:-1]) or ()))
        shares = sketch_shares(before.quantile_sketch, edges), sketch_shares(after.quantile_sketch, edges)
        if shares[0] is not None and shares[1] is not None:
            return ([one * before.count for one in shares[0]], [one * after.count for one in shares[1]]), "quantiles"
    if before.hitters is not None and after.hitters is not None and (before.hitters.counts or after.hitters.counts):
        values = sorted({*before.hitters.counts, *after.hitters.counts})
        counts = [[one.hitters.counts.get(value, 0) for value in values] for one in (before, after) if one.hitters]
        rest = [max(one.count - sum(found), 0) for one, found in zip((before, after), counts, strict=True)]
        return ([*counts[0], rest[0]], [*counts[1], rest[1]]), "values"
    return None


def _change(name: str, before: ColumnSummary | None, after: ColumnSummary | None, *, counts_up: bool) -> ColumnChange:
    a, b = before or _nothing(name, after), after or _nothing(name, before)
    common = common_counts(a, b) if a.count and b.count and not counts_up else None
    shift, js = (None, None) if common is None else _shift(common[0], a, b)
    verdict, reason = _verdict(a, b, shift, is_gone=after is None, is_new=before is None)
    if counts_up and verdict is Verdict.UNDECIDED:
        verdict, reason = Verdict.PASS, "counts up from window to window, so its distribution says nothing"
    quantiles = a.quantiles(*GRID), b.quantiles(*GRID)
    apart = None if quantiles[0] is None or quantiles[1] is None else transport_distance(quantiles[0], quantiles[1])
    return ColumnChange(
        column=name,
        psi=None if shift is None else shift.index,
        psi_lower=None if shift is None else shift.lower,
        psi_upper=None if shift is None else shift.upper,
        js=js,
        wasserstein=apart,
        mean_before=a.mean,
        mean_after=b.mean,
        null_before=a.null_fraction,
        null_after=b.null_fraction,
        non_finite_before=a.non_finite_fraction,
        non_finite_after=b.non_finite_fraction,
        rows_before=a.rows,
        rows_after=b.rows,
        verdict=verdict,
        reason=reason,
        basis="" if common is None else common[1],
    )


def _nothing(name: str, like: ColumnSummary | None) -> ColumnSummary:
    return ColumnSummary(name, "bare" if like is None else like.kind, 0, 0, 0, 0)


def _shift(counts: Counts, before: ColumnSummary, after: ColumnSummary) -> tuple[Shift, float]:
    both = np.array(counts, dtype=np.float64)
    group = equal_groups(both[0], _GROUPS)
    groups = int(group.max()) + 1
    grouped = np.array([np.bincount(group, weights=one, minlength=groups) for one in both], dtype=np.float64)
    raw = float(stability_index(grouped[:1], grouped[1:])[0])
    js = float(jensen_shannon(grouped[:1], grouped[1:])[0])
    return judge_shift(raw, before=before.count, after=after.count, groups=groups), js


def _verdict(
    before: ColumnSummary, after: ColumnSummary, shift: Shift | None, *, is_gone: bool, is_new: bool
) -> tuple[Verdict, str]:
    if is_gone or is_new:
        return Verdict.FAIL, f"the column {'is gone' if is_gone else 'was not there before'}"
    if not before.rows or not after.rows:
        return Verdict.UNDECIDED, "there are no rows to compare"
    absent = [
        found
        for what, one, two in (
            ("missing", before.nulls, after.nulls),
            ("not finite", before.non_finite, after.non_finite),
        )
        if (found := _differs(what, one, before.rows, two, after.rows)) is not None
    ]
    if absent:
        return Verdict.FAIL, "; ".join(absent)
    if shift is not None:
        return shift.verdict, shift.reason
    if before.kind in {"bare", "moment"}:
        return Verdict.PASS, "as many missing values as before"
    return Verdict.UNDECIDED, "nothing was counted that could be compared"


def _differs(what: str, before: int, rows_before: int, after: int, rows_after: int) -> str | None:
    """A sentence where two shares differ by enough to matter, and their intervals have nothing in common."""
    one, two = wilson(before, rows_before), wilson(after, rows_after)
    assert one.low is not None and one.high is not None and one.value is not None  # noqa: PT018
    assert two.low is not None and two.high is not None and two.value is not None  # noqa: PT018
    if abs(two.value - one.value) < _LEAST_FRACTION or (one.low <= two.high and two.low <= one.high):
        return None
    return f"{one.value:.1%} were {what} before, {two.value:.1%} are now"
