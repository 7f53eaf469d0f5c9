from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.monitoring.conftest import DAY, FIRST, Bench, day

from steek.ledger import Draft, Ledger
from steek.monitoring.holds import Hold, history_start, read_holds
from steek.monitoring.incident_events import follow_incident


def tell(bench: Bench, kind: str, **payload: object) -> None:
    (event,) = bench.ledger.record(Draft(kind, "incident:2017-001", "steek", {"incident": "2017-001", **payload}))
    for _ in range(2):
        with bench.database.transaction() as connection:
            follow_incident(connection, event)


@pytest.mark.covers("O6")
def test_thresholds_stand_still_during_an_incident_and_do_not_learn_from_it(bench: Bench) -> None:
    bench.quiet(10, {None: 1000})
    bench.play(10, {None: 300})
    tell(bench, "incident.declared", subject="dataset:transactions")
    before = bench.points()[10]
    for number in range(11, 25):
        bench.play(number, {None: 300})
    for point in bench.points()[11:]:
        assert (point.lower, point.upper) == (before.lower, before.upper)
    tell(bench, "incident.resolved")
    bench.play(25, {None: 1000})
    bench.play(26, {None: 1010})
    assert bench.open_alerts() == []
    after = bench.points()[26]
    assert after.lower is not None
    assert after.lower > 700


@pytest.mark.covers("O6")
def test_without_an_incident_a_lasting_change_becomes_the_new_usual(bench: Bench) -> None:
    bench.quiet(10, {None: 1000})
    for number in range(10, 40):
        bench.play(number, {None: 300 + number % 3})
    assert bench.open_alerts() == []


def test_a_hold_begins_with_the_onset_and_is_on_the_systems_and_the_alert(bench: Bench) -> None:
    bench.quiet(10, {None: 1000})
    (alert,) = bench.play(10, {None: 300})
    tell(bench, "incident.declared", subject="model:partner_demand", systems=["model:partner_demand"], alert=alert.id)
    with bench.database.reading() as connection:
        (own,) = read_holds(connection, "dataset:transactions")
        (model,) = read_holds(connection, "model:partner_demand")
    assert (own.since_at, own.until_at) == (alert.onset.start_at, None)
    assert model.since_at == bench.clock.now()


def test_reopening_holds_again(bench: Bench) -> None:
    tell(bench, "incident.declared", subject="dataset:transactions")
    tell(bench, "incident.resolved")
    tell(bench, "incident.advanced", action="mitigate")
    with bench.database.reading() as connection:
        assert read_holds(connection, "dataset:transactions")[0].until_at == bench.clock.now()
    tell(bench, "incident.advanced", action="reopen")
    with bench.database.reading() as connection:
        assert read_holds(connection, "dataset:transactions")[0].until_at is None


def test_an_event_without_an_incident_is_left_alone(bench: Bench, ledger: Ledger, tmp_path: Path) -> None:
    (event,) = ledger.record(Draft("incident.declared", "incident:2017-002", "steek", {}))
    with bench.database.transaction() as connection:
        follow_incident(connection, event)
        assert read_holds(connection, "incident:2017-002") == []


def test_history_reaches_back_past_incidents() -> None:
    now = FIRST + 40 * DAY
    closed = Hold("2017-001", FIRST + 20 * DAY, FIRST + 30 * DAY)
    assert history_start(now, 7 * DAY, []) == now - 7 * DAY
    assert history_start(now, 7 * DAY, [closed]) == now - 7 * DAY
    assert history_start(now, 15 * DAY, [closed]) == now - 25 * DAY
    still_open = Hold("2017-002", FIRST + 35 * DAY, None)
    assert history_start(now, 10 * DAY, [closed, still_open]) == now - 25 * DAY


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 20)), max_size=6), st.integers(1, 40))
def test_exactly_the_asked_for_calm_time_lies_before(spans: list[tuple[int, int]], length: int) -> None:
    now = datetime(2017, 12, 1, tzinfo=UTC)
    holds = [
        Hold(str(index), now - back * DAY, min(now - back * DAY + days * DAY, now) if back > 0 else None)
        for index, (back, days) in enumerate(spans)
    ]
    start = history_start(now, length * DAY, holds)
    minutes = 12 * 60
    calm = sum(
        not any(hold.covers(at, at + timedelta(minutes=1)) for hold in holds)
        for at in (start + step * timedelta(minutes=minutes) for step in range(int((now - start) / (DAY / 2))))
    )
    assert calm == length * 2


def test_a_hold_covers_windows_that_touch_it() -> None:
    hold = Hold("2017-001", day(3).start_at, day(5).start_at)
    covered = [number for number in range(8) if hold.covers(day(number).start_at, day(number).end_at)]
    assert covered == [3, 4]
