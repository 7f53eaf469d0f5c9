"""Evaluations on the page of a model: tables with intervals on one scale, and the calibration plot."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from steek.charts import CalibrationBin, calibration_spec, interval_svg
from steek.console.drawings import Drawing, Drawings
from steek.console.metric_words import is_cost, metric_words
from steek.evaluation import CalibrationRow, Evaluation
from steek.kernel.urn import Urn
from steek.monitoring import slice_words

_SLICES_SHOWN = 10
_SIDE = 260


@dataclass(frozen=True, slots=True)
class EvaluationLine:
    """One figure: `label` says of what, `note` what it is compared with, "" for nothing."""

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
    drawing: Drawing
    rows: tuple[CalibrationRow, ...]


def evaluation_tables(evaluations: Sequence[Evaluation]) -> tuple[EvaluationTable, ...]:
    """First all figures over whole distributions, then the slices of each metric, worst first.

    A figure is never shown without its distribution and its rows.
    """
    whole = [one for one in evaluations if one.slice is None]
    tables = [_table(f"All rows, {name}", group, 0) for name, group in _by_distribution(whole)]
    sliced = [one for one in evaluations if one.slice is not None]
    for name, group in _by_distribution(sliced):
        for metric in dict.fromkeys(one.metric for one in group):
            told = [one for one in group if one.metric == metric and one.value is not None]
            ordered = sorted(told, key=lambda one: one.value or 0.0, reverse=is_cost(metric))
            shown = ordered[:_SLICES_SHOWN]
            if shown:
                tables.append(
                    _table(f"{metric_words(metric)} by slice, worst first, {name}", shown, len(ordered) - len(shown))
                )
    return tuple(tables)


def calibration_plot(drawings: Drawings, rows: Sequence[CalibrationRow]) -> CalibrationPlot | None:
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
    drawing = drawings.add(calibration_spec(bins, unit=unit, side=_SIDE), spoken, width=_SIDE, height=_SIDE)
    return CalibrationPlot(first[0].distribution, drawing, tuple(first))


def _by_distribution(evaluations: Sequence[Evaluation]) -> list[tuple[str, list[Evaluation]]]:
    names = dict.fromkeys(one.distribution for one in evaluations)
    return [(name, [one for one in evaluations if one.distribution == name]) for name in names]


def _table(title: str, evaluations: Sequence[Evaluation], left_out: int) -> EvaluationTable:
    return EvaluationTable(title, tuple(_line(one, evaluations) for one in evaluations), left_out)


def _line(one: Evaluation, together: Sequence[Evaluation]) -> EvaluationLine:
    same = [other for other in together if other.metric == one.metric]
    ends = [number for other in same for number in (other.value, other.low, other.high) if number is not None]
    label = metric_words(one.metric) if one.slice is None else slice_words(one.slice)
    if one.value is None:
        return EvaluationLine(label, None, None, None, one.rows, "too few rows to tell", Markup())
    picture = interval_svg(one.value, one.low, one.high, domain=_domain(ends))
    note = f"since version {Urn.parse(one.reference).version}" if one.reference else ""
    return EvaluationLine(label, one.value, one.low, one.high, one.rows, note, Markup(picture))  # noqa: S704 - numbers


def _domain(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low >= 0 and high <= 1:
        return 0.0, 1.0 if high > 0.5 else max(high * 1.1, 0.01)
    margin = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin
