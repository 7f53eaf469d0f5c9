"""What outsiders must not read of one incident: everybody and everything that had to do with it."""

from collections.abc import Callable, Collection, Iterable
from typing import cast

from sqlalchemy import Connection, select

from steek.incidents.impact.impact_rows import read_impacts
from steek.incidents.oncall.rota_rows import read_people
from steek.incidents.rows import family, find
from steek.incidents.signals.tables import signals
from steek.incidents.tables import alerts
from steek.incidents.types import Incident
from steek.incidents.updates.privacy import InternalNames, check_for_outsiders, plain_words
from steek.incidents.updates.records import read_questions, read_updates
from steek.ledger import Ledger
from steek.monitoring.tables import alerts as fired

_MOST_EVENTS = 5_000
# Not people: what acts by itself, and whoever did not say a name.
_NOBODY = frozenset({"steek", "api", ""})
_MEANT_KINDS = ("incident.outside_approved", "incident.outside_corrected", "incident.outside_page_opened")


class Discretion:
    """Decides what outsiders may read of an incident.

    Args:
        ledger: Knows who had to do with it, and which words were said to be meant.
        internal: Names of the project that outsiders must not read.
    """

    def __init__(self, ledger: Ledger, internal: Callable[[], InternalNames]) -> None:
        self._ledger = ledger
        self._internal = internal

    def check(self, connection: Connection, incident: Incident, text: str, meant: Collection[str]) -> None:
        """Raises InputError for what is private, and for words that may be and were not said to be meant."""
        check_for_outsiders(text, self._names(connection, incident), [*meant, *self._meant_before(incident)])

    def asks(
        self, connection: Connection, incident: Incident, text: str, meant: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Words that somebody must say are meant as plain words. Raises InputError for what is private."""
        return plain_words(text, self._names(connection, incident), [*meant, *self._meant_before(incident)])

    def _meant_before(self, incident: Incident) -> list[str]:
        said = self._ledger.events(kinds=_MEANT_KINDS, subject=incident.urn, limit=_MOST_EVENTS)
        return [str(word) for event in said for word in cast("list[object]", event.payload.get("meant") or [])]

    def _names(self, connection: Connection, incident: Incident) -> InternalNames:
        parts = [find(connection, each) for each in family(connection, incident.id)]
        people, names = set(read_people(connection)), set[str]()
        for one in parts:
            people |= {one.declared_by, one.changed_by, *one.roles.values(), *one.shadows}
            people |= {event.actor for event in self._ledger.events(subject=one.urn, limit=_MOST_EVENTS)}
            names |= {one.id, one.subject, *one.systems}
            names |= {name for impact in read_impacts(connection, one.id) for name in impact.names}
        found, signed = _noticed(connection, [one.id for one in parts])
        people |= signed | _spoke(connection, [one.id for one in parts])
        return self._internal() | InternalNames(frozenset(people - _NOBODY), frozenset(names | found))


def _spoke(connection: Connection, incident_ids: Iterable[str]) -> set[str]:
    told = read_updates(connection, *incident_ids)
    asked = read_questions(connection, *incident_ids)
    return {name for one in told for name in (one.actor, one.approved_by or "")} | {
        name for one in asked for name in (one.asked_by, one.answered_by or "")
    }


def _noticed(connection: Connection, incident_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """Monitors and slices that showed it and systems that signals name; and who filed those."""
    shown = select(alerts.c.monitor, fired.c.slice).outerjoin(fired, fired.c.id == alerts.c.alert_id)
    names = {
        str(each) for row in connection.execute(shown.where(alerts.c.incident_id.in_(incident_ids))) for each in row
    }
    filed = select(signals.c.source, signals.c.decided_by, signals.c.system)
    rows = list(connection.execute(filed.where(signals.c.incident_id.in_(incident_ids))))
    people = {str(each) for row in rows for each in (row.source, row.decided_by) if each}
    return (names - {"None", ""}) | {str(row.system) for row in rows}, people
