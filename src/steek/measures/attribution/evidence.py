"""How strongly does a slice stand out from the rest? A likelihood ratio of inside against outside."""

from dataclasses import dataclass

import numpy as np

from steek.measures.attribution.table import Amounts, Floats

# A slice is never taken to be steadier than this part of what all rows together are.
_STEADIEST = 0.02


@dataclass(frozen=True, slots=True)
class Change:
    """What groups were and are, one entry each.

    `after` is the amount of the window in question, `expected` the mean of the windows compared with, scaled to the
    weight after; `after_variance` and `expected_variance` as if rows came one by one; `windows` is how much more
    weight stands behind the expectation than behind the window itself.
    """

    after: Floats
    expected: Floats
    after_variance: Floats
    expected_variance: Floats
    windows: Floats

    @property
    def rows(self) -> Floats:
        """Rows' worth of information behind the expectation of one window, or of what is new."""
        with np.errstate(all="ignore"):
            old = self.expected**2 / (self.expected_variance * self.windows)
            new = self.after**2 / self.after_variance
        return np.nan_to_num(np.where(self.expected > 0, old, new), nan=1.0, posinf=1.0)

    def total(self) -> "Change":
        """All groups together, as one entry; the groups must not overlap."""
        windows = np.array([np.average(self.windows, weights=np.maximum(self.expected, 1e-300))])
        sums = (self.after, self.expected, self.after_variance, self.expected_variance)
        after, expected, after_variance, expected_variance = (each.sum(keepdims=True) for each in sums)
        return Change(after, expected, after_variance, expected_variance, windows)

    def of(self, groups: Floats) -> "Change":
        """Unions of entries: `groups` is [unions x entries], 1 where an entry belongs to a union."""
        inside = groups @ np.maximum(self.expected, 1e-300)
        windows = groups @ (self.windows * np.maximum(self.expected, 1e-300)) / np.maximum(inside, 1e-300)
        sums = (self.after, self.expected, self.after_variance, self.expected_variance)
        after, expected, after_variance, expected_variance = (groups @ each for each in sums)
        return Change(after, expected, after_variance, expected_variance, windows)


def change_of(groups: Amounts) -> Change:
    """Compare the window in question with the mean of the others, at equal weight.

    For a ratio the expectation is the rate before times the denominator now; a group that has no denominator on
    either side has nothing to compare and is expected to be what it is.
    """
    after, weight = groups.amount[:, 0], groups.weight[:, 0]
    amount, squares = groups.amount[:, 1:].sum(axis=1), groups.squares[:, 1:].sum(axis=1)
    before = groups.weight[:, 1:].sum(axis=1)
    known = (before > 0) & (weight > 0)
    scale = np.where(known, weight / np.where(known, before, 1.0), 0.0)
    return Change(
        after=np.where(known, after, 0.0),
        expected=amount * scale,
        after_variance=np.where(known, groups.squares[:, 0], 0.0),
        expected_variance=squares * scale**2,
        windows=np.where(known, 1 / np.where(known, scale, 1.0), 1.0),
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry for each group: `nats` of log-likelihood gained by giving it a factor of its own, 0 up.

    `rest` is the factor by which everything outside it changed.
    """

    nats: Floats
    rest: Floats


def evidence_of(change: Change, whole: Change, dispersion: Floats) -> Evidence:
    """Evidence that each group changed by another factor than the rest.

    With amounts in units of their own variance over mean, times the dispersion, both sides are counts x and y of a
    Poisson law, and x of x + y is binomial under "the same factor as the rest": the scan statistic of Kulldorff, for
    two samples. A rise is measured in the unit of the rows after, a fall in that of the rows before, so that a single
    wild row is one row. Where a rise comes from rows that all grew, as when a price has the wrong unit, the log ratio
    over its own standard error says more, and the larger of the two is taken. The uncertainty of the rest is added.
    Amounts that may be negative are compared as normal numbers.

    Source: Kulldorff, "A spatial scan statistic" (Communications in Statistics 26, 1997); Neill, "Fast subset scan
    for spatial pattern detection" (J. R. Statist. Soc. B 74, 2012); the log ratio by the delta method.
    """
    if whole.after[0] <= 0 or whole.expected[0] <= 0 or (change.after < 0).any() or (change.expected < 0).any():
        return _signed(change, whole, dispersion)
    with np.errstate(all="ignore"):
        rest_after, rest_expected = whole.after - change.after, whole.expected - change.expected
        is_whole = (rest_after <= 1e-9 * whole.after) | (rest_expected <= 1e-9 * whole.expected)
        rest = np.where(is_whole, whole.after / whole.expected, rest_after / rest_expected)
        nats = _counted(change, whole, dispersion, rest)
        expected = change.expected * rest
        is_rise = change.after > expected
        log_ratio = np.abs(np.log(np.maximum(change.after, 1e-12) / expected))
        # One row less, as for any spread from few: a single wild row has none, and so shows nothing here.
        spread = change.after_variance / np.maximum(change.after**2 - change.after_variance, 0.0)
        spread = spread + change.expected_variance / change.expected**2
        grown = np.where(is_rise & (change.expected > 0), log_ratio**2 / (2 * dispersion * spread), 0.0)
        nats = np.maximum(nats, np.nan_to_num(grown, nan=0.0, posinf=0.0))
        outside = (whole.after_variance - change.after_variance) / rest_after**2
        outside = outside + (whole.expected_variance - change.expected_variance) / rest_expected**2
        outside = np.where(is_whole, 0.0, np.nan_to_num(outside, nan=0.0, posinf=0.0))
        nats = 1 / (1 / nats + 2 * dispersion * outside / log_ratio**2)
    return Evidence(np.where(is_whole, 0.0, np.nan_to_num(nats, nan=0.0, posinf=0.0)), rest)


def _counted(change: Change, whole: Change, dispersion: Floats, rest: Floats) -> Floats:
    windows = change.windows
    least = _STEADIEST * whole.expected_variance * whole.windows / whole.expected
    before_unit = change.expected_variance * windows / change.expected
    after_unit = change.after_variance / change.after
    unit = np.where(change.after > rest * change.expected, after_unit, before_unit)
    unit = dispersion * np.maximum(np.nan_to_num(unit, nan=0.0, posinf=0.0), least)
    x, y = change.after / unit, windows * change.expected / unit
    fraction, count = rest / (rest + windows), x + y
    inside = np.where(x > 0, x * np.log(x / (count * fraction)), 0.0)
    return inside + np.where(y > 0, y * np.log(y / (count * (1 - fraction))), 0.0)


def _signed(change: Change, whole: Change, dispersion: Floats) -> Evidence:
    rest = np.ones_like(change.after)
    if whole.after[0] >= 0 and whole.expected[0] > 0:
        rest = rest * whole.after / whole.expected
    variance = dispersion * (change.after_variance + rest**2 * change.expected_variance)
    with np.errstate(all="ignore"):
        nats = (change.after - rest * change.expected) ** 2 / (2 * variance)
    return Evidence(np.nan_to_num(nats, nan=0.0, posinf=0.0), rest)
