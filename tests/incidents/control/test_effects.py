"""Whether a mitigation helped is told by the indicators' next windows, once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.incidents.conftest import ONSET_DAY, Loop, joins

from steek.incidents import Incidents, Menu
from steek.incidents.control.effect_log import MitigationEffects
from steek.incidents.control.effects import EffectVerdict, IndicatorWindows, judge_effect
from steek.incidents.desk import Desk
from steek.kernel import ReplayClock, Verdict, Window
from steek.ledger import Database, Event, Ledger, Lineage
from steek.monitoring.judgement import Judgement, Measurement
from steek.monitoring.points import Judged, write_points

Reader = Callable[[str], list[Event]]


def around(
    before: float | None = 0.0, *, whole: tuple[float, ...] = (), partial: tuple[float, ...] = ()
) -> IndicatorWindows:
    return IndicatorWindows("joins", 0.9, None, before, partial, whole)


@pytest.mark.covers("I9")
@pytest.mark.parametrize(
    ("windows", "verdict"),
    [
        (around(whole=(0.97,)), "helped"),
        (around(whole=(0.5,)), "helped"),
        (around(whole=(0.1,)), "no change"),
        (around(0.5, whole=(0.1,)), "worse"),
        (around(0.95, whole=(0.5,)), "worse"),
        (around(0.95, whole=(0.96,)), "no change"),
        (around(), "undecided"),
        (around(partial=(0.4,)), "undecided"),
        (around(partial=(0.95,)), "helped"),
        (around(None, whole=(0.5,)), "undecided"),
    ],
)
def test_one_indicator(windows: IndicatorWindows, verdict: str) -> None:
    assert judge_effect([windows]).verdict.value == verdict


@pytest.mark.covers("I9")
def test_all_indicators_together() -> None:
    good, bad, same, missing = (
        around(whole=(0.97,)),
        around(0.5, whole=(0.0,)),
        around(whole=(0.0,)),
        around(),
    )
    assert judge_effect([good, bad, missing]).verdict is EffectVerdict.WORSE
    assert judge_effect([good, missing]).verdict is EffectVerdict.UNDECIDED
    assert judge_effect([good, same]).verdict is EffectVerdict.HELPED
    assert judge_effect([same]).verdict is EffectVerdict.NO_CHANGE
    assert judge_effect([good]).confidence.startswith("low: 1 whole window after it")


@given(st.floats(0, 0.89), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_more_within_is_never_worse(before: float, after: list[float]) -> None:
    effect = judge_effect([around(before, whole=tuple(after))])
    better = judge_effect([around(before, whole=(*after, 0.95))])
    assert better.verdict is EffectVerdict.HELPED
    assert (effect.verdict is EffectVerdict.WORSE) <= (after[-1] < before)


def measure(loop: Loop, value: float, *, day: int) -> None:
    window = Window(ONSET_DAY + timedelta(days=day), ONSET_DAY + timedelta(days=day + 1))
    verdict = Verdict.PASS if value >= 0.9 else Verdict.FAIL
    judged = Judged(Measurement(None, value, 4_100), Judgement(verdict, 0.9, None, "measured"))
    with loop.database.transaction() as connection:
        write_points(connection, "partner_joins", window, [judged], loop.clock.now())


@pytest.mark.covers("I9")
def test_the_verdict_is_written_once_when_the_next_window_is_in(
    incidents: Incidents, loop: Loop, database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock,
    of_kind: Reader,
) -> None:  # fmt: skip
    effects = MitigationEffects(Desk(database, ledger, lineage, clock, Menu({})))
    fired = loop.fire(joins())[1]
    incident = incidents.consider_alert(fired)
    assert incident is not None
    done = incidents.act(incident.id, "roll-back-fleet", {"to": 13}, "sam", key="m1")
    effects.on_event(fired)
    assert effects.list(incident.id)[done.key].verdict is EffectVerdict.UNDECIDED
    assert of_kind("incident.mitigation_verified") == []
    loop.at(3, 1)
    measure(loop, 0.97, day=2)
    night = loop.tell("night.finished", "night:2017-10-17")
    effects.on_event(night)
    effects.on_event(night)
    [event] = of_kind("incident.mitigation_verified")
    assert (event.payload["verdict"], event.payload["action"]) == ("helped", "m1")
    written = effects.list(incident.id)["m1"]
    assert written.indicators[0].sentence == "partner_joins: 0 before, 0.97 after; back within its bounds"
    # It stays what it was, whatever comes later.
    loop.at(4, 1)
    measure(loop, 0.1, day=3)
    effects.verify_all()
    assert effects.list(incident.id)["m1"] == written


@pytest.mark.covers("I9")
def test_the_end_of_the_incident_says_what_stayed_undecided(
    incidents: Incidents, loop: Loop, database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock,
    of_kind: Reader,
) -> None:  # fmt: skip
    effects = MitigationEffects(Desk(database, ledger, lineage, clock, Menu({})))
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    incidents.act(incident.id, "notice", {}, "gabi", key="m1")
    incidents.act(incident.id, "explode", {}, "gabi", key="m2")
    incidents.resolve(incident.id, actor="a", key="r", verify=False, reason="it is over")
    effects.on_event(of_kind("incident.resolved")[0])
    [event] = of_kind("incident.mitigation_verified")
    assert (event.payload["action"], event.payload["verdict"]) == ("m1", "undecided")
