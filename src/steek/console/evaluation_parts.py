"""Evaluations on the page of a model: tables with intervals on one scale, and the calibration plot."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from steek.charts import CalibrationBin, calibration_spec, interval_svg, render_svg
from steek.evaluation import CalibrationRow, Comparison, Evaluation

_SLICES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class EvaluationLine:
    """One figure: `label` says of what, `mark` what it is compared with, None for nothing."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    rows: int
    note: str
    picture: Markup


@dataclass(frozen=True, slots=True)
class EvaluationTable:
    """Figures that share a scale; `left_out` are further lines that were not shown."""

    title: str
    lines: tuple[EvaluationLine, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class CalibrationPlot:
    """The plot and the rows behind it."""

    distribution: str
    picture: Markup
    rows: tuple[CalibrationRow, ...]


def evaluation_tables(evaluations: Sequence[Evaluation]) -> tuple[EvaluationTable, ...]:
    """First all figures over whole distributions, then the slices of each metric, worst first.

    A figure is never shown without its distribution and its rows.
    """
    whole = [one for one in evaluations if one.slice is None]
    tables = [_table(f"Over all rows, {name}", group, 0) for name, group in _by_distribution(whole)]
    sliced = [one for one in evaluations if one.slice is not None]
    for name, group in _by_distribution(sliced):
        for metric in dict.fromkeys(one.metric for one in group):
            told = [one for one in group if one.metric == metric and one.value is not None]
            ordered = sorted(told, key=lambda one: one.value or 0.0, reverse=_is_cost(metric))
            shown = ordered[:_SLICES_SHOWN]
            if shown:
                tables.append(_table(f"{metric} by slice, worst first, {name}", shown, len(ordered) - len(shown)))
    return tuple(tables)


def comparison_table(comparisons: Sequence[Comparison]) -> EvaluationTable | None:
    """The model beside baselines and other versions on the same rows; None when nothing was compared."""
    lines: list[EvaluationLine] = []
    told = [one for one in comparisons if one.value is not None and one.other_value is not None]
    for one in told:
        assert one.value is not None
        assert one.other_value is not None
        same = [other for other in told if other.metric == one.metric]
        values = [number for other in same for number in (other.value, other.other_value) if number is not None]
        picture = interval_svg(one.value, None, None, domain=_domain(values), mark=one.other_value)
        other = one.other.removeprefix("baseline:").replace("_", " ")
        lines.append(
            EvaluationLine(
                label=f"{one.metric} against {other}, {one.distribution}",
                value=one.value,
                low=one.low,
                high=one.high,
                rows=one.rows,
                note=_difference(one),
                picture=Markup(picture),  # noqa: S704 - drawn from numbers alone
            )
        )
    return EvaluationTable("Against baselines and other versions, on the same rows", tuple(lines), 0) if lines else None


def calibration_plot(rows: Sequence[CalibrationRow]) -> CalibrationPlot | None:
    """The plot of the first distribution that has one; None when calibration was not measured."""
    known = [row for row in rows if row.observed is not None]
    if not known:
        return None
    first = [row for row in known if row.distribution == known[0].distribution]
    bins = [
        CalibrationBin(row.predicted, row.observed, row.rows, row.low, row.high)
        for row in first
        if row.observed is not None
    ]
    unit = "fraction" if all(0 <= bin.expected <= 1 and 0 <= bin.observed <= 1 for bin in bins) else ""
    spoken = f"calibration, {len(bins)} bins: expected against observed"
    svg = render_svg(calibration_spec(bins, unit=unit), description=spoken)
    return CalibrationPlot(first[0].distribution, Markup(svg), tuple(first))  # noqa: S704 - the renderer escapes


def _by_distribution(evaluations: Sequence[Evaluation]) -> list[tuple[str, list[Evaluation]]]:
    names = dict.fromkeys(one.distribution for one in evaluations)
    return [(name, [one for one in evaluations if one.distribution == name]) for name in names]


def _table(title: str, evaluations: Sequence[Evaluation], left_out: int) -> EvaluationTable:
    return EvaluationTable(title, tuple(_line(one, evaluations) for one in evaluations), left_out)


def _line(one: Evaluation, together: Sequence[Evaluation]) -> EvaluationLine:
    same = [other for other in together if other.metric == one.metric]
    ends = [number for other in same for number in (other.value, other.low, other.high) if number is not None]
    label = one.metric if one.slice is None else one.slice
    if one.value is None:
        return EvaluationLine(label, None, None, None, one.rows, "too few rows to tell", Markup())
    picture = interval_svg(one.value, one.low, one.high, domain=_domain(ends))
    note = f"against {one.reference}" if one.reference else ""
    return EvaluationLine(label, one.value, one.low, one.high, one.rows, note, Markup(picture))  # noqa: S704 - numbers


def _domain(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low >= 0 and high <= 1:
        return 0.0, 1.0 if high > 0.5 else max(high * 1.1, 0.01)
    margin = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def _difference(one: Comparison) -> str:
    if one.difference is None:
        return f"the other: {one.other_value:.3g}"
    interval = f", 95% {one.low:+.3g} to {one.high:+.3g}" if one.low is not None and one.high is not None else ""
    return f"the other: {one.other_value:.3g}; difference {one.difference:+.3g}{interval}"


def _is_cost(metric: str) -> bool:
    return any(word in metric for word in ("loss", "error", "mae", "mse", "bias", "change"))
