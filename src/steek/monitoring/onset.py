"""When did it begin? An interval, because a window that still passed may already have been touched."""

from collections.abc import Sequence

import numpy as np

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.measures.changepoints import ChangePoint, change_points
from steek.monitoring.kinds import Kind
from steek.monitoring.points import Judged, Point
from steek.monitoring.thresholds.declared import Season
from steek.monitoring.thresholds.phases import finest_part
from steek.monitoring.thresholds.usual_many import UsualMany, on_scale


def onset_interval(before: Sequence[Point], window: Window) -> Window:
    """The interval in which the trouble of `window`, the first failing one, began.

    It ends with that window and begins where the last calm window before it ended: one that passed in the inner half
    of its bounds. A window that passed, but near a bound, may hold the beginning. Without any calm window
    before, the interval begins with the earliest point, or with the window itself.

    Args:
        before: Points of the same slice before the window, oldest first.
        window: The first window that failed.
    """
    start_at = window.start_at
    for point in reversed(before):
        if is_calm(point):
            break
        start_at = point.window_start
    return Window(min(start_at, window.start_at), window.end_at)


def is_calm(point: Point) -> bool:
    """Passed, and in the inner half of the band between its bounds; with one bound only, passed.

    On a one-sided band nothing says how far from the bound is usual.
    """
    if point.verdict is not Verdict.PASS or point.value is None:
        return False
    if point.lower is None or point.upper is None:
        return True
    return abs(point.value - (point.lower + point.upper) / 2) <= (point.upper - point.lower) / 4


def silent_onset(before: Sequence[Point], window: Window) -> Window:
    """The interval in which a slice that is empty in `window` fell silent: up to the end of its first empty window.

    It begins with that window, or with the one before where that was not calm any more.
    """
    first, end_at = window.start_at, window.end_at
    for point in reversed(before):
        if point.value:
            return Window(first if is_calm(point) or not _touched(point) else point.window_start, end_at)
        first, end_at = point.window_start, point.window_start + (window.end_at - window.start_at)
    return Window(first, end_at)


def changed_onset(
    before: Sequence[Point], window: Window, judged: Judged, deseasoned: Sequence[float], kind: Kind
) -> tuple[Window, ChangePoint | None]:
    """The onset by the change of level that led to a failing window, and that change.

    Where no change of level is to be seen, as in a first failing window after calm ones, where it went the other way,
    or where most windows since were calm, the onset is that of `onset_interval`.

    Args:
        before: Points of the same slice before the window, oldest first.
        window: The window that failed.
        judged: What was made of it.
        deseasoned: Values of `before` that are there, and then that of the window, less the centre of their part of
            the season, on the scale on which their spread is even; one for each point with a value, and one more.
        kind: Of the indicator; a slice of a count that fell silent did so in its first empty window.
    """
    if kind is Kind.COUNT and judged.measurement.value == 0 and before and judged.drift is None:
        return silent_onset(before, window), None
    plain = onset_interval(before, window)
    starts = [point.window_start for point in before if point.value is not None]
    if judged.measurement.value is None or len(deseasoned) != len(starts) + 1:
        return plain, None
    found = change_points(deseasoned)
    change = _responsible(found, deseasoned[-1])
    if change is None:
        return plain, None
    length = window.end_at - window.start_at
    starts.append(window.start_at)
    first, last = change.low, change.high
    if judged.drift is None:
        there = [point for point in before if point.value is not None]
        calm = [number for number, point in enumerate(there[: change.index]) if is_calm(point)]
        first = max(first, calm[-1] + 1) if calm else first
        since = there[change.index :]
        if sum(is_calm(point) for point in since) * 2 > len(since) > 0:
            return plain, None
    return Window(starts[first], min(starts[last] + length, window.end_at)), change


def deseasoned(
    before: Sequence[Point], judged: Judged, window: Window, usual: UsualMany | None, kind: Kind, season: Season | None
) -> list[float]:
    """Values less the centres that were learned, as `changed_onset` takes them; without learned ones, as they are."""
    values = [point.value for point in before if point.value is not None]
    starts = [point.window_start for point in before if point.value is not None]
    if judged.measurement.value is None:
        return []
    scaled = on_scale(np.array([*values, judged.measurement.value], dtype=np.float64), kind)
    if usual is None or season is None or judged.measurement.slice not in usual.slices:
        return scaled.tolist()
    index = usual.slices.index(judged.measurement.slice)
    parts = [finest_part(season, at) for at in [*starts, window.start_at]]
    centres = usual.seasons.centres[index, parts]
    return (scaled - np.where(np.isfinite(centres), centres, 0.0)).tolist()


def _responsible(found: Sequence[ChangePoint], last: float) -> ChangePoint | None:
    """The first of the changes at the end that all went the same way, towards the last value."""
    chosen: ChangePoint | None = None
    for change in reversed(found):
        downwards = change.after < change.before
        if (last < change.before) != downwards:
            break
        if chosen is not None and (chosen.after < chosen.before) != downwards:
            break
        chosen = change
    return chosen


def _touched(point: Point) -> bool:
    """Whether a window has bounds and lies outside their inner half."""
    return point.lower is not None and point.upper is not None and not is_calm(point)
