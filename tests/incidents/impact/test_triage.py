"""How bad, whom it harms, what it touches, what people correct."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.incidents.conftest import ONSET_DAY, Loop, Production, Reader, joins

from steek.incidents import Dimension, Estimate, Impact, Incident, Incidents, Phase, Severity, Story
from steek.incidents.desk import Desk
from steek.incidents.impact.severity import SeverityRules, is_worse, parse_rules, severity_by_rule
from steek.incidents.impact.triage import Triage
from steek.incidents.impact.types import interval_words
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, SettingsError, StaleWriteError
from steek.ledger import Database, Draft, Ledger, Lineage

RULES = parse_rules("users:100/10000, money:1000/100000, partners:1/10, systems:10")


@pytest.fixture
def counted() -> list[Estimate]:
    """What the platform could count."""
    return []


@pytest.fixture
def triage(
    database: Database,
    ledger: Ledger,
    lineage: Lineage,
    clock: ReplayClock,
    production: Production,
    incidents: Incidents,
    counted: list[Estimate],
) -> Triage:
    def estimate(_: Story) -> list[Estimate]:
        return counted

    return Triage(Desk(database, ledger, lineage, clock, incidents.menu), incidents.stories, estimate, RULES)


def impact(dimension: Dimension, low: float | None, high: float | None, *names: str) -> Impact:
    at = datetime(2017, 10, 16, tzinfo=UTC)
    return Impact(dimension, low, high, "users", tuple(names), "", "counted", False, "kim", at)


amounts = st.one_of(st.none(), st.floats(0, 1e6))


@pytest.mark.covers("I2")
@settings(max_examples=60)
@given(amounts, amounts, st.integers(0, 20))
def test_more_harm_is_never_less_severe(first: float | None, second: float | None, systems: int) -> None:
    low, high = sorted((first or 0.0, second or 0.0))
    less = severity_by_rule([impact(Dimension.USERS, low, low)], systems=[], objectives=[], rules=RULES)
    named = [f"model:{number}" for number in range(systems)]
    more = severity_by_rule([impact(Dimension.USERS, low, high)], systems=named, objectives=[], rules=RULES)
    assert less.severity is not None
    assert more.severity is not None
    assert not is_worse(less.severity, more.severity)
    assert more.reasons


@pytest.mark.covers("I2")
def test_the_rule_says_why_and_what_it_does_not_know() -> None:
    said = [impact(Dimension.USERS, 50, 12_000), Impact.unknown(Dimension.MONEY)]
    advice = severity_by_rule(said, systems=["model:a"], objectives=["objective.burning"], rules=RULES)
    assert advice.severity is Severity.SEV1
    assert advice.reasons == ("users: 50 to 12,000 users, from 10,000 on it is sev1",)
    assert advice.unknown == ("money",)
    groups = severity_by_rule(
        [impact(Dimension.GROUPS, None, None, "night workers")], systems=[], objectives=[], rules=RULES
    )
    assert (groups.severity, groups.reasons) == (Severity.SEV2, ("groups of people are harmed: night workers",))
    nothing = severity_by_rule([impact(Dimension.USERS, 0, None)], systems=[], objectives=[], rules=RULES)
    assert (nothing.severity, nothing.reasons) == (None, ("nothing is known yet of users, money, partners",))
    little = severity_by_rule([impact(Dimension.USERS, 0, 3)], systems=[], objectives=[], rules=RULES)
    assert (little.severity, little.reasons) == (Severity.SEV3, ("nothing that is known speaks for more than sev3",))
    unset = severity_by_rule(said, systems=["model:a"], objectives=[], rules=SeverityRules())
    assert (unset.severity, unset.unknown) == (None, ("money",)), "it speaks neither for nor against"
    assert unset.reasons[0].startswith("no levels are set")
    groups = severity_by_rule([impact(Dimension.GROUPS, 1, 1, "a")], systems=[], objectives=[], rules=SeverityRules())
    assert groups.severity is Severity.SEV2
    for wrong in ("users:10", "cats:1/2", "users:5/1", "users:0/1"):
        with pytest.raises(SettingsError, match="write name:sev2/sev1"):
            parse_rules(wrong)


@pytest.mark.covers("I2")
def test_impact_is_an_interval_with_evidence_and_raises_the_severity_until_a_person_sets_it(
    triage: Triage, incidents: Incidents, declared: Incident, of_kind: Reader
) -> None:
    assert {one.words for one in triage.impacts(declared.id)} == {"not known"}
    said = triage.assess(declared.id, "users", "kim", key="i1", low=10, high=20_000, evidence="tickets of the morning")
    assert said.words == "10 to 20,000 users"
    triage.assess(declared.id, "users", "kim", key="i1", low=10, high=20_000, evidence="tickets of the morning")
    assert len(of_kind("incident.impact_assessed")) == 1
    assert incidents.get(declared.id).severity is Severity.SEV1
    [raised] = of_kind("incident.severity_changed")
    assert (raised.actor, raised.payload["machine"]) == ("steek", True)
    version = incidents.get(declared.id).version
    triage.set_severity(declared.id, "sev3", "only the test shop", "ariel", key="s1", expected_version=version)
    with pytest.raises(StaleWriteError, match="changed by ariel"):
        triage.set_severity(declared.id, "sev1", "no", "sam", key="s2", expected_version=version)
    triage.assess(declared.id, "money", "kim", key="i2", low=2_000_000, unit="EUR", evidence="the till")
    assert incidents.get(declared.id).severity is Severity.SEV3
    assert triage.severity(declared.id).severity is Severity.SEV1
    story = incidents.stories.read(declared.id)
    assert [one.words for one in story.impacts if one.known] == ["10 to 20,000 users", "at least 2,000,000 EUR"]
    assert "impact on money: at least 2,000,000 EUR (the till)" in [entry.text for entry in story.timeline]


@pytest.mark.covers("I2")
def test_what_is_counted_never_overwrites_what_a_person_said_and_is_never_invented(
    triage: Triage, declared: Incident, counted: list[Estimate], of_kind: Reader
) -> None:
    assert not any(one.known for one in triage.estimate(declared.id, key="e0"))
    counted.append(Estimate(Dimension.PREDICTIONS, 0, None, "predictions", "prediction log"))
    assert not any(one.known for one in triage.estimate(declared.id, key="e00")), "at least none is not known"
    assert of_kind("incident.impact_assessed") == []
    counted[:] = [Estimate(Dimension.PREDICTIONS, 100, 400, "predictions", "prediction log")]
    counted.append(Estimate(Dimension.PARTNERS, 1, 1, "partners", "members", ("69",)))
    triage.assess(declared.id, "partners", "kim", key="p", low=3, high=5, evidence="they called")
    found = {one.dimension: one for one in triage.estimate(declared.id, key="e1")}
    assert (found[Dimension.PREDICTIONS].machine, found[Dimension.PREDICTIONS].high) == (True, 400)
    assert (found[Dimension.PARTNERS].machine, found[Dimension.PARTNERS].low) == (False, 3)
    triage.estimate(declared.id, key="e2")
    assert len(of_kind("incident.impact_assessed")) == 2


@pytest.mark.covers("I2")
@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"dimension": "cats", "low": 1}, "allowed: users"),
        ({"dimension": "users", "low": 5, "high": 1}, "low 5 is above high 1"),
        ({"dimension": "users", "low": -1}, "from 0 on"),
        ({"dimension": "users", "high": float("nan")}, "from 0 on"),
        ({"dimension": "money", "low": 1}, "money without its unit"),
        ({"dimension": "users"}, "nothing is said"),
        ({"dimension": "users", "low": 0}, "at least 0 says nothing"),
        ({"dimension": "users", "low": 1, "evidence": " "}, "the evidence is empty"),
    ],
)
def test_what_says_nothing_is_refused(triage: Triage, declared: Incident, said: dict[str, object], what: str) -> None:
    with pytest.raises(InputError, match=what):
        triage.assess(declared.id, actor="kim", key="x", **{"evidence": "seen", **said})  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("I2", "I4")
def test_systems_are_added_and_taken_out_and_held_with_the_others(
    triage: Triage, incidents: Incidents, declared: Incident, of_kind: Reader
) -> None:
    added = triage.add_system(declared.id, "model:search_ranking", "same feature view", "sam", key="a")
    assert added.systems[-1] == "model:search_ranking"
    assert triage.add_system(declared.id, "model:search_ranking", "same feature view", "sam", key="a") == added
    assert of_kind("freeze.requested")[-1].payload["subjects"] == ["model:search_ranking"]
    removed = triage.remove_system(declared.id, "model:search_ranking", "it reads another table", "sam", key="r")
    assert removed.systems == declared.systems
    assert of_kind("freeze.release_requested")[-1].payload["system"] == "model:search_ranking"
    with pytest.raises(ConflictError, match="was declared on"):
        triage.remove_system(declared.id, declared.subject, "no", "sam", key="r2")
    with pytest.raises(NotFoundError):
        triage.remove_system(declared.id, "nothing", "no", "sam", key="r3")


@pytest.mark.covers("I2")
def test_a_near_miss_by_word_and_by_rule(
    triage: Triage, incidents: Incidents, loop: Loop, ledger: Ledger, of_kind: Reader
) -> None:
    loop.history()
    loop.at(1, 1)
    incident = incidents.declare("gate refused", on="partner_demand", severity="sev3", actor="ariel", key="d")
    loop.tell("gate.decided", "trained:partner_demand@15", {"verdict": "fail"})
    triage.assess(incident.id, "predictions", "kim", key="i", low=0, high=0, evidence="it never served")
    incidents.resolve(incident.id, actor="ariel", key="r", verify=False, reason="refused in time")
    [resolved] = of_kind("incident.resolved")
    triage.on_event(resolved)
    triage.on_event(resolved)
    assert incidents.get(incident.id).near_miss == "a gate refused the version"
    assert len(of_kind("incident.near_miss")) == 1
    other = incidents.declare("batch held", on="search_ranking", severity="sev3", actor="ariel", key="d2")
    assert triage.near_miss(other.id, "the contract held the batch", "kim", key="n").near_miss is not None


@pytest.mark.covers("I2", "I5")
def test_corrections_point_at_what_they_correct_and_win_in_the_phases(
    triage: Triage, incidents: Incidents, loop: Loop, declared: Incident, of_kind: Reader
) -> None:
    noted = incidents.note(declared.id, "all partners", "kim", key="n")
    triage.correct(declared.id, "only partner 69", "sam", key="c1", about=noted.id)
    first, last = ONSET_DAY + timedelta(hours=3), ONSET_DAY + timedelta(hours=5)
    triage.correct(declared.id, "the till says so", "sam", key="c2", phase="start", earliest_at=first, latest_at=last)
    triage.correct(declared.id, "it was later", "kim", key="c3", phase="start", earliest_at=last, latest_at=last)
    corrected = of_kind("incident.corrected")
    assert corrected[0].payload["about"] == noted.id
    assert corrected[0].causes == (noted.id,)
    assert corrected[1].payload["about"] == of_kind("incident.declared")[0].id
    story = incidents.stories.read(declared.id)
    began = next(phase for phase in story.phases if phase.phase is Phase.OUTAGE_BEGINS)
    assert (began.start.earliest_at, began.start.latest_at) == (last, last)
    assert began.evidence == "it was later, corrected by kim"
    seen = next(phase for phase in story.phases if phase.phase is Phase.DETECTION).start.earliest_at
    assert seen is not None
    assert story.times.to_detect.longest_s == (seen - last).total_seconds()
    for wrong in (
        {"phase": "tea"},
        {"phase": "start"},
        {"phase": "start", "earliest_at": last, "latest_at": first},
        {},
    ):
        with pytest.raises(InputError):
            triage.correct(declared.id, "x", "sam", key="w", **wrong)  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("I5")
def test_a_stated_time_is_kept_beside_the_servers_and_orders_the_story(
    incidents: Incidents, declared: Incident, clock: ReplayClock
) -> None:
    now = clock.now()
    clock.set(now + timedelta(hours=1))
    incidents.note(declared.id, "second", "kim", key="n1")
    earlier, ahead = now - timedelta(minutes=30), now + timedelta(hours=5)
    incidents.note(declared.id, "first", "kim", key="n2", said_at=earlier)
    incidents.note(declared.id, "a clock that goes ahead", "lee", key="n3", said_at=ahead)
    notes = [entry for entry in incidents.timeline(declared.id) if entry.kind == "incident.noted"]
    assert [entry.text for entry in notes] == ["first", "second", "a clock that goes ahead"]
    assert [entry.recorded_at for entry in notes] == [clock.now()] * 3
    assert notes[0].at == earlier
    assert notes[2].at == clock.now()
    assert datetime.fromisoformat(str(notes[2].payload["said_at"])) == ahead
    with pytest.raises(InputError, match="has no zone"):
        incidents.note(declared.id, "x", "kim", key="n4", said_at=datetime(2017, 10, 2))  # noqa: DTZ001


@pytest.mark.covers("I5")
def test_a_story_that_was_read_before_is_added_to_as_if_it_were_read_anew(
    incidents: Incidents,
    declared: Incident,
    loop: Loop,
    database: Database,
    ledger: Ledger,
    lineage: Lineage,
    clock: ReplayClock,
) -> None:
    for number in range(5):
        incidents.note(declared.id, f"note {number}", "kim", key=f"n{number}")
        loop.tell("route.changed", "deployment:other@1")
        loop.tell("follow_up.created", "follow_up:1", {"incident": declared.id if number % 2 else "another"})
        fresh = Incidents(database, ledger, lineage, clock, {})
        assert incidents.stories.read(declared.id) == fresh.stories.read(declared.id)
    kinds = [entry.kind for entry in incidents.timeline(declared.id)]
    assert kinds.count("follow_up.created") == 2
    loop.key_change()
    fresh = Incidents(database, ledger, lineage, clock, {})
    assert incidents.suspects(declared.id) == fresh.suspects(declared.id)


@pytest.mark.covers("I2")
def test_at_least_none_that_stands_from_before_is_told_as_not_known() -> None:
    nothing, one = impact(Dimension.PREDICTIONS, 0, None), impact(Dimension.SLICES, 1, None)
    assert (nothing.known, nothing.words, one.known) == (False, "not known", True)
    assert interval_words(1, 1, "slices") == "1 slice"
    assert interval_words(0, 1234567.25, "EUR") == "0 to 1,234,567.25 EUR"


@pytest.mark.covers("I2", "I4")
def test_what_waited_for_the_morning_is_held_still_from_sev2_on(
    triage: Triage, incidents: Incidents, loop: Loop, of_kind: Reader
) -> None:
    loop.history()
    loop.at(1, 1)
    quiet = incidents.consider_alert(loop.fire(joins(declare="sev3"))[1])
    assert quiet is not None
    triage.set_severity(quiet.id, "sev2", "orders stop", "kim", key="s")
    triage.set_severity(quiet.id, "sev1", "all of them", "kim", key="t")
    [held] = of_kind("freeze.requested")
    assert (held.payload["subjects"], held.actor) == (["dataset:partner_lines", "model:partner_demand"], "kim")
    assert incidents.get(quiet.id).frozen


@pytest.mark.covers("I1", "I2")
def test_an_alert_that_declares_worse_raises_what_it_joins_unless_somebody_has_set_it(
    triage: Triage, incidents: Incidents, loop: Loop, of_kind: Reader
) -> None:
    loop.history()
    loop.at(1, 1)
    first = incidents.consider_alert(loop.fire(joins(declare="sev3"))[1])
    assert first is not None
    _, event = loop.fire(joins("money", declare="sev1"))
    for _ in range(2):
        raised = incidents.consider_alert(event)
        assert raised is not None
        assert (raised.id, raised.severity, raised.frozen) == (first.id, Severity.SEV1, True)
    assert len(of_kind("incident.severity_changed")) == 1
    triage.set_severity(first.id, "sev3", "a test shop", "kim", key="s")
    incidents.consider_alert(loop.fire(joins("more", declare="sev1"))[1])
    assert incidents.get(first.id).severity is Severity.SEV3


@pytest.mark.covers("I2")
def test_what_people_attach_is_counted_and_what_a_storm_joins_is_not_one_by_one(
    triage: Triage, declared: Incident, counted: list[Estimate], loop: Loop, ledger: Ledger
) -> None:
    counted.append(Estimate(Dimension.SLICES, 3, None, "slices", "alerts"))
    told: dict[str, object] = {"incident": declared.id, "alert": "a"}
    for actor, known in (("steek", False), ("kim", True)):
        [event] = ledger.record(Draft("incident.alert_attached", declared.urn, actor, told))
        triage.on_event(event)
        assert any(one.known for one in triage.impacts(declared.id)) is known
