"""When did it begin? An interval, because a window that still passed may already have been touched."""

from collections.abc import Sequence

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.monitoring.points import Point


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
