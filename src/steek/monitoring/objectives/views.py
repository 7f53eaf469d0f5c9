"""Objectives as surfaces show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.measures.burning import left_over_time
from steek.monitoring.monitor import Purpose
from steek.monitoring.objectives.checking import Frame
from steek.monitoring.objectives.exclusions import Exclusion
from steek.monitoring.objectives.lifecycle import Phase
from steek.monitoring.objectives.objective import Category
from steek.monitoring.objectives.rows import Episode, StateRow
from steek.monitoring.objectives.slots import Slot
from steek.monitoring.objectives.standing import Standing, stand
from steek.monitoring.objectives.wording import budget_text, detection_text, look_text, promise_text, rule_text

Health = Literal["well", "watch", "broken", "undecided"]
_LITTLE_LEFT = 0.25


@dataclass(frozen=True, slots=True)
class ObjectiveState:
    """How an objective stands.

    `achieved` is the share of good events of the period, None before the first; `left_fraction` what is left of the
    budget, negative when overspent; `budget` the same in words. `reason` says why this state, `verdict_reason` why this
    verdict. `more_events` says how many more would decide, where too few is why it is undecided; `counts` what
    they are. `phase` is what was told last and since when; `burns` what each rule saw. `policy`
    is what was agreed to do now. `as_of` is the end of the newest slot, None when it was never checked.
    """

    name: str
    subject: str
    owner: str
    category: Category
    purpose: Purpose
    promise: str
    measured_by: str
    target: float
    over: str
    state: Health
    verdict: Verdict
    reason: str
    verdict_reason: str
    phase: Phase
    since_at: datetime | None
    episode: str | None
    achieved: float | None
    good: int
    events: int
    allowed: float
    spent: int
    left_fraction: float | None
    budget: str
    burns: tuple[str, ...]
    burn_rate: float | None
    more_events: int | None
    counts: str
    slots: int
    silent: int
    unmeasured: int
    excluded: int
    policy: tuple[str, ...]
    agreed_by: tuple[str, ...]
    imported: bool
    as_of: datetime | None
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One slot of a story: what it counted, None where nothing was measured, and what was left when it ended."""

    window: Window
    good: int | None
    total: int | None
    reason: str
    exclusion: str | None
    left_fraction: float | None


@dataclass(frozen=True, slots=True)
class ObjectiveStory:
    """One objective over two periods, oldest slot first, with its rules in words and its times of trouble."""

    state: ObjectiveState
    description: str
    rules: tuple[str, ...]
    detection: str
    lines: tuple[SlotLine, ...]
    episodes: tuple[Episode, ...]
    exclusions: tuple[Exclusion, ...]


def state_of(frame: Frame, row: StateRow | None, slots: Sequence[Slot], *, is_imported: bool) -> ObjectiveState:
    """How an objective stands by its slots; `row` None: it was never checked."""
    one = frame.objective
    standing = stand(slots, frame.terms)
    left = standing.budget.left_fraction
    phase: Phase = row.phase if row else "kept"
    return ObjectiveState(
        name=one.name,
        subject=one.subject(frame.monitor),
        owner=one.owner,
        category=one.category,
        purpose=one.purpose,
        promise=promise_text(one),
        measured_by=_measured_by(frame),
        target=one.target,
        over=one.over,
        state=_health(standing, frame) if row else "undecided",
        verdict=standing.verdict,
        reason=_reason(standing) if row else "not checked yet",
        verdict_reason=standing.reason if row else "not checked yet",
        phase=phase,
        since_at=row.since_at if row else None,
        episode=row.episode if row else None,
        achieved=standing.tally.share,
        good=standing.tally.good,
        events=standing.tally.total,
        allowed=standing.budget.allowed,
        spent=standing.budget.spent,
        left_fraction=left,
        budget=budget_text(standing),
        burns=tuple(f"{rule_text(each.rule, frame.step, frame.period)}: {look_text(each)}" for each in standing.looks),
        burn_rate=next((each.long_rate for each in reversed(standing.looks) if each.long_rate is not None), None),
        more_events=standing.more_events,
        counts=one.counts,
        slots=standing.slots,
        silent=standing.silent,
        unmeasured=standing.unmeasured,
        excluded=standing.excluded,
        policy=tuple(step.then for step in one.policy.reached(left)) if one.policy else (),
        agreed_by=one.policy.agreed_by if one.policy else (),
        imported=is_imported,
        as_of=row.as_of if row else None,
        checked_at=row.checked_at if row else None,
    )


def story_of(
    state: ObjectiveState,
    frame: Frame,
    slots: Sequence[Slot],
    episodes: Sequence[Episode],
    exclusions: Sequence[Exclusion],
) -> ObjectiveStory:
    """The whole story, from what is stored."""
    terms = frame.terms
    left = left_over_time(
        [slot.counted for slot in slots],
        terms.target,
        terms.period,
        is_census=terms.is_census,
        excluded=[slot.exclusion is not None for slot in slots],
    )
    lines = tuple(_line(slot, fraction) for slot, fraction in zip(slots, left, strict=True))
    return ObjectiveStory(
        state=state,
        description=frame.objective.description,
        rules=tuple(rule_text(rule, frame.step, terms.period) for rule in terms.rules),
        detection=detection_text(terms.rules[0], frame.step, terms.target),
        lines=lines,
        episodes=tuple(episodes),
        exclusions=tuple(exclusions),
    )


def _line(slot: Slot, left: float | None) -> SlotLine:
    good, total = (None, None) if slot.tally is None else (slot.tally.good, slot.tally.total)
    return SlotLine(slot.window, good, total, slot.reason, slot.exclusion, left)


def _measured_by(frame: Frame) -> str:
    one = frame.objective
    if one.indicator is not None:
        return f"{one.indicator.name} of {one.indicator.target}"
    part = f", {one.slice}" if one.slice else ", each slice" if one.each_slice else ""
    return f"monitor {one.monitor_name}{part}"


def _reason(standing: Standing) -> str:
    return standing.sight_reason if standing.sight in {"blind", "fast", "slow"} else standing.reason


def _health(standing: Standing, frame: Frame) -> Health:
    """Broken: spent, burning fast, or not to be seen; watch: burning slowly, or little is left."""
    if standing.sight in {"spent", "fast", "blind"}:
        return "watch" if frame.objective.purpose == "chart" else "broken"
    left = standing.budget.left_fraction
    if standing.sight == "slow" or (left is not None and left < _LITTLE_LEFT and standing.tally.total):
        return "watch"
    return "undecided" if standing.verdict is Verdict.UNDECIDED else "well"
