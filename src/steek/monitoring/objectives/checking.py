"""One objective, one check: from slots to standing, state, episode and events, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steek.kernel.records import content_hash
from steek.kernel.windows import Window
from steek.ledger import Draft
from steek.monitoring.monitor import Monitor
from steek.monitoring.objectives.exclusions import in_force, read_exclusions
from steek.monitoring.objectives.lifecycle import TOLD, Phase, move
from steek.monitoring.objectives.monitored import read_monitored
from steek.monitoring.objectives.objective import Objective
from steek.monitoring.objectives.rows import (
    Episode,
    StateRow,
    end_episode,
    open_episode,
    read_episodes,
    read_slots,
    read_states,
    write_check,
    write_slots,
    write_state,
)
from steek.monitoring.objectives.slots import Seen, Slot, grid, newest, without_excluded
from steek.monitoring.objectives.standing import Standing, Terms, stand
from steek.monitoring.objectives.telling import severity_of, told


@dataclass(frozen=True, slots=True)
class Frame:
    """An objective with the monitor it looks at, and what follows: slot length, period in slots, delay."""

    objective: Objective
    monitor: Monitor | None

    @property
    def step(self) -> timedelta:
        return self.objective.step(self.monitor)

    @property
    def period(self) -> int:
        """Slots in the period, at least one."""
        return max(round(self.objective.period / self.step), 1)

    @property
    def delay(self) -> timedelta:
        """How far back the newest slot that can be known lies."""
        spec = self.objective.indicator or (self.monitor.indicator if self.monitor else None)
        return timedelta(seconds=spec.delay_s if spec else 0.0)

    @property
    def terms(self) -> Terms:
        one = self.objective
        rules = one.rules(self.period, self.step)
        least, counts = one.least_events, one.counts
        return Terms.of(one.target, self.period, is_census=one.is_census, rules=rules, least=least, counts=counts)


@dataclass(frozen=True, slots=True)
class Check:
    """What is checked, under which key, with what was counted for it, at which processing time."""

    frame: Frame
    window: Window
    key: str
    counted: Sequence[Seen]
    now: datetime


def slots_of(connection: Connection, frame: Frame, as_of: datetime, *, periods: int = 2) -> list[Slot]:
    """The slots of the last periods before `as_of`, oldest first, exclusions marked; [] before the first was seen."""
    until, most = as_of - frame.delay, periods * frame.period
    known = {seen.slot.window.start_at: seen.slot for seen in _read(connection, frame, until, most)}
    found = grid(known, frame.step, until, most)
    return without_excluded(found, in_force(read_exclusions(connection, frame.objective.name)))


def _read(connection: Connection, frame: Frame, until: datetime, most: int) -> list[Seen]:
    since = until - (most + 1) * frame.step
    return read_slots(connection, frame.objective.name, since=since, until=until)


def apply(connection: Connection, check: Check) -> list[Draft]:
    """Write everything that follows from a check; returns the events to append in the same transaction."""
    frame, name = check.frame, check.frame.objective.name
    before = read_states(connection).get(name)
    as_of = _as_of(check, before)
    _take_in(connection, check, as_of)
    standing = stand(slots_of(connection, frame, as_of), frame.terms)
    phase: Phase = before.phase if before else "kept"
    after = move(phase, standing.sight, objective=name)
    episode, kind = _move(connection, check, standing, before, after)
    drafts: list[Draft] = []
    if episode is not None and kind is not None and frame.objective.purpose != "chart":
        drafts = [told(kind, frame.objective, episode, standing)]
    since = before.since_at if before and after == phase else as_of
    write_state(
        connection,
        StateRow(
            objective=name,
            phase=after,
            since_at=since,
            episode=None if after == "kept" or episode is None else episode.id,
            verdict=standing.verdict.value,
            reason=standing.reason,
            left_fraction=standing.budget.left_fraction,
            as_of=as_of,
            checked_at=check.now,
        ),
    )
    told_kind = kind if drafts else None
    write_check(connection, check.key, name, window=check.window, told=told_kind, at=check.now)
    return drafts


def _as_of(check: Check, before: StateRow | None) -> datetime:
    """The newest end that was checked; one that lies in the future came of a clock that ran ahead, or of a slip."""
    if before is None or before.as_of > check.now + check.frame.step:
        return check.window.end_at
    return max(check.window.end_at, before.as_of)


def _take_in(connection: Connection, check: Check, as_of: datetime) -> None:
    """Store the slots that are news: counted ones, and what the monitor says now of every window of the period."""
    frame, until = check.frame, as_of - check.frame.delay
    most = 2 * frame.period
    fresh = list(check.counted)
    if frame.monitor is not None:
        since = until - most * frame.step
        fresh += read_monitored(connection, frame.objective, frame.step, since=since, until=until)
    else:
        until = max([until, *(seen.slot.window.end_at for seen in fresh)])
    stored = {seen.slot.window.start_at: seen for seen in _read(connection, frame, until, most)}
    best = newest([*stored.values(), *fresh])
    write_slots(connection, frame.objective.name, [one for start, one in best.items() if stored.get(start) != one])
    if not best:
        start = check.window.end_at - frame.delay - frame.step
        nothing = Slot(Window(start, start + frame.step), None, "the monitor was not evaluated")
        write_slots(connection, frame.objective.name, [Seen(nothing, check.now)])


def _move(
    connection: Connection, check: Check, standing: Standing, before: StateRow | None, after: Phase
) -> tuple[Episode | None, str | None]:
    """The episode that this check opens, goes on with or ends, and what is told of it; None for neither."""
    objective = check.frame.objective
    phase: Phase = before.phase if before else "kept"
    known = read_episodes(connection, ids=[before.episode]) if before and before.episode else []
    present = known[0] if known else None
    if after == phase:
        return present, None
    if after == "kept":
        if present is not None:
            end_episode(connection, present.id, check.now)
        return present, TOLD[phase, after]
    onset = standing.onset or check.window
    episode = Episode(
        id=present.id if present else content_hash([objective.name, check.window.end_at, check.key])[:12],
        objective=objective.name,
        subject=objective.subject(check.frame.monitor),
        phase=after,
        severity=severity_of(objective, after),
        reason=standing.sight_reason,
        left_fraction=standing.budget.left_fraction,
        onset=present.onset if present else onset,
        opened_at=present.opened_at if present else check.now,
    )
    open_episode(connection, episode)
    return episode, TOLD.get((phase, after))
