"""Of slices that share their rows, the one that says it best; of the others, one for each change."""

from collections.abc import Sequence

import numpy as np

from steek.measures.attribution.candidates import Candidate, Drift
from steek.measures.attribution.evidence import Change, change_of, evidence_of
from steek.measures.attribution.table import Floats, Table

_MOST = 40
# Slices are of one family when so much of the smaller one lies in the other.
_SHARED = 0.5
# Weaker slices of a family cannot speak for it: at least so many nats, and this part of its strongest.
_LEAST_NATS, _LEAST_PART = 3.0, 0.1


def resolve(
    table: Table, candidates: Sequence[Candidate], whole: Change, drift: Drift, *, most: int
) -> list[Candidate]:
    """One candidate for each family, the strongest family first.

    The strongest candidate gathers its family; all members are then judged with the same dispersion, the widest
    among them. So judged, the slice whose rows changed alike wins: a wider one is thinned by rows that did not change,
    a narrower one leaves out some that did.

    Args:
        table: The rows.
        candidates: Strongest first.
        whole: All rows together.
        drift: What a factor of the rest costs.
        most: How many to give at most.
    """
    shown = list(candidates[:_MOST])
    if not shown:
        return []
    change, member, size = _overlaps(table, shown)
    shared = member @ (size[:, None] * member.T)
    rows = np.maximum(np.diag(shared), 1.0)
    overlap = shared / np.minimum(rows[:, None], rows[None, :])
    left, chosen = list(range(len(shown))), list[Candidate]()
    while left and len(chosen) < most:
        head = left[0]
        least = max(_LEAST_NATS, _LEAST_PART * shown[head].nats)
        family = [at for at in left if at == head or (overlap[head, at] > _SHARED and shown[at].nats > least)]
        best = family[_best(change, member[family], [shown[at] for at in family], whole, drift)]
        chosen.append(shown[best])
        left = [at for at in left if overlap[best, at] <= _SHARED and at not in family]
    return chosen


def _best(change: Change, member: Floats, family: Sequence[Candidate], whole: Change, drift: Drift) -> int:
    widest = np.full(len(family), max(one.dispersion for one in family))
    evidence = evidence_of(change.of(member), whole, widest)
    prices = np.array([one.price for one in family])
    return int(np.argmax(evidence.nats - prices - drift.cost(evidence.rest)))


def _overlaps(table: Table, shown: Sequence[Candidate]) -> tuple[Change, Floats, Floats]:
    """Change and rows of every part into which the candidates cut the rows; [candidates x parts] who holds it."""
    signature = np.zeros(table.rows, np.int64)
    for at, one in enumerate(shown):
        signature |= table.mask(one.slice).astype(np.int64) << at
    parts, place = np.unique(signature, return_inverse=True)
    amounts = table.amounts(place.astype(np.int64), len(parts))
    member = ((parts[None, :] >> np.arange(len(shown))[:, None]) & 1).astype(np.float64)
    return change_of(amounts), member, np.bincount(place, minlength=len(parts)).astype(np.float64)
