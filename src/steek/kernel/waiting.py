"""Waiting for a condition that another process makes true."""

import threading
from collections.abc import Callable

from steek.kernel.clock import Clock


def wait_until(condition: Callable[[], bool], clock: Clock, *, timeout_s: float, interval_s: float = 0.05) -> bool:
    """Ask again and again until `condition` holds; False when `timeout_s` of real time passed first.

    The condition is asked at least once, and once more at the end of the time.
    """
    pause = threading.Event()
    ends_at_s = clock.monotonic_s() + timeout_s
    while not condition():
        left_s = ends_at_s - clock.monotonic_s()
        if left_s <= 0:
            return False
        pause.wait(min(interval_s, left_s))
    return True
