"""The 28 tests: scored from evidence, added to by answers that expire; the weakest section is the score."""

from datetime import timedelta
from pathlib import Path

import pytest
from defence_world import DAY, NOW, guarded_project, move, serve, told

from steek.incidents.defences.coverage import load_coverage
from steek.incidents.defences.safeguards_of_watching import safeguards_of_watching
from steek.incidents.readiness.score_tests import Part, interpretation, load_tests
from steek.incidents.readiness.scoring import ModelReadiness, ScoredTest
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.settings import load_settings
from steek.ledger import Draft
from steek.monitoring import Monitor, explicit, prediction_statistic
from steek.platform import Platform
from steek.platform.defences_part import declared_of


def scored_of(ready: ModelReadiness, name: str) -> ScoredTest:
    return next(one for section in ready.sections for one in section.tests if one.test.id == name)


@pytest.mark.covers("P6")
def test_there_are_seven_tests_in_each_of_four_sections() -> None:
    tests = load_tests()
    assert len({one.id for one in tests}) == 28
    assert [sum(one.section is part for one in tests) for part in Part] == [7, 7, 7, 7]
    known = set(load_coverage().means)
    wanted = {name for one in tests for each in (*one.automatic, *one.partly) for name in each}
    assert all(name in known or name.startswith("proof_") for name in wanted)
    assert all(one.add for one in tests)


@pytest.mark.covers("P6")
def test_the_scale_of_the_paper() -> None:
    read = [interpretation(score) for score in (0, 0.5, 1, 1.5, 2.5, 4, 5, 5.5, 7)]
    assert read[0].startswith("a research project")
    assert read[1] == read[2] != read[3]
    assert read[5] == read[6]
    assert read[7] == read[8] == "exceptional"


@pytest.mark.covers("P6")
def test_evidence_scores_by_itself_and_the_weakest_section_counts(platform: Platform) -> None:
    serve(platform)
    guarded, bare = platform.readiness.of("guarded"), platform.readiness.of("bare")
    assert scored_of(guarded, "infra-gate").points == 1
    assert scored_of(guarded, "infra-canary").points == 1
    assert scored_of(guarded, "monitor-staleness").proofs[0].link == "/monitors/guarded_age"
    assert scored_of(bare, "infra-gate").points == 0
    assert guarded.score == min(section.points for section in guarded.sections)
    assert bare.score <= guarded.score
    assert [one.model for one in platform.readiness.all()] == ["bare", "guarded", "elsewhere"]
    # A version to go back to is not practice of going back.
    assert scored_of(guarded, "infra-rollback").points == 0
    platform.routes.rollback("guarded", to=1, actor="ana", reason="rehearsal", key="r")
    told(platform, "predictions.collected", "dataset:predictions@1", rows=3)
    assert scored_of(platform.readiness.of("guarded"), "infra-rollback").points == 1


@pytest.mark.covers("P6")
def test_training_twice_with_the_same_result_proves_reproducibility(platform: Platform) -> None:
    serve(platform, versions=1)
    assert scored_of(platform.readiness.of("guarded"), "infra-reproducible").points == 0
    serve_again = platform.ledger.events(kinds=["model.trained"])[0]
    told(platform, "model.trained", "trained:guarded@2", **serve_again.payload)
    assert scored_of(platform.readiness.of("guarded"), "infra-reproducible").points == 1
    told(platform, "model.trained", "trained:bare@1", **serve_again.payload)
    told(platform, "model.trained", "trained:bare@2", **{**serve_again.payload, "artifact_sha256": "other"})
    assert scored_of(platform.readiness.of("bare"), "infra-reproducible").points == 0


@pytest.mark.covers("P6")
def test_answers_add_take_back_and_expire(platform: Platform, tmp_path: Path) -> None:
    answer = platform.readiness.answer
    given = answer("guarded", "data-benefit", level="manual", text="each left out once", actor="ana", key="1", days=10)
    assert answer("guarded", "data-benefit", level="none", text="other", actor="bo", key="1") == given
    scored = scored_of(platform.readiness.of("guarded"), "data-benefit")
    assert (scored.points, scored.by) == (0.5, "answer")
    assert "ana, holds until 2017-10-18" in scored.sentence
    answer("guarded", "infra-canary", level="none", text="its steps are never looked at", actor="ana", key="2")
    assert scored_of(platform.readiness.of("guarded"), "infra-canary").points == 0
    # An answer by hand does not make less of what runs by itself.
    answer("guarded", "infra-gate", level="manual", text="we look", actor="ana", key="3")
    assert scored_of(platform.readiness.of("guarded"), "infra-gate").points == 1
    answer("guarded", "infra-unit", level="automatic", text="runs", actor="ana", key="4", link="https://ci/1")
    assert scored_of(platform.readiness.of("guarded"), "infra-unit").points == 1
    move(tmp_path, NOW + 11 * DAY)
    expired = scored_of(platform.readiness.of("guarded"), "data-benefit")
    assert (expired.points, expired.is_expired) == (0, True)
    assert "expired 2017-10-18" in expired.sentence
    events = platform.ledger.events(kinds=["readiness.answered"])
    assert [each.subject for each in events] == ["model:guarded"] * 4


@pytest.mark.covers("P6", "N3")
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"level": "perhaps"}, "none, manual, automatic"),
        ({"level": "automatic"}, "can be looked at"),
        ({"link": "javascript:x"}, "no address"),
        ({"days": 0}, "1 to 365"),
        ({"text": " "}, "answer is empty"),
    ],
)
def test_wrong_answers_are_refused(standing: Platform, wrong: dict[str, object], says: str) -> None:
    given = {"level": "manual", "text": "t", "actor": "ana", "key": "k", **wrong}
    with pytest.raises(InputError, match=says):
        standing.readiness.answer("guarded", "data-cost", **given)  # pyright: ignore[reportArgumentType]
    for model, test in (("nobody", "data-cost"), ("guarded", "data-costs")):
        with pytest.raises(NotFoundError):
            standing.readiness.answer(model, test, level="manual", text="t", actor="a", key="k")


@pytest.mark.covers("P6", "N2")
def test_of_a_model_served_elsewhere_the_score_is_not_known_before_others_are_asked(platform: Platform) -> None:
    ready = platform.readiness.of("elsewhere")
    assert (ready.waiting, ready.ask) == (18, "sales@grocer")
    assert ready.meaning.startswith("not known: 18 of 28 tests are for whoever trains and serves it")
    assert [section.waiting for section in ready.sections] == [4, 6, 7, 1]
    gate = scored_of(ready, "infra-gate")
    assert (gate.points, gate.by) == (0, "others")
    assert "train the same twice" not in scored_of(ready, "infra-reproducible").sentence
    platform.readiness.answer("elsewhere", "infra-gate", level="none", text="bo: there is none", actor="ana", key="1")
    after = platform.readiness.of("elsewhere")
    assert (after.waiting, scored_of(after, "infra-gate").by) == (17, "answer")
    assert "not known" not in platform.readiness.of("guarded").meaning


@pytest.mark.covers("P6", "I12")
def test_what_does_not_show_it_gives_no_points(platform: Platform) -> None:
    def points(test: str) -> float:
        return scored_of(platform.readiness.of("guarded"), test).points

    # That a group was harmed is no proof that groups are treated alike.
    incident = platform.incidents.declare("fewer", on="guarded", severity="sev2", actor="ana", key="d")
    groups = [{"group": "region=north", "harm": "harmed", "why": "no bread"}]
    told(platform, "incident.groups_considered", incident.urn, incident=incident.id, groups=groups, nobody_because="")
    harm = scored_of(platform.readiness.of("guarded"), "model-inclusion")
    assert (harm.points, harm.by) == (0, "nothing")
    assert harm.sentence.startswith(f"region=north harmed in incident {incident.id}; compare groups")
    assert harm.proofs[0].link == f"/incidents/{incident.id}"
    assert scored_of(platform.readiness.of("bare"), "model-inclusion").proofs == ()
    # A guard on our own contracts tells nobody of what others change, nor does what came out afterwards.
    told(platform, "external.changed", "dataset:transactions", summary="late", on=[])
    assert points("monitor-dependencies") == 0
    platform.ledger.record(
        Draft("external.changed", "dataset:transactions", "tills", {"summary": "EUR from May"}, at=NOW + 3 * DAY)
    )
    assert points("monitor-dependencies") == 1
    # Means of answers hide the few that are no numbers.
    tests = {one.id: one for one in load_tests()}
    assert tests["monitor-numbers"].automatic == (frozenset({"monitor_numbers"}),)


@pytest.mark.covers("P6", "O4")
def test_numbers_stay_numbers_needs_a_monitor_of_what_is_none() -> None:
    def means(statistic: str) -> set[str]:
        indicator = prediction_statistic("guarded", statistic)
        monitor = Monitor("m", indicator=indicator, threshold=explicit(upper=1), on="guarded", owner="ana")
        declared = declared_of(guarded_project(), load_settings(Path("/nowhere"), environment={}))
        return {guard.means for guard in safeguards_of_watching(declared, {"m": monitor}, load_coverage())}

    assert means("non-finite share") == {"monitor_predictions", "monitor_numbers"}
    assert means("mean") == {"monitor_predictions"}


@pytest.mark.covers("P6")
def test_a_rehearsal_of_long_ago_proves_nothing(platform: Platform, tmp_path: Path) -> None:
    serve(platform)
    platform.routes.rollback("guarded", to=1, actor="ana", reason="rehearsal", key="r")
    told(platform, "predictions.collected", "dataset:predictions@1", rows=3)
    move(tmp_path, NOW + timedelta(days=200))
    assert scored_of(platform.readiness.of("guarded"), "infra-rollback").points == 0
