"""Rotations as data: who takes turns, how long, from when, in which time zone, and who is next when nobody answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, cast
from zoneinfo import ZoneInfo

from steek.incidents.text import NAME_CHARACTERS, checked
from steek.kernel.errors import InputError

NEXT = "next"
ROTATION_PREFIX = "rotation:"
MOST_PEOPLE = 200
MOST_STEPS = 20
LONGEST_SHIFT_HOURS = 24 * 366
_DAY_HOURS = 24


class Duty(StrEnum):
    """What the people of a rotation are asked for. Only operations are paged by rule."""

    OPERATIONS = "operations"
    MODELLING = "modelling"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is paged when nobody has answered `after_minutes` after the page: "next", "rotation:NAME" or a person."""

    after_minutes: int
    to: str


DEFAULT_ESCALATION = (Escalation(10, NEXT), Escalation(20, NEXT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """People who take turns.

    Turns change at the same wall-clock time all year: a turn over a change of the clocks is an hour longer or shorter.

    Args:
        name: What people call it.
        people: In their order; the first begins.
        shift_hours: Length of a turn by the clock on the wall; 168 is a week.
        hands_over_at: Wall-clock time at which the first turn begins.
        zone: IANA time zone of that wall, such as "Europe/Berlin".
        starts_on: Day of the first turn.
        ends_on: Day on which nobody takes over any more; None goes on.
        covers: Patterns with * over models, datasets and URNs.
        duty: What they are asked for.
        escalation: By growing minutes; () pages nobody else.
        version: Counts its changes.
        unreached: Who of all these cannot be called, because no target reaches them; nobody knows it of a document.

    Raises:
        InputError: anything of it cannot be.
    """

    name: str
    people: tuple[str, ...]
    starts_on: date
    shift_hours: int = 168
    hands_over_at: time = time(9)
    zone: str = "UTC"
    ends_on: date | None = None
    covers: tuple[str, ...] = ("*",)
    duty: Duty = Duty.OPERATIONS
    escalation: tuple[Escalation, ...] = DEFAULT_ESCALATION
    version: int = 1
    unreached: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        what = f"rotation {self.name[:80]!r}"
        checked(self.name, what="name of the rotation", most=NAME_CHARACTERS)
        if not 0 < len(self.people) <= MOST_PEOPLE:
            message = f"{what} has {len(self.people)} people; 1 to {MOST_PEOPLE} are allowed"
            raise InputError(message, next_step="Name them in the order in which they take turns.")
        for person in self.people:
            checked(person, what="person", most=NAME_CHARACTERS)
        if not 1 <= self.shift_hours <= LONGEST_SHIFT_HOURS:
            message = f"{what}: a turn of {self.shift_hours} hours; 1 to {LONGEST_SHIFT_HOURS:,} are allowed"
            raise InputError(message, next_step="A week is 168.")
        if self.ends_on is not None and self.ends_on <= self.starts_on:
            message = f"{what} ends on {self.ends_on}, before it begins on {self.starts_on}"
            raise InputError(message, next_step="Give a later day, or leave the end out.")
        time_zone(self.zone)
        _check_escalation(what, self.escalation)
        for pattern in self.covers:
            checked(pattern, what="pattern of what it covers", most=NAME_CHARACTERS)

    def boundary(self, number: int) -> datetime:
        """When turn `number` begins, UTC; the turn before ends there.

        >>> Rotation(name="a", people=("ada",), starts_on=date(2024, 3, 25), zone="Europe/Berlin").boundary(1)
        datetime.datetime(2024, 4, 1, 7, 0, tzinfo=datetime.timezone.utc)
        """
        wall = datetime.combine(self.starts_on, self.hands_over_at) + timedelta(hours=number * self.shift_hours)
        return wall.replace(tzinfo=time_zone(self.zone)).astimezone(UTC)

    @property
    def named(self) -> tuple[str, ...]:
        """Everybody it names: its people, and those whom its escalation calls by name."""
        steps = (step.to for step in self.escalation if step.to != NEXT and not step.to.startswith(ROTATION_PREFIX))
        return tuple(dict.fromkeys((*self.people, *steps)))

    @property
    def begins_at(self) -> datetime:
        """When the first turn begins."""
        return self.boundary(0)

    @property
    def ends_at(self) -> datetime | None:
        """From when on nobody is on call; None never."""
        if self.ends_on is None:
            return None
        wall = datetime.combine(self.ends_on, self.hands_over_at)
        return wall.replace(tzinfo=time_zone(self.zone)).astimezone(UTC)

    def turn_at(self, at: datetime) -> int:
        """Number of the turn that `at` lies in; below 0 before the first."""
        wall = at.astimezone(time_zone(self.zone)).replace(tzinfo=None)
        since = wall - datetime.combine(self.starts_on, self.hands_over_at)
        number = since // timedelta(hours=self.shift_hours)
        # The wall clock jumps twice a year; by an hour, so the true turn is this one or a neighbour.
        while self.boundary(number) > at:
            number -= 1
        while self.boundary(number + 1) <= at:
            number += 1
        return number

    def is_for(self, *names: str) -> bool:
        """Whether it covers any of these systems, given as URNs or bare names."""
        bare = {name.partition(":")[2].partition("@")[0] for name in names if ":" in name}
        return any(fnmatchcase(name, pattern) for name in {*names, *bare} for pattern in self.covers)


def time_zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name.

    Raises:
        InputError: there is none by that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as cause:
        message = f"{name[:80]!r} is no time zone"
        raise InputError(message, next_step="Take an IANA name such as Europe/Berlin or UTC.") from cause


def document_of(rotation: Rotation) -> dict[str, Any]:
    """A rotation as JSON values; `read_rotation` reads them back."""
    return {
        "name": rotation.name,
        "people": list(rotation.people),
        "starts_on": rotation.starts_on.isoformat(),
        "shift_hours": rotation.shift_hours,
        "hands_over_at": rotation.hands_over_at.isoformat("minutes"),
        "zone": rotation.zone,
        "ends_on": None if rotation.ends_on is None else rotation.ends_on.isoformat(),
        "covers": list(rotation.covers),
        "duty": rotation.duty.value,
        "escalation": [{"after_minutes": step.after_minutes, "to": step.to} for step in rotation.escalation],
    }


def read_rotation(document: Mapping[str, object], *, version: int = 1) -> Rotation:
    """A rotation from JSON values.

    Raises:
        InputError: a field is missing, unknown or of the wrong form.
    """
    known = set(Rotation.__dataclass_fields__) - {"version", "unreached"}
    unknown = sorted(set(document) - known)
    if unknown or not {"name", "people", "starts_on"} <= set(document):
        message = f"a rotation has name, people and starts_on; this one has {', '.join(sorted(document)) or 'nothing'}"
        raise InputError(message[:500], next_step=f"Allowed: {', '.join(sorted(known))}.")
    values = cast("dict[str, Any]", dict(document))
    try:
        values["starts_on"] = date.fromisoformat(str(values["starts_on"]))
        values["people"] = _texts(values["people"])
        if values.get("ends_on") is not None:
            values["ends_on"] = date.fromisoformat(str(values["ends_on"]))
        if "hands_over_at" in values:
            values["hands_over_at"] = time.fromisoformat(str(values["hands_over_at"])).replace(tzinfo=None)
        if "covers" in values:
            values["covers"] = _texts(values["covers"])
        if "shift_hours" in values:
            values["shift_hours"] = int(values["shift_hours"])
        if "duty" in values:
            values["duty"] = Duty(values["duty"])
        if "escalation" in values:
            steps = cast("list[Mapping[str, Any]]", values["escalation"])
            values["escalation"] = tuple(Escalation(int(step["after_minutes"]), str(step["to"])) for step in steps)
    except (ValueError, TypeError, KeyError) as cause:
        message = f"rotation {str(document.get('name'))[:80]!r} cannot be read: {cause}"
        raise InputError(message[:500], next_step="Days are 2024-03-25, times 09:00, a turn is in hours.") from cause
    return Rotation(**values, version=version)


def _texts(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        message = f"a list is needed, not {str(given)[:80]!r}"
        raise TypeError(message)
    return tuple(str(each) for each in cast("list[object]", given))


def _check_escalation(what: str, steps: tuple[Escalation, ...]) -> None:
    minutes = [step.after_minutes for step in steps]
    if (
        len(steps) > MOST_STEPS
        or minutes != sorted(minutes)
        or any(not 0 < each <= _DAY_HOURS * 60 for each in minutes)
    ):
        message = (
            f"{what}: escalation after {minutes[:MOST_STEPS]} minutes; up to {MOST_STEPS} steps of growing minutes"
        )
        raise InputError(message, next_step="For example 10 minutes to next, 20 minutes to rotation:leads.")
    for step in steps:
        checked(step.to, what="person of an escalation", most=NAME_CHARACTERS)
