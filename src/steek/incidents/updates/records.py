"""Updates, questions and links as records and rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, func, select

from steek.incidents.lifecycle import State
from steek.incidents.types import Severity
from steek.incidents.updates.tables import cadences, links, questions, updates
from steek.kernel.errors import NotFoundError

OutsideState = Literal["none", "proposed", "approved", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What everybody in the project was told at one time.

    `impact` and `doing` are "" where nothing was said of them. `outside_text` is for outsiders; they read it once it is
    "approved", and that it was taken back once it is "withdrawn". `next_due_at` is when the next one was promised; None
    once the outage was over. `outside_next_at` is when outsiders were promised more; None where they were not.
    `corrected_at` is when what outsiders had read was changed or taken back last.
    """

    incident_id: str
    number: int
    text: str
    impact: str
    doing: str
    phase: State
    severity: Severity
    next_due_at: datetime | None
    actor: str
    at: datetime
    outside_text: str
    outside_state: OutsideState
    approved_by: str | None
    approved_at: datetime | None
    outside_next_at: datetime | None = None
    corrected_at: datetime | None = None
    corrected_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of somebody who must not ask in the working channel; `answer` is None until there is one.

    `asked_as` is how much a stakeholder sees who asked, "summary" or "outsider": the answer must be fit for that. None
    where somebody asked who may see everything.
    """

    incident_id: str
    number: int
    text: str
    asked_by: str
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    asked_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideLink:
    """A page for outsiders; whoever has the token may read it until it is withdrawn."""

    token: str
    incident_id: str
    title: str
    made_by: str
    made_at: datetime
    withdrawn_at: datetime | None

    @property
    def path(self) -> str:
        return f"/status/{self.token}"


def read_updates(connection: Connection, *incident_ids: str) -> tuple[Update, ...]:
    """Of these incidents, latest first."""
    query = select(updates).where(updates.c.incident_id.in_(incident_ids))
    query = query.order_by(updates.c.at.desc(), updates.c.number.desc(), updates.c.incident_id)
    return tuple(_to_update(row) for row in connection.execute(query).mappings())


def find_update(connection: Connection, incident_id: str, number: int) -> Update:
    """Raises NotFoundError when the incident has no update of that number."""
    query = select(updates).where(updates.c.incident_id == incident_id, updates.c.number == number)
    row = connection.execute(query).mappings().first()
    if row is None:
        message = f"incident {incident_id} has no update {number}"
        raise NotFoundError(message, next_step="'steek incident updates' lists them.")
    return _to_update(row)


def read_questions(connection: Connection, *incident_ids: str) -> tuple[Question, ...]:
    """Of these incidents, unanswered first, then latest first."""
    query = select(questions).where(questions.c.incident_id.in_(incident_ids))
    order = (questions.c.answered_at.is_not(None), questions.c.asked_at.desc(), questions.c.number.desc())
    query = query.order_by(*order, questions.c.incident_id)
    return tuple(Question(**dict(row)) for row in connection.execute(query).mappings())


def find_question(connection: Connection, incident_id: str, number: int) -> Question:
    """Raises NotFoundError when the incident has no question of that number."""
    query = select(questions).where(questions.c.incident_id == incident_id, questions.c.number == number)
    row = connection.execute(query).mappings().first()
    if row is None:
        message = f"incident {incident_id} has no question {number}"
        raise NotFoundError(message, next_step="'steek incident status' shows them.")
    return Question(**dict(row))


def read_links(connection: Connection, *incident_ids: str) -> tuple[OutsideLink, ...]:
    """Pages of these incidents for outsiders that can be read, latest first."""
    query = select(links).where(links.c.incident_id.in_(incident_ids), links.c.withdrawn_at.is_(None))
    rows = connection.execute(query.order_by(links.c.made_at.desc(), links.c.token)).mappings()
    return tuple(OutsideLink(**dict(row)) for row in rows)


def find_link(connection: Connection, token: str) -> OutsideLink:
    """Raises NotFoundError for a token that leads nowhere, whether it never did or does no more."""
    query = select(links).where(links.c.token == token, links.c.withdrawn_at.is_(None))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError("there is no such page", next_step="Ask whoever gave you the link for the present one.")
    return OutsideLink(**dict(row))


def read_cadence(connection: Connection, incident_id: str) -> RowMapping | None:
    """The row of what was set and of whom was reminded; None while nothing was."""
    return connection.execute(select(cadences).where(cadences.c.incident_id == incident_id)).mappings().first()


def next_number(connection: Connection, table: Any, incident_id: str) -> int:
    """The number after the highest of an incident, from 1."""
    query = select(func.max(table.c.number)).where(table.c.incident_id == incident_id)
    return (connection.execute(query).scalar_one() or 0) + 1


def _to_update(row: RowMapping) -> Update:
    values: dict[str, Any] = {name: row[name] for name in Update.__dataclass_fields__}
    values["phase"], values["severity"] = State(row["phase"]), Severity(row["severity"])
    return Update(**values)
