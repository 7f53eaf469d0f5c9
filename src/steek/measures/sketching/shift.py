"""Whether a distribution has shifted by more than is tolerated, whatever the number of values.

The population stability index of two samples of one distribution is not 0: of n and m values in B groups it is about
s = 1/n + 1/m times a chi-square with B - 1 degrees of freedom, and of two distributions whose index is p about s times
a non-central one with non-centrality p / s (Yurdakul, "Statistical properties of the population stability index",
2018; the quadratic form is Pearson's). So its mean is p + (B - 1) s and its variance 2 s^2 (B - 1) + 4 s p: what the
mean has too much is taken off, the variance makes an interval, and the interval is compared with the limit. More
values narrow the interval; they do not move it towards a verdict.
"""

from dataclasses import dataclass
from math import sqrt

from steek.kernel.verdict import Verdict

# Siddiqi, "Credit Risk Scorecards" (2006): from 0.25 on the population has changed.
LIMIT = 0.25
# Two-sided, in 99 of 100 cases.
_WIDTH = 2.576


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a distribution has shifted.

    Args:
        index: Stability index without what chance adds to it, at least 0.
        lower, upper: Bounds of the index in 99 of 100 cases.
        verdict: Fail when it is beyond the limit even at the lower bound, pass when it is below it even at the upper.
        reason: One sentence with the numbers.
    """

    index: float
    lower: float
    upper: float
    verdict: Verdict
    reason: str


def judge_shift(raw: float, *, before: int, after: int, groups: int, limit: float = LIMIT) -> Shift:
    """Judge the index of two samples.

    Args:
        raw: As `stability_index` gives it.
        before: Values in the one sample.
        after: Values in the other.
        groups: Groups that they were counted in.
        limit: What is tolerated.

    >>> judge_shift(0.9, before=40, after=40, groups=10).verdict
    <Verdict.UNDECIDED: 'undecided'>
    >>> judge_shift(0.3, before=40_000, after=40_000, groups=10).verdict
    <Verdict.FAIL: 'fail'>
    """
    if not before or not after:
        return Shift(
            0.0, 0.0, 0.0, Verdict.UNDECIDED, f"{before:,} values before and {after:,} after: nothing to compare"
        )
    scale = 1 / before + 1 / after
    freedom = max(groups - 1, 1)
    index = max(raw - freedom * scale, 0.0)
    spread = _WIDTH * sqrt(2 * freedom * scale**2 + 4 * scale * index)
    lower, upper = max(index - spread, 0.0), index + spread
    told = f"stability index {index:.2f} ({lower:.2f} to {upper:.2f}), limit {limit:g}"
    if lower > limit:
        return Shift(index, lower, upper, Verdict.FAIL, told)
    if upper < limit:
        return Shift(index, lower, upper, Verdict.PASS, told)
    few = f"{before:,} and {after:,} values are too few to tell: {told}"
    return Shift(index, lower, upper, Verdict.UNDECIDED, few)
