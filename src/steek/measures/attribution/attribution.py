"""Attribution: which slices explain the change of a sum or a ratio, over many dimensions and their combinations.

Adtributor (Bhagwan et al., NSDI 2014) explains a change by one dimension: it ranks values by the surprise of their
share and takes them until most of the change is explained. Its figures are kept here, its search is not: it cannot
name a combination. R-Adtributor (Persson and Rudenius, 2018) recurses into what was found and names combinations
nearly as well as what is done here; but both know no chance, and name a slice of every quiet week too. Squeeze (Li et
al., ISSRE 2019) searches combinations by how well "all its leaves changed by the same factor" fits; on shops and
categories most leaves hold one row or none, and their noise drowns the fit. The same principle holds without leaves:
inside and outside of a slice by their sums, as the scan statistics of epidemiology have it (Kulldorff 1997), with the
wildness of slices of each size learned from the windows before. `benchmarks/attribution.py` has all of these side by
side on a year of real sales.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from steek.measures.attribution.candidates import Candidate, drift_of, find_candidates
from steek.measures.attribution.evidence import change_of
from steek.measures.attribution.explanation import Attribution, Effect, Explanation, Metric
from steek.measures.attribution.families import resolve
from steek.measures.attribution.mix import Mixture, mixture
from steek.measures.attribution.sentences import headline, sentence, why_undecided
from steek.measures.attribution.surprise import contribution, surprise
from steek.measures.attribution.table import Amounts, Floats, Table, table_of

# One in twenty quiet comparisons names a slice.
LEAST_NATS = 3.0
# What moves the whole by less than a tenth of its change, or by less than a hundredth of itself, does not explain it.
LEAST_PART_OF_CHANGE, LEAST_PART_OF_WHOLE = 0.1, 0.01
_LEAST_ROWS = 20.0


def attribute(
    before: pl.DataFrame,
    after: pl.DataFrame,
    dimensions: Sequence[str],
    *,
    metric: Metric = "sum",
    unit: str = "",
    most: int = 5,
    most_dimensions: int = 3,
) -> Attribution:
    """Name the slices that explain the change from `before` to `after`.

    Args:
        before: One row for each cell, or for each row of data. Columns of the dimensions; `value`, or for a ratio
            `numerator` and `denominator`; `squares`, the sum over the rows of data of value², or for a ratio of
            (numerator - ratio x denominator)², which says how large single rows are (without it every unit counts as
            a row of its own); and `window`, any value, where several comparable windows are given. Those make the
            expectation, their mean, and show how wildly slices go up and down without a fault. Four are good; with
            one, only changes against the other slices of the same window tell. Null and NaN amounts are 0.
        after: The same without `window`, for one window of the same length.
        dimensions: Up to about eight columns; of each the 1,000 most frequent values are told apart.
        metric: "sum" for what adds up over slices, "ratio" for sum(numerator) / sum(denominator): means, rates.
        unit: Unit of the metric, for the sentences.
        most: How many slices to name at most.
        most_dimensions: How many dimensions one slice may combine.

    Returns:
        `undecided` is set, and `explained` empty, when no slice stands out enough for chance, or none that stands out
        matters: when everything fell alike, that is the finding.

    Raises:
        InputError: no dimension, a missing column, or no rows before.
    """
    table = table_of(before, after, dimensions, is_ratio=metric == "ratio")
    names: tuple[Effect, ...] = ("rate", "mix") if metric == "ratio" else ("amount",)
    found = [one for effect in names for one in _found(table, effect, most, most_dimensions)]
    if metric == "ratio":
        found.sort(key=lambda one: -abs(one.moved))
    # What moved against the whole does not explain it, but hides a part of what does.
    found.sort(key=lambda one: one.contribution is not None and one.contribution < 0)
    return _told(table, metric, [replace(one, sentence=sentence(one, unit)) for one in found], most, unit)


def _told(table: Table, metric: Metric, found: Sequence[Explanation], most: int, unit: str) -> Attribution:
    """The outcome: what matters, what only stands out, and why nothing is explained if it is so."""
    whole = table.amounts(np.zeros(table.rows, np.int64), 1)
    before, after = _totals(whole, metric)
    outcome = Attribution(
        metric=metric,
        dimensions=table.dimensions,
        windows=table.windows,
        total_before=before,
        total_after=after,
        explained=tuple(one for one in found if _matters(one, before, after))[:most],
        also=tuple(one for one in found if not _matters(one, before, after))[:most],
        undecided=None,
        dimension=None,
        rate=None,
        mix=None,
        sentence="",
    )
    if metric == "ratio" and before is not None and after is not None:
        outcome = _with_mixture(outcome, table)
    if not outcome.explained:
        few = float(change_of(whole).rows[0]) < _LEAST_ROWS
        outcome = replace(outcome, undecided=why_undecided(outcome, few_rows=few, drift=drift_of(whole).spread))
    return replace(outcome, sentence=headline(outcome, unit))


def _found(table: Table, effect: Effect, most: int, most_dimensions: int) -> list[Explanation]:
    """Slices whose amount, rate or share stands out, the strongest first."""
    scanned = table
    if effect == "mix":
        assert table.weight is not None
        scanned = replace(table, amount=table.weight, squares=table.weight, weight=None)
    whole = scanned.amounts(np.zeros(scanned.rows, np.int64), 1)
    total, drift = change_of(whole), drift_of(whole)
    candidates = find_candidates(scanned, total, drift, most_dimensions=most_dimensions)
    chosen = resolve(scanned, [one for one in candidates if one.nats >= LEAST_NATS], total, drift, most=2 * most)
    return [_explanation(table, one, effect) for one in chosen]


def _explanation(table: Table, candidate: Candidate, effect: Effect) -> Explanation:
    inside = table.amounts(table.mask(candidate.slice).astype(np.int64), 2)
    of_slice, of_all = inside.of(np.array([1])), table.amounts(np.zeros(table.rows, np.int64), 1)
    dimensions = tuple(table.dimensions[at] for at, _ in candidate.slice)
    values = tuple(table.values[at][code] for at, code in candidate.slice)
    if effect == "amount":
        part, whole = change_of(of_slice), change_of(of_all)
        after, expected = float(part.after[0]), float(part.expected[0])
        all_after, all_expected = float(whole.after[0]), float(whole.expected[0])
        return Explanation(
            dimensions=dimensions,
            values=values,
            effect=effect,
            before=expected,
            after=after,
            share_before=expected / all_expected if all_expected else 0.0,
            share_after=after / all_after if all_after else 0.0,
            moved=after - expected,
            contribution=contribution(after, expected, all_after, all_expected),
            surprise=surprise(after, expected, all_after, all_expected),
            evidence=candidate.nats,
        )
    numerator, denominator = _columns(inside)
    split = mixture(numerator, denominator)
    whole_change = split.total_rate + split.total_mix
    # Against the rest: with two parts the mix of both is one number, the exchange between them.
    moved = float(split.rate[1]) if effect == "rate" else split.total_mix
    share = denominator / denominator.sum(axis=0)
    below = [float(each) for each in denominator[1]]
    return Explanation(
        dimensions=dimensions,
        values=values,
        effect=effect,
        before=float(numerator[1, 0]) / below[0] if below[0] else None,
        after=float(numerator[1, 1]) / below[1] if below[1] else None,
        share_before=float(share[1, 0]),
        share_after=float(share[1, 1]),
        moved=moved,
        contribution=moved / whole_change if whole_change else None,
        surprise=surprise(below[1], below[0], float(denominator[:, 1].sum()), float(denominator[:, 0].sum())),
        evidence=candidate.nats,
    )


def _columns(groups: Amounts) -> tuple[Floats, Floats]:
    """[groups x 2] numerator and denominator, the mean of the windows before and now."""
    windows = groups.amount.shape[1] - 1

    def pair(values: Floats) -> Floats:
        return np.stack([values[:, 1:].sum(axis=1) / windows, values[:, 0]], axis=1)

    return pair(groups.amount), pair(groups.weight)


def _totals(whole: Amounts, metric: Metric) -> tuple[float | None, float | None]:
    numerator, denominator = _columns(whole)
    if metric == "sum":
        return float(numerator[0, 0]), float(numerator[0, 1])
    before, after = (
        float(above) / float(below) if below else None
        for above, below in zip(numerator[0], denominator[0], strict=True)
    )
    return before, after


def _matters(one: Explanation, before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return False
    return abs(one.moved) >= max(LEAST_PART_OF_CHANGE * abs(after - before), LEAST_PART_OF_WHOLE * abs(before))


def _with_mixture(outcome: Attribution, table: Table) -> Attribution:
    """Rate and mix along the dimension of the first explanation, else along the one with the most mix."""
    splits: dict[str, Mixture] = {}
    for at, name in enumerate(table.dimensions):
        numerator, denominator = _columns(table.amounts(table.codes[at], table.size(at)))
        splits[name] = mixture(numerator, denominator)
    named = [one.dimensions[0] for one in outcome.explained if len(one.dimensions) == 1]
    chosen = named[0] if named else max(splits, key=lambda name: abs(splits[name].total_mix))
    split = splits[chosen]
    return replace(outcome, dimension=chosen, rate=split.total_rate, mix=split.total_mix)
