"""Who was harmed: asked in every incident, with the slices that its alerts and attributions name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, RowMapping, func, insert, select

from steek.incidents.ethics.tables import group_answers
from steek.incidents.rows import attached, family, find, remember, request
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError
from steek.ledger import Database, Draft, Ledger
from steek.monitoring.attribution.tables import attributions

Harm = Literal["harmed", "not_harmed", "not_known"]
HARMS: tuple[Harm, ...] = get_args(Harm)
OPERATION = "consider-groups"
_MOST_ANSWERS = 200
_MOST_QUESTIONS = 100


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """Whether a group was harmed; `why` says by what one knows, or why one does not.

    Args:
        group: People who have something in common: a slice such as "store=412", "customers without a car".
        harm: "harmed", "not_harmed" or "not_known".
        why: The evidence, or what is missing.
    """

    group: str
    harm: str
    why: str


@dataclass(frozen=True, slots=True)
class GroupQuestion:
    """A group that the machine saw: `named_by` says where; `answer` is the latest one, None while there is none."""

    group: str
    named_by: str
    answer: GroupAnswer | None


@dataclass(frozen=True, slots=True)
class Considered:
    """What people answered at one time; `nobody_because` says why nobody can have been harmed, "" with answers."""

    incident: str
    answers: tuple[GroupAnswer, ...]
    nobody_because: str
    actor: str
    at: datetime


class Groups:
    """The question of harm; safe to share between threads and processes.

    Args:
        database: Holds answers.
        ledger: Gets `incident.groups_considered`.
        clock: Processing time.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def questions(self, incident: str) -> tuple[GroupQuestion, ...]:
        """Groups that alerts and attributions of an incident name, most often named first. Raises NotFoundError."""
        with self._database.reading() as connection:
            find(connection, incident)
            named = _named(connection, incident)
            said = [one for member in family(connection, incident) for one in _considered(connection, member)]
            answers = {each.group: each for one in sorted(said, key=lambda one: one.at) for each in one.answers}
        return tuple(GroupQuestion(group, by, answers.get(group)) for group, by in named.items())

    def considered(self, incident: str) -> tuple[Considered, ...]:
        """Everything that was answered, oldest first; empty while nobody asked themselves. Raises NotFoundError."""
        with self._database.reading() as connection:
            find(connection, incident)
            return _considered(connection, incident)

    def consider(
        self, incident: str, answers: Sequence[GroupAnswer], *, nobody_because: str = "", actor: str, key: str
    ) -> Considered:
        """Write down which groups were looked at, and what came of it.

        Args:
            incident: Which.
            answers: One per group.
            nobody_because: Why nobody can have been harmed, as in a near miss; only without answers.
            actor: Who says it.
            key: Idempotency key; the same again writes nothing and returns what is stored.

        Raises:
            InputError: neither answers nor a reason, both, an unknown harm, or a group twice.
            NotFoundError: no such incident.
        """
        said = _checked_answers(answers, nobody_because)
        by = checked(actor, what="name", most=NAME_CHARACTERS)
        at_key = checked(key, what="key", most=300)
        with self._database.transaction() as connection:
            found = find(connection, incident)
            if request(connection, at_key, OPERATION, incident_id=incident) is not None:
                query = select(group_answers).where(group_answers.c.key == at_key)
                return _to_considered(connection.execute(query).mappings().one())
            plain: list[dict[str, str]] = [{"group": each.group, "harm": each.harm, "why": each.why} for each in said]
            payload: dict[str, object] = {"incident": incident, "groups": plain, "nobody_because": nobody_because}
            draft = Draft("incident.groups_considered", found.urn, by, payload)
            event = self._ledger.append(connection, draft)[0]
            row = {
                "key": at_key, "incident_id": incident, "event_id": event.id, "answers": plain,
                "nobody_because": nobody_because, "actor": by, "at": self._clock.now(),
            }  # fmt: skip
            connection.execute(insert(group_answers).values(row))
            remember(connection, at_key, OPERATION, incident_id=incident, event_id=event.id)
            return Considered(incident, said, nobody_because, by, row["at"])  # pyright: ignore[reportArgumentType]


def unanswered(connection: Connection, incident: str) -> tuple[str, ...]:
    """Of an incident and its duplicates, those whose groups nobody considered, neither there nor since the merge."""
    members = family(connection, incident)
    query = select(group_answers.c.incident_id, func.max(group_answers.c.at).label("at"))
    query = query.where(group_answers.c.incident_id.in_(members)).group_by(group_answers.c.incident_id)
    answered = {row["incident_id"]: row["at"] for row in connection.execute(query).mappings()}
    last = answered.get(incident)
    left = [one for one in members if one not in answered]
    return tuple(one for one in left if last is None or (find(connection, one).closed_at or last) > last)


def _checked_answers(answers: Sequence[GroupAnswer], nobody_because: str) -> tuple[GroupAnswer, ...]:
    if bool(answers) == bool(nobody_because.strip()):
        message = "say of at least one group whether it was harmed, or why nobody can have been; not both"
        raise InputError(message, next_step="'steek incident groups ID' shows the groups that its alerts name.")
    if not answers:
        checked(nobody_because, what="reason why nobody was harmed", most=NOTE_CHARACTERS)
    groups = [each.group for each in answers]
    if len(answers) > _MOST_ANSWERS or len(set(groups)) < len(groups):
        message = f"1 to {_MOST_ANSWERS} groups, each once; these are {len(groups)}, {len(set(groups))} different ones"
        raise InputError(message)
    for each in answers:
        checked(each.group, what="group", most=300)
        checked(each.why, what=f"reason for the group {each.group[:80]!r}", most=NOTE_CHARACTERS)
        if each.harm not in HARMS:
            message = f"harm {each.harm[:40]!r} is not known; allowed: {', '.join(HARMS)}"
            raise InputError(message)
    return tuple(answers)


def _named(connection: Connection, incident: str) -> Mapping[str, str]:
    """Groups to who named them: slices of alerts, then slices that attributions of these alerts found."""
    alerts = attached(connection, incident)
    times: dict[str, list[str]] = {}
    for alert in alerts:
        if alert.slice:
            times.setdefault(alert.slice, []).append(f"alert of {alert.monitor}")
    ids = [alert.alert_id for alert in alerts][:_MOST_QUESTIONS]
    query = select(attributions.c.result).where(attributions.c.alert.in_(ids))
    for result in connection.execute(query).scalars():
        for group in _slices_of(result):
            times.setdefault(group, []).append("an attribution")
    ordered = sorted(times.items(), key=lambda each: (-len(each[1]), each[0]))[:_MOST_QUESTIONS]
    return {group: named[0] + (f" and {len(named) - 1} more" if len(named) > 1 else "") for group, named in ordered}


def _slices_of(result: Mapping[str, Any]) -> list[str]:
    explained: Sequence[Mapping[str, Any]] = result.get("explained") or ()
    pairs = (zip(each["dimensions"], each["values"], strict=True) for each in explained)
    return [", ".join(f"{column}={value}" for column, value in each) for each in pairs]


def _considered(connection: Connection, incident: str) -> tuple[Considered, ...]:
    query = select(group_answers).where(group_answers.c.incident_id == incident)
    rows = connection.execute(query.order_by(group_answers.c.at, group_answers.c.key)).mappings()
    return tuple(_to_considered(row) for row in rows)


def _to_considered(row: RowMapping) -> Considered:
    answers = tuple(GroupAnswer(**each) for each in row["answers"])
    return Considered(row["incident_id"], answers, row["nobody_because"], row["actor"], row["at"])
