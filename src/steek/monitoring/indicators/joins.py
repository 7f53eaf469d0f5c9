"""Joins: the share of rows that found their partner, for every join of a derived dataset."""

from steek.data import JoinReport
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

JOIN_MATCHED = "join_matched"


def join_matched(dataset: str) -> IndicatorSpec:
    """Share of left rows that matched, one slice for each join that the derived dataset makes.

    A join that matches nothing is broken whatever its threshold and however short its history.
    """
    return IndicatorSpec(JOIN_MATCHED, Urn("dataset", dataset))


def measure_join_matched(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """The latest report of each join on the window; no measurement at all when the dataset was not derived."""
    reports = sources.derivation.join_reports(spec.target.name, since=window.start_at, until=window.end_at)
    latest: dict[str, JoinReport] = {report.name: report for report in reports if report.window == window}
    return [_measurement(latest[name]) for name in sorted(latest)]


def _measurement(report: JoinReport) -> Measurement:
    evidence: dict[str, object] = {
        "left_rows": report.left_rows,
        "matched_rows": report.matched_rows,
        "unmatched_rows": report.unmatched_rows,
        "expected_fraction": report.expected_fraction,
    }
    slice_ = f"join={report.name}"
    if report.left_rows == 0:
        return Measurement(slice_, None, 0, evidence)
    why = f"none of {report.left_rows:,} rows matched" if report.matched_rows == 0 else None
    return Measurement(slice_, report.matched_rows / report.left_rows, report.left_rows, evidence, why)
