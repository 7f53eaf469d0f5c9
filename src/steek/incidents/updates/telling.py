"""Telling people of updates: stakeholders of what they may see, communications of what is due."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from steek.incidents.lifecycle import State
from steek.incidents.oncall.contacts import targets_of
from steek.incidents.oncall.rota_rows import read_people
from steek.incidents.roles.stakeholders import Sees, Stakeholder
from steek.incidents.rows import family, find
from steek.incidents.tables import incidents
from steek.incidents.types import Incident, Role
from steek.incidents.updates.cadence import Due
from steek.incidents.updates.outside_texts import outside_entries
from steek.incidents.updates.records import find_update, read_cadence, read_links, read_updates
from steek.incidents.updates.tables import cadences
from steek.incidents.updates.updates import Updates
from steek.kernel.clock import Clock
from steek.ledger import Database, Draft, Event, Ledger
from steek.notify import Notice, Notices

TELLING_KINDS = (
    "incident.advanced",
    "incident.answered",
    "incident.asked",
    "incident.merged",
    "incident.outside_approved",
    "incident.outside_corrected",
    "incident.resolved",
    "incident.updated",
)
_ACTOR = "steek"
_BODY_CHARACTERS = 4_000
_LEAST = "sev3"


class Telling:
    """Turns updates, and the end of an outage, into notices to stakeholders, and missing updates into reminders.

    Stakeholders who may not see internals are told with what was approved for outsiders, and of nothing else.

    Args:
        database: Holds incidents and updates.
        ledger: Is told when an update is overdue.
        clock: Processing time.
        notices: Carry everything; without targets for somebody nothing is sent to them.
        updates: Knows what is due.
        stakeholders: Those of some systems.
        url: Address at which people reach the console.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        notices: Notices,
        updates: Updates,
        stakeholders: Callable[..., Sequence[Stakeholder]],
        url: str,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._notices = notices
        self._updates = updates
        self._stakeholders = stakeholders
        self._url = url

    def on_event(self, event: Event) -> None:
        """Subscription to `TELLING_KINDS`; the same event again tells nobody twice."""
        incident_id = str(event.payload.get("incident"))
        with self._database.transaction() as connection:
            incident = find(connection, incident_id)
            told: list[Notice | None] = []
            if event.kind == "incident.updated":
                told = [
                    *self._over(connection, incident, event.at),
                    self._news(connection, incident, event, Sees.INTERNAL),
                ]
            elif event.kind in ("incident.outside_approved", "incident.outside_corrected"):
                told = [self._news(connection, incident, event, each) for each in (Sees.SUMMARY, Sees.OUTSIDER)]
            elif event.kind == "incident.resolved":
                told = [*self._over(connection, incident, event.at), *self._turn(connection, incident, event)]
            elif event.kind == "incident.merged":
                told = [*self._over(connection, incident, event.at)] if incident.merged_into else []
            elif event.kind in ("incident.asked", "incident.answered"):
                told = [self._question(connection, incident, event)]
            elif event.payload.get("action") == "reopen":
                told = [*self._turn(connection, incident, event)]
            self._notices.post_in(connection, [one for one in told if one is not None])

    def unreached(self, incident_id: str) -> tuple[Stakeholder, ...]:
        """Stakeholders of an incident whom no target reaches: nothing that is said here comes to them by itself.

        Raises:
            NotFoundError: no such incident.
        """
        known = [target.name for target in self._notices.targets()]
        with self._database.reading() as connection:
            incident, people = find(connection, incident_id), read_people(connection)
        meant = self._stakeholders(incident.subject, *incident.systems)
        return tuple(one for one in meant if not targets_of(people.get(one.person, ()), known))

    def tick(self) -> int:
        """Remind communications of updates that are due soon or overdue; returns how many reminders were made."""
        open_states = [state.value for state in State if state.is_open]
        with self._database.reading() as connection:
            waiting = list(
                connection.execute(select(incidents.c.id).where(incidents.c.state.in_(open_states))).scalars()
            )
        return sum(self._remind(incident_id) for incident_id in waiting)

    def _remind(self, incident_id: str) -> int:
        status = self._updates.status(incident_id)
        due_at = status.next_update_at
        if due_at is None or status.due not in (Due.SOON, Due.OVERDUE):
            return 0
        column = "reminded_of_at" if status.due is Due.SOON else "overdue_since_at"
        with self._database.transaction() as connection:
            row = read_cadence(connection, incident_id)
            if row is not None and row[column] == due_at:
                return 0
            one = cadences.c.incident_id == incident_id
            if row is None:
                connection.execute(insert(cadences).values(incident_id=incident_id, **{column: due_at}))
            else:
                connection.execute(update(cadences).where(one).values({column: due_at}))
            incident = find(connection, incident_id)
            self._notices.post_in(connection, [self._reminder(connection, incident, status.due, due_at)])
            if status.due is Due.OVERDUE:
                payload: dict[str, object] = {"incident": incident_id, "due_at": due_at}
                self._ledger.append(connection, Draft("incident.update_overdue", incident.urn, _ACTOR, payload))
        return 1

    def _question(self, connection: Connection, incident: Incident, event: Event) -> Notice:
        """To whoever speaks, that somebody asks, until it is answered; the words of the question stay on the page."""
        holder, to = _speaker(connection, incident)
        number = event.payload["question"]
        return Notice(
            key=f"question:{incident.id}:{number}",
            title=f"Incident {incident.id}: question {number} waits for an answer",
            severity=incident.severity.value,
            subject=incident.subject,
            at=event.at,
            state="resolved" if event.kind == "incident.answered" else "open",
            owner=holder,
            body=f"It is asked on the status page. steek incident answer {incident.id} {number} TEXT",
            url=f"{self._url}/incidents/{incident.id}/status#questions",
            to=to,
        )

    def _reminder(self, connection: Connection, incident: Incident, due: Due, due_at: datetime) -> Notice:
        holder, to = _speaker(connection, incident)
        late = "is overdue" if due is Due.OVERDUE else "is due soon"
        return Notice(
            key=_key(incident, due, due_at),
            title=f"Incident {incident.id}: the next update {late} ({due_at:%H:%M} UTC)",
            severity=incident.severity.value,
            subject=incident.subject,
            at=self._clock.now(),
            owner=holder,
            body=f"Everybody was told to expect it. steek incident update {incident.id} TEXT",
            url=f"{self._url}/incidents/{incident.id}#updates",
            to=to,
        )

    def _over(self, connection: Connection, incident: Incident, at: datetime) -> list[Notice]:
        """What ends the reminders of an incident once there is news, or it is over."""
        row = read_cadence(connection, incident.id)
        reminded = () if row is None else ((Due.SOON, row["reminded_of_at"]), (Due.OVERDUE, row["overdue_since_at"]))
        return [
            Notice(
                key=_key(incident, due, due_at),
                title=f"Incident {incident.id}: there is news",
                severity=incident.severity.value,
                subject=incident.subject,
                at=at,
                state="resolved",
            )
            for due, due_at in reminded
            if due_at is not None
        ]

    def _news(self, connection: Connection, incident: Incident, event: Event, sees: Sees) -> Notice | None:
        """One update for everybody who may see so much of it; None when it is nothing to them."""
        number = int(str(event.payload["number"]))
        found = find_update(connection, incident.id, number)
        if sees is Sees.INTERNAL:
            title = f"Incident {incident.id}, update {number}: {found.text}"
            return self._notice(connection, incident, event, sees, title, found.text)
        if event.kind == "incident.outside_approved":
            if found.outside_state != "approved":
                # It was taken back before anybody was told.
                return None
            return self._notice(connection, incident, event, sees, "Update on a problem", found.outside_text)
        if not event.payload.get("was_read"):
            return None
        said = str(event.payload.get("text") or "") or "What you were told before was wrong. Please do not go by it."
        return self._notice(connection, incident, event, sees, "Correction of an update on a problem", said)

    def _turn(self, connection: Connection, incident: Incident, event: Event) -> list[Notice | None]:
        """That it is over, or goes on after all: to everybody who knows of it. Outsiders know what they were told."""
        is_over = event.kind == "incident.resolved"
        how = "is over" if is_over else "goes on: it was reopened"
        parts = family(connection, incident.id)
        title = f"Incident {incident.id} {how}"
        told = [self._notice(connection, incident, event, Sees.INTERNAL, title, f"{incident.title}: it {how}.")]
        if outside_entries(read_updates(connection, *parts)):
            words = "The problem is solved." if is_over else "The problem is back. We are working on it."
            told += [
                self._notice(connection, incident, event, each, "Update on a problem", words)
                for each in (Sees.SUMMARY, Sees.OUTSIDER)
            ]
        return told

    def _notice(
        self, connection: Connection, incident: Incident, event: Event, sees: Sees, title: str, body: str
    ) -> Notice | None:
        """To all stakeholders who see so much and whom a target reaches; None when there is nobody.

        To outsiders it has no severity, number or name of ours: all of theirs are of the one least severity.
        """
        people = read_people(connection)
        meant = [one for one in self._stakeholders(incident.subject, *incident.systems) if one.sees == sees.value]
        to = tuple(dict.fromkeys(target for one in meant for target in targets_of(people.get(one.person, ()))))
        if not to:
            return None
        is_outside = sees is Sees.OUTSIDER
        links = read_links(connection, *family(connection, incident.id))
        url = f"{self._url}/incidents/{incident.id}/status"
        if is_outside:
            url = f"{self._url}{links[0].path}" if links else ""
        return Notice(
            key=f"update:{event.id}:{sees.value}",
            title=title[:300],
            body=body[:_BODY_CHARACTERS],
            severity=_LEAST if is_outside else incident.severity.value,
            subject=incident.subject if sees is Sees.INTERNAL else "status:update",
            at=event.at,
            # It is told and over: nothing of it stays open.
            purpose="change",
            url=url,
            to=to,
            only_to=True,
        )


def _speaker(connection: Connection, incident: Incident) -> tuple[str, tuple[str, ...]]:
    """Who speaks for an incident and what targets reach them; nobody while neither role is taken."""
    holder = incident.roles.get(Role.COMMUNICATIONS) or incident.roles.get(Role.COMMANDER) or ""
    return holder, targets_of(read_people(connection).get(holder, ()))


def _key(incident: Incident, due: Due, due_at: datetime) -> str:
    return f"update {due.value}:{incident.id}:{due_at:%Y%m%dT%H%M%S}"
