"""Records of access in an emergency, and their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, RowMapping, select

from steek.governance.emergency.grant_states import GrantState
from steek.governance.emergency.tables import grants
from steek.kernel.errors import InputError, NotFoundError

Verdict = Literal["proper", "improper"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
PURPOSE_PREFIX = "emergency:"
# Queries under one grant: who needs more has another question, and asks for it.
MOST_USES = 20


@dataclass(frozen=True, slots=True)
class Opening:
    """What is to be opened of one table.

    Args:
        dataset: A dataset, or another table of the lake.
        columns: Their names; every other column stays closed, also those that are open otherwise.
        rows: Which rows, e.g. "store_id == 412 and sold_at >= instant('2017-10-15T06:00Z')". A personal column stands
            for its pseudonym there, so that no personal value is ever written down.
    """

    dataset: str
    columns: tuple[str, ...]
    rows: str


@dataclass(frozen=True, slots=True)
class EmergencyGrant:
    """One access in an emergency, from the question to its review.

    Args:
        id: Of the request, 12 hexadecimal digits.
        incident: Id of the incident it is for.
        asker: The only one who may read under it.
        purpose: What for.
        why_raw: Why pseudonyms are not enough.
        why_not_first: Why no pseudonymised read was made before; "" where one was.
        pseudonymised_first: Whether the asker read the same with pseudonyms within the day before.
        openings: What of which tables.
        minutes: How long, from the grant on.
        most_rows: Most rows of one query.
        state: As the clock says: a grant whose time is over has ended.
        version: Grows with every decision; pass it back to be told when somebody decided first.
        changed_by: Who decided last.
        asked_at: When it was asked for.
        decided_by: Who granted or refused; None while nobody did.
        decided_at: When.
        decision_note: What they said.
        until_at: When a grant ends by itself; None without one.
        ended_by: Who ended or withdrew it, "steek" where its time was over; None while it goes on.
        ended_at: When.
        uses: Queries under it.
        rows_given: Rows of all of them together.
        reviewed_by: Who looked at it afterwards; None while nobody did.
        reviewed_at: When.
        verdict: "proper" or "improper", None without a review.
        review_note: What they found.
    """

    id: str
    incident: str
    asker: str
    purpose: str
    why_raw: str
    why_not_first: str
    pseudonymised_first: bool
    openings: tuple[Opening, ...]
    minutes: int
    most_rows: int
    state: GrantState
    version: int
    changed_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str
    until_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    uses: int
    rows_given: int
    reviewed_by: str | None
    reviewed_at: datetime | None
    verdict: str | None
    review_note: str

    @property
    def reads_for(self) -> str:
        """The purpose that its reads name at the gate.

        The gate knows a grant by it, so a read under a grant cannot be taken for any other.
        """
        return f"{PURPOSE_PREFIX}{self.id}"

    def opening(self, dataset: str) -> Opening | None:
        """What it opens of a table, or None."""
        return next((each for each in self.openings if each.dataset == dataset), None)


@dataclass(frozen=True, slots=True)
class EmergencyLimits:
    """What a project allows at most.

    Args:
        max_minutes: Longest time of a grant.
        max_rows: Most rows of one query.
        approvers: Roles that may grant and refuse.
    """

    max_minutes: int
    max_rows: int
    approvers: frozenset[str]


def to_grant(row: RowMapping | Mapping[str, Any], now: datetime) -> EmergencyGrant:
    """A grant from its row, in the state that it is in at `now`."""
    values: dict[str, Any] = {name: row[name] for name in EmergencyGrant.__dataclass_fields__}
    values["openings"] = tuple(
        Opening(each["dataset"], tuple(each["columns"]), each["rows"]) for each in row["openings"]
    )
    state = GrantState(row["state"])
    if state is GrantState.GRANTED and is_over(row["until_at"], now):
        state, values["ended_at"], values["ended_by"] = GrantState.ENDED, row["until_at"], "steek"
    values["state"] = state
    return EmergencyGrant(**values)


def is_over(until_at: datetime | None, now: datetime) -> bool:
    """Whether the time of a grant is over; one without an end has no time at all."""
    return until_at is None or now >= until_at


def find_grant(connection: Connection, grant_id: str, now: datetime) -> EmergencyGrant:
    """A grant by its id. Raises NotFoundError."""
    row = connection.execute(select(grants).where(grants.c.id == grant_id)).mappings().first()
    if row is None:
        known: Sequence[str] = connection.execute(select(grants.c.id).limit(20)).scalars().all()
        raise NotFoundError.among("emergency access", grant_id[:40], known)
    return to_grant(row, now)


def checked_words(text: str, *, what: str, most: int = 4_000) -> str:
    """`text` itself, when a database can hold it and somebody can read it. Raises InputError."""
    if not text.strip() or len(text) > most:
        message = f"the {what} must have 1 to {most:,} characters; it has {len(text.strip()):,}"
        raise InputError(message, next_step="Say it in a sentence, without names or values of persons.")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        message = f"the {what} holds a character that cannot be stored (NUL or half a surrogate pair)"
        raise InputError(message, next_step="Remove it.")
    return text
