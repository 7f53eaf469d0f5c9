"""Who hears that a follow-up is late: its owner, who is on call where no target reaches the owner, who answers."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from steek.incidents.followups.follow_up import FollowUp
from steek.incidents.oncall.contacts import targets_of
from steek.incidents.oncall.reaching import responsible
from steek.incidents.oncall.rota_rows import read_calendar, read_people, read_rotations
from steek.incidents.oncall.rotation import Duty
from steek.incidents.oncall.watches import who
from steek.incidents.rows import find
from steek.kernel.errors import NotFoundError

OWNER_STEP, LEAD_STEP = 1, 2


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom a message goes to, by which targets, and why to them; `person` None: nobody could be told."""

    person: str | None
    targets: tuple[str, ...]
    because: str


def listener(
    connection: Connection, one: FollowUp, step: int, *, lead: str, declared: Collection[str], at: datetime
) -> Listener:
    """Who is told at one step, the first of those who may be whom a target reaches.

    Args:
        connection: Reads contacts and rotations.
        one: What is late.
        step: `OWNER_STEP` or `LEAD_STEP`.
        lead: Who answers for owners; "" where nobody is named.
        declared: Names of the targets that there are.
        at: Which says who is on call.
    """
    first = one.owner if step == OWNER_STEP or not lead else lead
    people = read_people(connection)
    for person, because in _candidates(connection, one, first, lead, at):
        targets = targets_of(people.get(person, ()), declared)
        if targets:
            return Listener(person, targets, because if person == first else f"no target reaches {first}; {because}")
    return Listener(None, (), f"no target reaches {first}, nor anybody who is on call")


def _candidates(
    connection: Connection, one: FollowUp, first: str, lead: str, at: datetime
) -> Iterator[tuple[str, str]]:
    yield first, "owns it" if first == one.owner else f"answers for {one.owner}"
    rotations, calendar = read_rotations(connection), read_calendar(connection, since=at)
    subject, systems = _about(connection, one)
    called = responsible(rotations, subject, systems, Duty.OPERATIONS)
    for rotation in called or tuple(each for each in rotations.values() if each.duty is Duty.OPERATIONS):
        person = who(rotation, at, calendar).person
        if person is not None:
            yield person, f"{person} is on call for {rotation.name}"
    if lead:
        yield lead, f"{lead} answers for {one.owner}"


def _about(connection: Connection, one: FollowUp) -> tuple[str, tuple[str, ...]]:
    """Subject and systems of the incident it comes from; its own URN where it comes from none of ours."""
    try:
        incident = find(connection, one.postmortem or "")
    except NotFoundError:
        return one.urn, ()
    return incident.subject, tuple(incident.systems)
