"""How far people agree beyond chance: Cohen's kappa, by pair and over all pairs.

Sources: Cohen 1960, "A coefficient of agreement for nominal scales"; the variance is that of Fleiss, Cohen and
Everitt 1969, "Large sample standard errors of kappa and weighted kappa"; the mean over pairs is Light 1971,
"Measures of response agreement for qualitative data: some generalizations and alternatives".
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from steek.kernel.verdict import Verdict
from steek.measures import Bootstrap, Estimate, wilson

Counts = NDArray[np.float64]
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two annotators over the examples both labelled; `observed` is the share of equal labels."""

    first: str
    second: str
    observed: float | None
    kappa: Estimate
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """All pairs, and their mean over examples drawn anew; `examples` have at least two annotators."""

    pairs: tuple[PairAgreement, ...]
    mean: Estimate
    verdict: Verdict
    reason: str
    examples: int


def cohens_kappa(table: Counts) -> Estimate:
    """Kappa of two annotators, from counts of what one said (rows) and the other (columns).

    No value without examples, or where both always said the same one label: chance explains everything then. Where
    they agree always, the formula's interval would have no width; then the low end comes from Wilson's interval of
    the share of agreement.

    >>> estimate = cohens_kappa(np.array([[20.0, 5.0], [10.0, 15.0]]))
    >>> round(estimate.value, 3), round(estimate.low, 2), round(estimate.high, 2)
    (0.4, 0.15, 0.65)
    """
    rows = round(float(table.sum()))
    kappa = float(kappas(table[np.newaxis])[0])
    if not math.isfinite(kappa):
        return Estimate(None, None, None, rows)
    shares = table / table.sum()
    first, second = shares.sum(axis=1), shares.sum(axis=0)
    chance = float(first @ second)
    agreed = float(np.trace(shares))
    if agreed == 1.0:
        low = wilson(rows, rows).low
        return Estimate(kappa, None if low is None else max(-1.0, (low - chance) / (1 - chance)), 1.0, rows)
    same = np.diag(shares)
    on = float(same @ (1 - (first + second) * (1 - kappa)) ** 2)
    # Of what one called i and the other j: how often the other says i, and the one says j.
    crossed = (second[:, np.newaxis] + first[np.newaxis, :]) ** 2
    off = (1 - kappa) ** 2 * float((shares * crossed).sum() - same @ np.diag(crossed))
    variance = (on + off - (kappa - chance * (1 - kappa)) ** 2) / (rows * (1 - chance) ** 2)
    half = _Z * math.sqrt(max(variance, 0.0))
    return Estimate(kappa, max(-1.0, kappa - half), min(1.0, kappa + half), rows)


def kappas(tables: Counts) -> Counts:
    """Kappa of each of many tables (tables x labels x labels); NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = tables / tables.sum(axis=(1, 2), keepdims=True)
        agreed = np.trace(shares, axis1=1, axis2=2)
        chance = (shares.sum(axis=2) * shares.sum(axis=1)).sum(axis=1)
        found = np.where(chance < 1, (agreed - chance) / (1 - chance), np.nan)
    return np.asarray(found, dtype=np.float64)


def agreement(
    codes: NDArray[np.int64],
    annotators: list[str],
    labels: int,
    *,
    least_shared: int,
    least_agreement: float,
    generator: np.random.Generator,
) -> Agreement:
    """Agreement of every two annotators, and of all.

    Args:
        codes: Examples x annotators: the number of the label that each gave, negative where none.
        annotators: Names, one per column.
        labels: How many labels there are; codes are below it.
        least_shared: Fewer shared examples leave a pair, and the mean, undecided.
        least_agreement: Kappa that must be reached: pass when the whole interval is, fail when none of it is.
        generator: Chance of the mean's interval.
    """
    counted = (codes >= 0).sum(axis=1) >= 2
    shared = codes[counted]
    bootstrap = Bootstrap(len(shared), generator)
    pairs: list[PairAgreement] = []
    draws: list[Counts] = []
    for left, right in combinations(range(len(annotators)), 2):
        cells = _cells(shared[:, left], shared[:, right], labels)
        table = cells.sum(axis=0).reshape(labels, labels)
        estimate = cohens_kappa(table)
        verdict, reason = _judge(estimate, least_shared, least_agreement)
        observed = float(np.trace(table) / table.sum()) if table.sum() else None
        pairs.append(PairAgreement(annotators[left], annotators[right], observed, estimate, verdict, reason))
        if estimate.value is not None:
            blocks = np.stack([bootstrap.by_block(cells[:, at]) for at in range(cells.shape[1])], axis=1)
            draws.append(kappas((bootstrap.weights @ blocks).reshape(-1, labels, labels)))
    mean = _mean(pairs, draws, len(shared))
    verdict, reason = _judge(mean, least_shared, least_agreement)
    return Agreement(tuple(pairs), mean, verdict, reason, len(shared))


def _cells(left: NDArray[np.int64], right: NDArray[np.int64], labels: int) -> Counts:
    both = (left >= 0) & (right >= 0)
    cells = np.zeros((len(left), labels * labels))
    cells[np.flatnonzero(both), left[both] * labels + right[both]] = 1
    return cells


def _mean(pairs: list[PairAgreement], draws: list[Counts], examples: int) -> Estimate:
    values = [pair.kappa.value for pair in pairs if pair.kappa.value is not None]
    if not values:
        return Estimate(None, None, None, examples)
    value = sum(values) / len(values)
    if len(values) == 1:
        only = next(pair.kappa for pair in pairs if pair.kappa.value is not None)
        return Estimate(value, only.low, only.high, examples)
    drawn = np.stack(draws)
    known = drawn[:, np.isfinite(drawn).all(axis=0)].mean(axis=0)
    if 2 * known.size <= drawn.shape[1]:
        return Estimate(value, None, None, examples)
    low, high = np.quantile(known, (0.025, 0.975))
    return Estimate(value, float(low), float(high), examples)


def _judge(kappa: Estimate, least_shared: int, least: float) -> tuple[Verdict, str]:
    if kappa.rows < least_shared:
        return Verdict.UNDECIDED, f"{kappa.rows} shared examples, fewer than {least_shared}"
    if kappa.value is None or kappa.low is None or kappa.high is None:
        return Verdict.UNDECIDED, "no kappa: one label alone was given, so chance explains every agreement"
    told = f"kappa {kappa.value:.2f} ({kappa.low:.2f} to {kappa.high:.2f}), wanted {least:g}"
    if kappa.low >= least:
        return Verdict.PASS, told
    return (Verdict.FAIL if kappa.high < least else Verdict.UNDECIDED), told
