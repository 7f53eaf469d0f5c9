"""The service: rotations and their calendar, who is on call, and who is reachable for a model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from steek.incidents.oncall import reaching
from steek.incidents.oncall.contacts import Contact, may_see_contacts, read_contacts
from steek.incidents.oncall.reaching import Reachable, unreached, warning_of
from steek.incidents.oncall.rota_rows import (
    find_rotation,
    known_result,
    read_calendar,
    read_people,
    read_rotations,
    remember_result,
    write_person,
    write_rotation,
)
from steek.incidents.oncall.rotation import Rotation, document_of, read_rotation
from steek.incidents.oncall.tables import exceptions
from steek.incidents.oncall.watches import Calendar, OnCall, Watch, watches, who
from steek.incidents.systems import resolve_subject
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError, RefusedError
from steek.kernel.ids import new_id
from steek.ledger import Database, Draft, Ledger

LONGEST_EXCEPTION = timedelta(days=400)
LONGEST_LOOK = timedelta(days=400)
_KEY_CHARACTERS = 300
_MADE = {"override": "oncall.override_made", "absence": "oncall.absence_made"}


class OnCalls:
    """Rotations, calendar and contacts; safe to share between threads and processes.

    Writing methods take `key`: the same key again writes nothing and returns what is stored.

    Args:
        database: Holds the rotations.
        ledger: Is told of every change; of contacts only that they changed.
        clock: Processing time.
        owner_of: Who answers for a system by its name; None when nobody is known.
        stakeholders_of: Business stakeholders of a system: (person, what they are).
        targets: Names of the targets of steek.toml.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        *,
        owner_of: Callable[[str], str | None],
        stakeholders_of: Callable[[str], Sequence[tuple[str, str]]],
        targets: Callable[[], Sequence[str]],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._owner_of = owner_of
        self._stakeholders_of = stakeholders_of
        self._targets = targets

    def put_rotation(
        self, document: Mapping[str, object], *, actor: str, key: str, expected_version: int | None = None
    ) -> Rotation:
        """Add a rotation, or change the one of that name; look at `unreached`: nothing calls these people.

        Args:
            document: Its fields as JSON values, see `Rotation`.
            actor: Who does it.
            key: Idempotency key.
            expected_version: Version the actor looked at, 0 for a new one; None changes whatever there is.

        Raises:
            InputError: a field cannot be.
            StaleWriteError: somebody changed it meanwhile.
        """
        asked = read_rotation(document)
        with self._database.transaction() as connection:
            if _done(connection, "put rotation", key) is not None:
                return self._looked_up(connection, find_rotation(connection, asked.name))
            by = _name(actor, "actor")
            at = self._clock.now()
            stored = write_rotation(connection, asked, actor=by, at=at, seen=expected_version)
            payload: dict[str, object] = {"version": stored.version, **document_of(stored)}
            self._ledger.append(connection, Draft("oncall.rotation_changed", _urn(stored.name), by, payload))
            remember_result(connection, "put rotation", key, stored.name)
            return self._looked_up(connection, stored)

    def remove_rotation(self, name: str, *, actor: str, key: str) -> None:
        """Take a rotation out; nobody is paged by it from now on. Raises NotFoundError when there is none."""
        with self._database.transaction() as connection:
            if _done(connection, "remove rotation", key) is not None:
                return
            by = _name(actor, "actor")
            found = find_rotation(connection, name)
            write_rotation(connection, found, actor=by, at=self._clock.now(), seen=None, removed=True)
            self._ledger.append(connection, Draft("oncall.rotation_removed", _urn(name), by, {"rotation": name}))
            remember_result(connection, "remove rotation", key, name)

    def rotations(self) -> dict[str, Rotation]:
        """All rotations by name."""
        with self._database.reading() as connection:
            return {name: self._looked_up(connection, one) for name, one in read_rotations(connection).items()}

    def set_contacts(
        self, person: str, contacts: Sequence[Mapping[str, object]], *, actor: str, key: str
    ) -> tuple[Contact, ...]:
        """Write how somebody is reached, in the order in which it is tried; the event names the person only.

        Raises:
            InputError: an unknown kind or an empty value.
        """
        name, given = _name(person, "person"), read_contacts(contacts)
        with self._database.transaction() as connection:
            if _done(connection, "set contacts", key) is not None:
                return read_people(connection).get(name, ())
            by = _name(actor, "actor")
            write_person(connection, name, given, at=self._clock.now())
            kinds = [contact.kind for contact in given]
            draft = Draft("oncall.contacts_changed", _urn(name, "person"), by, {"person": name, "kinds": kinds})
            self._ledger.append(connection, draft)
            remember_result(connection, "set contacts", key, name)
        return given

    def contacts(self) -> dict[str, tuple[Contact, ...]]:
        """Contacts of everybody, by name.

        Raises:
            RefusedError: whoever asks has no role in the project.
        """
        if not may_see_contacts():
            message = "contacts are personal; whoever asks has no role in this project"
            raise RefusedError(message, next_step="Ask somebody with the role owner or member.")
        with self._database.reading() as connection:
            return read_people(connection)

    def override(
        self, rotation: str, person: str, start_at: datetime, end_at: datetime, *, actor: str, key: str
    ) -> Calendar:
        """Let somebody take over in a rotation for a time; returns what differs from the turns, from now on.

        Raises:
            NotFoundError: no such rotation.
            InputError: it ends before it begins, or lasts more than 400 days.
        """
        return self._except("override", rotation, person, (start_at, end_at), actor=actor, key=key)

    def absence(self, person: str, start_at: datetime, end_at: datetime, *, actor: str, key: str) -> Calendar:
        """Note that somebody is away, in every rotation; why is nobody's business and not asked."""
        return self._except("absence", None, person, (start_at, end_at), actor=actor, key=key)

    def withdraw(self, exception: str, *, actor: str, key: str) -> Calendar:
        """Take an override or absence back, by its id. Raises NotFoundError when there is none."""
        with self._database.transaction() as connection:
            if _done(connection, "withdraw", key) is None:
                by = _name(actor, "actor")
                one = exceptions.c.id == exception
                row = connection.execute(select(exceptions).where(one)).mappings().first()
                if row is None:
                    raise NotFoundError(
                        f"no override or absence {exception[:60]!r}", next_step="See 'steek oncall calendar'."
                    )
                connection.execute(update(exceptions).where(one).values(withdrawn=True))
                payload: dict[str, object] = {"exception": exception, "kind": row["kind"], "person": row["person"]}
                draft = Draft("oncall.exception_withdrawn", _urn(row["rotation"] or row["person"]), by, payload)
                self._ledger.append(connection, draft)
                remember_result(connection, "withdraw", key, exception)
        return self.calendar()

    def calendar(self) -> Calendar:
        """What differs from the turns, from now on."""
        with self._database.reading() as connection:
            return read_calendar(connection, since=self._clock.now())

    def who(self, at: datetime | None = None) -> tuple[OnCall, ...]:
        """Who is on call in each rotation at one moment, by default now."""
        moment = at or self._clock.now()
        with self._database.reading() as connection:
            calendar = read_calendar(connection, since=moment)
            found = [who(rotation, moment, calendar) for rotation in read_rotations(connection).values()]
            people, targets = read_people(connection), self._targets()
        silent = unreached((one.person for one in found if one.person), people, targets)
        return tuple(replace(one, warning=warning_of(one.person)) if one.person in silent else one for one in found)

    def watches(self, since: datetime, until: datetime, *, rotation: str | None = None) -> tuple[Watch, ...]:
        """Who is on call between two instants, rotation after rotation, without a hole: gaps stand among them.

        Raises:
            InputError: no time between the two, or more than 400 days.
            NotFoundError: no such rotation.
        """
        _check_span(since, until, LONGEST_LOOK)
        with self._database.reading() as connection:
            calendar = read_calendar(connection, since=since)
            known = read_rotations(connection)
            asked = list(known.values()) if rotation is None else [find_rotation(connection, rotation)]
        return tuple(watch for one in asked for watch in watches(one, since, until, calendar))

    def reachable(self, system: str, at: datetime | None = None) -> Reachable:
        """Who is reachable for a system, and why; contacts only for whoever has a role in the project."""
        name = resolve_subject(self._database, checked(system, what="system", most=NAME_CHARACTERS))
        moment = at or self._clock.now()
        with self._database.reading() as connection:
            return reaching.reachable(
                name,
                moment,
                rotations=read_rotations(connection),
                calendar=read_calendar(connection, since=moment),
                people=read_people(connection),
                targets=self._targets(),
                owner=self._owner_of(name),
                business=self._stakeholders_of(name),
                show_contacts=may_see_contacts(),
            )

    def _looked_up(self, connection: Connection, rotation: Rotation) -> Rotation:
        return replace(rotation, unreached=unreached(rotation.named, read_people(connection), self._targets()))

    def _except(
        self, kind: str, rotation: str | None, person: str, span: tuple[datetime, datetime], *, actor: str, key: str
    ) -> Calendar:
        name, (start_at, end_at) = _name(person, "person"), span
        _check_span(start_at, end_at, LONGEST_EXCEPTION)
        with self._database.transaction() as connection:
            if rotation is not None:
                find_rotation(connection, rotation)
            if _done(connection, kind, key) is None:
                by, now = _name(actor, "actor"), self._clock.now()
                row = {"id": new_id(now), "kind": kind, "rotation": rotation, "person": name}
                values = {**row, "start_at": start_at, "end_at": end_at, "withdrawn": False, "made_at": now}
                connection.execute(insert(exceptions).values(values))
                payload: dict[str, object] = {"exception": row["id"], "person": name, "start_at": start_at}
                draft = Draft(_MADE[kind], _urn(rotation or name), by, {**payload, "end_at": end_at})
                self._ledger.append(connection, draft)
                remember_result(connection, kind, key, str(row["id"]))
        return self.calendar()


def _done(connection: Connection, operation: str, key: str) -> str | None:
    return known_result(connection, operation, checked(key, what="key", most=_KEY_CHARACTERS))


def _name(text: str, what: str) -> str:
    return checked(text, what=what, most=NAME_CHARACTERS)


def _urn(name: str, kind: str = "oncall") -> str:
    return f"{kind}:{name.replace('@', ' at ')}"


def _check_span(start_at: datetime, end_at: datetime, longest: timedelta) -> None:
    if start_at.tzinfo is None or end_at.tzinfo is None:
        raise InputError(
            "an instant has no time zone", next_step="Write it with its offset, e.g. 2024-03-25T09:00+01:00."
        )
    if not timedelta(0) < end_at - start_at <= longest:
        message = (
            f"from {start_at:%Y-%m-%d %H:%M} to {end_at:%Y-%m-%d %H:%M} is no time, or more than {longest.days} days"
        )
        raise InputError(message, next_step="Give a later end, or several shorter times.")
