"""Live quality: what the model answered and what the baselines would have answered, on the same requests."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import polars as pl
from markupsafe import Markup

from steek.charts import interval_svg
from steek.console.words import quantity
from steek.data import Lake
from steek.evaluation import OUTCOMES
from steek.kernel.errors import NotFoundError
from steek.models import ModelDefinition

_Z, _TAIL = 1.96, 0.025
_LEAST_ROWS, _LEAST_UNITS = 30, 5
_UNIT = "_unit"
_SLICES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Rival:
    """A baseline on the same requests; `verdict` is better, worse or undecided of the model against it."""

    value: str
    difference: str
    verdict: str


@dataclass(frozen=True, slots=True)
class QualityLine:
    """The model on one slice of the requests, beside baselines."""

    label: str
    rows: int
    value: str
    interval: str
    picture: Markup
    rivals: tuple[Rival, ...]


@dataclass(frozen=True, slots=True)
class SliceTable:
    """Lines of one slicing, largest first, each beside the strongest baseline, `rival`, "" for none.

    `more` stand behind a click; `small` slices have too few requests to judge; `summary` counts how they stand.
    """

    name: str
    rival: str
    summary: str
    lines: tuple[QualityLine, ...]
    more: tuple[QualityLine, ...]
    small: int


@dataclass(frozen=True, slots=True)
class LiveQuality:
    """All of it: `measure` says what the figures are, `verdict` what they come to, in words."""

    measure: str
    is_share: bool
    rivals: tuple[str, ...]
    verdict: str
    health: str
    whole: QualityLine
    slices: tuple[SliceTable, ...]


def live_quality(lake: Lake, definition: ModelDefinition, *, since: datetime) -> LiveQuality | None:
    """Outcomes with moments from `since` on; None while nothing came of any answer."""
    try:
        table = lake.scan(OUTCOMES)
    except NotFoundError:
        return None
    known = table.collect_schema().names()
    is_share = definition.task == "ranking"
    own = "hit" if is_share else "squared_error"
    names = [baseline.name for baseline in definition.baselines]
    # The lake's name of a baseline: letters and digits, everything else an underscore.
    columns = {name: "baseline_" + re.sub(r"\W+", "_", name) + ("" if is_share else "_squared_error") for name in names}
    rivals = {name: column for name, column in columns.items() if column in known}
    slicings = [column for column in _sliced_by(definition) if column in known]
    if own not in known:
        return None
    # What one of them asks again and again is one piece of evidence, so intervals are over these and not over requests.
    unit = definition.examples.entity[0]
    figures = [pl.col(column).cast(pl.Float64) for column in (own, *rivals.values())]
    found = (
        table.filter(pl.col("model") == definition.name, pl.col("moment") >= since)
        .select(*figures, *slicings, (pl.col(unit) if unit in known else pl.lit(None)).alias(_UNIT))
        .drop_nulls(own)
        .collect()
    )
    if found.is_empty():
        return None
    (whole,) = _lines(found, None, own, tuple(rivals.values()), is_share=is_share)
    strongest = _strongest(found, rivals, is_share=is_share)
    tables = tuple(_slices(found, column, own, strongest, is_share=is_share) for column in slicings)
    verdict, health = _verdict(whole, tuple(rivals))
    measure = "a right answer among the first five" if is_share else "root mean squared error, smaller is better"
    return LiveQuality(measure, is_share, tuple(rivals), verdict, health, whole, tables)


def _sliced_by(definition: ModelDefinition) -> list[str]:
    return [column for spec in definition.evaluations for column in spec.parameters.get("columns", ())]


def _strongest(rows: pl.DataFrame, rivals: Mapping[str, str], *, is_share: bool) -> tuple[str, str] | None:
    """Name and column of the baseline that is best over all requests."""
    means = {name: cast("float | None", rows[column].mean()) for name, column in rivals.items()}
    known = {name: mean for name, mean in means.items() if mean is not None}
    if not known:
        return None
    best = (max if is_share else min)(known, key=lambda name: known[name])
    return best, rivals[best]


def _slices(
    rows: pl.DataFrame, column: str, own: str, strongest: tuple[str, str] | None, *, is_share: bool
) -> SliceTable:
    rival, columns = (strongest[0], [strongest[1]]) if strongest else ("", [])
    lines = _lines(rows, column, own, columns, is_share=is_share)
    judged = sorted((line for line in lines if line.rows >= _LEAST_ROWS), key=lambda line: (-line.rows, line.label))
    name = column.removesuffix("_id").replace("_", " ")
    shown, more = tuple(judged[:_SLICES_SHOWN]), tuple(judged[_SLICES_SHOWN:])
    return SliceTable(name, rival, _standing(judged) if rival else "", shown, more, len(lines) - len(judged))


def _standing(lines: Sequence[QualityLine]) -> str:
    """How many slices are better and worse; with so many looked at, one in forty is worse by chance alone."""
    count = Counter(line.rivals[0].verdict for line in lines)
    chance = len(lines) * _TAIL
    return (
        f"better in {count['better']} of {len(lines)}, worse in {count['worse']} "
        f"(chance alone: {chance:.0f}), open in {count['undecided']}"
    )


def _lines(
    rows: pl.DataFrame, column: str | None, own: str, rivals: Sequence[str], *, is_share: bool
) -> list[QualityLine]:
    keys = [] if column is None else [column]
    apart = [(pl.col(own) - pl.col(rival)).sum().alias(f"{rival}:apart") for rival in rivals]
    sums = [pl.len().alias("_rows"), pl.col(own).sum(), *(pl.col(rival).sum() for rival in rivals), *apart]
    units = rows.group_by(*keys, _UNIT).agg(sums)
    figures = [pl.len().alias("_units"), pl.col("_rows").sum(), *_mean(own), *(e for r in rivals for e in _mean(r))]
    figures += [expression for rival in rivals for expression in _mean(f"{rival}:apart")]
    told = units.select(figures) if column is None else units.group_by(column).agg(figures)
    return [_line(row, column, own, rivals, is_share=is_share) for row in told.iter_rows(named=True)]


def _mean(column: str) -> tuple[pl.Expr, pl.Expr]:
    """Mean over requests from sums over units, and its standard error units as clusters (Liang and Zeger, 1986)."""
    rows = pl.col("_rows").sum()
    mean = pl.col(column).sum() / rows
    error = ((pl.col(column) - pl.col("_rows") * mean) ** 2).sum().sqrt() / rows
    return mean.alias(f"{column}:mean"), error.alias(f"{column}:error")


def _line(
    row: dict[str, float | None], column: str | None, own: str, rivals: Sequence[str], *, is_share: bool
) -> QualityLine:
    count, value, error = int(row["_rows"] or 0), row[f"{own}:mean"] or 0.0, row[f"{own}:error"] or 0.0
    against = tuple(_rival(row, rival, is_share=is_share) for rival in rivals)
    label = "all requests" if column is None else str(row[column])
    if not is_share:
        return QualityLine(label, count, quantity(math.sqrt(value), ""), "", Markup(), against)
    low, high = max(value - _Z * error, 0.0), min(value + _Z * error, 1.0)
    best = max((row[f"{rival}:mean"] or 0.0 for rival in rivals), default=None)
    picture = Markup(interval_svg(value, low, high, domain=(0.0, 1.0), mark=best))  # noqa: S704 - drawn from numbers
    return QualityLine(label, count, _share(value), f"{_share(low)} to {_share(high)}", picture, against)


def _rival(row: dict[str, float | None], rival: str, *, is_share: bool) -> Rival:
    value, mean, error = row[f"{rival}:mean"], row[f"{rival}:apart:mean"], row[f"{rival}:apart:error"]
    if value is None or mean is None:
        return Rival("\N{EN DASH}", "", "undecided")
    shown = _share(value) if is_share else quantity(math.sqrt(value), "")
    words = f"{mean * 100:+.1f}" if is_share else ""
    if error is None or (row["_rows"] or 0) < _LEAST_ROWS or (row["_units"] or 0) < _LEAST_UNITS:
        return Rival(shown, words, "undecided")
    low, high = mean - _Z * error, mean + _Z * error
    ahead = low > 0 if is_share else high < 0
    behind = high < 0 if is_share else low > 0
    verdict = "better" if ahead else "worse" if behind else "undecided"
    interval = f" ({low * 100:+.1f} to {high * 100:+.1f})" if is_share else ""
    return Rival(shown, words + interval, verdict)


def _verdict(whole: QualityLine, rivals: Sequence[str]) -> tuple[str, str]:
    if not rivals:
        return "No baseline is declared, so nothing says whether this is good.", "undecided"
    by = {word: [n for n, r in zip(rivals, whole.rivals, strict=True) if r.verdict == word] for word in _HEALTH}
    said = {"better": "It beats", "worse": "It is worse than", "undecided": "Not enough evidence against"}
    sentences = [f"{said[word]} {_listed(names)}." for word, names in by.items() if names]
    worst = next(word for word in ("worse", "undecided", "better") if by[word])
    return " ".join(sentences), _HEALTH[worst]


_HEALTH = {"better": "well", "worse": "broken", "undecided": "undecided"}


def _listed(names: Sequence[str]) -> str:
    """Names in quotation marks, with "and" before the last."""
    quoted = [f"\N{LEFT SINGLE QUOTATION MARK}{name}\N{RIGHT SINGLE QUOTATION MARK}" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _share(value: float) -> str:
    return f"{100 * value:.1f}%"
