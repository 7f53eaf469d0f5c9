"""Who is on call when: pure functions of a rotation, its calendar and the moment; nobody is a gap, named as such."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from steek.incidents.oncall.rotation import NEXT, ROTATION_PREFIX, Rotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A person cannot be on call from `start_at` up to `end_at`. Why is theirs to keep."""

    id: str
    person: str
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody takes over in one rotation from `start_at` up to `end_at`; of several the one made last holds."""

    id: str
    rotation: str
    person: str
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """What differs from the turns; overrides in the order in which they were made."""

    absences: tuple[Absence, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """One person's time on call, from `start_at` up to `end_at`; a gap has no person, and `because` names it."""

    rotation: str
    person: str | None
    start_at: datetime
    end_at: datetime
    because: str

    @property
    def is_gap(self) -> bool:
        return self.person is None


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call at one moment, or None with the reason of the gap.

    `warning` says that nothing calls this person; "" while somebody is called, or where it was not looked up.
    """

    rotation: str
    person: str | None
    because: str
    warning: str = ""


def who(rotation: Rotation, at: datetime, calendar: Calendar | None = None) -> OnCall:
    """Who is on call at one moment: exactly one person, or nobody for a named reason.

    An override holds unless its person is absent; whoever is absent is stood in for by the next of the rotation.

    Args:
        rotation: Whose turns.
        at: Any instant, aware.
        calendar: Absences and overrides; None for none.
    """
    known = calendar or Calendar()
    taken = [each for each in known.overrides if each.rotation == rotation.name and each.start_at <= at < each.end_at]
    for override in reversed(taken):
        if not _is_absent(override.person, at, known):
            return OnCall(rotation.name, override.person, "override")
    if at < rotation.begins_at:
        return OnCall(rotation.name, None, f"{rotation.name} begins on {rotation.starts_on}")
    if rotation.ends_at is not None and at >= rotation.ends_at:
        return OnCall(rotation.name, None, f"{rotation.name} ended on {rotation.ends_on}")
    order = _order(rotation, rotation.turn_at(at))
    present = next((person for person in order if not _is_absent(person, at, known)), None)
    if present is None:
        return OnCall(rotation.name, None, f"everybody of {rotation.name} is absent")
    if present == order[0]:
        return OnCall(rotation.name, present, "turn")
    return OnCall(rotation.name, present, f"stands in for {order[0]}")


def watches(
    rotation: Rotation, since: datetime, until: datetime, calendar: Calendar | None = None
) -> tuple[Watch, ...]:
    """All time from `since` up to `until` without a hole, in order; time without anybody is a watch of nobody."""
    known = calendar or Calendar()
    moments = _moments(rotation, since, until, known)
    found: list[Watch] = []
    for start_at, end_at in pairwise(moments):
        now = who(rotation, start_at, known)
        found.append(Watch(rotation.name, now.person, start_at, end_at, now.because))
    return tuple(_merged(found))


def gaps(rotation: Rotation, since: datetime, until: datetime, calendar: Calendar | None = None) -> tuple[Watch, ...]:
    """Times between two instants when nobody is on call."""
    return tuple(watch for watch in watches(rotation, since, until, calendar) if watch.is_gap)


@dataclass(frozen=True, slots=True)
class Rung:
    """One person of a chain: paged `after_minutes` after the first page, if nobody has answered by then."""

    person: str
    after_minutes: int
    because: str


def chain(
    name: str, rotations: Mapping[str, Rotation], at: datetime, calendar: Calendar | None = None
) -> tuple[Rung, ...]:
    """Who is paged, in order, when a rotation is paged at one moment; each person once. () when nobody is there.

    Args:
        name: Of the rotation that is asked.
        rotations: All of them, for those an escalation names.
        at: When.
        calendar: Absences and overrides; None for none.
    """
    known, asked = calendar or Calendar(), rotations[name]
    first = who(asked, at, known)
    found = [] if first.person is None else [Rung(first.person, 0, f"on call for {name} ({first.because})")]
    for step in asked.escalation:
        rung = _step(asked, rotations, step.to, at, known, {each.person for each in found})
        if rung is not None:
            person, because = rung
            # Where nobody is on call the next one is not made to wait.
            found.append(Rung(person, step.after_minutes if found else 0, because))
    return tuple(found)


def _step(
    asked: Rotation,
    rotations: Mapping[str, Rotation],
    to: str,
    at: datetime,
    calendar: Calendar,
    called: set[str],
) -> tuple[str, str] | None:
    if to == NEXT:
        order = _order(asked, max(asked.turn_at(at), 0))
        person = next((one for one in order if one not in called and not _is_absent(one, at, calendar)), None)
        return None if person is None else (person, f"next in {asked.name}")
    if to.startswith(ROTATION_PREFIX):
        other = rotations.get(to.removeprefix(ROTATION_PREFIX))
        found = None if other is None else who(other, at, calendar).person
        return None if found is None or found in called else (found, f"on call for {to.removeprefix(ROTATION_PREFIX)}")
    return None if to in called or _is_absent(to, at, calendar) else (to, f"named by {asked.name}")


def _order(rotation: Rotation, turn: int) -> Sequence[str]:
    first = turn % len(rotation.people)
    return (*rotation.people[first:], *rotation.people[:first])


def _is_absent(person: str, at: datetime, calendar: Calendar) -> bool:
    return any(each.person == person and each.start_at <= at < each.end_at for each in calendar.absences)


def _moments(rotation: Rotation, since: datetime, until: datetime, calendar: Calendar) -> list[datetime]:
    """Every instant at which it may become another's turn, with both ends."""
    found = {since, until, rotation.begins_at}
    if rotation.ends_at is not None:
        found.add(rotation.ends_at)
    number = max(rotation.turn_at(since), 0)
    while (boundary := rotation.boundary(number)) < until:
        found.add(boundary)
        number += 1
    for each in (*calendar.absences, *calendar.overrides):
        found |= {each.start_at, each.end_at}
    return sorted(moment for moment in found if since <= moment <= until)


def _merged(found: Sequence[Watch]) -> list[Watch]:
    merged: list[Watch] = []
    for watch in found:
        last = merged[-1] if merged else None
        if last is not None and (last.person, last.because) == (watch.person, watch.because):
            merged[-1] = Watch(last.rotation, last.person, last.start_at, watch.end_at, last.because)
        else:
            merged.append(watch)
    return merged
