"""Ranking what changed as suspects: a pure function from changes and an onset to scores with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from steek.incidents.types import Span
from steek.kernel.units import format_duration
from steek.ledger import Event

# How much a change of each kind says by itself, before place and time. These are starting points by judgement, ordered
# by how directly the change reaches what a model learns from; verdicts on past incidents are to replace them.
KIND_WEIGHT: Mapping[str, float] = {
    "contract.changed": 0.7,
    "feature.changed": 0.7,
    "dataset.replaced": 0.6,
    "definition.changed": 0.6,
    "preparation.changed": 0.6,
    "route.changed": 0.5,
    "settings.changed": 0.5,
    "access.policy_changed": 0.4,
    "external.changed": 0.3,
}
_KIND_WEIGHT_ELSE = 0.3
_FULLY_MEASURED = 0.95  # a change whose own record measures the damage; certainty is for people to state
_HALF_LIFE = timedelta(hours=24)  # a change a day before the onset counts half
_DISTANCE_FACTOR = 0.9
_OUTSIDE_FACTOR = 0.5  # the world outside has no place in the lineage
_ELSEWHERE_FACTOR = 0.06  # known to lie elsewhere in the lineage
_AFTER_ONSET_FACTOR = 0.6  # recorded late, or read by a job that ran after the window
_OTHER_SLICE_FACTOR = 0.2
_UNKNOWN_ONSET_CEILING = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change that may have caused it.

    Args:
        event: The change.
        system: What changed, without version.
        distance: Lineage edges from there to what is broken; None when it is not upstream.
        times_before: How often the same kind of change happened to it in the weeks before, without an incident.
    """

    event: Event
    system: str
    distance: int | None
    times_before: int = 0


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change and how much the evidence speaks for it; `score` in [0, 1] ranks, it is not a probability."""

    event: Event
    system: str
    distance: int | None
    score: float
    reason: str


def rank(
    candidates: Sequence[Candidate], *, onset: Span, detected_at: datetime, broken: str, slices: frozenset[str]
) -> tuple[Suspect, ...]:
    """Candidates as suspects, strongest first; what happened after the detection is left out.

    Args:
        candidates: Changes, in any order.
        onset: When the trouble began.
        detected_at: When it was noticed.
        broken: Name of what is broken, for the reasons.
        slices: Slices that the alerts name; empty when the whole fell.
    """
    ranked = [
        _judge(candidate, onset=onset, broken=broken, slices=slices)
        for candidate in candidates
        if candidate.event.at <= detected_at
    ]
    return tuple(sorted(ranked, key=_order))


def _judge(candidate: Candidate, *, onset: Span, broken: str, slices: frozenset[str]) -> Suspect:
    judgements = (
        _by_place(candidate, broken),
        _by_time(candidate.event.at, onset),
        _by_kind(candidate.event),
        _by_routine(candidate.times_before),
        _by_slice(candidate.event.payload, slices),
    )
    score = 1.0
    for factor, _ in judgements:
        score *= factor
    if not onset.known:
        score = min(score, _UNKNOWN_ONSET_CEILING)
    said = "; ".join(words for _, words in judgements if words)
    return Suspect(
        candidate.event, candidate.system, candidate.distance, round(score, 3), said[:1].upper() + said[1:] + "."
    )


def _by_place(candidate: Candidate, broken: str) -> tuple[float, str]:
    if candidate.distance is None:
        if candidate.event.kind == "external.changed":
            return _OUTSIDE_FACTOR, "happened outside, so no lineage ties it to this"
        return _ELSEWHERE_FACTOR, f"near in time, but not upstream of {broken}"
    if candidate.distance == 0:
        return 1.0, f"changed {broken} itself"
    steps = "one step" if candidate.distance == 1 else f"{candidate.distance} steps"
    return _DISTANCE_FACTOR ** (candidate.distance - 1), f"{steps} upstream of {broken}"


def _by_time(at: datetime, onset: Span) -> tuple[float, str]:
    latest = onset.latest_at or onset.earliest_at
    earliest = onset.earliest_at or onset.latest_at
    if latest is None or earliest is None:
        return 1.0, "when the trouble began is not known"
    if at > latest:
        return _AFTER_ONSET_FACTOR, f"{format_duration(at - latest)} after the onset, but before it was noticed"
    if at >= earliest:
        return 1.0, f"0 to {format_duration(latest - at)} before the onset"
    lag = earliest - at
    return 0.5 ** (lag / _HALF_LIFE), f"{format_duration(lag)} before the onset"


def _by_kind(event: Event) -> tuple[float, str]:
    weight = KIND_WEIGHT.get(event.kind, _KIND_WEIGHT_ELSE)
    shares = unknown_fractions(event.payload)
    if not shares:
        return weight, ""
    column, share = max(shares.items(), key=lambda item: (item[1], item[0]))
    if share == 0:
        return weight, "it brought no value that was not there before"
    measured = weight + (_FULLY_MEASURED - weight) * share
    return measured, f"{share:.0%} of the values of {column} were never seen before"


def unknown_fractions(payload: Mapping[str, object]) -> dict[str, float]:
    """Share of values never seen before, by column, from a change's payload; {} when it was not measured.

    >>> unknown_fractions({"unknown_fraction": {"manufacturer_id": 1.0}})
    {'manufacturer_id': 1.0}
    """
    shares = payload.get("unknown_fraction")
    if not isinstance(shares, Mapping):
        return {}
    measured = cast("Mapping[str, object]", shares)
    return {
        column: min(max(float(share), 0.0), 1.0) for column, share in measured.items() if isinstance(share, int | float)
    }


def _by_routine(times_before: int) -> tuple[float, str]:
    if times_before == 0:
        return 1.0, ""
    times = "once" if times_before == 1 else f"{times_before} times"
    return (1 + times_before) ** -0.5, f"the same kind of change happened {times} in the two weeks before"


def _by_slice(payload: Mapping[str, object], slices: frozenset[str]) -> tuple[float, str]:
    touched = payload.get("slices")
    if not isinstance(touched, list | tuple) or not touched:
        return 1.0, ""
    names = frozenset(str(name) for name in cast("Sequence[object]", touched))
    if not slices:
        return _OTHER_SLICE_FACTOR, f"touches {len(names)} slices only, but the whole fell"
    both = names & slices
    if both:
        return 1.0, f"touches {', '.join(sorted(both)[:3])}, which fell"
    return _OTHER_SLICE_FACTOR, "touches other slices than those that fell"


def _order(suspect: Suspect) -> tuple[float, int, float, int]:
    distance = 1_000 if suspect.distance is None else suspect.distance
    return -suspect.score, distance, -suspect.event.at.timestamp(), suspect.event.sequence
