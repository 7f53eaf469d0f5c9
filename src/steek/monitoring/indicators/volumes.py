"""Rows that arrived, in all or for each slice."""

from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

VOLUME = "volume"


def volume(dataset: str, by: str | None = None, *, minimum_expected: float = 10.0) -> IndicatorSpec:
    """Rows of a dataset with an event time in the window.

    Args:
        dataset: Name of the dataset.
        by: Column whose values are the slices; None watches all rows together.
        minimum_expected: A slice whose middle window has fewer rows is not judged by its size, only by whether it
            falls silent, and then after as many empty windows as its own past makes improbable.
    """
    parameters: dict[str, object] = {"by": by, "minimum_expected": minimum_expected}
    return IndicatorSpec(VOLUME, Urn("dataset", dataset), parameters)


def measure_volume(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Rows of the window; a window without any row is 0 as a whole, and no slice at all when sliced."""
    by = spec.parameters["by"]
    assert by is None or isinstance(by, str)
    frame = sources.ingestion.volumes(spec.target.name, window.start_at, window.end_at, by=by)
    if by is None:
        rows = int(frame["rows"].sum())
        return [Measurement(None, float(rows), rows)]
    totals: dict[str, int] = {}
    for value, rows in frame.select("slice", "rows").iter_rows():
        totals[f"{by}={value}"] = totals.get(f"{by}={value}", 0) + int(rows)
    return [Measurement(name, float(rows), rows) for name, rows in sorted(totals.items())]
