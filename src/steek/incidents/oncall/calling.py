"""Whom a page calls: everybody responsible at this moment, in order, and who of them no target reaches."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from steek.incidents.oncall.contacts import targets_of
from steek.incidents.oncall.page_steps import PageRung
from steek.incidents.oncall.reaching import responsible, silence
from steek.incidents.oncall.rota_rows import find_rotation, read_calendar, read_people, read_rotations
from steek.incidents.oncall.rotation import Duty
from steek.incidents.oncall.watches import chain, who
from steek.incidents.types import Incident, Severity
from steek.kernel.errors import ConflictError, InputError, NotFoundError

_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Callees:
    """Looks up whom to call, inside the caller's transaction.

    Args:
        owner_of: Who answers for a system when no rotation does.
        targets: Names of the targets of steek.toml; a contact that names another one reaches nobody.
    """

    owner_of: Callable[[str], str | None]
    targets: Callable[[], Collection[str]]

    def chain(
        self, connection: Connection, incident: Incident, at: datetime
    ) -> tuple[tuple[PageRung, ...], tuple[str, ...]]:
        """Everybody who may be called for an incident, and who is missing; without a rotation, the system's owner."""
        rotations, calendar = read_rotations(connection), read_calendar(connection, since=at)
        found: dict[str, PageRung] = {}
        missing: list[str] = []
        asked = responsible(rotations, incident.subject, incident.systems, Duty.OPERATIONS)
        for rotation in asked:
            now = who(rotation, at, calendar)
            missing += [] if now.person else [f"nobody is on call for {rotation.name}: {now.because}"]
            for rung in chain(rotation.name, rotations, at, calendar):
                channels = self.channels(connection, rung.person)
                made = PageRung(rung.person, rung.after_minutes * _MINUTE_S, rung.because, channels)
                found.setdefault(rung.person, made)
        missing += [] if asked else [f"no operations rotation covers {incident.subject}"]
        owner = None if found else self.owner_of(incident.subject)
        if owner is not None:
            found[owner] = PageRung(owner, 0.0, f"answers for {incident.subject}", self.channels(connection, owner))
        # Less than sev2 can wait for the morning: nobody is called after the first.
        waits = incident.severity is Severity.SEV3
        rungs = tuple(rung for rung in _brought_forward(list(found.values())) if rung.after_s == 0 or not waits)
        missing += [silence(rung.person) for rung in rungs if not rung.channels]
        return rungs, tuple(missing)

    def named(self, connection: Connection, to: str, by: str, at: datetime) -> tuple[str, str]:
        """A person who has contacts, or who is on call for "rotation:NAME", with why they are called.

        Raises:
            NotFoundError: no such person or rotation.
            ConflictError: nobody is on call there.
            InputError: nobody is named.
        """
        if to.startswith("rotation:"):
            rotation = find_rotation(connection, to.removeprefix("rotation:"))
            now = who(rotation, at, read_calendar(connection))
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

    def channels(self, connection: Connection, person: str) -> tuple[str, ...]:
        """Targets that reach a person, in the order in which they are tried."""
        return targets_of(read_people(connection).get(person, ()), self.targets())


def _brought_forward(rungs: Sequence[PageRung]) -> Sequence[PageRung]:
    """Where nothing calls those whose turn it is, whoever can be called first is called at once."""
    if any(rung.channels for rung in rungs if rung.after_s == 0):
        return rungs
    first = min((rung for rung in rungs if rung.channels), key=lambda rung: rung.after_s, default=None)
    said = "" if first is None else f"{first.because}; nothing calls anybody before"
    return [replace(rung, after_s=0.0, because=said) if rung is first else rung for rung in rungs]
