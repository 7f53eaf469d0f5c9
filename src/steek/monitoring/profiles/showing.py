"""Profiles for people and programs: plain numbers instead of sketches, and histograms to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from steek.kernel.windows import Window
from steek.measures.sketching import DistinctCount, sketch_shares
from steek.monitoring.profiles.profile import ColumnSummary, Profile

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_BARS = 24
_TOP = 12
# Beyond these quantiles a histogram has one bar at each end, so that one wild value does not squeeze the others.
_LOW, _HIGH = 0.005, 0.995


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: the share of the values that it holds. Ends are None where open, and for texts."""

    label: str
    lower: float | None
    upper: float | None
    fraction: float


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column in plain numbers; see `ColumnSummary`.

    Args:
        quantiles: Fraction to value; empty for columns that are not numbers.
        quantile_error: How far the rank of a quantile may be off; None where it comes from cells.
        bars: A histogram.
        top: The most frequent values with their rows.
        top_error_rows: So many rows more than shown may a value have.
    """

    name: str
    kind: str
    rows: int
    nulls: int
    null_fraction: float
    non_finite: int
    count: int
    mean: float | None
    deviation: float | None
    skewness: float | None
    kurtosis: float | None
    minimum: float | None
    maximum: float | None
    distinct: DistinctCount | None
    quantiles: dict[str, float]
    quantile_error: float | None
    edges_version: int | None
    bars: tuple[Bar, ...]
    top: tuple[tuple[str, int], ...]
    top_error_rows: int | None


@dataclass(frozen=True, slots=True)
class ProfileView:
    """A profile in plain numbers."""

    what: str
    window: Window
    slice: str | None
    rows: int
    columns: tuple[ColumnView, ...]


def view(profile: Profile, columns: Sequence[str] | None = None) -> ProfileView:
    """A profile in plain numbers, of all columns or of those named."""
    shown = [one for name, one in profile.columns.items() if columns is None or name in columns]
    return ProfileView(profile.what, profile.window, profile.slice, profile.rows, tuple(_column(one) for one in shown))


def histograms(one: ColumnSummary, other: ColumnSummary) -> tuple[tuple[Bar, ...], tuple[Bar, ...]]:
    """Histograms of two summaries of a column with the same bars; empty where they have no common ones."""
    if one.quantile_sketch is not None and other.quantile_sketch is not None:
        edges = _even_edges([one, other])
        if edges:
            return _even_bars(one, edges), _even_bars(other, edges)
    if one.cells is not None and other.cells is not None and one.edges == other.edges:
        return _cell_bars(one), _cell_bars(other)
    return (), ()


def _column(one: ColumnSummary) -> ColumnView:
    found = one.quantiles(*QUANTILES)
    hitters = one.hitters
    return ColumnView(
        name=one.name,
        kind=one.kind,
        rows=one.rows,
        nulls=one.nulls,
        null_fraction=one.null_fraction,
        non_finite=one.non_finite,
        count=one.count,
        mean=one.mean,
        deviation=one.deviation,
        skewness=one.skewness,
        kurtosis=one.kurtosis,
        minimum=one.minimum,
        maximum=one.maximum,
        distinct=one.distinct,
        quantiles={} if found is None else {f"{at:g}": value for at, value in zip(QUANTILES, found, strict=True)},
        quantile_error=one.quantile_error,
        edges_version=None if one.edges is None else one.edges.version,
        bars=histograms(one, one)[0],
        top=() if hitters is None else tuple(list(hitters.counts.items())[:_TOP]),
        top_error_rows=None if hitters is None else hitters.error,
    )


def _even_edges(summaries: Sequence[ColumnSummary]) -> list[float]:
    """Edges of bars of one width over the bulk of the values of all."""
    ends = [found for one in summaries if one.count and (found := one.quantiles(_LOW, _HIGH)) is not None]
    if not ends:
        return []
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    if high <= low:
        return [low, low + max(abs(low) * 1e-9, 1e-9)]
    whole = all(
        one.minimum is not None and one.maximum is not None and float(one.minimum).is_integer() and _is_whole(one)
        for one in summaries
        if one.count
    )
    if whole and high - low < _BARS:
        return [low + step for step in range(round(high - low) + 2)]
    # Halves first: the difference of the largest floats is no float.
    half = high / 2 - low / 2
    return [low + half * (step / _BARS) + half * (step / _BARS) for step in range(_BARS + 1)]


def _is_whole(one: ColumnSummary) -> bool:
    """Whether the edges, which are values themselves but for the last, are whole numbers: a guess for bars only."""
    return one.edges is not None and all(edge.is_integer() for edge in one.edges.numbers[:-1])


def _even_bars(one: ColumnSummary, edges: list[float]) -> tuple[Bar, ...]:
    assert one.quantile_sketch is not None
    shares = sketch_shares(one.quantile_sketch, edges) or (0.0,) * (len(edges) + 1)
    ends: list[float | None] = [None, *edges, None]
    bars = [
        Bar(_label(lower, upper), lower, upper, share)
        for (lower, upper), share in zip(pairwise(ends), shares, strict=True)
    ]
    return tuple(bars)


def _cell_bars(one: ColumnSummary) -> tuple[Bar, ...]:
    assert one.cells is not None and one.edges is not None  # noqa: PT018
    total = max(sum(one.cells), 1)
    ends: list[float | None] = [None, *one.edges.numbers, None]
    bounds = list(pairwise(ends)) if one.edges.kind == "number" else [(None, None)] * len(one.cells)
    return tuple(
        Bar(label, lower, upper, rows / total)
        for label, (lower, upper), rows in zip(one.edges.labels(), bounds, one.cells, strict=True)
    )


def _label(lower: float | None, upper: float | None) -> str:
    if lower is None:
        return f"below {upper:.6g}"
    return f"above {lower:.6g}" if upper is None else f"{lower:.6g} to {upper:.6g}"
