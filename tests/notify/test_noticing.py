"""Events become notices: who is woken by what, in one group with the incident that it declares."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from steek.kernel import ReplayClock
from steek.kernel.settings import load_settings
from steek.ledger import Database, Draft, Event, Ledger
from steek.monitoring import Monitor, explicit, volume
from steek.notify import Notice, Notices, OpenTargets, Receipt, read_target
from steek.platform.noticing import NOTICED_KINDS, Noticing

ALERT: dict[str, Any] = {
    "alert": "a1",
    "monitor": "lines",
    "slice": "store_id=367",
    "text": "lines: 0 rows, 31 to 59 rows expected (store 367)",
    "onset": {"earliest_at": "2017-10-01T06:00:00+00:00", "latest_at": "2017-10-02T06:00:00+00:00"},
    "severity": "sev2",
    "evidence": {"reason": "below the lower bound"},
}


class Book:
    takes_pictures = False
    repeat_every_s = None

    def __init__(self) -> None:
        self.told: list[Notice] = []

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:  # noqa: ARG002 - the seam
        self.told.append(notice)
        return Receipt("delivered")

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:  # noqa: ARG002 - the seam
        return Receipt("delivered")

    def close(self) -> None:
        pass


class Telling:
    """A ledger whose events reach one target."""

    def __init__(self, folder: Path, database: Database, ledger: Ledger, clock: ReplayClock, **table: object) -> None:
        self.book, self.ledger, self.clock = Book(), ledger, clock
        target = read_target("all", {"kind": "book", "purposes": ["page", "alert", "change"], **table})
        self.notices = Notices(database, ledger, clock, OpenTargets({"all": target}, {"all": self.book}))
        lines = Monitor(
            "lines",
            indicator=volume("sales"),
            threshold=explicit(lower=1),
            on="sales",
            owner="data@grocer",
            purpose="page",
            description="Tills send every hour.",
        )
        (folder / "steek.toml").write_text('public_url = "https://steek.grocer/"')
        self.noticing = Noticing(self.notices, ledger, clock, load_settings(folder, environment={}), {"lines": lines})

    def happen(self, kind: str, subject: str = "dataset:sales", causes: tuple[str, ...] = (), **payload: Any) -> Event:
        event = self.ledger.record(Draft(kind, subject, "steek", payload, causes=causes))[0]
        assert kind in NOTICED_KINDS
        for _ in range(2):
            self.noticing.on_event(event)
        self.notices.deliver()
        return event

    def states(self) -> list[tuple[str, str]]:
        return [(notice.key, notice.state) for notice in self.book.told]


@pytest.fixture
def telling(tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> Telling:
    return Telling(tmp_path, database, ledger, clock)


@pytest.mark.covers("O11", "O8")
def test_an_alert_is_told_with_its_story_owner_and_link(telling: Telling) -> None:
    telling.happen("alert.fired", **ALERT)
    telling.happen("alert.acknowledged", alert="a1", monitor="lines", slice="store_id=367")
    telling.happen("alert.resolved", alert="a1", monitor="lines", slice="store_id=367", reason="back in bounds")
    assert telling.states() == [("alert:a1", "open"), ("alert:a1", "acknowledged"), ("alert:a1", "resolved")]
    first = telling.book.told[0]
    assert (first.title, first.purpose, first.owner) == (ALERT["text"], "page", "data@grocer")
    assert first.url == "https://steek.grocer/alerts/a1"
    assert first.labels == {"monitor": "lines", "slice": "store_id=367"}
    assert first.body.splitlines() == [
        "Tills send every hour.",
        "Began between 2017-10-01 06:00 and 2017-10-02 06:00 UTC.",
        "below the lower bound",
    ]
    assert telling.book.told[2].body.endswith("back in bounds")


@pytest.mark.covers("O11", "I13")
def test_an_incident_that_an_alert_declared_wakes_nobody_twice(telling: Telling) -> None:
    fired = telling.happen("alert.fired", **ALERT)
    declared: dict[str, Any] = {"incident": "2017-001", "title": "lines gone", "severity": "sev2", "alert": "a1"}
    telling.happen("incident.declared", "incident:2017-001", (fired.id,), **declared)
    telling.happen("alert.resolved", alert="a1", monitor="lines", slice="store_id=367")
    assert telling.states() == [("alert:a1", "open")]
    telling.happen("incident.resolved", "incident:2017-001", incident="2017-001", reason="back")
    assert telling.states()[-1] == ("alert:a1", "resolved")
    # One that a person declares is told by itself.
    telling.happen(
        "incident.declared", "incident:2017-002", incident="2017-002", title="odd", severity="sev1", alert=None
    )
    assert (telling.book.told[-1].key, telling.book.told[-1].purpose) == ("incident:2017-002", "page")


@pytest.mark.covers("O7", "O11")
def test_an_objective_that_burns_and_is_spent_is_one_trouble_until_it_is_met_again(telling: Telling) -> None:
    burning: dict[str, Any] = {
        "alert": "e1",
        "objective": "fresh",
        "monitor": "objective fresh",
        "owner": "ranking@grocer",
    }
    telling.happen("objective.burning", **burning, text="burns", severity="sev3", purpose="alert")
    telling.happen("objective.exhausted", **burning, text="spent", severity="sev2", purpose="page")
    assert telling.states() == [("objective.burning:e1", "open")]
    telling.happen("objective.recovered", **burning, reason="quiet for a day")
    assert telling.states()[-1] == ("objective.burning:e1", "resolved")


@pytest.mark.covers("O12", "O11")
def test_changes_go_to_who_asked_for_them_and_the_past_to_nobody(telling: Telling) -> None:
    telling.happen("external.changed", "campaign:fair", summary="a fair")
    telling.happen("route.changed", "deployment:m@3")
    assert [notice.title for notice in telling.book.told] == ["a fair", "route changed: deployment:m@3"]
    old = telling.ledger.record(Draft("alert.fired", "dataset:sales", "steek", {**ALERT, "alert": "old"}))[0]
    telling.clock.set(telling.clock.now() + timedelta(days=2))
    telling.noticing.on_event(old)
    assert telling.notices.deliver() == 0
