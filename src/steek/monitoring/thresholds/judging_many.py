"""`judge` for many slices at once: the same verdicts, bounds and reasons."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isnan

import numpy as np
import polars as pl

from steek.kernel.verdict import Verdict
from steek.measures.robust import MEDIAN_VARIANCE
from steek.measures.robust_rows import Floats
from steek.monitoring.judgement import Judgement, Rule, judge_silence, why_not_judged
from steek.monitoring.kinds import Kind, Limits, chance_spreads, with_own_errors
from steek.monitoring.thresholds.declared import ExplicitThreshold, LearnedThreshold
from steek.monitoring.thresholds.phases import finest_part
from steek.monitoring.thresholds.series_frame import Now, SeriesFrame
from steek.monitoring.thresholds.usual_many import UsualMany, learn_many

# Past values of one slice, by its index, for the few that are silent.
Counts = Callable[[int], Sequence[float]]


def judge_many(history: SeriesFrame, now: Now, rule: Rule) -> pl.DataFrame:
    """Judge one window of many slices against their histories.

    Returns:
        One row a slice, in their order: slice, value, lower, upper, verdict, reason. Equal to `judge` of each.
    """
    usual = None
    if isinstance(rule.threshold, LearnedThreshold):
        usual = learn_many(history, rule.kind, rule.threshold, rule.window)

    def counts(index: int) -> Sequence[float]:
        values = history.values[index]
        return values[np.isfinite(values)].tolist()

    judged = judge_rows(usual, now, rule, counts)
    columns = {
        "slice": list(now.slices),
        "value": now.values,
        "lower": [one.lower for one in judged],
        "upper": [one.upper for one in judged],
        "verdict": [one.verdict.value for one in judged],
        "reason": [one.reason for one in judged],
    }
    schema = {"slice": pl.String, "value": pl.Float64, "lower": pl.Float64, "upper": pl.Float64}
    return pl.DataFrame(columns, schema_overrides=schema).with_columns(pl.col("value").fill_nan(None))


def judge_rows(usual: UsualMany | None, now: Now, rule: Rule, counts: Counts) -> list[Judgement]:
    """`judge_by` for each slice of a window.

    Args:
        usual: What was learned, its slices in the order of `now`; None for an explicit threshold.
        now: The values.
        rule: How to judge.
        counts: Past values of a slice, asked for only where it is silent.
    """
    threshold = rule.threshold
    if isinstance(threshold, ExplicitThreshold) or usual is None:
        assert isinstance(threshold, ExplicitThreshold)
        size = len(now.slices)
        lower, upper = (np.full(size, np.nan if one is None else one) for one in (threshold.lower, threshold.upper))
        return _verdicts(lower, upper, [""] * size, now, replace(rule, special=None), counts)
    why = [""] * len(now.slices)
    for index in np.flatnonzero(_unjudged(usual, now, rule)):
        why[index] = why_not_judged(usual.of(int(index), 0), int(now.rows[index]), rule, threshold.sized(rule.window))
    lower, upper = bounds_many(usual, now, rule)
    barred = np.array([bool(one) for one in why], dtype=bool)
    lower[barred], upper[barred] = np.nan, np.nan
    return _verdicts(lower, upper, why, now, rule, counts)


def bounds_many(usual: UsualMany, now: Now, rule: Rule) -> tuple[Floats, Floats]:
    """`usual_limits` of each slice; NaN where unbounded or unknown."""
    assert isinstance(rule.threshold, LearnedThreshold)
    kind, seasons = rule.kind, usual.seasons
    part = finest_part(rule.threshold.season, now.start_at)
    centres, known = seasons.centres[:, part], seasons.known[:, part]
    rows = np.maximum(now.rows, 1.0)
    least = chance_spreads(kind, centres=usual.expected, rows=rows)
    width = np.full(len(centres), rule.width(own_deviation=False))
    if now.deviations is not None:
        width[np.isfinite(now.deviations)] = rule.width(own_deviation=True)
    room = with_own_errors(np.maximum(seasons.spreads, least), rows, now.deviations)
    half = width * room * np.sqrt(1 + MEDIAN_VARIANCE / np.maximum(known, 1))
    lower, upper = centres - half, centres + half
    if kind.scale == "sqrt":
        lower, upper = np.maximum(lower, 0.0) ** 2, upper**2
    floor = {Kind.AMOUNT: -np.inf, Kind.HOURS: np.inf}.get(kind, 0.0)
    lower = np.where(lower <= floor, np.nan, lower)
    return lower, np.where(upper >= 1.0, np.nan, upper) if kind is Kind.SHARE else upper


def _unjudged(usual: UsualMany, now: Now, rule: Rule) -> np.ndarray:
    assert isinstance(rule.threshold, LearnedThreshold)
    if rule.special is not None and rule.special.holiday:
        return np.ones(len(now.slices), dtype=bool)
    short = usual.windows < rule.threshold.sized(rule.window).min_history
    if rule.kind is Kind.COUNT:
        return short | (usual.expected < max(rule.minimum_expected, rule.threshold.min_volume))
    return short | (now.rows < rule.threshold.min_volume)


def _verdicts(
    lower: Floats, upper: Floats, why: Sequence[str], now: Now, rule: Rule, counts: Counts
) -> list[Judgement]:
    room = "" if rule.special is None or rule.special.holiday else f", which have more room during {rule.special.name}"
    within = f"within its bounds{room}"
    judged: list[Judgement] = []
    silenced = rule.kind is Kind.COUNT and isinstance(rule.threshold, LearnedThreshold)
    silenced = silenced and not (rule.special is not None and rule.special.holiday)
    least = rule.least
    bounds = zip(now.values.tolist(), _nones(lower), _nones(upper), strict=True)
    for index, (value, low, high) in enumerate(bounds):
        if index in now.broken:
            one = Judgement(Verdict.FAIL, low, high, now.broken[index])
        elif isnan(value):
            reason = now.unreadable.get(index) or "nothing to measure in this window"
            one = Judgement(Verdict.UNDECIDED, low, high, reason)
        elif silenced and value == 0 and len(past := counts(index)) >= least:
            one = judge_silence(past, Limits(low, high), rule)
        elif why[index]:
            one = Judgement(Verdict.UNDECIDED, low, high, why[index])
        elif low is not None and value < low:
            one = Judgement(Verdict.FAIL, low, high, f"{value:.6g} is below the lower bound {low:.6g}")
        elif high is not None and value > high:
            one = Judgement(Verdict.FAIL, low, high, f"{value:.6g} is above the upper bound {high:.6g}")
        else:
            one = Judgement(Verdict.PASS, low, high, within)
        judged.append(one)
    return judged


def _nones(values: Floats) -> list[float | None]:
    return [None if isnan(value) else value for value in values.tolist()]
