"""What people say of alerts: useful, noise or unsure; the last word counts, and earlier ones are events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Connection, delete, insert, select

from steek.kernel.errors import ConflictError, InputError, StaleWriteError
from steek.monitoring.alerting.tables import requests, verdicts

Usefulness = Literal["useful", "noise", "unsure"]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class AlertVerdict:
    """Who said what of an alert, when; `version` counts how often anybody did."""

    alert: str
    verdict: Usefulness
    note: str
    actor: str
    at: datetime
    version: int


def checked_verdict(verdict: str, note: str) -> Usefulness:
    """The verdict, if it is one.

    Raises:
        InputError: it is none, or the note is too long.
    """
    if len(note) > 500:
        message = f"a note has at most 500 characters, this one {len(note)}"
        raise InputError(message)
    for known in get_args(Usefulness):
        if verdict == known:
            return known
    message = f"{verdict[:40]!r} is no verdict on an alert; allowed: {', '.join(get_args(Usefulness))}"
    raise InputError(message)


def read_verdicts(connection: Connection, alerts: Collection[str]) -> dict[str, AlertVerdict]:
    """Verdicts by alert."""
    names = sorted(alerts)
    found: dict[str, AlertVerdict] = {}
    for first in range(0, len(names), _AT_ONCE):
        query = select(verdicts).where(verdicts.c.alert.in_(names[first : first + _AT_ONCE]))
        for row in connection.execute(query):
            found[row.alert] = AlertVerdict(row.alert, row.verdict, row.note, row.actor, row.at, row.version)
    return found


def version_of(found: Collection[AlertVerdict]) -> int:
    """What a person who judges several alerts has seen of verdicts on them; any verdict counts it up."""
    return sum(verdict.version for verdict in found)


def check_seen(found: Collection[AlertVerdict], seen: int | None, *, what: str) -> None:
    """Raises StaleWriteError when somebody judged after the one who judges now had looked."""
    if seen is None or version_of(found) == seen:
        return
    last = max(found, key=lambda one: one.at)
    message = f"{what} was judged {last.verdict} by {last.actor} while you were looking"
    details: dict[str, object] = {"seen": seen, "version": version_of(found), "verdict": last.verdict}
    raise StaleWriteError(message, next_step="Look at it again; nothing was written.", details=details)


def write_verdicts(connection: Connection, new: Sequence[AlertVerdict]) -> None:
    """Store verdicts in place of those before."""
    names = [one.alert for one in new]
    for first in range(0, len(names), _AT_ONCE):
        connection.execute(delete(verdicts).where(verdicts.c.alert.in_(names[first : first + _AT_ONCE])))
    values = [{name: getattr(one, name) for name in AlertVerdict.__dataclass_fields__} for one in new]
    connection.execute(insert(verdicts), values)


def request_of(connection: Connection, key: str, operation: str, target: str) -> list[str] | None:
    """Alerts that this key did something to before; None when it is new.

    Raises:
        ConflictError: it did so to something else.
    """
    query = select(requests.c.target, requests.c.alerts).where(requests.c.key == key, requests.c.operation == operation)
    row = connection.execute(query).first()
    if row is None:
        return None
    if row.target != target:
        message = f"key {key!r} was already used to {operation} {row.target}"
        raise ConflictError(message, next_step="Take a new key for a new request.")
    return list(row.alerts)


def remember(
    connection: Connection, key: str, operation: str, target: str, alerts: Sequence[str], *, actor: str, at: datetime
) -> None:
    """Bind a key to what it did; stands or falls with the transaction."""
    values = {"key": key, "operation": operation, "target": target, "alerts": list(alerts), "actor": actor, "at": at}
    connection.execute(insert(requests).values(values))
