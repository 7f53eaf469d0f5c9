from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.incidents.conftest import Loop, joins

from steek.incidents import Incidents, Span
from steek.incidents.fallen_slices import Fallen, judge_slices
from steek.incidents.suspects import Candidate, rank
from steek.kernel.records import to_plain
from steek.ledger import Event, Ledger

BEGAN = datetime(2017, 10, 15, 6, tzinfo=UTC)
NOWHERE = Fallen()
ONSET = Span(BEGAN, BEGAN + timedelta(hours=24))


def change(kind: str, hours: float, payload: dict[str, object] | None = None, sequence: int = 1) -> Event:
    at = BEGAN + timedelta(hours=hours)
    return Event(sequence, str(sequence), at, at, kind, "dataset:x", "a", (), payload or {}, 1, "", "")


def score(candidate: Candidate, *, onset: Span = ONSET, fallen: Fallen = NOWHERE) -> float:
    detected_at = BEGAN + timedelta(hours=25)
    return rank([candidate], onset=onset, detected_at=detected_at, broken="dataset:y", fallen=fallen)[0].score


@pytest.mark.covers("I6")
def test_the_key_change_comes_first_with_its_reason(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    replaced = loop.key_change()
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    found = incidents.suspects(incident.id)
    assert [one.event.kind for one in found.suspects] == [
        "dataset.replaced",
        "external.changed",
        "route.changed",
        "route.changed",
    ]
    first, *others = found.suspects
    assert first.event.id == replaced.id
    assert first.score == 0.95
    told = to_plain(first)
    assert isinstance(told, dict)
    assert (told["category"], told["what"]) == ("data", "The contents of products were replaced")
    assert first.reason == (
        "One step upstream of dataset:partner_lines; 0 to 10 h before the onset; "
        "100% of the values of manufacturer_id were never seen before."
    )
    assert all(one.score < 0.1 for one in others)
    routes = {one.system: one for one in others if one.event.kind == "route.changed"}
    assert "not upstream of dataset:partner_lines" in routes["model:search_ranking"].reason
    assert "touches partner_id=69 only, but the whole fell" in others[0].reason


@pytest.mark.covers("I6")
def test_nothing_changed_is_said_where_it_is_true(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.key_change()
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    assert [statement.sentence for statement in incidents.suspects(incident.id).unchanged] == [
        "Nothing changed in definition, features, learner of partner_demand since 2017-10-01 07:00 UTC.",
        "Nothing is recorded about binary of partner_demand, so it is not known whether anything changed there.",
    ]


@pytest.mark.covers("I6")
def test_no_record_is_never_told_as_no_change(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(30)
    on_model = incidents.declare("odd", on="partner_demand", severity="sev3", actor="a", key="k")
    found = incidents.suspects(on_model.id)
    assert found.suspects == ()
    assert found.in_short == (
        "No change was recorded upstream or outside between 07 Nov 06:00 and 14 Nov 06:00 UTC. "
        "Not everything here is recorded: look outside too."
    )
    loop.tell("binary.recorded", "binary:work", {"facts": {}})
    loop.at(40)
    later = incidents.suspects(incidents.declare("odd", on="partner_demand", severity="sev3", actor="a", key="l").id)
    assert later.in_short.endswith("What is recorded here did not change: look outside too.")
    loop.tell("external.changed", "supplier:9", {"summary": "new file"})
    loop.at(41)
    last = incidents.suspects(incidents.declare("odd", on="partner_demand", severity="sev3", actor="a", key="m").id)
    assert (len(last.suspects), last.in_short) == (1, "")


@pytest.mark.covers("I6")
def test_a_changed_definition_is_a_suspect_and_not_unchanged(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(0, 2)
    loop.tell("definition.changed", "definition:partner_demand@b2", {"before": "a1", "changed": {"seed": [7, 8]}})
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins("mean", on="model:partner_demand"))[1])
    assert incident is not None
    found = incidents.suspects(incident.id)
    assert found.suspects[0].event.kind == "definition.changed"
    assert found.suspects[0].distance == 0
    assert [statement.parts for statement in found.unchanged if statement.since_at] == [("features", "learner")]


@pytest.mark.covers("I6")
def test_nightly_deployments_do_not_hide_the_cause(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    replaced = loop.key_change()
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins("mean", on="model:partner_demand"))[1])
    assert incident is not None
    first, *others = incidents.suspects(incident.id).suspects
    assert first.event.id == replaced.id
    [route] = [one for one in others if one.system == "model:partner_demand"]
    assert route.score < 0.1
    assert "the same kind of change happened" in route.reason


@pytest.mark.covers("I6")
def test_what_people_did_about_it_is_no_suspect(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    before = incidents.suspects(incident.id).suspects
    loop.at(1, 2)
    loop.tell("route.changed", "deployment:partner_demand@15", {"action": "rollback"})
    assert incidents.suspects(incident.id).suspects == before


@pytest.mark.covers("I6")
def test_without_an_onset_nobody_is_sure(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.key_change()
    loop.at(1, 1)
    incident = incidents.declare("sales down", on="partner_lines", severity="sev2", actor="a", key="k")
    first = incidents.suspects(incident.id).suspects[0]
    assert first.event.kind == "dataset.replaced"
    assert first.score == 0.5
    assert "when the trouble began is not known" in first.reason


@pytest.mark.covers("I6")
def test_nothing_found_is_an_answer(incidents: Incidents) -> None:
    incident = incidents.declare("odd", on="somewhere", severity="sev3", actor="a", key="k")
    found = incidents.suspects(incident.id)
    assert (found.suspects, found.unchanged) == ((), ())
    assert found.in_short.startswith("Nobody records what changes here; look outside too.")
    assert found.searched_until - found.searched_since == timedelta(days=7)


@pytest.mark.covers("I6")
def test_suspects_write_nothing(incidents: Incidents, loop: Loop, ledger: Ledger) -> None:
    incident = incidents.declare("odd", on="somewhere", severity="sev3", actor="a", key="k")
    written = ledger.count()
    incidents.suspects(incident.id)
    incidents.stories.read(incident.id)
    assert ledger.count() == written


def test_nearer_scores_higher() -> None:
    scores = [score(Candidate(change("dataset.replaced", 2), "dataset:x", distance)) for distance in (0, 1, 2, 4, None)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == scores[1]


def test_a_day_before_the_onset_counts_half() -> None:
    near = score(Candidate(change("dataset.replaced", 0), "dataset:x", 1))
    assert score(Candidate(change("dataset.replaced", -24), "dataset:x", 1)) == near / 2


def test_a_job_may_have_read_what_came_after_the_window() -> None:
    late = score(Candidate(change("dataset.replaced", 24.5), "dataset:x", 1))
    assert late == pytest.approx(0.6 * score(Candidate(change("dataset.replaced", 2), "dataset:x", 1)))


def test_damage_that_a_change_measures_counts() -> None:
    def measured(fractions: dict[str, object]) -> float:
        payload: dict[str, object] = {"unknown_fraction": fractions}
        return score(Candidate(change("dataset.replaced", 2, payload), "dataset:x", 1))

    unmeasured = score(Candidate(change("dataset.replaced", 2), "dataset:x", 1))
    assert measured({"key": 0.0, "empty": None}) == unmeasured
    assert unmeasured < measured({"key": 0.5, "name": 0.01}) < measured({"key": 1.0})


def test_slices_that_match_count_and_others_do_not() -> None:
    campaign = change("external.changed", 1, {"slices": ["partner_id=69"]})
    same = score(Candidate(campaign, "external:x", None), fallen=Fallen({"partner_id=69": 1.0}))
    other = score(Candidate(campaign, "external:x", None), fallen=Fallen({"partner_id=7": 1.0}))
    assert other == pytest.approx(same * 0.2)


@pytest.mark.covers("I6")
def test_a_change_that_hits_the_slice_that_fell_explains_that_the_whole_fell(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(0, 8)
    edges = [("dataset:products@1", "dataset:products@2")]
    moved = loop.tell("dataset.replaced", "dataset:products@2", {"slices": ["region=north"]}, edges=edges)
    loop.tell("settings.changed", "settings:work", {"changed": {"deadline": ["2s", "1s"]}})
    loop.at(1, 1)
    whole, north = joins("mean answer"), joins("mean answer by region")
    incident = incidents.consider_alert(loop.fire(whole, value=0.8)[1])
    assert incident is not None
    alone = {one.event.id: one for one in incidents.suspects(incident.id).suspects}[moved.id]
    assert "touches region=north only, but the whole fell" in alone.reason
    incidents.consider_alert(loop.fire(north, value=0.2, slice="region=north")[1])
    first, *_ = incidents.suspects(incident.id).suspects
    assert first.event.id == moved.id
    assert "touches region=north, which fell" in first.reason
    assert first.score == pytest.approx(alone.score * 5, abs=0.005)
    incidents.consider_alert(loop.fire(north, value=0.83, slice="region=south")[1])
    both = {one.event.id: one for one in incidents.suspects(incident.id).suspects}[moved.id]
    assert "touches region=north, which is 91% of what fell by slices" in both.reason


@given(
    depths=st.dictionaries(st.sampled_from("abcdef").map("region={}".format), st.floats(0.01, 1), min_size=1),
    whole=st.booleans(),
    data=st.data(),
)
def test_a_change_counts_as_much_as_it_explains(depths: dict[str, float], whole: bool, data: st.DataObject) -> None:
    touched = data.draw(st.lists(st.sampled_from(sorted(depths)), unique=True))
    fewer = touched[:-1]
    factors = [judge_slices({"slices": names}, Fallen(depths, whole))[0] for names in (fewer, touched, sorted(depths))]
    assert factors[2] == pytest.approx(1.0)
    if fewer:
        assert 0.2 < factors[0] < factors[1] <= 1


KINDS = st.sampled_from(["dataset.replaced", "contract.changed", "route.changed", "external.changed", "unheard.of"])
SHARES = st.dictionaries(st.text(max_size=5), st.floats(-2, 2) | st.text(max_size=2), max_size=2)


@given(
    kind=KINDS,
    hours=st.floats(-500, 25),
    distance=st.none() | st.integers(0, 10),
    times=st.integers(0, 500),
    shares=SHARES,
    known=st.booleans(),
)
def test_scores_stay_within_the_evidence(
    kind: str, hours: float, distance: int | None, times: int, shares: dict[str, object], known: bool
) -> None:
    event = change(kind, hours, {"unknown_fraction": shares})
    candidate = Candidate(event, "dataset:x", distance, times)
    onset = ONSET if known else Span(None, None)
    [suspect] = rank([candidate], onset=onset, detected_at=BEGAN + timedelta(hours=25), broken="y", fallen=NOWHERE)
    assert 0 <= suspect.score <= (0.95 if known else 0.5)
    assert suspect.reason.endswith(".")


@given(st.permutations(range(6)))
def test_order_does_not_depend_on_the_order_given(order: list[int]) -> None:
    candidates = [Candidate(change("route.changed", 1, sequence=number + 1), f"model:{number}", 1) for number in order]
    detected_at = BEGAN + timedelta(hours=25)
    ranked = rank(candidates, onset=ONSET, detected_at=detected_at, broken="y", fallen=NOWHERE)
    assert [one.event.sequence for one in ranked] == [1, 2, 3, 4, 5, 6]
