"""The service: what outsiders may read of an incident, corrected where it was wrong, on a page under a secret link."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, insert, update

from steek.incidents.oncall.rota_rows import known_result, remember_result
from steek.incidents.rows import family, find
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, TITLE_CHARACTERS, checked
from steek.incidents.types import Incident, Role
from steek.incidents.updates.discretion import Discretion
from steek.incidents.updates.outside_texts import TRANSITIONS
from steek.incidents.updates.records import OutsideLink, Update, find_link, find_update, read_links
from steek.incidents.updates.status import OutsidePage, Status, outside_page
from steek.incidents.updates.survivors import find_spoken_of, survivor_of
from steek.incidents.updates.tables import links, updates
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, RefusedError
from steek.kernel.ids import new_id
from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition
from steek.ledger import Database, Draft, Ledger

SPEAKERS = (Role.COMMUNICATIONS, Role.COMMANDER)


class Outsiders:
    """What outsiders read; safe to share between threads and processes.

    Writing methods take `key`: the same key again writes nothing and returns what is stored. `meant` are words that
    are names here and stand in a text as the plain words they also are; whoever says so is recorded with them, and they
    are not asked about again in that incident.

    Args:
        database: Holds updates and links.
        ledger: Is told of everything but the tokens of pages.
        clock: Processing time.
        discretion: Knows what is internal.
        status: The status of an incident.
    """

    def __init__(
        self, database: Database, ledger: Ledger, clock: Clock, discretion: Discretion, status: Callable[[str], Status]
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._discretion = discretion
        self._status = status

    def asks(self, incident: str, number: int) -> tuple[str, ...]:
        """Names here that an update says to outsiders, and may mean as plain words; who approves it must say so.

        Empty where nothing is asked, and where something stands there that no word excuses.
        """
        with self._database.reading() as connection:
            found = find_update(connection, incident, number)
            try:
                return self._discretion.asks(connection, find(connection, incident), found.outside_text)
            except InputError:
                return ()

    def approve(self, incident: str, number: int, *, actor: str, key: str, meant: Sequence[str] = ()) -> Update:
        """Let outsiders read what an update says for them.

        Raises:
            RefusedError: the actor is not communications of this incident.
            ConflictError: the update says nothing for outsiders.
            InputError: something internal stands in it, or a word that is a name here and was not said to be meant.
        """
        by = _name(actor)
        with self._database.transaction() as connection:
            present, found = find_spoken_of(connection, incident), find_update(connection, incident, number)
            if _before(connection, "approve update", key) is not None or found.outside_state == "approved":
                return found
            _require_communications(present, by)
            if found.outside_state == "none":
                message = f"update {number} of incident {incident} says nothing for outsiders"
                raise ConflictError(message, next_step="Post an update with a text for them.")
            state = transition(TRANSITIONS, found.outside_state, "approve", what=_what(found))
            self._discretion.check(connection, present, found.outside_text, meant)
            values = {"outside_state": state, "approved_by": by, "approved_at": self._clock.now()}
            _write(connection, found, values)
            self._tell(connection, present, "incident.outside_approved", by, approval(found, meant))
            remember_result(connection, "approve update", key, str(number))
            return find_update(connection, incident, number)

    def correct(
        self, incident: str, number: int, text: str, *, reason: str, actor: str, key: str, meant: Sequence[str] = ()
    ) -> Update:
        """Change what outsiders read of one update, or take it back; the page says when that was.

        Args:
            incident: Which.
            number: Of the update.
            text: What they read instead; "" takes it back, also where it only waits to be approved.
            reason: Why, for the record; outsiders do not read it.
            actor: Communications of this incident.
            key: Idempotency key.
            meant: As of the class.

        Raises:
            RefusedError: the actor is not communications of this incident.
            IllegalTransitionError: outsiders were never told that.
            InputError: as for `approve`.
        """
        by, why = _name(actor), checked(reason, what="reason", most=NOTE_CHARACTERS)
        said = checked(text, what="text for outsiders", most=NOTE_CHARACTERS) if text.strip() else ""
        with self._database.transaction() as connection:
            present, found = find(connection, incident), find_update(connection, incident, number)
            if _before(connection, "correct update", key) is not None:
                return found
            # Once it is part of another, those who speak for that one answer for what was said here.
            _require_communications(survivor_of(connection, present), by)
            state = transition(TRANSITIONS, found.outside_state, "correct" if said else "withdraw", what=_what(found))
            if said:
                self._discretion.check(connection, present, said, meant)
            values: dict[str, object] = {"outside_state": state, "outside_text": said or found.outside_text}
            values |= {"corrected_at": self._clock.now(), "corrected_by": by}
            values |= {"approved_at": found.approved_at or self._clock.now(), "approved_by": by} if said else {}
            _write(connection, found, values)
            payload = approval(find_update(connection, incident, number), meant)
            payload |= {
                "text": said,
                "before": found.outside_text,
                "reason": why,
                "was_read": found.approved_at is not None,
            }
            self._tell(connection, present, "incident.outside_corrected", by, payload)
            remember_result(connection, "correct update", key, str(number))
            return find_update(connection, incident, number)

    def publish(self, incident: str, title: str, *, actor: str, key: str, meant: Sequence[str] = ()) -> OutsideLink:
        """Open a page for outsiders under a link that nobody can guess; where one is open, give it this title.

        Raises:
            RefusedError: the actor is neither communications nor commander.
            InputError: something internal in the title, or a word that is a name here and was not said to be meant.
        """
        by, named = _name(actor), checked(title, what="title for outsiders", most=TITLE_CHARACTERS)
        with self._database.transaction() as connection:
            present = find_spoken_of(connection, incident)
            known = _before(connection, "publish", key)
            if known is not None:
                return find_link(connection, known)
            _permit_speaking(present, by)
            self._discretion.check(connection, present, named, meant)
            opened = read_links(connection, *family(connection, incident))
            if opened:
                tokens = [one.token for one in opened]
                connection.execute(update(links).where(links.c.token.in_(tokens)).values(title=named))
            token = opened[0].token if opened else self._open(connection, incident, named, by)
            payload: dict[str, object] = {"title": named, "meant": list(meant), "was_open": bool(opened)}
            self._tell(connection, present, "incident.outside_page_opened", by, payload)
            remember_result(connection, "publish", key, token)
            return find_link(connection, token)

    def withdraw(self, incident: str, *, actor: str, key: str) -> int:
        """Let every link of an incident lead nowhere; returns how many did lead somewhere.

        Raises:
            RefusedError: the actor is neither communications nor commander.
        """
        by = _name(actor)
        with self._database.transaction() as connection:
            present = find(connection, incident)
            if _before(connection, "withdraw pages", key) is not None:
                return 0
            _permit_speaking(survivor_of(connection, present), by)
            parts = family(connection, incident)
            open_ones = (links.c.incident_id.in_(parts), links.c.withdrawn_at.is_(None))
            count = connection.execute(update(links).where(*open_ones).values(withdrawn_at=self._clock.now())).rowcount
            self._tell(connection, present, "incident.outside_page_withdrawn", by, {"links": count})
            remember_result(connection, "withdraw pages", key, incident)
            return count

    def page(self, token: str) -> OutsidePage:
        """The page under one link; that of a merged incident shows where people work on it now.

        Raises:
            NotFoundError: it leads nowhere, or no more.
        """
        with self._database.reading() as connection:
            link = find_link(connection, token)
            into = survivor_of(connection, find(connection, link.incident_id))
        return outside_page(self._status(into.id), link.title)

    def _open(self, connection: Connection, incident: str, title: str, by: str) -> str:
        now = self._clock.now()
        token = content_hash([new_id(now), new_id(now), new_id(now)])[:48]
        values = {"token": token, "incident_id": incident, "title": title, "made_by": by, "made_at": now}
        connection.execute(insert(links).values(values))
        return token

    def _tell(
        self, connection: Connection, incident: Incident, kind: str, actor: str, payload: Mapping[str, object]
    ) -> None:
        self._ledger.append(connection, Draft(kind, incident.urn, actor, {"incident": incident.id, **payload}))


def approval(approved: Update, meant: Sequence[str] = ()) -> dict[str, object]:
    """What the ledger keeps of a text that outsiders may read."""
    return {
        "number": approved.number,
        "text": approved.outside_text,
        "audience": "outsiders",
        "meant": list(meant),
        "next_at": approved.outside_next_at,
    }


def _write(connection: Connection, found: Update, values: Mapping[str, object]) -> None:
    one = (updates.c.incident_id == found.incident_id, updates.c.number == found.number)
    connection.execute(update(updates).where(*one).values(values))


def _what(found: Update) -> str:
    return f"the text for outsiders of update {found.number}"


def _require_communications(incident: Incident, actor: str) -> None:
    if incident.roles.get(Role.COMMUNICATIONS) != actor:
        holder = incident.roles.get(Role.COMMUNICATIONS) or "nobody yet"
        message = f"{actor} is not communications of incident {incident.id}; that is {holder}"
        raise RefusedError(message, next_step="Communications says what outsiders may read.")


def _permit_speaking(incident: Incident, actor: str) -> None:
    if actor not in [incident.roles.get(role) for role in SPEAKERS]:
        message = f"{actor} is neither communications nor commander of incident {incident.id}"
        raise RefusedError(message, next_step="Take one of the roles first; everybody sees so.")


def _before(connection: Connection, operation: str, key: str) -> str | None:
    return known_result(connection, operation, checked(key, what="key", most=300))


def _name(text: str) -> str:
    return checked(text, what="actor", most=NAME_CHARACTERS)
