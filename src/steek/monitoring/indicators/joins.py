"""Joins: the share of rows that found their partner, for every join of a derived dataset, and against what is usual."""

from collections.abc import Iterator

from steek.data import JoinReport, JoinSlice
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

JOIN_MATCHED = "join_matched"
JOIN_AGAINST_EXPECTED = "join_against_expected"


def join_matched(dataset: str, *, per_slice: bool = False) -> IndicatorSpec:
    """Share of left rows that matched, one slice for each join that the derived dataset makes.

    A join that matches nothing is broken whatever its threshold and however short its history.

    Args:
        dataset: Name of the derived dataset.
        per_slice: Also one slice for each partner that the join counts by itself (`JoinPlan(by=…)`).
    """
    parameters: dict[str, object] = {"per_slice": True} if per_slice else {}
    return IndicatorSpec(JOIN_MATCHED, Urn("dataset", dataset), parameters)


def join_against_expected(dataset: str, *, per_slice: bool = True) -> IndicatorSpec:
    """Rows that matched over the rows that would have matched at the usual share; 1 is as usual.

    Usual is the median of up to 28 earlier windows of the same join and partner. Arguments as `join_matched`.
    """
    return IndicatorSpec(JOIN_AGAINST_EXPECTED, Urn("dataset", dataset), {"per_slice": per_slice})


def measure_join_matched(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """The latest report of each join on the window; no measurement at all when the dataset was not derived."""
    return [_matched(*part) for part in _parts(sources, spec, window)]


def measure_join_against_expected(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """As `measure_join_matched`; no value while nothing is known to be usual."""
    return [_against(*part) for part in _parts(sources, spec, window)]


_Part = tuple[str, int, int, float | None]


def _parts(sources: Sources, spec: IndicatorSpec, window: Window) -> Iterator[_Part]:
    """Slice, left rows, matched rows, usual share; of a window of many days their sums."""
    reports = sources.derivation.join_reports(spec.target.name, since=window.start_at, until=window.end_at)
    # Of a window that was joined again the last run counts; an hour has no join of its own.
    latest = {
        (report.name, report.window.start_at): report for report in reports if report.window.end_at <= window.end_at
    }
    totals: dict[str, tuple[int, int, float, int]] = {}
    for report in latest.values():
        _add(totals, f"join={report.name}", report)
        for part in report.slices if spec.parameters.get("per_slice") else ():
            _add(totals, f"join={report.name}, partner={part.slice}", part)
    for name, (left, matched, usual, known) in sorted(totals.items()):
        yield name, left, matched, usual / known if known else None


def _add(totals: dict[str, tuple[int, int, float, int]], name: str, part: JoinReport | JoinSlice) -> None:
    left, matched, usual, known = totals.get(name, (0, 0, 0.0, 0))
    expected = part.expected_fraction
    if expected is not None:
        usual, known = usual + expected * max(part.left_rows, 1), known + max(part.left_rows, 1)
    totals[name] = left + part.left_rows, matched + part.matched_rows, usual, known


def _matched(name: str, left: int, matched: int, expected: float | None) -> Measurement:
    evidence = _evidence(left, matched, expected)
    if left == 0:
        return Measurement(name, None, 0, evidence)
    return Measurement(name, matched / left, left, evidence, _nothing(name, left, matched, expected))


def _against(name: str, left: int, matched: int, expected: float | None) -> Measurement:
    evidence = _evidence(left, matched, expected)
    if not left or not expected:
        return Measurement(name, None, left, evidence)
    return Measurement(name, matched / (expected * left), left, evidence, _nothing(name, left, matched, expected))


def _evidence(left: int, matched: int, expected: float | None) -> dict[str, object]:
    return {
        "left_rows": left,
        "matched_rows": matched,
        "unmatched_rows": left - matched,
        "expected_fraction": expected,
    }


def _nothing(name: str, left: int, matched: int, expected: float | None) -> str | None:
    """Of a partner that never matched before, that it does not is no news."""
    is_partner = ", partner=" in name
    if matched or (is_partner and not expected):
        return None
    return f"none of {left:,} rows matched"
