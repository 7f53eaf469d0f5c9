from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from tests.monitoring.conftest import day, monitor_of
from tests.monitoring.shop import MODEL, Shop

from steek.kernel.errors import DeclarationError, IllegalTransitionError, NotFoundError
from steek.kernel.urn import Urn
from steek.ledger import Draft
from steek.monitoring import (
    IndicatorSpec,
    Monitor,
    Monitoring,
    explicit,
    fallback_share,
    join_matched,
    learned,
    model_age,
    outcome_hit_rate,
    volume,
)

LINES = Monitor("lines", indicator=volume("lines"), threshold=learned(), on="lines", owner="data@grocer")
JOINS = Monitor(
    "joins",
    indicator=join_matched("maker_lines"),
    threshold=learned(),
    on=MODEL,
    owner="data@grocer",
    purpose="page",
    declare="sev2",
)


def night(shop: Shop, monitoring: Monitoring, number: int, *, derive: bool = True) -> list[str]:
    shop.sell(day(number), {1: 50 + number % 3, 2: 30 + number % 2})
    shop.clock.set(day(number).end_at + timedelta(hours=1))
    if derive:
        shop.derive(day(number), key=f"derive {number}")
    return [f"{one.monitor} {one.state}" for one in monitoring.evaluate(day(number), key=f"night {number}")]


@pytest.mark.covers("X2", "D8", "O8", "O10")
def test_changed_keys_alert_in_their_window_and_mended_data_resolve_it(shop: Shop) -> None:
    monitoring = shop.monitoring(JOINS)
    shop.stock()
    assert [night(shop, monitoring, number) for number in range(2)] == [[], []]
    shop.stock(7000)
    assert night(shop, monitoring, 2) == ["joins firing"]
    (alert,) = monitoring.alerts("firing")
    assert (alert.subject, alert.severity, alert.declare) == (f"model:{MODEL}", "sev2", "sev2")
    assert (alert.slice, alert.value, alert.window) == ("join=lines x products", 0.0, day(2))
    assert alert.evidence["reason"] == "none of 82 rows matched"
    (fired,) = shop.ledger.events(kinds=["alert.fired"])
    assert (fired.subject, fired.payload["declare"]) == (f"model:{MODEL}", "sev2")
    shop.stock(0, count=11)
    assert shop.derive(day(2), key="again")
    (ended,) = monitoring.evaluate(day(2), key="after mending")
    assert (ended.id, ended.state) == (alert.id, "resolved")
    assert ended.resolution == "only 2 of the 7 earlier windows it needs"
    assert monitoring.series("joins", "join=lines x products").points[-1].value == 1.0


@pytest.mark.covers("D2", "T2")
def test_the_same_key_measures_and_tells_nothing_again(shop: Shop) -> None:
    monitoring = shop.monitoring(JOINS, LINES)
    shop.stock(9000)
    fired = night(shop, monitoring, 0)
    events = shop.ledger.count()
    shop.clock.set(day(3).start_at)
    again = monitoring.evaluate(day(0), key="night 0")
    assert [f"{one.monitor} {one.state}" for one in again] == fired == ["joins firing"]
    assert shop.ledger.count() == events


@pytest.mark.covers("T2")
def test_an_evaluation_that_was_cut_off_goes_on_where_it_stopped(shop: Shop) -> None:
    monitoring = shop.monitoring(JOINS, LINES)
    shop.stock(9000)
    shop.sell(day(0), {1: 40})
    shop.clock.set(day(0).end_at)
    shop.derive(day(0), key="derive")
    monitoring.evaluate(day(0), key="night", only=["joins"])
    alerts = monitoring.evaluate(day(0), key="night")
    assert [one.monitor for one in alerts] == ["joins"]
    assert [event.kind for event in shop.ledger.events(kinds=["alert.fired"])] == ["alert.fired"]
    assert monitoring.series("lines").points[0].value == 40


@pytest.mark.covers("O3")
def test_a_missing_feed_and_a_vanished_store_are_noticed_in_one_window(shop: Shop) -> None:
    by_store = Monitor(
        "by store", indicator=volume("lines", by="store_id"), threshold=learned(), on="lines", owner="data@grocer"
    )
    monitoring = shop.monitoring(by_store, LINES)
    for number in range(9):
        assert night(shop, monitoring, number, derive=False) == []
    shop.sell(day(9), {1: 51})
    fired = monitoring.evaluate(day(9), key="night 9")
    assert {(one.monitor, one.slice) for one in fired} == {("by store", "store_id=2")}
    fired = monitoring.evaluate(day(10), key="night 10")
    assert {(one.monitor, one.slice) for one in fired} == {("by store", "store_id=1"), ("lines", None)}
    assert monitoring.slices("by store") == ["store_id=1", "store_id=2"]


@pytest.mark.covers("O6")
def test_incident_events_hold_thresholds(shop: Shop) -> None:
    monitoring = shop.monitoring(LINES)
    for number in range(8):
        night(shop, monitoring, number, derive=False)
    shop.clock.set(day(9).start_at)
    payload: dict[str, object] = {"incident": "2017-001", "subject": "dataset:lines"}
    (declared,) = shop.ledger.record(Draft("incident.declared", "incident:2017-001", "ariel@grocer", payload))
    monitoring.on_incident(declared)
    for number in range(9, 13):
        shop.sell(day(number), {1: 20})
        monitoring.evaluate(day(number), key=f"night {number}")
    lowers = {point.lower for point in monitoring.series("lines", since=day(9).start_at).points}
    assert len(lowers) == 1
    assert lowers != {None}


@pytest.mark.covers("O4")
def test_outcomes_that_come_later_are_measured_for_the_window_they_belong_to(shop: Shop) -> None:
    late = Monitor(
        "hits", indicator=outcome_hit_rate(MODEL, delay="2d"), threshold=learned(), on=MODEL, owner="ranking@grocer"
    )
    monitoring = shop.monitoring(late)
    shop.learn_outcomes(day(0), [(1, True, 1.0, 1.0), (1, False, 1.0, 0.0)])
    monitoring.evaluate(day(2), key="night 2")
    (point,) = monitoring.series("hits").points
    assert (point.window_start, point.value) == (day(0).start_at, 0.5)


@pytest.mark.covers("O1", "O7")
def test_the_state_of_each_monitor_has_a_word_a_value_and_a_comparison(shop: Shop) -> None:
    age = Monitor("age", indicator=model_age(MODEL), threshold=explicit(upper=48), on=MODEL, owner="ranking@grocer")
    share = Monitor("fallbacks", indicator=fallback_share(MODEL), threshold=learned(), on=MODEL, owner="ranking@grocer")
    monitoring = shop.monitoring(age, share, LINES)
    assert {one.state for one in monitoring.monitors_state()} == {"undecided"}
    shop.clock.set(day(0).end_at)
    shop.deploy(shop.train(day(0)))
    states: list[str] = []
    for hours in (10, 47, 49):
        shop.clock.set(day(0).end_at + timedelta(hours=hours))
        monitoring.evaluate(day(hours // 24), key=f"after {hours} h")
        states.append(monitoring.monitors_state()[0].state)
    assert states == ["well", "watch", "broken"]
    state = monitoring.monitors_state()[0]
    assert (state.monitor, state.value, state.upper, state.unit) == ("age", 49.0, 48.0, "h")
    assert (state.threshold, state.subject) == ("at most 48 h", f"model:{MODEL}")
    assert monitoring.monitors_state()[1].state == "undecided"


@pytest.mark.covers("N3")
def test_an_indicator_that_cannot_be_read_is_undecided_and_does_not_blind_the_others(shop: Shop) -> None:
    wrong = Monitor("wrong", indicator=volume("products"), threshold=learned(), on="products", owner="data@grocer")
    monitoring = shop.monitoring(LINES, wrong)
    shop.sell(day(0), {1: 12})
    monitoring.evaluate(day(0), key="night")
    lines, unreadable = monitoring.monitors_state()
    assert lines.value == 12
    assert unreadable.state == "undecided"
    assert unreadable.reason == (
        "could not be measured: dataset 'products' has no event time, so it has no volume per window"
    )


@pytest.mark.covers("N4")
def test_console_questions_are_one_query_each(shop: Shop) -> None:
    monitors = [monitor_of(name=f"m{number}") for number in range(60)]
    monitoring = shop.monitoring(*monitors)
    statements: list[str] = []
    event.listen(shop.database.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert len(monitoring.monitors_state()) == 60
    monitoring.series("m7", "store_id=1", day(0).start_at, day(60).start_at)
    monitoring.alerts("firing")
    assert [statement.split()[0] for statement in statements] == ["SELECT"] * 3


@pytest.mark.covers("O8")
def test_a_person_acknowledges_once(shop: Shop) -> None:
    monitoring = shop.monitoring(JOINS)
    shop.stock(9000)
    night(shop, monitoring, 0)
    (alert,) = monitoring.alerts()
    seen = monitoring.acknowledge(alert.id, actor="ariel@grocer")
    assert (seen.state, seen.acknowledged_by) == ("acknowledged", "ariel@grocer")
    assert monitoring.acknowledge(alert.id, actor="ariel@grocer") == seen == monitoring.alert(alert.id)
    assert [one.actor for one in shop.ledger.events(kinds=["alert.acknowledged"])] == ["ariel@grocer"]
    with pytest.raises(IllegalTransitionError):
        monitoring.acknowledge(alert.id, actor="noam@grocer")
    with pytest.raises(NotFoundError, match=f"no alert named 'nope'; there are: {alert.id}"):
        monitoring.alert("nope")


def test_unknown_names_are_refused_with_the_known_ones(shop: Shop, tmp_path: Path) -> None:
    monitoring = shop.monitoring(LINES)
    with pytest.raises(NotFoundError, match="Did you mean 'lines'"):
        monitoring.series("line")
    with pytest.raises(NotFoundError, match="no monitor named 'all'"):
        monitoring.evaluate(day(0), key="k", only=["all"])
    stranger = IndicatorSpec("weather", Urn("dataset", "lines"))
    with pytest.raises(DeclarationError, match=r"has indicator 'weather'; there are: .*, data_age, "):
        shop.monitoring(Monitor("m", indicator=stranger, threshold=learned(), on="lines", owner="data@grocer"))
    with pytest.raises(DeclarationError, match="monitor 'lines' is filed under 'rows'"):
        Monitoring(shop.sources, shop.database, shop.ledger, shop.clock, {"rows": LINES})
