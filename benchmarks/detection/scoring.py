"""From scenarios to rates with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.detection.scenario import Seen

from steek.measures.estimate import Estimate
from steek.measures.intervals import wilson


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scenario: which kind with which seed, where it lay, and what was seen.

    `counts` is whether the goal of recall speaks of it; `harmless` that every alert was a false one.
    """

    fault: str
    size: str
    seed: int
    day: int
    place: str
    counts: bool
    slow: bool
    harmless: bool
    seen: Seen


@dataclass(frozen=True, slots=True)
class Score:
    """Rates over scenarios; rates over the detected ones are None where there were none.

    `windows` are the median and the upper and lower quartile of windows to detection, a fault that was not seen
    counting as infinitely late.
    """

    scenarios: int
    detected: Estimate
    windows: tuple[float, float, float]
    slice_named: Estimate | None
    first_mover_named: Estimate | None


def score(outcomes: Sequence[Outcome]) -> Score:
    """Over at least one scenario."""
    seen = [one.seen for one in outcomes]
    found = [one for one in seen if one.windows is not None]
    late = [math.inf if one.windows is None else float(one.windows) for one in seen]
    return Score(
        len(seen),
        wilson(len(found), len(seen)),
        (quantile(late, 0.25), quantile(late, 0.5), quantile(late, 0.75)),
        wilson(sum(one.slice_named for one in found), len(found)) if found else None,
        wilson(sum(one.first_mover_named for one in found), len(found)) if found else None,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Nearest rank, so that a window is a window."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
