"""A pager that remembers what it was told, and can be down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from steek.incidents import Incidents
from steek.incidents.oncall.oncall import OnCalls
from steek.incidents.oncall.paging import PAGING_KINDS, Paging
from steek.kernel import ReplayClock
from steek.ledger import Database, Event, Ledger, Subscriptions
from steek.notify import Notice, Notices, OpenTargets, Receipt, Target, read_target


@dataclass
class Receiver:
    """A target of the test: takes notices, or fails while it is down."""

    down: bool = False
    got: list[Notice] = field(default_factory=list[Notice])
    takes_pictures = False
    repeat_every_s = None

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:  # noqa: ARG002 - the seam's signature
        if self.down:
            return Receipt("failed", "no route to host")
        self.got.append(notice)
        return Receipt("delivered")

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:  # noqa: ARG002 - the seam's signature
        return Receipt("delivered")

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class Switchboard:
    """Rotations, pages and three channels over the small loop of incidents."""

    oncall: OnCalls
    paging: Paging
    notices: Notices
    channels: Mapping[str, Receiver]
    clock: ReplayClock
    deliveries: Subscriptions

    def rotation(self, *people: str, name: str = "core", **given: object) -> None:
        document = {"name": name, "people": list(people), "starts_on": "2017-01-02", **given}
        self.oncall.put_rotation(document, actor="lead", key=f"rotation {name}")

    def reached(self, person: str, *contacts: str) -> None:
        given: list[dict[str, object]] = [
            dict(zip(("kind", "value"), each.split(":", 1), strict=True)) for each in contacts
        ]
        self.oncall.set_contacts(person, given, actor="lead", key=f"contacts of {person}")

    def attend(self, *, after: timedelta = timedelta(0)) -> int:
        """What a worker does: deliver events, call who is due, send what waits."""
        self.clock.set(self.clock.now() + after)
        self.deliveries.deliver()
        calls = self.paging.tick()
        self.notices.deliver()
        return calls

    def told(self, channel: str) -> list[tuple[str, str]]:
        return [(notice.key, notice.state) for notice in self.channels[channel].got]


def target(name: str, purposes: list[str]) -> Target:
    return read_target(name, {"kind": "webhook", "url": "http://127.0.0.1:1/", "purposes": purposes})


def notice_of(event: Event) -> Notice:
    payload = event.payload
    return Notice(
        key=f"incident:{payload['incident']}",
        title=f"Incident {payload['incident']}: {payload['title']}",
        severity=payload["severity"],  # pyright: ignore[reportArgumentType]
        subject=str(payload["subject"]),
        at=event.at,
        purpose="page",
        url="http://here",
    )


@pytest.fixture
def switchboard(database: Database, ledger: Ledger, clock: ReplayClock, incidents: Incidents) -> Iterator[Switchboard]:
    del incidents
    channels = {name: Receiver() for name in ("night", "chat", "mail", "everybody")}
    purposes = {"everybody": ["page"]}
    targets = {name: target(name, purposes.get(name, ["change"])) for name in channels}
    notices = Notices(database, ledger, clock, OpenTargets(targets, channels))
    owners: dict[str, str] = dict.fromkeys(("model:search_ranking", "system:search_ranking"), "sam")
    oncall = OnCalls(
        database,
        ledger,
        clock,
        owner_of=owners.get,
        stakeholders_of=lambda _: [("cfo", "finance")],
        targets=lambda: list(targets),
    )
    paging = Paging(database, ledger, clock, notices, notice_of, owners.get, lambda: list(targets))
    deliveries = Subscriptions(ledger, {"paging": (PAGING_KINDS, paging.on_event)})
    yield Switchboard(oncall, paging, notices, channels, clock, deliveries)
    notices.close()
