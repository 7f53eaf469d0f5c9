"""Paging: who is on call is called when an incident is declared, and the next when nobody answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from steek.incidents.oncall.contacts import targets_of
from steek.incidents.oncall.page_rows import Page, read_page, read_pages, write_page
from steek.incidents.oncall.page_steps import (
    PAGE_TRANSITIONS,
    Call,
    NextCall,
    PageAction,
    PageRung,
    PageState,
    next_calls,
)
from steek.incidents.oncall.reaching import responsible
from steek.incidents.oncall.rota_rows import (
    find_rotation,
    known_result,
    read_calendar,
    read_people,
    read_rotations,
    remember_result,
)
from steek.incidents.oncall.rotation import Duty
from steek.incidents.oncall.watches import chain, who
from steek.incidents.rows import find
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.incidents.types import Incident, Role
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.kernel.state_machine import transition
from steek.ledger import Database, Draft, Event, Ledger
from steek.notify import Delivery, Notice, Notices

PAGING_KINDS = (
    "incident.declared",
    "incident.role_assigned",
    "incident.handed_over",
    "incident.resolved",
    "incident.merged",
)
_ACTOR = "steek"
_NEWS = timedelta(days=1)
_MINUTE_S = 60.0


class Paging:
    """Calls people for incidents, each incident once; safe to share between threads and processes.

    A page is a row of the database before it is a notice to anybody, so it outlives a process, a chat and a mail server
    that are down: deliveries are tried again, the next channel and the next person are tried beside them, and the
    console shows it all the while.

    Args:
        database: Holds the pages.
        ledger: Is told who was called, by name and never by number.
        clock: Processing time, which says who is on call.
        notices: Carry the pages; their clock counts the minutes until the next person.
        notice_of: The notice that an incident's declaration becomes.
        owner_of: Who answers for a system when no rotation does.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        notices: Notices,
        notice_of: Callable[[Event], Notice],
        owner_of: Callable[[str], str | None],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._notices = notices
        self._notice_of = notice_of
        self._owner_of = owner_of

    def on_event(self, event: Event) -> None:
        """Subscription to `PAGING_KINDS`; the same event again does nothing."""
        incident_id = str(event.payload.get("incident"))
        if event.kind == "incident.declared":
            if self._clock.now() - event.recorded_at <= _NEWS:
                self._begin(event, incident_id)
        elif event.kind in ("incident.role_assigned", "incident.handed_over"):
            # Who names somebody else has not woken them: only whoever takes command answers.
            taken = event.payload.get("person", event.actor) == event.actor
            if taken and event.payload.get("role") == Role.COMMANDER.value:
                self._end(incident_id, PageAction.ACKNOWLEDGE, by=event.actor)
        else:
            self._end(incident_id, PageAction.END, by=event.actor)

    def tick(self) -> int:
        """Call whoever's time has come, and try the next channel where one failed; returns how many calls were made."""
        with self._database.reading() as connection:
            waiting = read_pages(connection, [PageState.OPEN])
        return sum(self._escalate(page.incident_id) for page in waiting)

    def open(self) -> tuple[Page, ...]:
        """Pages that nobody has answered, latest first."""
        with self._database.reading() as connection:
            return read_pages(connection, [PageState.OPEN])

    def of(self, incident: str) -> Page | None:
        """The page of an incident; None when it paged nobody."""
        with self._database.reading() as connection:
            return read_page(connection, incident)

    def deliveries(self, page: Page) -> tuple[Delivery, ...]:
        """How the targets of a page stand: what arrived, what is tried again, what was given up."""
        return tuple(each for found in self._deliveries(page).values() for each in found if each.target is not None)

    def acknowledge(self, incident: str, *, actor: str, key: str) -> Page:
        """Say that somebody is on it; nobody else is called, and the pagers are told.

        Raises:
            NotFoundError: no such incident.
            ConflictError: it paged nobody.
        """
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        with self._database.transaction() as connection:
            found = find(connection, incident)
            page = read_page(connection, incident)
            if page is None:
                message = f"incident {incident} paged nobody"
                raise ConflictError(message, next_step="Take the role of commander; everybody sees so.")
            if known_result(connection, "acknowledge page", checked(key, what="key", most=300)) is None:
                remember_result(connection, "acknowledge page", key, incident)
                page = self._settle(connection, found, page, PageAction.ACKNOWLEDGE, by=by)
        return page

    def page(self, incident: str, to: str, *, actor: str, key: str) -> Page:
        """Call somebody besides: a person who has contacts, or "rotation:NAME" for who is on call there now.

        Raises:
            NotFoundError: no such incident, rotation or person.
            ConflictError: the incident is over, or nobody is on call in that rotation.
        """
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        with self._database.transaction() as connection:
            found = find(connection, incident)
            page = read_page(connection, incident)
            if known_result(connection, "page", checked(key, what="key", most=300)) is not None and page is not None:
                return page
            if not found.state.is_open:
                message = f"incident {incident} is {found.state.value}; nobody was called"
                raise ConflictError(message, next_step="Reopen it first.")
            remember_result(connection, "page", key, incident)
            person, because = self._named(connection, to, by)
            now = self._notices.now()
            page = page or self._new(found, (), f"incident:{incident}")
            # Never quite at once: whoever is called besides is told with a notice of their own.
            after_s = max((now - page.counted_from_at).total_seconds(), 0.001)
            channels = self._channels(connection, person)
            rungs = (*page.rungs, PageRung(person, after_s, because, channels))
            state = transition(PAGE_TRANSITIONS, page.state, PageAction.PAGE, what=f"page of incident {incident}")
            page = replace(page, rungs=rungs, state=state, acknowledged_by=None, acknowledged_at=None)
            moves = (NextCall(len(rungs) - 1, 0, because),)
            return self._call(connection, found, page, moves, kind="incident.paged", actor=by)

    def _begin(self, event: Event, incident_id: str) -> None:
        with self._database.transaction() as connection:
            if read_page(connection, incident_id) is not None:
                return
            incident = find(connection, incident_id)
            if not incident.state.is_open:
                return
            rungs, gaps = self._rungs(connection, incident)
            page = self._new(incident, rungs, self._notice_of(event).key)
            first = tuple(NextCall(number, 0, rung.because) for number, rung in enumerate(rungs) if rung.after_s == 0)
            self._call(connection, incident, page, first, kind="incident.paged", actor=_ACTOR, gaps=gaps)

    def _escalate(self, incident_id: str) -> int:
        now = self._notices.now()
        with self._database.transaction() as connection:
            page = read_page(connection, incident_id)
            if page is None or page.state is not PageState.OPEN:
                return 0
            elapsed_s = (now - page.counted_from_at).total_seconds()
            moves = next_calls(page.rungs, page.calls, self._deliveries(page), elapsed_s=elapsed_s, now=now)
            if moves:
                incident = find(connection, incident_id)
                self._call(connection, incident, page, moves, kind="incident.page_escalated", actor=_ACTOR)
        return len(moves)

    def _call(
        self,
        connection: Connection,
        incident: Incident,
        page: Page,
        moves: Sequence[NextCall],
        *,
        kind: str,
        actor: str,
        gaps: Sequence[str] = (),
    ) -> Page:
        """Post what is to be told, and write page and event with it."""
        now, calls = self._notices.now(), list(page.calls)
        for move in moves:
            rung = page.rungs[move.rung]
            notice = self._notice_for(incident, page, move.rung, rung.channels[: move.channel + 1])
            head = self._notices.post_in(connection, [notice])[0] or notice.key
            calls.append(Call(move.rung, move.channel, head, notice.key, now))
        is_new = page.version == 0
        written = replace(page, calls=tuple(calls), version=page.version + 1)
        write_page(connection, written, is_new=is_new)
        payload: dict[str, object] = {
            "incident": incident.id,
            "calls": [
                {
                    "person": page.rungs[move.rung].person,
                    "because": move.because,
                    "target": next(iter(page.rungs[move.rung].channels[move.channel : move.channel + 1]), None),
                }
                for move in moves
            ],
            "gaps": list(gaps),
        }
        self._ledger.append(connection, Draft(kind, incident.urn, actor, payload))
        return written

    def _notice_for(self, incident: Incident, page: Page, rung: int, to: tuple[str, ...]) -> Notice:
        """The incident's own notice for who is called at once; one of their own for whoever is called later."""
        at_once = page.rungs[rung].after_s == 0
        declared = self._declared(incident)
        if at_once and declared is not None:
            return replace(declared, to=to)
        title = f"Incident {incident.id}: {incident.title} (for {page.rungs[rung].person})"
        severity = incident.severity.value
        url = "" if declared is None else declared.url
        key = f"page:{incident.id}:{rung}"
        return Notice(
            key=key,
            title=title[:300],
            severity=severity,
            subject=incident.subject,
            at=page.paged_at,
            purpose="page",
            body=f"{page.rungs[rung].because}. Answer with: steek oncall acknowledge {incident.id}",
            url=url,
            to=to,
            only_to=True,
        )

    def _declared(self, incident: Incident) -> Notice | None:
        found = self._ledger.events(kinds=["incident.declared"], subject=incident.urn, limit=1)
        return self._notice_of(found[0]) if found else None

    def _end(self, incident_id: str, action: PageAction, *, by: str) -> None:
        with self._database.transaction() as connection:
            page = read_page(connection, incident_id)
            if page is not None:
                self._settle(connection, find(connection, incident_id), page, action, by=by)

    def _settle(self, connection: Connection, incident: Incident, page: Page, action: PageAction, *, by: str) -> Page:
        """Move a page on, tell the pagers, and write the event; what had been said before changes nothing."""
        if (page.state, action) not in PAGE_TRANSITIONS:
            return page
        state = transition(PAGE_TRANSITIONS, page.state, action, what=f"page of incident {incident.id}")
        if state is page.state:
            return page
        seen = {"acknowledged_by": by, "acknowledged_at": self._clock.now()} if page.acknowledged_by is None else {}
        written = replace(page, state=state, version=page.version + 1, **seen)
        write_page(connection, written, is_new=False)
        told = "acknowledged" if action is PageAction.ACKNOWLEDGE else "resolved"
        keys = {call.posted: call.rung for call in page.calls}
        notices = [self._notice_for(incident, page, rung, ()) for rung in keys.values()]
        self._notices.post_in(connection, [replace(notice, state=told) for notice in notices])
        if action is PageAction.ACKNOWLEDGE:
            payload: dict[str, object] = {"incident": incident.id, "called": list(page.called)}
            self._ledger.append(connection, Draft("incident.page_acknowledged", incident.urn, by, payload))
        return written

    def _rungs(self, connection: Connection, incident: Incident) -> tuple[tuple[PageRung, ...], list[str]]:
        """Everybody who may be called for an incident; where no rotation answers, whoever answers for the system."""
        at = self._clock.now()
        rotations, calendar = read_rotations(connection), read_calendar(connection, since=at)
        people = read_people(connection)
        found: dict[str, PageRung] = {}
        missing: list[str] = []
        asked = responsible(rotations, incident.subject, incident.systems, Duty.OPERATIONS)
        for rotation in asked:
            now = who(rotation, at, calendar)
            missing += [] if now.person else [f"nobody is on call for {rotation.name}: {now.because}"]
            for rung in chain(rotation.name, rotations, at, calendar):
                channels = targets_of(people.get(rung.person, ()))
                missing += [] if channels else [f"no target reaches {rung.person}"]
                made = PageRung(rung.person, rung.after_minutes * _MINUTE_S, rung.because, channels)
                found.setdefault(rung.person, made)
        missing += [] if asked else [f"no operations rotation covers {incident.subject}"]
        owner = None if found else self._owner_of(incident.subject)
        if owner is not None:
            channels = targets_of(people.get(owner, ()))
            found[owner] = PageRung(owner, 0.0, f"answers for {incident.subject}", channels)
        # Less than sev2 can wait for the morning: nobody is called after the first.
        rungs = tuple(rung for rung in found.values() if rung.after_s == 0 or incident.severity.value != "sev3")
        return rungs, missing

    def _new(self, incident: Incident, rungs: tuple[PageRung, ...], notice: str) -> Page:
        return Page(
            incident_id=incident.id,
            state=PageState.OPEN,
            version=0,
            rungs=rungs,
            calls=(),
            notice=notice,
            paged_at=self._clock.now(),
            counted_from_at=self._notices.now(),
        )

    def _named(self, connection: Connection, to: str, by: str) -> tuple[str, str]:
        if to.startswith("rotation:"):
            rotation = find_rotation(connection, to.removeprefix("rotation:"))
            now = who(rotation, self._clock.now(), read_calendar(connection))
            if now.person is None:
                message = f"nobody is on call for {rotation.name}: {now.because}"
                raise ConflictError(message, next_step="Name a person.")
            return now.person, f"on call for {rotation.name}, asked for by {by}"
        if not to.strip():
            raise InputError("nobody is named", next_step="Give a person, or rotation:NAME.")
        known = read_people(connection)
        if to not in known:
            raise NotFoundError.among(
                "person", to, known, next_step="Say how they are reached: 'steek oncall contact'."
            )
        return to, f"asked for by {by}"

    def _channels(self, connection: Connection, person: str) -> tuple[str, ...]:
        return targets_of(read_people(connection).get(person, ()))

    def _deliveries(self, page: Page) -> Mapping[str, Sequence[Delivery]]:
        keys = dict.fromkeys((page.notice, *(call.notice for call in page.calls)))
        return {key: self._notices.deliveries(notice=key) for key in keys}
