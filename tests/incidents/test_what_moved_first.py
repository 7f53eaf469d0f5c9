"""Suspects: who moved first, what people found out before, what runs everything, what the world outside tells."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.incidents.conftest import Loop, joins

from steek.incidents import Hypotheses, Incident, Incidents, Span, Suspect
from steek.incidents.desk import Desk
from steek.incidents.fallen_slices import Fallen
from steek.incidents.impact.merging import Merges
from steek.incidents.suspects import Candidate, apply_verdicts, rank
from steek.incidents.track_record import TrackRecord, count, smoothed
from steek.ledger import Event, Ledger, Lineage

BEGAN = datetime(2017, 10, 15, 6, tzinfo=UTC)
KINDS = st.sampled_from(["dataset.replaced", "contract.changed", "route.changed", "external.changed", "unheard.of"])


def change(kind: str, hours: float, payload: dict[str, object] | None = None, sequence: int = 1) -> Event:
    at = BEGAN + timedelta(hours=hours)
    return Event(sequence, str(sequence), at, at, kind, "dataset:x", "a", (), payload or {}, 1, "", "")


def judged(candidate: Candidate, **case: object) -> Suspect:
    fixed: dict[str, object] = {"onset": Span(BEGAN, BEGAN + timedelta(hours=24)), "fallen": Fallen()}
    detected_at = BEGAN + timedelta(hours=25)
    return rank([candidate], detected_at=detected_at, broken="dataset:y", **(fixed | case))[0]  # pyright: ignore[reportArgumentType]


def declared_by_alert(incidents: Incidents, loop: Loop, on: str = "partner_lines", hour: float = 1) -> Incident:
    loop.at(1, hour)
    incident = incidents.consider_alert(loop.fire(joins(f"joins of {on}", on=on))[1])
    assert incident is not None
    return incident


@pytest.mark.covers("I6")
@settings(max_examples=60)
@given(
    kind=KINDS, hours=st.floats(-500, 0), later=st.floats(0, 200), distance=st.integers(0, 9), times=st.integers(0, 9)
)
def test_nearer_in_time_and_lineage_is_never_weaker(
    kind: str, hours: float, later: float, distance: int, times: int
) -> None:
    far = judged(Candidate(change(kind, hours), "dataset:x", distance + 1, times)).score
    near = judged(Candidate(change(kind, hours), "dataset:x", distance, times)).score
    recent = judged(Candidate(change(kind, min(hours + later, 0)), "dataset:x", distance + 1, times)).score
    assert 0 <= far <= near <= 0.95
    assert far <= recent <= 0.95


@pytest.mark.covers("I6")
@given(prior=st.floats(0, 1), confirmed=st.integers(0, 50), acquitted=st.integers(0, 50))
def test_what_was_found_out_moves_a_score_between_never_and_always(
    prior: float, confirmed: int, acquitted: int
) -> None:
    record = TrackRecord(confirmed, confirmed + acquitted)
    rate = smoothed(prior, record)
    assert 0 <= rate <= 1
    assert smoothed(prior, TrackRecord(confirmed + 1, record.seen + 1)) >= rate
    assert smoothed(prior, TrackRecord(confirmed, record.seen + 1)) <= rate


@pytest.mark.covers("I6")
def test_the_count_is_by_incident() -> None:
    causes = {"1": frozenset({"a"}), "2": frozenset({"a", "b"})}
    found = count(causes, {"2": frozenset({"a", "c"}), "3": frozenset({"c"})})
    assert found == {"a": TrackRecord(2, 2), "b": TrackRecord(1, 1), "c": TrackRecord(0, 2)}


@pytest.mark.covers("I6")
def test_a_kind_that_broke_things_before_weighs_more_and_says_so() -> None:
    candidate = Candidate(change("route.changed", 1), "model:x", 1)
    before = judged(candidate)
    guilty = judged(candidate, records={"route.changed": TrackRecord(4, 4)})
    innocent = judged(candidate, records={"route.changed": TrackRecord(0, 4)})
    assert innocent.score < before.score < guilty.score
    assert "this kind of change was a cause in 4 of 4 incidents that people judged before" in guilty.reason


@pytest.mark.covers("I6")
def test_who_was_wrong_first_speaks_for_what_feeds_it() -> None:
    event = change("dataset.replaced", 1)
    scores = [
        judged(Candidate(event, "dataset:x", 1, first_below="dataset:x")),
        judged(Candidate(event, "dataset:x", 1, first_beside="dataset:z")),
        judged(Candidate(event, "dataset:x", 1, first_above="dataset:z")),
    ]
    assert [one.score for one in scores] == sorted((one.score for one in scores), reverse=True)
    assert "dataset:x was the first to go wrong" in scores[0].reason
    assert "dataset:z, which feeds it, was wrong before" in scores[2].reason


@pytest.mark.covers("I6")
def test_an_alert_upstream_acquits_what_changed_below_it(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(0, 10)
    loop.tell("feature.changed", "features:partner_demand_view", {"version": 2})
    loop.tell("dataset.replaced", "dataset:products@2", {}, edges=[("dataset:products@1", "dataset:products@2")])
    loop.at(0, 12)
    loop.fire(joins("products whole", on="dataset:products"), day=-1)
    incident = declared_by_alert(incidents, loop, "model:partner_demand")
    found = {one.event.kind: one for one in incidents.suspects(incident.id).suspects}
    assert found["dataset.replaced"].score > found["feature.changed"].score
    assert "dataset:products was the first to go wrong" in found["dataset.replaced"].reason
    assert "dataset:products, which feeds it, was wrong before" in found["feature.changed"].reason


@pytest.mark.covers("I6")
def test_a_rejected_suspect_sinks_and_a_confirmed_one_rises(incidents: Incidents, loop: Loop, ledger: Ledger) -> None:
    loop.history()
    replaced = loop.key_change()
    incident = declared_by_alert(incidents, loop)
    other = incidents.suspects(incident.id).suspects[1].event
    incidents.note(incident.id, "not this", "ada", key="1", about=replaced.id, verdict="rejected")
    incidents.note(incident.id, "this", "bob", key="2", about=other.id, verdict="confirmed")
    ranked = incidents.suspects(incident.id).suspects
    assert (ranked[0].event.id, ranked[0].verdict, ranked[0].score) == (other.id, "confirmed", 1.0)
    assert (ranked[-1].event.id, ranked[-1].verdict) == (replaced.id, "rejected")
    assert ranked[-1].reason.endswith("ada rejected it.")


@pytest.mark.covers("I6", "I7")
def test_a_doubted_verdict_is_none_any_more(incidents: Incidents, loop: Loop, ledger: Ledger) -> None:
    hypotheses = Hypotheses(loop.database, ledger, loop.clock)
    loop.history()
    replaced = loop.key_change()
    incident = declared_by_alert(incidents, loop)
    hypotheses.state(incident.id, "keys", actor="a", key="1", about=replaced.id)
    hypotheses.judge(incident.id, 1, "rejected", actor="a", key="2", reason="no")
    assert incidents.suspects(incident.id).suspects[-1].event.id == replaced.id
    hypotheses.reopen(incident.id, 1, "look again", actor="a", key="3")
    assert incidents.suspects(incident.id).suspects[0].event.id == replaced.id


@pytest.mark.covers("I6")
def test_later_incidents_learn_from_verdicts_and_postmortems(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    replaced = loop.key_change()
    first = declared_by_alert(incidents, loop)
    [route] = [one for one in incidents.suspects(first.id).suspects if one.system == "model:search_ranking"]
    incidents.note(first.id, "not this", "ada", key="1", about=route.event.id, verdict="rejected")
    causes = [{"kind": "dataset.replaced", "subject": "dataset:products"}]
    loop.tell("postmortem.published", f"incident:{first.id}", {"incident": first.id, "causes": causes})
    incidents.resolve(first.id, actor="a", key="r", verify=False, reason="over")
    second = incidents.declare("again", on="partner_lines", severity="sev2", actor="a", key="again")
    reasons = {one.event.id: one.reason for one in incidents.suspects(second.id).suspects}
    routes = [one.reason for one in incidents.suspects(second.id).suspects if one.event.kind == "route.changed"]
    assert "a cause in 1 of 1 incident that people judged before" in reasons[replaced.id]
    assert routes
    assert all("a cause in 0 of 1 incident" in reason for reason in routes)
    assert "judged before" not in str([one.reason for one in incidents.suspects(first.id).suspects])


@pytest.mark.covers("I6", "I7")
def test_what_was_doubted_or_merged_teaches_once_what_stands(
    incidents: Incidents, loop: Loop, ledger: Ledger, lineage: Lineage
) -> None:
    loop.history()
    replaced = loop.key_change()
    first = declared_by_alert(incidents, loop)
    other = incidents.declare("same", on="partner_lines", severity="sev2", actor="a", key="other")
    later = incidents.declare("again", on="partner_lines", severity="sev2", actor="a", key="again")

    def said() -> str:
        return {one.event.id: one.reason for one in incidents.suspects(later.id).suspects}[replaced.id]

    assert "judged before" not in said()
    for number, incident in enumerate((first, other)):
        incidents.note(incident.id, "this", "ada", key=f"n{number}", about=replaced.id, verdict="confirmed")
    assert "a cause in 2 of 2 incidents" in said()
    desk = Desk(loop.database, ledger, lineage, loop.clock, incidents.menu)
    Merges(desk).merge(other.id, first.id, "one", "a", key="m1")
    assert "a cause in 1 of 1 incident " in said()
    Merges(desk).undo(other.id, "two after all", "a", key="m2")
    assert "a cause in 2 of 2 incidents" in said()
    Merges(desk).merge(other.id, first.id, "one", "a", key="m3")
    incidents.note(first.id, "not this", "ada", key="n2", about=replaced.id, verdict="rejected")
    incidents.note(other.id, "nor this", "ada", key="n3", about=replaced.id, verdict="rejected")
    assert "a cause in 0 of 1 incident " in said()
    noted = incidents.note(first.id, "a note is no change", "ada", key="n4")
    incidents.note(first.id, "this", "ada", key="n5", about=noted.id, verdict="confirmed")
    hypotheses = Hypotheses(loop.database, ledger, loop.clock)
    hypotheses.state(first.id, "keys", actor="a", key="1", about=replaced.id)
    hypotheses.judge(first.id, 1, "confirmed", actor="a", key="2", reason="seen")
    assert "a cause in 1 of 1 incident " in said()
    incidents.note(other.id, "a guess", "ada", key="n6", about=replaced.id, verdict="rejected")
    hypotheses.reopen(first.id, 1, "look again", actor="a", key="3")
    assert "a cause in 0 of 1 incident " in said()
    assert all("judged before" not in one.reason for one in incidents.suspects(other.id).suspects)


@pytest.mark.covers("I6")
def test_settings_and_the_program_hold_for_everything(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.tell("binary.recorded", "binary:work", {"facts": {}})
    loop.at(0, 8)
    loop.tell("settings.changed", "settings:work", {"changed": {"deadline": ["2s", "1s"]}})
    loop.at(0, 9)
    loop.tell("external.changed", "host:db1", {"summary": "db1 moved", "kind": "infrastructure"})
    found = incidents.suspects(declared_by_alert(incidents, loop).id)
    first, second = found.suspects[:2]
    assert (first.category, first.what) == ("config", "Settings changed: deadline")
    assert "Holds for everything that runs here" in first.reason
    assert (second.category, second.what) == ("infrastructure", "db1 moved")


@pytest.mark.covers("I6")
def test_a_change_outside_that_says_what_it_moves_is_as_near_as_that(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(0, 8)
    loop.tell("external.changed", "supplier:9", {"summary": "new file", "on": ["dataset:products"]})
    loop.tell("external.changed", "supplier:8", {"summary": "new truck"})
    first, second = incidents.suspects(declared_by_alert(incidents, loop).id).suspects[:2]
    assert (first.event.subject, first.distance, second.distance) == ("supplier:9", 1, None)
    assert first.score > second.score


@pytest.mark.covers("I6")
def test_a_change_outside_to_what_went_wrong_first_is_not_off_the_way(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(0, 8)
    loop.tell("external.changed", "service:joiner", {"summary": "release 5.1", "on": ["dataset:partner_lines"]})
    suspects = incidents.suspects(declared_by_alert(incidents, loop).id).suspects
    first = next(one for one in suspects if one.event.subject == "service:joiner")
    assert "Changed dataset:partner_lines itself" in first.reason
    assert "not made from it" not in first.reason


@pytest.mark.covers("I6")
def test_a_member_of_a_fleet_is_its_slice() -> None:
    event = change("route.changed", 1, {"member": "69"})
    same = judged(Candidate(event, "model:x", 1), fallen=Fallen({"partner_id=69": 1.0}))
    other = judged(Candidate(event, "model:x", 1), fallen=Fallen({"partner_id=7": 1.0}))
    assert "touches partner_id=69, which fell" in same.reason
    assert other.score == pytest.approx(same.score * 0.2, abs=0.001)


@pytest.mark.covers("I6")
def test_a_change_that_only_people_name_joins_the_ranking() -> None:
    event = change("route.changed", -999)
    [named] = apply_verdicts((), {"1": ("confirmed", "ada")}, known={"1": event})
    assert (named.score, named.verdict, named.reason) == (1.0, "confirmed", "Named by people. ada confirmed it.")
    assert apply_verdicts((), {"1": ("rejected", "ada")}, known={"1": event}) == ()
