"""What must be true before anything is opened: who asks, who decides, how little is asked for, what was tried."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from steek.governance.access.actors import Actor
from steek.governance.access.declarations import ANYTHING
from steek.governance.access.facts import FactsOf
from steek.governance.access.tables import reads
from steek.governance.emergency.grant_states import GrantState
from steek.governance.emergency.grants import EmergencyGrant, EmergencyLimits, Opening
from steek.governance.emergency.row_scope import check_rows
from steek.kernel.errors import InputError, NotFoundError, RefusedError
from steek.kernel.records import content_hash

_MOST_OPENINGS = 10
# A pseudonymised read counts as tried for so long.
_TRIED_WITHIN = timedelta(days=1)
_HIDDEN = ("pseudonym", "mask")


def check_person(actor: Actor, what: str) -> None:
    """Refuse services, jobs and whoever nobody knows. Raises RefusedError."""
    if actor.kind != "person" or not actor.roles:
        known = "nobody knows this principal: it has no role" if actor.kind == "person" else f"it is a {actor.kind}"
        message = f"{actor.principal} may not {what}: {known}"
        raise RefusedError(message, next_step="A person with a role does it: sk.Role(name, members=(…)).")


def check_approver(actor: Actor, limits: EmergencyLimits, what: str) -> None:
    """Refuse who has no role that may approve. Raises RefusedError."""
    check_person(actor, what)
    if not limits.approvers & set(actor.roles):
        roles = ", ".join(sorted(limits.approvers)) or "none"
        message = f"{actor.principal} may not {what}; its roles: {', '.join(actor.roles)}"
        raise RefusedError(message, next_step=f"Roles that may (setting emergency_approvers): {roles}.")


def check_second_person(grant: EmergencyGrant, asker_token: str | None, actor: Actor) -> None:
    """Refuse the asker, the asker's token, and a name without proof where the asker gave one. Raises RefusedError."""
    if actor.principal == grant.asker or (asker_token is not None and actor.token == asker_token):
        message = f"{grant.asker} asked for {grant.id}, so somebody else decides about it"
        raise RefusedError(message, next_step="Ask a second person who may approve.")
    if asker_token is not None and actor.token is None:
        message = f"{grant.id} was asked for with a token, so who decides needs a token of their own"
        raise RefusedError(message, next_step="Decide over the API or the console with your own token.")


def check_reviewer(grant: EmergencyGrant, tokens: Sequence[str], actor: Actor) -> None:
    """Refuse who asked, who granted, their tokens, and a name without proof where one of them gave one.

    Args:
        grant: What is reviewed.
        tokens: Those with which it was asked for and granted, as far as there were any.
        actor: Who wants to review it.

    Raises:
        RefusedError: they had a part in it, or come without a token of their own.
    """
    check_person(actor, "review emergency access")
    if actor.principal in {grant.asker, grant.decided_by} or (actor.token is not None and actor.token in tokens):
        message = f"{grant.asker} asked for {grant.id} and {grant.decided_by} granted it, so somebody else reviews it"
        raise RefusedError(message, next_step="Ask a third person, who had no part in it.")
    if tokens and actor.token is None:
        message = f"{grant.id} was asked for or granted with a token, so who reviews it needs a token of their own"
        raise RefusedError(message, next_step="Review it over the API or the console with your own token.")


def check_openings(openings: Sequence[Opening], facts: FactsOf, columns: Callable[[str], Sequence[str]]) -> None:
    """Refuse what is not small.

    Raises:
        InputError: no table, one twice, no columns, all columns, columns that are not there, no or a wide condition, or
            nothing personal, which needs no emergency.
        NotFoundError: a table without data.
    """
    names = [each.dataset for each in openings]
    if not 0 < len(names) <= _MOST_OPENINGS or len(set(names)) < len(names):
        message = f"an emergency access names 1 to {_MOST_OPENINGS} tables, each once; this one names {len(names)}"
        raise InputError(message, next_step="Name each table with its columns and its condition on rows.")
    for opening in openings:
        known = list(columns(opening.dataset))
        if not known:
            message = f"there is no table {opening.dataset[:200]!r} with data"
            raise NotFoundError(message, next_step="'steek data list' shows what there is.")
        missing = [name for name in opening.columns if name not in known]
        if not opening.columns or missing:
            named = ", ".join(known)
            said = f"has no column {missing[0][:80]!r}" if missing else "is asked for without naming columns"
            message = f"{opening.dataset} {said}"
            raise InputError(message, next_step=f"'{ANYTHING}' is no name; choose the fewest of: {named}.")
        if not any(facts(opening.dataset).of(name).is_personal for name in opening.columns):
            message = f"no column asked for of {opening.dataset} is personal, so nothing has to be broken open"
            raise InputError(message, next_step=f"Read it with 'steek access rows {opening.dataset}'.")
        check_rows(opening.rows, facts(opening.dataset), known)


def check_limits(minutes: int, most_rows: int | None, limits: EmergencyLimits) -> int:
    """The most rows of one query. Raises InputError for more time or rows than the project allows."""
    rows = limits.max_rows if most_rows is None else most_rows
    given = (("minutes", minutes, limits.max_minutes), ("rows", rows, limits.max_rows))
    for what, asked, most in given:
        if not 0 < asked <= most:
            message = f"an emergency access has 1 to {most} {what}, not {asked}"
            raise InputError(message, next_step=f"The setting emergency_max_{what} is the most; ask again for more.")
    return rows


def read_with_pseudonyms(
    connection: Connection, actor: Actor, openings: Sequence[Opening], facts: FactsOf, *, now: datetime
) -> bool:
    """Whether `actor` read all personal columns asked for as pseudonyms or masks within the last day."""
    for opening in openings:
        known = facts(opening.dataset)
        personal = [name for name in opening.columns if known.of(name).is_personal]
        if not _was_read(connection, actor, opening.dataset, personal, now):
            return False
    return True


def check_why_not_first(why_not_first: str) -> None:
    """Refuse where pseudonyms were not tried and nothing says why. Raises RefusedError."""
    if not why_not_first.strip():
        message = "no pseudonymised read of the same columns was made within the last day, and no reason says why"
        next_step = "Read them first for a purpose that gives pseudonyms, or say why that cannot answer it."
        raise RefusedError(message, next_step=next_step)


def new_row(
    key: str,
    actor: Actor,
    incident: str,
    openings: Sequence[Opening],
    words: Mapping[str, str],
    *,
    minutes: int,
    most_rows: int,
    at: datetime,
) -> dict[str, object]:
    """The row of a question that was just asked."""
    return {
        "id": content_hash(["emergency access", key])[:12],
        "incident": incident,
        "asker": actor.principal,
        "asker_token": actor.token,
        "purpose": words["purpose"],
        "why_raw": words["why_raw"],
        "why_not_first": words["why_not_first"],
        "openings": [plain(each) for each in openings],
        "minutes": minutes,
        "most_rows": most_rows,
        "state": GrantState.ASKED.value,
        "version": 1,
        "changed_by": actor.principal,
        "asked_at": at,
        "decision_note": "",
        "uses": 0,
        "rows_given": 0,
        "review_note": "",
    }


def plain(opening: Opening) -> dict[str, object]:
    """An opening for the database and the ledger."""
    return {"dataset": opening.dataset, "columns": list(opening.columns), "rows": opening.rows}


def _was_read(connection: Connection, actor: Actor, dataset: str, personal: Sequence[str], now: datetime) -> bool:
    query = select(reads.c.columns).where(
        reads.c.principal == actor.principal,
        reads.c.dataset == dataset,
        reads.c.verdict != "refused",
        reads.c.at >= now - _TRIED_WITHIN,
    )
    found = (json.loads(text) for text in connection.execute(query).scalars())
    return any(all(columns.get(name) in _HIDDEN for name in personal) for columns in found)
