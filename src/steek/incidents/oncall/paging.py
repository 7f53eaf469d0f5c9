"""Paging: who is on call is called when an incident is declared, and the next when nobody answers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from steek.incidents.impact.severity import is_worse
from steek.incidents.oncall.calling import Callees
from steek.incidents.oncall.page_notices import heard, notice_to, offer
from steek.incidents.oncall.page_rows import Page, read_page, read_pages, write_page
from steek.incidents.oncall.page_steps import (
    PAGE_TRANSITIONS,
    Call,
    NextCall,
    PageAction,
    PageRung,
    PageState,
    arrival,
    next_calls,
)
from steek.incidents.oncall.reaching import silence
from steek.incidents.oncall.rota_rows import known_result, remember_result
from steek.incidents.rows import find
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.incidents.types import Incident, Role, Severity
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError
from steek.kernel.state_machine import transition
from steek.ledger import Database, Draft, Event, Ledger
from steek.notify import Delivery, Notice, Notices

PAGING_KINDS = (
    "incident.advanced",
    "incident.declared",
    "incident.handed_over",
    "incident.handover_offered",
    "incident.merged",
    "incident.resolved",
    "incident.role_assigned",
    "incident.severity_changed",
    "incident.unmerged",
)
_ACTOR = "steek"
_NEWS = timedelta(days=1)


class Paging:
    """Calls people for incidents; safe to share between threads and processes.

    An incident calls when it is declared, and anew when it is reopened, gets worse or inherits the open page of a
    duplicate; each of these once, however often its event comes.

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
        targets: Names of the targets of steek.toml.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        notices: Notices,
        notice_of: Callable[[Event], Notice],
        owner_of: Callable[[str], str | None],
        targets: Callable[[], Collection[str]],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._notices = notices
        self._notice_of = notice_of
        self._callees = Callees(owner_of, targets)

    def on_event(self, event: Event) -> None:
        """Subscription to `PAGING_KINDS`; the same event again does nothing."""
        incident_id, said = str(event.payload.get("incident")), event.payload
        # Who is told of it a day later is told of what was.
        is_news = self._clock.now() - event.recorded_at <= _NEWS
        if "handover" in said:
            self._tell_of_offer(event, incident_id, is_news=is_news)
        if event.kind == "incident.resolved":
            self._end(incident_id, PageAction.END, by=event.actor)
        elif event.kind in ("incident.role_assigned", "incident.handed_over"):
            if said.get("role") == Role.COMMANDER.value:
                self._command(event, incident_id, str(said.get("person", event.actor)), is_news=is_news)
        elif event.kind == "incident.merged":
            # Both sides are told; the survivor by "from". Only the duplicate's page is over.
            if "from" not in said:
                self._inherit(event, incident_id, str(said.get("into")), is_news=is_news)
        elif is_news and (why := _why_anew(event)) is not None:
            self._begin(event, incident_id, why)

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
            person, because = self._callees.named(connection, to, by, self._clock.now())
            return self._besides(connection, found, page, person, because, by=by)

    def _begin(self, event: Event, incident_id: str, why: str) -> None:
        """Call everybody responsible from the beginning; `why` it is done again, "" for the first time."""
        with self._database.transaction() as connection:
            incident, page = find(connection, incident_id), read_page(connection, incident_id)
            is_done = page is not None if not why else known_result(connection, "page again", event.id) is not None
            if is_done or not incident.state.is_open:
                return
            if why:
                remember_result(connection, "page again", event.id, incident_id)
            self._call_all(connection, incident, page, why)
            if why and page is not None and incident.roles.get(Role.COMMANDER) == event.actor:
                # Whoever commands and says so is awake.
                self._end_in(connection, incident, PageAction.ACKNOWLEDGE, by=event.actor)

    def _call_all(self, connection: Connection, incident: Incident, page: Page | None, why: str) -> None:
        rungs, gaps = self._callees.chain(connection, incident, self._clock.now())
        if page is None:
            page, first = self._new(incident, rungs), 0
        else:
            first = len(page.rungs)
            state = transition(PAGE_TRANSITIONS, page.state, PageAction.PAGE, what=f"page of incident {incident.id}")
            ended = tuple(replace(rung, ended=True) for rung in page.rungs)
            page = replace(
                self._new(incident, (*ended, *(replace(rung, because=f"{why}; {rung.because}") for rung in rungs))),
                state=state,
                version=page.version,
                calls=page.calls,
                notice=f"incident:{incident.id}:{page.version}",
            )
            self._notices.post_in(connection, [heard(self._declared(incident), incident, page)])
        numbered = enumerate(page.rungs[first:], first)
        moves = tuple(NextCall(number, 0, rung.because) for number, rung in numbered if rung.after_s == 0)
        self._call(connection, incident, page, moves, kind="incident.paged", actor=_ACTOR, gaps=gaps)

    def _command(self, event: Event, incident_id: str, person: str, *, is_news: bool) -> None:
        """Who takes command answers the page. Who names somebody else has not woken them: they are called."""
        if person == event.actor:
            self._end(incident_id, PageAction.ACKNOWLEDGE, by=event.actor)
            return
        with self._database.transaction() as connection:
            incident, page = find(connection, incident_id), read_page(connection, incident_id)
            if not (is_news and incident.state.is_open) or incident.roles.get(Role.COMMANDER) != person:
                return
            if known_result(connection, "page again", event.id) is not None:
                return
            remember_result(connection, "page again", event.id, incident_id)
            self._besides(connection, incident, page, person, f"named commander by {event.actor}", by=event.actor)

    def _tell_of_offer(self, event: Event, incident_id: str, *, is_news: bool) -> None:
        """Who is offered a role hears of it; it is no page, because whoever offers it is there."""
        said = event.payload
        with self._database.transaction() as connection:
            incident = find(connection, incident_id)
            to = self._callees.channels(connection, str(said.get("to")))
            told = offer(self._declared(incident), incident, said, to)
            if is_news or told.state == "resolved":
                self._notices.post_in(connection, [told])

    def _inherit(self, event: Event, duplicate: str, into: str, *, is_news: bool) -> None:
        """The duplicate's page is over; where nobody was called for the survivor yet, its own begins."""
        with self._database.transaction() as connection:
            page = read_page(connection, duplicate)
            was_open = page is not None and page.state is PageState.OPEN
            self._end_in(connection, find(connection, duplicate), PageAction.END, by=event.actor)
            survivor = find(connection, into)
            if was_open and is_news and survivor.state.is_open and read_page(connection, into) is None:
                self._call_all(connection, survivor, None, "")

    def _besides(
        self, connection: Connection, incident: Incident, page: Page | None, person: str, because: str, *, by: str
    ) -> Page:
        """Call one person now, beside whoever is called anyway."""
        now = self._notices.now()
        page = page or self._new(incident, ())
        # Never quite at once: whoever is called besides is told with a notice of their own.
        after_s = max((now - page.counted_from_at).total_seconds(), 0.001)
        rung = PageRung(person, after_s, because, self._callees.channels(connection, person))
        state = transition(PAGE_TRANSITIONS, page.state, PageAction.PAGE, what=f"page of incident {incident.id}")
        page = replace(page, rungs=(*page.rungs, rung), state=state, acknowledged_by=None, acknowledged_at=None)
        gaps = () if rung.channels else (silence(person),)
        moves = (NextCall(len(page.rungs) - 1, 0, because),)
        return self._call(connection, incident, page, moves, kind="incident.paged", actor=by, gaps=gaps)

    def _escalate(self, incident_id: str) -> int:
        now = self._notices.now()
        with self._database.transaction() as connection:
            page = read_page(connection, incident_id)
            if page is None or page.state is not PageState.OPEN:
                return 0
            incident, deliveries = find(connection, incident_id), self._deliveries(page)
            page = self._arrived(connection, incident, page, deliveries)
            elapsed_s = (now - page.counted_from_at).total_seconds()
            moves = next_calls(page.rungs, page.calls, deliveries, elapsed_s=elapsed_s, now=now)
            if moves:
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
        now, calls, declared = self._notices.now(), list(page.calls), self._declared(incident)
        for move in moves:
            rung = page.rungs[move.rung]
            notice = notice_to(declared, incident, page, move.rung, rung.channels[: move.channel + 1])
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

    def _arrived(
        self, connection: Connection, incident: Incident, page: Page, deliveries: Mapping[str, Sequence[Delivery]]
    ) -> Page:
        """Write down which calls have reached their target since somebody looked last, each once."""
        seen = [arrival(page.rungs[call.rung], call, deliveries) for call in page.calls]
        new = [(call, at) for call, at in zip(page.calls, seen, strict=True) if at and call.delivered_at is None]
        if not new:
            return page
        calls = tuple(replace(call, delivered_at=at) for call, at in zip(page.calls, seen, strict=True))
        page = replace(page, calls=calls, version=page.version + 1)
        write_page(connection, page, is_new=False)
        for call, at in new:
            rung = page.rungs[call.rung]
            payload: dict[str, object] = {
                "incident": incident.id,
                "person": rung.person,
                "target": rung.channels[call.channel],
                "after_s": max((at - call.called_at).total_seconds(), 0.0),
            }
            self._ledger.append(connection, Draft("incident.page_delivered", incident.urn, _ACTOR, payload))
        return page

    def _declared(self, incident: Incident) -> Notice:
        return self._notice_of(self._ledger.events(kinds=["incident.declared"], subject=incident.urn, limit=1)[0])

    def _end(self, incident_id: str, action: PageAction, *, by: str) -> None:
        with self._database.transaction() as connection:
            self._end_in(connection, find(connection, incident_id), action, by=by)

    def _end_in(self, connection: Connection, incident: Incident, action: PageAction, *, by: str) -> None:
        page = read_page(connection, incident.id)
        if page is not None:
            self._settle(connection, incident, page, action, by=by)

    def _settle(self, connection: Connection, incident: Incident, page: Page, action: PageAction, *, by: str) -> Page:
        """Move a page on, tell the pagers, and write the event; what had been said before changes nothing."""
        if (page.state, action) not in PAGE_TRANSITIONS:
            return page
        state = transition(PAGE_TRANSITIONS, page.state, action, what=f"page of incident {incident.id}")
        if state is page.state:
            return page
        page = self._arrived(connection, incident, page, self._deliveries(page))
        answered = action is PageAction.ACKNOWLEDGE
        seen = {"acknowledged_by": by, "acknowledged_at": self._clock.now()} if answered else {}
        rungs = tuple(replace(rung, ended=True) for rung in page.rungs)
        written = replace(page, state=state, rungs=rungs, version=page.version + 1, **seen)
        write_page(connection, written, is_new=False)
        declared = replace(self._declared(incident), state="acknowledged" if answered else "resolved", body="")
        keys = dict.fromkeys((declared.key, page.notice, *(call.posted for call in page.calls)))
        self._notices.post_in(connection, [replace(declared, key=key) for key in keys])
        if answered:
            payload: dict[str, object] = {
                "incident": incident.id,
                "called": list(page.called),
                "reached": list(page.reached),
            }
            self._ledger.append(connection, Draft("incident.page_acknowledged", incident.urn, by, payload))
        return written

    def _new(self, incident: Incident, rungs: tuple[PageRung, ...]) -> Page:
        return Page(
            incident_id=incident.id,
            state=PageState.OPEN,
            version=0,
            rungs=rungs,
            calls=(),
            notice=self._declared(incident).key,
            paged_at=self._clock.now(),
            counted_from_at=self._notices.now(),
        )

    def _deliveries(self, page: Page) -> Mapping[str, Sequence[Delivery]]:
        keys = dict.fromkeys((page.notice, *(call.notice for call in page.calls)))
        return {key: self._notices.deliveries(notice=key) for key in keys}


def _why_anew(event: Event) -> str | None:
    """Why everybody responsible is called from the beginning: "" for the first time; None when there is no reason."""
    said = event.payload
    if event.kind == "incident.declared":
        return ""
    if event.kind == "incident.advanced" and said.get("action") == "reopen":
        return "it is open again"
    if event.kind == "incident.unmerged" and "gave_back" not in said:
        return "it stands by itself again"
    if event.kind == "incident.severity_changed":
        severity, before = Severity(str(said.get("severity"))), Severity(str(said.get("before")))
        return f"it is {severity} now, {before} before" if is_worse(severity, before) else None
    return None
