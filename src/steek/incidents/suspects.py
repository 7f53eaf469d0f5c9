"""Ranking what changed as suspects: a pure function from changes and an onset to scores with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, cast

from steek.incidents.change_kinds import EVERYWHERE, Category, category_of, say_kind
from steek.incidents.fallen_slices import Fallen, judge_slices
from steek.incidents.track_record import NOTHING_KNOWN, TrackRecord, smoothed
from steek.incidents.types import Span
from steek.kernel.units import format_duration
from steek.ledger import Event

# How much a change of each kind says by itself, before place and time. These are starting points by judgement, ordered
# by how directly the change reaches what a model learns from; verdicts on past incidents move them, see `track_record`.
KIND_WEIGHT: Mapping[str, float] = {
    "contract.changed": 0.7,
    "feature.changed": 0.7,
    "dataset.replaced": 0.6,
    "definition.changed": 0.6,
    "preparation.changed": 0.6,
    "binary.changed": 0.5,
    "route.changed": 0.5,
    "settings.changed": 0.5,
    "access.policy_changed": 0.4,
    "external.changed": 0.3,
}
_KIND_WEIGHT_ELSE = 0.3
_INFRASTRUCTURE_WEIGHT = 0.5
_FULLY_MEASURED = 0.95  # a change whose own record measures the damage; certainty is for people to state
_HALF_LIFE = timedelta(hours=24)  # a change a day before the onset counts half
_DISTANCE_FACTOR = 0.9
_OUTSIDE_FACTOR = 0.5  # the world outside has no place in the lineage
_EVERYWHERE_FACTOR = 0.7  # what all systems run on is near to each of them, and to none in particular
_ELSEWHERE_FACTOR = 0.06  # known to lie elsewhere in the lineage
_AFTER_ONSET_FACTOR = 0.6  # recorded late, or read by a job that ran after the window
_MOVED_BEFORE_FACTOR = 0.3  # what feeds it was wrong already
_OFF_THE_WAY_FACTOR = 0.7  # what was wrong first is not made from it
_UNKNOWN_ONSET_CEILING = 0.5
_REJECTED_FACTOR = 0.05

Word = Literal["confirmed", "rejected"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change that may have caused it.

    Args:
        event: The change.
        system: What changed, without version.
        distance: Lineage edges from there to what is broken; None when it is not upstream.
        times_before: How often the same kind of change happened to it in the weeks before, without an incident.
        first_below: What was wrong first, where that is this system or made from it; None where it is not.
        first_above: What was wrong first, where this system is made from that; None where it is not.
        first_beside: What was wrong first, where lineage does not tie it to this system; None where it does.
    """

    event: Event
    system: str
    distance: int | None
    times_before: int = 0
    first_below: str | None = None
    first_above: str | None = None
    first_beside: str | None = None


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change and how much the evidence speaks for it; `score` in [0, 1] ranks, it is not a probability.

    `category` is data, schema, config, feature code, model, binary, infrastructure or the world outside; `what` the
    change in plain words. `verdict` is what people found out, by `judged_by`; None while nobody said anything.
    """

    event: Event
    system: str
    distance: int | None
    score: float
    reason: str
    category: Category
    what: str
    verdict: Word | None = None
    judged_by: str | None = None

    @classmethod
    def of(cls, event: Event, system: str, distance: int | None, score: float, reason: str) -> "Suspect":
        """A change that nobody judged yet."""
        return cls(event, system, distance, score, reason, category_of(event), say_kind(event, system))


@dataclass(frozen=True, slots=True)
class _Case:
    onset: Span
    broken: str
    fallen: Fallen
    records: Mapping[str, TrackRecord]


def rank(
    candidates: Sequence[Candidate],
    *,
    onset: Span,
    detected_at: datetime,
    broken: str,
    fallen: Fallen,
    records: Mapping[str, TrackRecord] = NOTHING_KNOWN,
) -> tuple[Suspect, ...]:
    """Candidates as suspects, strongest first; what happened after the detection is left out.

    Args:
        candidates: Changes, in any order.
        onset: When the trouble began.
        detected_at: When it was noticed.
        broken: Name of what is broken, for the reasons.
        fallen: Which slices fell, and whether the whole did.
        records: How often each kind of change broke things before, by kind; empty where nobody knows yet.
    """
    case = _Case(onset, broken, fallen, records)
    ranked = [_judge(candidate, case) for candidate in candidates if candidate.event.at <= detected_at]
    return tuple(sorted(ranked, key=_order))


def apply_verdicts(
    suspects: Sequence[Suspect], verdicts: Mapping[str, tuple[str, str]], *, known: Mapping[str, Event]
) -> tuple[Suspect, ...]:
    """Suspects with what people found out: confirmed ones on top at 1.0, rejected ones at the end, and shown so.

    Args:
        suspects: As ranked by evidence.
        verdicts: Event id to (verdict, who said so).
        known: Events by id, for changes that people named and the ranking did not have.
    """
    ranked = {suspect.event.id: suspect for suspect in suspects}
    for event_id, (verdict, _) in verdicts.items():
        if verdict == "confirmed" and event_id not in ranked and event_id in known:
            event = known[event_id]
            ranked[event_id] = Suspect.of(event, event.subject.partition("@")[0], None, 0.0, "Named by people.")
    judged = [_with_verdict(suspect, verdicts.get(event_id)) for event_id, suspect in ranked.items()]
    return tuple(sorted(judged, key=_order))


def _with_verdict(suspect: Suspect, said: tuple[str, str] | None) -> Suspect:
    if said is None:
        return suspect
    verdict, by = said
    if verdict == "confirmed":
        reason = f"{suspect.reason} {by} confirmed it."
        return replace(suspect, score=1.0, reason=reason, verdict="confirmed", judged_by=by)
    reason = f"{suspect.reason} {by} rejected it."
    score = round(suspect.score * _REJECTED_FACTOR, 3)
    return replace(suspect, score=score, reason=reason, verdict="rejected", judged_by=by)


def _judge(candidate: Candidate, case: _Case) -> Suspect:
    judgements = (
        _by_place(candidate, case.broken),
        _by_time(candidate.event.at, case.onset),
        _by_kind(candidate.event, case.records),
        _by_routine(candidate.times_before),
        judge_slices(candidate.event.payload, case.fallen),
        _by_first_mover(candidate, case.broken),
    )
    score = 1.0
    for factor, _ in judgements:
        score *= factor
    if not case.onset.known:
        score = min(score, _UNKNOWN_ONSET_CEILING)
    said = "; ".join(words for _, words in judgements if words)
    return Suspect.of(
        candidate.event, candidate.system, candidate.distance, round(score, 3), said[:1].upper() + said[1:] + "."
    )


def _by_place(candidate: Candidate, broken: str) -> tuple[float, str]:
    kind = candidate.event.kind
    if candidate.distance is None:
        if kind == "external.changed":
            return _OUTSIDE_FACTOR, "happened outside, so no lineage ties it to this"
        if kind in EVERYWHERE:
            return _EVERYWHERE_FACTOR, "holds for everything that runs here"
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


def prior(event: Event) -> float:
    """How much the kind of a change says by itself, in [0, 1]."""
    if event.kind == "external.changed" and category_of(event) == "infrastructure":
        return _INFRASTRUCTURE_WEIGHT
    return KIND_WEIGHT.get(event.kind, _KIND_WEIGHT_ELSE)


def _by_kind(event: Event, records: Mapping[str, TrackRecord]) -> tuple[float, str]:
    record = records.get(event.kind)
    weight = smoothed(prior(event), record)
    before = "" if record is None else record.sentence
    shares = unknown_fractions(event.payload)
    if not shares:
        return weight, before
    column, share = max(shares.items(), key=lambda item: (item[1], item[0]))
    if share == 0:
        measured = "it brought no value that was not there before"
    else:
        measured = f"{share:.0%} of the values of {column} were never seen before"
        weight = max(weight, weight + (_FULLY_MEASURED - weight) * share)
    return min(weight, _FULLY_MEASURED), f"{measured}; {before}" if before else measured


def unknown_fractions(payload: Mapping[str, object]) -> dict[str, float]:
    """Share of values never seen before, by column, from a change's payload; {} when it was not measured.

    >>> unknown_fractions({"unknown_fraction": {"manufacturer_id": 1.0}})
    {'manufacturer_id': 1.0}
    """
    shares = payload.get("unknown_fraction")
    if not isinstance(shares, dict):
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


def _by_first_mover(candidate: Candidate, broken: str) -> tuple[float, str]:
    if candidate.first_above is not None:
        return _MOVED_BEFORE_FACTOR, f"{candidate.first_above}, which feeds it, was wrong before"
    if candidate.first_beside is not None:
        return _OFF_THE_WAY_FACTOR, f"{candidate.first_beside} was wrong first and is not made from it"
    first = candidate.first_below
    if first is None or first == broken:
        return 1.0, ""
    made = "" if first == candidate.system else ", which is made from it,"
    return 1.0, f"{first}{made} was the first to go wrong"


def _order(suspect: Suspect) -> tuple[int, float, int, float, int]:
    distance = 1_000 if suspect.distance is None else suspect.distance
    standing = {"confirmed": 0, None: 1, "rejected": 2}[suspect.verdict]
    return standing, -suspect.score, distance, -suspect.event.at.timestamp(), suspect.event.sequence
