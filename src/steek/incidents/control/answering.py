"""Who answers for others than the roles of an incident: stakeholders, people on call, and whom the commander names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from steek.incidents.oncall.contacts import targets_of
from steek.incidents.oncall.reaching import responsible
from steek.incidents.oncall.rota_rows import read_calendar, read_people, read_rotations
from steek.incidents.oncall.rotation import Duty
from steek.incidents.oncall.watches import chain
from steek.incidents.roles.stakeholders import Stakeholder
from steek.incidents.types import Incident, Role
from steek.kernel.clock import Clock
from steek.ledger import Ledger
from steek.notify import Notice, Notices

_MOST_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class Answerer:
    """Somebody who may agree or decline for others; `targets` tell them by themselves, () when nothing does."""

    person: str
    because: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """What those who answer are told: `key` is the same while it is open and when it is answered."""

    key: str
    title: str
    body: str
    is_answered: bool


class Answering:
    """Knows who answers for whom in an incident, and tells them; safe to share between threads and processes.

    Args:
        ledger: Holds whom commanders named.
        clock: Processing time; who is on call depends on it.
        stakeholders: Those of some systems.
        notices: Carry the questions.
        url: Address at which people reach the console.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        stakeholders: Callable[..., Sequence[Stakeholder]],
        notices: Notices,
        url: str,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._stakeholders = stakeholders
        self._notices = notices
        self._url = url

    def of(self, connection: Connection, incident: Incident, who: str) -> tuple[Answerer, ...]:
        """Who answers for `who`: a role of the incident, a part of stakeholders, a duty of rotations. () for nobody."""
        people = read_people(connection)
        found: dict[str, str] = {}
        if who in set(Role):
            holder = incident.roles.get(Role(who))
            found = {} if holder is None else {holder: f"{who} of the incident"}
        else:
            for one in self._stakeholders(incident.subject, *incident.systems):
                if who in {one.part, one.name}:
                    found.setdefault(one.person, f"stakeholder {one.name}")
            for person, because in self._on_call(connection, incident, who):
                found.setdefault(person, because)
            for event in self._ledger.events(
                kinds=["incident.answerer_named"], subject=incident.urn, limit=_MOST_NAMED
            ):
                if event.payload.get("of") == who:
                    found.setdefault(str(event.payload["person"]), f"named by {event.actor}")
        return tuple(Answerer(person, why, targets_of(people.get(person, ()))) for person, why in found.items())

    def tell(self, connection: Connection, incident: Incident, asking: Asking, people: Sequence[Answerer]) -> None:
        """Put the question, or that it is answered, on its way to them, in the transaction that writes it."""
        to = tuple(dict.fromkeys(target for one in people for target in one.targets))
        if not to:
            return
        notice = Notice(
            key=asking.key,
            title=asking.title[:300],
            body=asking.body,
            severity=incident.severity.value,
            subject=incident.subject,
            at=self._clock.now(),
            purpose="page",
            owner=", ".join(one.person for one in people)[:200],
            url=f"{self._url}/incidents/{incident.id}#agreements",
            state="resolved" if asking.is_answered else "open",
            to=to,
            only_to=True,
        )
        self._notices.post_in(connection, [notice])

    def _on_call(self, connection: Connection, incident: Incident, who: str) -> list[tuple[str, str]]:
        if who not in set(Duty):
            return []
        now, rotations = self._clock.now(), read_rotations(connection)
        calendar = read_calendar(connection, since=now)
        asked = responsible(rotations, incident.subject, incident.systems, Duty(who))
        return [
            (rung.person, f"on call in {rotation.name}")
            for rotation in asked
            for rung in chain(rotation.name, rotations, now, calendar)
        ]
