import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.monitoring.conftest import Bench, day, explicit, monitor_of

from steek.kernel import Window
from steek.kernel.errors import IllegalTransitionError
from steek.kernel.state_machine import transition
from steek.ledger import Ledger
from steek.monitoring import TRANSITIONS
from steek.monitoring.alerts import acknowledge_alert, read_alert

STORES: dict[str | None, float | None] = {"store_id=367": 120.0, "store_id=406": 80.0, "store_id=31782": 20.0}


@pytest.mark.covers("O3", "O8")
def test_a_vanished_slice_fires_in_its_window_with_everything_a_reader_needs(bench: Bench, ledger: Ledger) -> None:
    bench.quiet(10, STORES)
    (alert,) = bench.play(10, {"store_id=367": 118, "store_id=406": 81})
    assert (alert.monitor, alert.slice, alert.state) == ("lines", "store_id=31782", "firing")
    assert (alert.subject, alert.severity, alert.declare) == ("dataset:transactions", "sev3", None)
    assert (alert.window, alert.onset, alert.value) == (day(10), day(10), 0.0)
    assert alert.evidence["reason"] == "no rows at all; 20 rows in the middle window before"
    (event,) = ledger.events(kinds=["alert.fired"])
    assert (event.subject, event.payload["alert"]) == ("dataset:transactions", alert.id)
    assert event.payload["onset"] == {
        "earliest_at": day(10).start_at.isoformat(),
        "latest_at": day(10).end_at.isoformat(),
    }
    assert str(event.payload["text"]).startswith("lines: 0 rows, 2 to 59 rows expected (store 31782)")
    assert ledger.verify() == 1


@pytest.mark.covers("O8")
def test_an_alert_is_open_once_until_it_is_back(bench: Bench, ledger: Ledger) -> None:
    bench.quiet(10, STORES)
    bench.play(10, {**STORES, "store_id=406": 2})
    assert bench.play(11, {**STORES, "store_id=406": 3}) == []
    (open_alert,) = bench.open_alerts()
    assert (open_alert.window, open_alert.last_window_end_at) == (day(10), day(11).end_at)
    (ended,) = bench.play(12, {**STORES, "store_id=406": 79})
    assert (ended.id, ended.state, ended.resolution) == (open_alert.id, "resolved", "within its bounds")
    assert ended.resolved_at is not None
    assert [event.kind for event in ledger.events()] == ["alert.fired", "alert.resolved"]
    (again,) = bench.play(13, {**STORES, "store_id=406": 1})
    assert again.id != open_alert.id


def test_a_window_that_shows_nothing_neither_fires_nor_resolves(bench: Bench) -> None:
    bench.monitor = monitor_of(explicit(lower=10))
    bench.play(0, {None: 4})
    assert bench.play(1, {None: None}) == []
    assert len(bench.open_alerts()) == 1
    assert bench.state().state == "watch"


@pytest.mark.covers("O6")
def test_a_window_that_is_measured_again_replaces_its_points_and_can_resolve(bench: Bench) -> None:
    bench.quiet(10, {None: 500})
    bench.play(10, {None: 3})
    (ended,) = bench.play(10, {None: 505}, key="mended")
    assert ended.state == "resolved"
    assert [point.value for point in bench.points()][-1] == 505
    assert len(bench.points()) == 11
    (fired,) = bench.play(10, {None: 2}, key="broken again")
    assert fired.id != ended.id


def test_an_older_window_moves_neither_alerts_nor_state(bench: Bench) -> None:
    bench.quiet(12, {None: 500})
    assert bench.play(4, {None: 1}, key="an old one") == []
    assert bench.open_alerts() == []
    assert bench.state().window == day(11)
    assert bench.points()[4].value == 1


@pytest.mark.covers("O7")
def test_a_chart_never_alerts(bench: Bench) -> None:
    bench.monitor = monitor_of(explicit(lower=10), chart=True)
    assert bench.play(0, {None: 1}) == []
    assert bench.state().state == "watch"


def test_the_onset_reaches_back_to_the_last_calm_window(bench: Bench) -> None:
    bench.quiet(9, {None: 1000})
    bench.play(9, {None: 880})
    (alert,) = bench.play(10, {None: 300})
    assert alert.onset == Window(day(9).start_at, day(10).end_at)


@pytest.mark.covers("O3")
def test_a_slice_empty_through_its_whole_history_is_gone_and_its_alert_ends(bench: Bench) -> None:
    bench.quiet(10, STORES)
    rest: dict[str | None, float | None] = {"store_id=367": 120.0, "store_id=406": 80.0}
    bench.play(10, rest)
    endings = [alert for number in range(11, 40) for alert in bench.play(number, rest)]
    assert [(alert.slice, alert.state) for alert in endings] == [("store_id=31782", "resolved")]
    assert endings[0].resolution == "empty throughout its history; taken as gone for good"
    before = len(bench.points("store_id=31782"))
    bench.play(40, rest)
    assert len(bench.points("store_id=31782")) == before


@pytest.mark.covers("O3")
def test_the_whole_feed_missing_fires_for_every_slice(bench: Bench) -> None:
    bench.quiet(10, STORES)
    assert {alert.slice for alert in bench.play(10, {})} == set(STORES)


@pytest.mark.covers("O8")
def test_only_a_firing_alert_is_acknowledged_and_it_still_resolves(bench: Bench) -> None:
    bench.monitor = monitor_of(explicit(lower=10))
    (alert,) = bench.play(0, {None: 4})
    with bench.database.transaction() as connection:
        acknowledge_alert(connection, alert, actor="ariel@grocer", at=bench.clock.now())
        seen = read_alert(connection, alert.id)
        assert (seen.state, seen.acknowledged_by) == ("acknowledged", "ariel@grocer")
        with pytest.raises(IllegalTransitionError, match="acknowledge is not possible now, possible: resolve"):
            acknowledge_alert(connection, seen, actor="noam@grocer", at=bench.clock.now())
    (ended,) = bench.play(1, {None: 40})
    assert ended.state == "resolved"


@given(st.sampled_from(["firing", "acknowledged", "resolved"]), st.sampled_from(["acknowledge", "resolve"]))
def test_every_pair_of_state_and_action_moves_or_is_refused(state: str, action: str) -> None:
    table = {(str(at), str(by)): str(to) for (at, by), to in TRANSITIONS.items()}
    if (state, action) in table:
        assert transition(table, state, action, what="alert") == table[(state, action)]
    else:
        with pytest.raises(IllegalTransitionError):
            transition(table, state, action, what="alert")


def test_the_state_shows_the_slice_that_is_furthest_out(bench: Bench) -> None:
    bench.quiet(10, STORES)
    bench.play(10, {**STORES, "store_id=406": 2})
    state = bench.state()
    assert (state.state, state.slice, state.value) == ("broken", "store_id=406", 2)
    assert (state.slices, state.failing) == (3, 1)
