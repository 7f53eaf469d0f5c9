"""After a resolution the incident is watched: what comes back reopens it, what else fires asks people."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.incidents.conftest import Considers, Loop, joins

from steek.incidents import Incident, Incidents, Menu, State
from steek.incidents.desk import Desk
from steek.incidents.recovery.watch_period import WatchPeriods, WatchState
from steek.incidents.timeline import describe
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError
from steek.ledger import Database, Event, Ledger, Lineage

Reader = Callable[[str], list[Event]]


@pytest.fixture
def watches(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock) -> WatchPeriods:
    return WatchPeriods(Desk(database, ledger, lineage, clock, Menu({})), timedelta(days=3))


@pytest.fixture
def over(incidents: Incidents, loop: Loop, watches: WatchPeriods, of_kind: Reader) -> Incident:
    """An incident that an alert showed, resolved by its end, and watched."""
    alert, event = loop.fire(joins())
    incident = incidents.consider_alert(event)
    assert incident is not None
    loop.at(2, 1)
    loop.recover(joins(), alert, day=1)
    incidents.resolve(incident.id, actor="ariel", key="r")
    watches.on_event(of_kind("incident.resolved")[0])
    return incidents.get(incident.id)


@pytest.mark.covers("I11")
def test_a_resolution_begins_a_watch_once(watches: WatchPeriods, over: Incident, of_kind: Reader) -> None:
    watches.on_event(of_kind("incident.resolved")[0])
    [watch] = watches.of(over.id)
    assert watch.state is WatchState.WATCHING
    assert over.resolved_at is not None
    assert watch.until_at == over.resolved_at + timedelta(days=3)
    [event] = of_kind("incident.watching")
    assert event.payload["indicators"] == ["partner_joins"]


@pytest.mark.covers("I11")
def test_a_relapse_reopens_and_takes_the_alert(
    watches: WatchPeriods, over: Incident, incidents: Incidents, loop: Loop, of_kind: Reader
) -> None:
    loop.at(3, 1)
    event = loop.fire(joins(), day=2)[1]
    watches.on_event(event)
    watches.on_event(event)
    again = incidents.get(over.id)
    assert (again.state, again.resolved_at) == (State.TROUBLESHOOTING, None)
    [ended] = of_kind("incident.watch_ended")
    assert (ended.payload["outcome"], ended.payload["reason"]) == ("relapsed", "partner_joins fired again")
    assert len(incidents.stories.read(over.id).alerts) == 2
    # By rule the same alert declares nothing of its own.
    joined = incidents.consider_alert(event)
    assert joined is not None
    assert joined.id == over.id
    assert len(incidents.list()) == 1


@pytest.mark.covers("I11")
def test_another_alert_on_the_system_asks_people(
    watches: WatchPeriods, over: Incident, incidents: Incidents, loop: Loop, of_kind: Reader
) -> None:
    loop.at(3, 1)
    event = loop.fire(joins("partner_rows"), day=2)[1]
    watches.on_event(event)
    watches.on_event(event)
    [asked] = of_kind("incident.relapse_suspected")
    assert "partner_rows fired while this incident is watched" in str(asked.payload["text"])
    assert incidents.get(over.id).state is State.FOLLOW_UP
    loop.at(3, 2)
    watches.on_event(loop.fire(joins("elsewhere", on="weather"), day=2)[1])
    assert len(of_kind("incident.watch_ended")) == 0


@pytest.mark.covers("I11")
def test_a_watch_ends_by_itself(watches: WatchPeriods, over: Incident, loop: Loop, of_kind: Reader) -> None:
    assert watches.run(actor="steek") == {}
    loop.at(6)
    assert watches.due() == [f"end the watch of incident {over.id}"]
    assert watches.run(actor="steek") == {"ended": 1}
    assert (watches.run(actor="steek"), watches.due()) == ({}, [])
    [ended] = of_kind("incident.watch_ended")
    assert ended.payload["reason"] == "nothing came back in 3 d"
    watches.on_event(loop.fire(joins(), day=5)[1])
    assert watches.of(over.id)[0].state is WatchState.KEPT


@pytest.mark.covers("I11")
def test_closing_before_the_watch_ends_needs_a_reason_on_record(
    watches: WatchPeriods, over: Incident, incidents: Incidents, of_kind: Reader, nobody_harmed: Considers, loop: Loop
) -> None:
    nobody_harmed(over.id)
    for blank in ("", "  "):
        with pytest.raises(ConflictError, match=r"now is early: its watch until 2017-10-20 07:00 UTC ends with it"):
            incidents.advance(over.id, "close", "ariel", key="c", reason=blank)
    assert incidents.get(over.id).state is State.FOLLOW_UP
    incidents.advance(over.id, "close", "ariel", key="c", reason="the shop is gone")
    [closed] = of_kind("incident.advanced")
    assert closed.payload["reason"] == "the shop is gone"
    assert describe(closed).endswith("a relapse reopens nothing; the shop is gone")
    watches.on_event(closed)
    assert watches.of(over.id)[0].state is WatchState.STOPPED


@pytest.mark.covers("I11")
def test_closing_with_indicators_out_of_bounds_needs_a_reason(
    incidents: Incidents, loop: Loop, nobody_harmed: Considers
) -> None:
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    nobody_harmed(incident.id)
    incidents.resolve(incident.id, actor="ariel", key="r", verify=False, reason="the partner left")
    with pytest.raises(ConflictError, match="early: partner_joins is not back") as early:
        incidents.advance(incident.id, "close", "ariel", key="c")
    assert early.value.details["early"]
    assert incidents.advance(incident.id, "close", "ariel", key="c", reason="it left").state is State.CLOSED


@pytest.mark.covers("I11")
def test_after_its_watch_an_incident_closes_without_a_reason(
    watches: WatchPeriods, over: Incident, incidents: Incidents, nobody_harmed: Considers, loop: Loop
) -> None:
    nobody_harmed(over.id)
    loop.at(6)
    watches.run(actor="steek")
    assert incidents.advance(over.id, "close", "ariel", key="c").state is State.CLOSED


@pytest.mark.covers("I11", "N3")
def test_people_lengthen_it(watches: WatchPeriods, over: Incident, clock: ReplayClock, ledger: Ledger) -> None:
    longer = watches.extend(over.id, timedelta(days=9), actor="ariel", key="w")
    assert longer.until_at == clock.now() + timedelta(days=9)
    written = ledger.count()
    assert watches.extend(over.id, timedelta(days=9), actor="ariel", key="w") == longer
    assert ledger.count() == written
    with pytest.raises(InputError, match="cannot watch for"):
        watches.extend(over.id, timedelta(), actor="ariel", key="x")


@pytest.mark.covers("I11")
def test_reopening_by_a_person_stops_the_watch(
    watches: WatchPeriods, over: Incident, incidents: Incidents, of_kind: Reader
) -> None:
    incidents.advance(over.id, "reopen", "ariel", key="a")
    watches.on_event(of_kind("incident.advanced")[-1])
    assert watches.of(over.id)[0].reason == "the incident was reopened"
    with pytest.raises(ConflictError, match="only a resolved one is watched"):
        watches.extend(over.id, timedelta(days=1), actor="ariel", key="w")
