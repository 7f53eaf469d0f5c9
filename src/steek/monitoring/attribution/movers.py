"""Who moved first? Anomalies in order of when they began and, where time does not tell, of who feeds whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from steek.kernel.windows import Window


@dataclass(frozen=True, slots=True)
class Mover:
    """One anomalous thing.

    `urn` is the thing without a version. `rank` counts from 1 and is shared in a tie; `tied_with` are the others of
    the same rank. `distance` counts lineage steps down to the subject, or without a subject to the farthest anomaly
    that depends on it; None when no way leads there. `reason` is one sentence why it stands where it stands.
    """

    urn: str
    onset: Window
    distance: int | None
    rank: int
    tied_with: tuple[str, ...]
    reason: str


def first_movers(
    edges: Iterable[tuple[str, str]], anomalies: Mapping[str, Window], *, subject: str | None = None
) -> tuple[Mover, ...]:
    """Order anomalies by who moved first.

    Of all that are left, those whose onset began before the earliest onset was over are the candidates for the next
    place: each of them may have been first. Their onsets share a moment, so time does not order them; lineage does, the
    one upstream first. Those that neither time nor lineage can tell apart are tied, and say so. Things on a
    circle of lineage feed each other, which orders nothing.

    Args:
        edges: (upstream, downstream) URNs; versions are folded together.
        anomalies: Onset interval of each anomalous thing by URN. Two versions of one thing count as the earlier one.
        subject: The thing in question; only it and what it was made from are kept. None keeps all.

    Returns:
        First mover first, equal ranks by URN; empty when nothing anomalous is upstream.

    >>> from datetime import UTC, datetime
    >>> day = lambda a, b: Window(datetime(2026, 5, a, tzinfo=UTC), datetime(2026, 5, b, tzinfo=UTC))
    >>> found = first_movers([("dataset:lines", "model:rank")], {"model:rank": day(2, 4), "dataset:lines": day(3, 4)})
    >>> [(mover.urn, mover.reason) for mover in found][0]
    ('dataset:lines', 'began at about the same time as model:rank, which is made from it')
    """
    below = _below(edges)
    onsets = _folded(anomalies)
    root = None if subject is None else _name(subject)
    reach = {urn: _steps(urn, below) for urn in onsets}
    if root is not None:
        onsets = {urn: onset for urn, onset in onsets.items() if urn == root or root in reach[urn]}
    movers: list[Mover] = []
    left = dict(onsets)
    while left:
        chosen, contenders = _next(left, reach)
        for urn in chosen:
            tied = tuple(other for other in chosen if other != urn)
            reason = _reason(urn, left, tied, contenders, reach)
            distance = _distance(urn, root, onsets, reach)
            movers.append(Mover(urn, left[urn], distance, len(movers) + 1 - chosen.index(urn), tied, reason))
        left = {urn: onset for urn, onset in left.items() if urn not in chosen}
    return tuple(movers)


def _next(left: Mapping[str, Window], reach: Mapping[str, Mapping[str, int]]) -> tuple[list[str], list[str]]:
    """Who holds the next place, and all whose onset might have been the earliest."""
    earliest_end = min(onset.end_at for onset in left.values())
    contenders = sorted(urn for urn, onset in left.items() if onset.start_at < earliest_end)
    chosen = [urn for urn in contenders if not any(_feeds(other, urn, reach) for other in contenders)]
    return chosen, contenders


def _feeds(upper: str, lower: str, reach: Mapping[str, Mapping[str, int]]) -> bool:
    return lower in reach[upper] and upper not in reach[lower]


def _reason(
    urn: str,
    left: Mapping[str, Window],
    tied: tuple[str, ...],
    contenders: list[str],
    reach: Mapping[str, Mapping[str, int]],
) -> str:
    if tied:
        return f"began at about the same time as {_listed(tied)}, and lineage does not order them: a tie"
    fed = [other for other in contenders if _feeds(urn, other, reach)]
    if fed:
        made = "which is made from it" if len(fed) == 1 else "which are made from it"
        return f"began at about the same time as {_listed(fed)}, {made}"
    return "the last to begin" if len(left) == 1 else "began before all that follow"


def _distance(
    urn: str, root: str | None, onsets: Mapping[str, Window], reach: Mapping[str, Mapping[str, int]]
) -> int | None:
    if root is not None:
        return 0 if urn == root else reach[urn].get(root)
    return max((reach[urn][other] for other in onsets if other != urn and other in reach[urn]), default=None)


def _below(edges: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    below: dict[str, set[str]] = {}
    for upstream, downstream in edges:
        upper, lower = _name(upstream), _name(downstream)
        if upper != lower:
            below.setdefault(upper, set()).add(lower)
    return below


def _steps(urn: str, below: Mapping[str, set[str]]) -> dict[str, int]:
    """Everything that depends on a thing, with the fewest steps to it; itself only when it stands on a circle."""
    found: dict[str, int] = {}
    frontier, step = {urn}, 0
    while frontier:
        step += 1
        frontier = {lower for upper in frontier for lower in below.get(upper, ()) if lower not in found}
        found |= dict.fromkeys(frontier, step)
    return found


def _folded(anomalies: Mapping[str, Window]) -> dict[str, Window]:
    onsets: dict[str, Window] = {}
    for urn, onset in anomalies.items():
        known = onsets.get(_name(urn))
        if known is None or (onset.start_at, onset.end_at) < (known.start_at, known.end_at):
            onsets[_name(urn)] = onset
    return onsets


def _name(urn: str) -> str:
    return urn.partition("@")[0]


def _listed(urns: Iterable[str]) -> str:
    ordered = sorted(urns)
    if len(ordered) > 3:
        return f"{', '.join(ordered[:3])} and {len(ordered) - 3} more"
    return " and ".join([", ".join(ordered[:-1]), ordered[-1]] if len(ordered) > 1 else ordered)
