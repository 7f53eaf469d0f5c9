"""The slices that stand out most: all values, all pairs of values, and further narrowed where a pair already does."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from steek.measures.attribution.dispersion import Dispersion, dispersion_of, pooled
from steek.measures.attribution.evidence import Change, change_of, evidence_of
from steek.measures.attribution.table import Amounts, Codes, Floats, Table

Slice = tuple[tuple[int, int], ...]
# Nats that each dimension beyond the first must add, beside the logarithm of how many more slices were looked at.
NATS_PER_DIMENSION = 2.0
_KEPT_PER_GROUPING, _NARROWED, _KEPT_PER_NARROWING = 10, 12, 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slice as pairs of dimension and code.

    `nats` is its evidence after `price`, what it costs to name it: the logarithm of how many slices were looked at,
    and so much more for each dimension. `dispersion` is the one it was judged with.
    """

    slice: Slice
    nats: float
    price: float
    dispersion: float


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the whole went up and down before: one standard deviation of the logarithm, and what a factor costs.

    A slice in one direction and all the rest in the other fit the same rows; the one that leaves the rest as it was is
    the likelier story.
    """

    spread: float

    def cost(self, factor: Floats) -> Floats:
        """Nats against the rest having changed by this factor."""
        return np.log(np.maximum(factor, 1e-9)) ** 2 / (2 * self.spread**2)


@dataclass(frozen=True, slots=True)
class _Grouping:
    """All groups of one dimension or pair that have rows, with the codes of each: [groups x dimensions]."""

    dimensions: tuple[int, ...]
    codes: Codes
    amounts: Amounts


def drift_of(whole: Amounts) -> Drift:
    """From the windows compared with; at least 5%, and 10% with a single one."""
    levels = whole.amount[0, 1:] / np.maximum(whole.weight[0, 1:], 1e-300)
    if len(levels) < 2 or (levels <= 0).any():
        return Drift(0.1)
    return Drift(max(0.05, float(np.std(np.log(levels), ddof=1))))


def find_candidates(table: Table, whole: Change, drift: Drift, *, most_dimensions: int = 3) -> list[Candidate]:
    """Slices by evidence, the strongest first.

    Single dimensions and pairs are looked at in full. A slice of more dimensions is looked for inside the strongest
    pairs, because each of its pairs holds its change too, only thinner.
    """
    groupings = list(_groupings(table, min(most_dimensions, 2)))
    learned = {one.dimensions: dispersion_of(one.amounts) for one in groupings}
    floor = pooled([one for dimensions, one in learned.items() if len(dimensions) == 1])
    known = {dimensions: one or floor for dimensions, one in learned.items()}
    looked = math.log(len(groupings))
    found: list[Candidate] = []
    for one in groupings:
        price = math.log(len(one.codes)) + looked + NATS_PER_DIMENSION * (len(one.dimensions) - 1)
        judged = _judge(one.amounts, whole, drift, known[one.dimensions], floor, price)
        in_pair = len(one.dimensions) > 1
        for place in judged.best[:_KEPT_PER_GROUPING]:
            codes = one.codes[place]
            if not any(
                table.is_rest(at, int(code), in_pair=in_pair) for at, code in zip(one.dimensions, codes, strict=True)
            ):
                found.append(judged.candidate(_slice(one.dimensions, codes), place))
    level = [one for one in found if len(one.slice) == 2]
    for _ in range(2, most_dimensions):
        level = _narrowed(table, whole, drift, known, floor, level)
        found += level
    return sorted(found, key=lambda one: (-one.nats, one.slice))


@dataclass(frozen=True, slots=True)
class _Judged:
    nats: Floats
    price: float
    dispersion: Floats
    best: list[int]

    def candidate(self, slice: Slice, place: int) -> Candidate:
        return Candidate(slice, float(self.nats[place]), self.price, float(self.dispersion[place]))


def _judge(
    amounts: Amounts, whole: Change, drift: Drift, learned: Dispersion, floor: Dispersion, price: float
) -> _Judged:
    change = change_of(amounts)
    dispersion = learned.at(change.rows, floor)
    evidence = evidence_of(change, whole, dispersion)
    nats = evidence.nats - price - drift.cost(evidence.rest)
    return _Judged(nats, price, dispersion, _strongest(nats))


def _strongest(nats: Floats) -> list[int]:
    """Places of the largest entries, strongest first; twice as many as are kept, because some stand for the rest."""
    count = min(2 * _KEPT_PER_GROUPING, len(nats))
    # All that are as strong as the last of them, so that the order does not depend on how they were parted.
    edge = np.partition(nats, len(nats) - count)[len(nats) - count]
    places = np.flatnonzero(nats >= edge)
    return [int(at) for at in places[np.argsort(-nats[places], kind="stable")][:count]]


def _groupings(table: Table, most: int) -> Iterator[_Grouping]:
    for count in range(1, most + 1):
        for dimensions in combinations(range(len(table.dimensions)), count):
            sizes = [table.size(at, in_pair=count > 1) for at in dimensions]
            group = np.zeros(table.rows, np.int64)
            for at, size in zip(dimensions, sizes, strict=True):
                group = group * size + np.minimum(table.codes[at], size - 1)
            amounts = table.amounts(group, math.prod(sizes))
            present = np.flatnonzero(amounts.squares.any(axis=1) | amounts.amount.any(axis=1))
            codes = np.stack(np.unravel_index(present, sizes), axis=1).astype(np.int64)
            yield _Grouping(dimensions, codes, amounts.of(present))


def _narrowed(
    table: Table,
    whole: Change,
    drift: Drift,
    known: dict[tuple[int, ...], Dispersion],
    floor: Dispersion,
    level: Sequence[Candidate],
) -> list[Candidate]:
    """The strongest slices of one dimension more, inside the strongest of these."""
    found: dict[Slice, Candidate] = {}
    for wider in sorted(level, key=lambda one: (-one.nats, one.slice))[:_NARROWED]:
        rows = np.flatnonzero(table.mask(wider.slice)).astype(np.int64)
        fixed = [at for at, _ in wider.slice]
        for at in (at for at in range(len(table.dimensions)) if at not in fixed):
            amounts = table.amounts(table.codes[at][rows], table.size(at), rows)
            present = np.flatnonzero(amounts.squares.any(axis=1))
            if len(present) < 2:
                continue
            price = wider.price + math.log(len(present) * len(table.dimensions)) + NATS_PER_DIMENSION
            judged = _judge(amounts.of(present), whole, drift, known[(fixed[0], fixed[1])], floor, price)
            for place in judged.best[:_KEPT_PER_NARROWING]:
                code = int(present[place])
                slice_ = tuple(sorted((*wider.slice, (at, code))))
                if not table.is_rest(at, code):
                    one = judged.candidate(slice_, place)
                    if slice_ not in found or one.nats > found[slice_].nats:
                        found[slice_] = one
    return list(found.values())


def _slice(dimensions: tuple[int, ...], codes: Codes) -> Slice:
    return tuple((at, int(code)) for at, code in zip(dimensions, codes, strict=True))
