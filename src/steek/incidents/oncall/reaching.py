"""Who is reachable for a model: its rotations, who answers for it, modelling and business, each with why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from steek.incidents.oncall.contacts import Contact, targets_of
from steek.incidents.oncall.rotation import Duty, Rotation
from steek.incidents.oncall.watches import Calendar, Rung, chain, who


@dataclass(frozen=True, slots=True)
class Reached:
    """One person of the chain. `contacts` is None where whoever asks may not see them, () where none are known.

    `told` says whether a target of steek.toml reaches the person by itself.
    """

    person: str
    duty: str
    after_minutes: int
    because: str
    told: bool
    contacts: tuple[Contact, ...] | None


@dataclass(frozen=True, slots=True)
class Reachable:
    """Who is reachable for a system at one moment, in the order in which to try; `gaps` says who is missing and why."""

    system: str
    at: datetime
    chain: tuple[Reached, ...]
    gaps: tuple[str, ...]


def unreached(
    people: Iterable[str], contacts: Mapping[str, tuple[Contact, ...]], targets: Iterable[str]
) -> tuple[str, ...]:
    """Who of these people cannot be called, because none of their contacts is a target of steek.toml."""
    declared = frozenset(targets)
    return tuple(person for person in people if not targets_of(contacts.get(person, ()), declared))


def warning_of(person: str) -> str:
    """What to do about somebody whom nothing calls.

    >>> warning_of("ana")
    "no target reaches ana, so nothing calls them: 'steek oncall contact ana target:NAME' says how"
    """
    return f"{silence(person)}, so nothing calls them: 'steek oncall contact {person} target:NAME' says how"


def silence(person: str) -> str:
    """What is said of somebody whom nothing calls.

    >>> silence("ana")
    'no target reaches ana'
    """
    return f"no target reaches {person}"


def responsible(
    rotations: Mapping[str, Rotation], subject: str, systems: Iterable[str], duty: Duty
) -> tuple[Rotation, ...]:
    """Rotations of one duty for an incident: those that name its subject, else its other systems, else everything."""
    of_duty = [rotation for rotation in rotations.values() if rotation.duty is duty]
    special = [replace(one, covers=tuple(each for each in one.covers if each != "*")) for one in of_duty]
    named = {one.name for one in special if one.is_for(subject)}
    named = named or {one.name for one in special if one.is_for(*systems)}
    named = named or {one.name for one in of_duty if "*" in one.covers}
    return tuple(one for one in of_duty if one.name in named)


def reachable(
    system: str,
    at: datetime,
    *,
    rotations: Mapping[str, Rotation],
    calendar: Calendar,
    people: Mapping[str, tuple[Contact, ...]],
    targets: Iterable[str],
    owner: str | None,
    business: Sequence[tuple[str, str]] = (),
    show_contacts: bool,
) -> Reachable:
    """The chain for one system.

    Args:
        system: URN or bare name of a model, dataset or feature view.
        at: When.
        rotations: All of them.
        calendar: What differs from the turns.
        people: Contacts by name.
        targets: Names of the targets of steek.toml.
        owner: Who answers for the system in the registry; None when it is not there.
        business: Stakeholders of the system: (person, what they are).
        show_contacts: Whether whoever asks may see contacts.
    """
    known_targets = frozenset(targets)
    found: dict[str, Reached] = {}
    missing: list[str] = []

    def add(person: str, duty: str, after_minutes: int, because: str) -> None:
        contacts = people.get(person, ())
        told = bool(targets_of(contacts, known_targets))
        if not told:
            missing.append(silence(person))
        shown = contacts if show_contacts else None
        found.setdefault(person, Reached(person, duty, after_minutes, because, told, shown))

    for duty, rung in _on_call(rotations, system, at, calendar, missing):
        add(rung.person, duty.value, rung.after_minutes, rung.because)
    if owner is None:
        missing.append(f"nobody answers for {system} in the registry")
    else:
        add(owner, "owner", 0, f"answers for {system}")
    for person, what in business:
        add(person, what, 0, f"{what} stakeholder of {system}")
    return Reachable(system, at, tuple(found.values()), tuple(dict.fromkeys(missing)))


def _on_call(
    rotations: Mapping[str, Rotation], system: str, at: datetime, calendar: Calendar, missing: list[str]
) -> list[tuple[Duty, Rung]]:
    """Everybody of every rotation that covers a system, in order; who is missing is added to `missing`."""
    found: list[tuple[Duty, Rung]] = []
    for duty in Duty:
        asked = responsible(rotations, system, (), duty)
        if not asked:
            missing.append(f"no {duty.value} rotation covers {system}")
        for rotation in asked:
            now = who(rotation, at, calendar)
            if now.person is None:
                missing.append(f"nobody is on call for {rotation.name}: {now.because}")
            found += [(duty, rung) for rung in chain(rotation.name, rotations, at, calendar)]
    return found
