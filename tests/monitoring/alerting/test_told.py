"""A group of alerts, as the real services write it, is one notice."""

from pathlib import Path

import pytest
from tests.monitoring.alerting.test_inbox import People
from tests.monitoring.conftest import Bench

from steek.kernel.settings import load_settings
from steek.ledger import Ledger
from steek.notify import Notices, OpenTargets, open_notifier, read_target
from steek.platform.noticing import NOTICED_KINDS, Noticing


@pytest.mark.covers("O8", "O11")
def test_alerts_of_one_cause_are_told_as_one(bench: Bench, ledger: Ledger, tmp_path: Path) -> None:
    people = People(bench, ledger)
    for monitor in ("lines", "makers", "answers", "weather"):
        people.play(monitor, 0, a=1, b=2)
    target = read_target("hook", {"kind": "webhook", "url": "http://127.0.0.1:1", "secret": "s"})
    opened = OpenTargets({"hook": target}, {"hook": open_notifier(target)})
    notices = Notices(bench.database, ledger, bench.clock, opened)
    noticing = Noticing(notices, ledger, bench.clock, load_settings(tmp_path, environment={}), people.monitors)
    for event in ledger.events(kinds=list(NOTICED_KINDS)):
        noticing.on_event(event)
    assert len(ledger.events(kinds=["alert.fired"])) == 8
    told = [(each.members, each.purpose) for each in notices.deliveries() if each.notice.startswith("alert:")]
    assert sorted(told) == [(2, "alert"), (6, "page")]
