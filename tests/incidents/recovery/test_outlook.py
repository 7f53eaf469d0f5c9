"""How sure the end is and how long the way back takes, both from what was before."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.incidents.conftest import ONSET_DAY, Loop, joins

from steek.incidents import Incidents, Menu
from steek.incidents.desk import Desk
from steek.incidents.recovery.confidence import Record, confidence_of, confidence_of_all
from steek.incidents.recovery.estimates import STEPS, estimate
from steek.incidents.recovery.outlook import Outlook
from steek.kernel import ReplayClock, Verdict, Window
from steek.kernel.errors import InputError
from steek.ledger import Database, Ledger, Lineage
from steek.monitoring.judgement import Judgement, Measurement
from steek.monitoring.points import Judged, write_points


@pytest.fixture
def outlook(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents) -> Outlook:
    return Outlook(Desk(database, ledger, lineage, clock, Menu(incidents.menu.mitigations)))


@pytest.mark.covers("I11")
def test_confidence_grows_with_windows_and_with_how_unusual_they_are() -> None:
    rare = [confidence_of(Record("joins", 28, 28, 0, 4, run)).probability for run in range(4)]
    assert rare[0] == 0
    assert rare == sorted(rare, key=lambda one: one or 0)
    # By Jeffreys: 28.5 of 29 when all is well against 0.5 of 5 while it is not.
    assert rare[1] == round((28.5 / 29) / (28.5 / 29 + 0.5 / 5), 4)
    usual_when_bad = confidence_of(Record("joins", 28, 28, 3, 4, 1))
    assert usual_when_bad.probability is not None
    assert usual_when_bad.probability < 0.6
    assert usual_when_bad.level == "low"
    said = confidence_of(Record("joins", 27, 28, 0, 4, 3)).sentence
    assert said == (
        "joins: the last 3 windows are within bounds; during the incident 0 of 4 were, "
        "before the incident 27 of 28 were"
    )


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 20), st.integers(0, 20), st.integers(0, 9))
def test_confidence_is_a_probability_and_never_certain(
    well: int, not_well: int, bad: int, not_bad: int, run: int
) -> None:
    found = confidence_of(Record("x", well, well + not_well, bad, bad + not_bad, run)).probability
    assert found is not None
    assert 0 <= found <= 1


@pytest.mark.covers("I11")
def test_all_are_as_sure_as_the_least_sure() -> None:
    sure, unsure = Record("a", 28, 28, 0, 4, 7), Record("b", 2, 28, 0, 4, 1)
    assert confidence_of_all([sure, unsure]).probability == confidence_of(unsure).probability
    assert "of 2 indicators the least sure: b" in confidence_of_all([sure, unsure]).sentence


@given(st.dictionaries(st.sampled_from(STEPS), st.lists(st.floats(0, 1e6), min_size=1, max_size=6)))
def test_an_estimate_adds_its_steps_or_says_what_is_missing(took: dict[str, list[float]]) -> None:
    found = estimate("m", took)
    assert set(found.not_known) == set(STEPS) - set(took)
    if found.not_known:
        assert (found.shortest_s, found.longest_s) == (None, None)
    else:
        assert found.shortest_s is not None
        assert found.longest_s is not None
        assert found.likely_s is not None
        assert found.shortest_s <= found.likely_s + 1e-6
        assert found.likely_s <= found.longest_s + 1e-6
        assert found.longest_s == pytest.approx(sum(max(one) for one in took.values()))


@pytest.mark.covers("I11")
def test_estimates_come_from_the_ledger(outlook: Outlook, incidents: Incidents, loop: Loop) -> None:
    loop.history()
    incident = incidents.declare("sales down", on="partner_demand", severity="sev2", actor="a", key="d")
    [nothing] = outlook.estimates(incident.id)
    assert nothing.not_known == ("extraction", "training", "evaluation and gate", "deployment")
    for version, took_s in ((20, 60.0), (21, 120.0)):
        urn = f"trained:partner_demand@{version}"
        day = loop.at(version - 10)
        loop.tell("model.trained", urn, {"report": {"took_s": took_s}})
        loop.clock.set(day + timedelta(minutes=5))
        loop.tell("gate.decided", urn, {"verdict": "pass"})
        loop.clock.set(day + timedelta(minutes=35))
        changed: dict[str, object] = {"model": "partner_demand", "action": "promote", "after": {"primary": version}}
        loop.tell("route.changed", f"deployment:partner_demand@{version}", changed)
    [known] = outlook.estimates(incident.id, steps=STEPS[1:])
    assert (known.shortest_s, known.likely_s, known.longest_s) == (2160.0, 2190.0, 2220.0)
    assert known.sentence.startswith("partner_demand is back after 36 min to 37 min, most likely 36.5 min")
    [whole] = outlook.estimates(incident.id)
    assert whole.not_known == ("extraction",)
    outlook.record(incident.id, actor="ariel", key="e")
    outlook.record(incident.id, actor="ariel", key="e")
    assert [event.payload["incident"] for event in loop.ledger.events(kinds=["incident.estimated"])] == [incident.id]
    with pytest.raises(InputError, match="no step named prayer"):
        outlook.estimates(incident.id, steps=("prayer",))


@pytest.mark.covers("I11")
def test_confidence_reads_the_windows_before_during_and_since(
    outlook: Outlook, incidents: Incidents, loop: Loop
) -> None:
    for day in range(-7, 0):
        window = Window(ONSET_DAY + timedelta(days=day), ONSET_DAY + timedelta(days=day + 1))
        judged = Judged(Measurement(None, 0.97, 4_000), Judgement(Verdict.PASS, 0.9, None, "well"))
        with loop.database.transaction() as connection:
            write_points(connection, "partner_joins", window, [judged], loop.clock.now())
    alert, event = loop.fire(joins())
    incident = incidents.consider_alert(event)
    assert incident is not None
    assert outlook.confidence(incident.id).probability == 0
    loop.at(3, 1)
    loop.recover(joins(), alert, day=1, windows=2)
    found = outlook.confidence(incident.id)
    assert found.sentence.endswith("during the incident 0 of 1 were, before the incident 7 of 7 were")
    assert found.probability == round((7.5 / 8) ** 2 / ((7.5 / 8) ** 2 + (0.5 / 2) ** 2), 4)


@pytest.mark.covers("I9")
def test_the_menu_learns_what_its_mitigations_took(outlook: Outlook, incidents: Incidents, loop: Loop) -> None:
    incident = incidents.declare("down", on="x", severity="sev3", actor="a", key="d")
    assert outlook.usual_times() == {}
    incidents.act(incident.id, "notice", {}, "a", key="m")
    assert outlook.usual_times()["notice"].runs == 1
    assert loop.clock.now()
