"""Thousands of alerts of one cause within a minute are one incident, at once."""

import time
from dataclasses import replace

import pytest
from tests.incidents.conftest import DAY, ONSET_DAY, Loop, Reader, joins

from steek.incidents import Incidents
from steek.kernel import ReplayClock, Verdict, Window
from steek.ledger import Database, Event, Ledger, Lineage
from steek.monitoring.alert_events import fired
from steek.monitoring.alerts import new_alert, write_alerts
from steek.monitoring.judgement import Judgement, Measurement
from steek.monitoring.kinds import Kind
from steek.monitoring.points import Judged

ALERTS = 1_200


def storm(database: Database, ledger: Ledger, clock: ReplayClock, count: int) -> list[Event]:
    """Alerts of `count` slices of one monitor, fired together as one group."""
    window, monitor = Window(ONSET_DAY, ONSET_DAY + DAY), joins()
    alerts = [
        new_alert(
            monitor,
            Judged(Measurement(f"partner_id={number}", 0.0, 12), Judgement(Verdict.FAIL, 0.9, None, "below its bound")),
            window=window,
            onset=window,
            key="storm",
            opened_at=clock.now(),
        )
        for number in range(count)
    ]
    grouped = [replace(alert, group="g1") for alert in alerts]
    with database.transaction() as connection:
        write_alerts(connection, grouped)
        return ledger.append(connection, *(fired(alert, Kind.SHARE) for alert in grouped))


@pytest.mark.covers("I1")
def test_a_storm_is_one_incident_with_every_alert_and_is_read_at_once(
    database: Database,
    ledger: Ledger,
    lineage: Lineage,
    clock: ReplayClock,
    incidents: Incidents,
    loop: Loop,
    of_kind: Reader,
) -> None:
    loop.history()
    loop.key_change()
    loop.at(1, 1)
    events = storm(database, ledger, clock, ALERTS)
    began_s = time.monotonic()
    owners = {owner.id for event in events if (owner := incidents.consider_alert(event)) is not None}
    assert time.monotonic() - began_s < ALERTS / 10_000 * 60, "10,000 in a minute are kept up with"
    assert owners == {"2017-001"}
    assert len(incidents.list()) == 1
    assert len(of_kind("incident.declared")) == 1
    assert len(ledger.events(kinds=["incident.alert_attached"], limit=ALERTS)) == ALERTS - 1
    story = incidents.stories.read("2017-001")
    assert len(story.alerts) == ALERTS
    incidents.note("2017-001", "all partners", "kim", key="n")
    again = incidents.stories.read("2017-001")
    assert len(again.timeline) == len(story.timeline) + 1
    fresh = Incidents(database, ledger, lineage, clock, {}).stories.read("2017-001")
    assert again.timeline == fresh.timeline
    # The same events once more, as after a crash: nothing is written.
    count = ledger.count()
    assert all(incidents.consider_alert(event) for event in events[:50])
    assert ledger.count() == count
