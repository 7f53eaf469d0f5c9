"""Long series on few pixels: what is drawn stays the same, spikes and gaps included."""

from collections.abc import Sequence
from itertools import groupby

from steek.charts.points import Point


def thinned(points: Sequence[Point], width: int) -> tuple[Point, ...]:
    """The points that a line chart of `width` pixels needs; all of them when there are few.

    Of the points in each pixel column the first, the last, a lowest, a highest and a gap are kept, at their own
    moments: a line through them colours the pixels that a line through all of them does, so a spike of one hour in a
    year stands at its full height, and a gap still breaks the line. Nothing is averaged.

    Args:
        points: In order of time.
        width: Pixels.

    Source: Jugel, Jerzak, Hackenbroich and Markl, "M4: a visualization-oriented time series data aggregation"
    (VLDB 2014).
    """
    if len(points) <= 4 * width or width < 1:
        return tuple(points)
    start = points[0].at.timestamp()
    scale = width / max(points[-1].at.timestamp() - start, 1e-9)
    columns = groupby(points, key=lambda point: int((point.at.timestamp() - start) * scale))
    return tuple(point for _, column in columns for point in _needed(list(column)))


def _needed(column: Sequence[Point]) -> list[Point]:
    known = [(point.value, place) for place, point in enumerate(column) if point.value is not None]
    gaps = [place for place, point in enumerate(column) if point.value is None]
    kept = set(gaps[:1])
    if known:
        kept |= {known[0][1], known[-1][1], min(known)[1], max(known)[1]}
    return [column[place] for place in sorted(kept)]
