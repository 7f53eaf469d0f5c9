"""The gate on the real lake: a valid and good model passes, a broken one never reaches a parser of the server."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from steek.evaluation import at_least, golden, held_out_by_time, not_worse
from steek.evaluation.validity import Limits, check_validity
from steek.kernel import Verdict
from steek.kernel.errors import InputError, NotFoundError
from steek.models import LearnerSpec, ModelDefinition

Define = Callable[..., ModelDefinition]
MakeWorld = Callable[..., Any]

NO_ROWS = np.empty((0, 2), dtype=np.float32)
LIMITS = Limits(timeout_s=60, memory_bytes=1_000_000_000)


@pytest.fixture
def world(make_world: MakeWorld, define_ranking: Define) -> Any:
    gate = [not_worse("hit_rate_at_5", margin=0.01), at_least("hit_rate_at_5", 0.5)]
    return make_world(define_ranking(evaluations=[held_out_by_time("1d"), golden("2017-09-22", queries=20)], gate=gate))


@pytest.mark.covers("Q10", "V1", "V2", "V3", "V5", "V6")
def test_a_good_first_model_passes_and_the_event_holds_the_reasons(world: Any) -> None:
    trained = world.add((1.0, 0.0))
    decision = world.gate.decide(trained, against=None, key="night-1")
    assert (decision.verdict, decision.blocking) == (Verdict.PASS, ())
    names = [check.name for check in decision.checks]
    assert names == [
        "artifact is what was trained",
        "loads and answers one request",
        "answers are finite",
        "answers are in range",
        "golden sets were never trained on",
        "not_worse hit_rate_at_5",
        "at_least hit_rate_at_5",
    ]
    memory = decision.checks[1].value
    assert memory is not None
    assert 20_000_000 < memory < 1_000_000_000
    assert re.fullmatch(r"\d+ MB in use, \d+ MB of them for the model", decision.checks[1].reason)
    (event,) = world.ledger.events(kinds=["gate.decided"])
    assert (event.id, event.subject, event.payload["verdict"]) == (decision.id, trained.urn, "pass")
    assert [check["reason"] for check in event.payload["checks"]] == [check.reason for check in decision.checks]


@pytest.mark.covers("Q10", "Q8")
def test_a_worse_model_fails_against_production_and_says_why(world: Any) -> None:
    good, bad = world.add((1.0, 0.0)), world.add((-1.0, 0.0))
    decision = world.gate.decide(bad, against=good.version, key="night-2")
    assert decision.verdict is Verdict.FAIL
    assert decision.blocking == ("not_worse hit_rate_at_5", "at_least hit_rate_at_5")
    worse = next(check for check in decision.checks if check.name == "not_worse hit_rate_at_5")
    assert worse.value is not None
    assert worse.value < -0.3
    assert good.urn in worse.reason
    assert world.gate.decision("search_ranking", bad.version) == decision


@pytest.mark.covers("T2", "N3")
def test_the_same_key_decides_once(world: Any) -> None:
    trained = world.add((1.0, 0.0))
    first = world.gate.decide(trained, against=None, key="night-1")
    count = world.ledger.count()
    assert world.gate.decide(trained, against=None, key="night-1") == first
    assert world.ledger.count() == count


@pytest.mark.covers("V1")
def test_a_damaged_artifact_fails_before_anything_reads_it(world: Any) -> None:
    trained = world.add((1.0, 0.0))
    for path in world.artifacts.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:-10])
    decision = world.gate.decide(trained, against=None, key="night-1")
    assert decision.verdict is Verdict.FAIL
    assert decision.checks[0].name == "artifact is what was trained"
    assert decision.checks[0].verdict is Verdict.FAIL
    assert world.evaluator.evaluations("search_ranking") == []


@pytest.mark.covers("V1")
def test_an_artifact_of_other_features_is_not_the_right_model(world: Any) -> None:
    trained = world.add((1.0, 0.0), feature_names=("aisle_product.lines", "aisle_product.other"))
    (_, loads, *_) = check_validity(world.registry, trained, LearnerSpec("linear"), NO_ROWS, LIMITS)
    assert loads.verdict is Verdict.FAIL
    assert "not those of the trained model" in loads.reason


@pytest.mark.covers("V2", "V5")
def test_an_artifact_that_kills_its_process_fails_the_check_and_nothing_else(world: Any) -> None:
    # First and last marks are there, the trees between them are not: the parser gives up or aborts.
    data = b"tree\nversion=v4\nnum_class=1\nmax_feature_idx=1\nTree=0\nnum_leaves=3\nsplit_feature=0 end of parameters"
    trained = world.add((1.0, 0.0), data=data, format="lightgbm")
    found = check_validity(world.registry, trained, LearnerSpec("lightgbm"), NO_ROWS, LIMITS)
    assert [check.name for check in found] == ["artifact is what was trained", "loads"]
    assert found[1].verdict is Verdict.FAIL


@pytest.mark.covers("V6")
def test_answers_outside_the_range_of_probabilities_fail(world: Any) -> None:
    trained = world.add((1.0, 0.0))
    found = check_validity(world.registry, trained, LearnerSpec("x", {"objective": "binary"}), NO_ROWS, LIMITS)
    assert found[-1].name == "answers are in range"
    assert (found[-1].verdict, found[-1].limit) == (Verdict.FAIL, "from 0 to 1")


@pytest.mark.covers("V2")
def test_memory_is_that_of_the_probing_process_and_not_of_ours(world: Any) -> None:
    ballast = np.ones(60_000_000)
    found = check_validity(world.registry, world.add((1.0, 0.0)), LearnerSpec("linear"), NO_ROWS, LIMITS)
    assert found[1].value is not None
    assert found[1].value < ballast.nbytes


@pytest.mark.covers("V2")
def test_too_little_memory_is_found_before_serving(world: Any) -> None:
    limits = Limits(timeout_s=60, memory_bytes=40_000_000)
    found = check_validity(world.registry, world.add((1.0, 0.0)), LearnerSpec("linear"), NO_ROWS, limits)
    assert found[-1].name == "loads"
    assert found[-1].verdict is Verdict.FAIL


@pytest.mark.covers("T8", "V2")
def test_every_member_of_a_fleet_is_loaded_and_asked(make_world: MakeWorld, define_fleet: Define) -> None:
    world = make_world(define_fleet(evaluations=[held_out_by_time("1d")], gate=[at_least("expected_to_observed", 0.5)]))
    decision = world.gate.decide(world.add_fleet({"0": 1, "1": 2, "2": 3, "3": 4}), against=None, key="night-1")
    assert decision.verdict is Verdict.PASS
    # Six edge rows for each of four members.
    assert decision.checks[2].reason == "0 of 24 answers are not finite"
    assert decision.checks[3].limit == "from 0 to inf"


@pytest.mark.covers("Q10")
def test_an_override_needs_a_name_a_reason_and_a_decision(world: Any) -> None:
    good, bad = world.add((1.0, 0.0)), world.add((-1.0, 0.0))
    with pytest.raises(NotFoundError, match="has not decided"):
        world.gate.override(bad, approver="ariel@grocer", reason="the test store is closed", key="o-1")
    world.gate.decide(bad, against=good.version, key="night-2")
    with pytest.raises(InputError, match="an approver and a reason"):
        world.gate.override(bad, approver="ariel@grocer", reason=" ", key="o-1")
    given = world.gate.override(bad, approver="ariel@grocer", reason="the test store is closed", key="o-1")
    assert world.gate.override(bad, approver="ariel@grocer", reason="the test store is closed", key="o-1") == given
    (event,) = world.ledger.events(kinds=["gate.overridden"])
    assert (event.id, event.actor, event.subject) == (given.id, "ariel@grocer", bad.urn)
    assert world.gate.overrides("search_ranking") == [given]


@pytest.mark.covers("Q5")
def test_a_model_trained_before_the_golden_set_was_declared_fails(
    make_world: MakeWorld, define_ranking: Define
) -> None:
    before = define_ranking(gate=[at_least("hit_rate_at_5", 0.1)])
    trained = make_world(before).add((1.0, 0.0))
    world = make_world(define_ranking(evaluations=[golden("2017-09-22")], gate=before.gate))
    decision = world.gate.decide(trained, against=None, key="night-1")
    assert decision.blocking[0] == "golden sets were never trained on"
