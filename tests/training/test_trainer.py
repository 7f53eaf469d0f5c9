"""Training on the real lake: what a model sees, what is written, and what stops it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from steek.features import Examples, examples
from steek.kernel.errors import FrozenError, NotFoundError, RefusedError, UserCodeError
from steek.ledger import Lineage
from steek.models import EvaluationSpec, ModelDefinition, open_format, training_window

Define = Callable[..., ModelDefinition]
MakeWorld = Callable[..., Any]


@examples(entity="shop", moment="asked_at", label_window="1h", answer="product_id")
def broken_searches(sales: Any) -> Any:
    """A division by zero."""
    return sales.head(1 // 0)


@pytest.mark.covers("T1", "M1", "F2")
def test_a_ranking_is_trained_on_matured_examples_and_kept(
    make_world: MakeWorld, define_ranking: Define, known_at: datetime
) -> None:
    definition = define_ranking()
    world = make_world(definition)
    trained = world.trainer.train("search_ranking", known_at, key="night-1/train", actor="night 1")
    assert trained.version == 1
    assert trained.window == training_window(definition, known_at)
    assert trained.data_until == known_at - timedelta(days=1, hours=1)
    assert trained.feature_names == ("product_recent.lines", "product_recent.units", "shop_product.lines")
    # Sixty questions a day for a week, each with five wrong candidates and its answer; one answer was new to its shop.
    assert (trained.learner_report["queries"], trained.rows) == (420, 420 * 6 - 1)
    predictor = open_format(trained.format).load(world.registry.artifact(trained))
    assert predictor.feature_names == trained.feature_names
    popular, rare = predictor.predict(np.array([[120, 300, 60], [1, 2, 1]], dtype=np.float32))
    assert popular > rare


@pytest.mark.covers("D11")
def test_a_trained_model_leads_back_to_snapshots_datasets_and_definition(
    make_world: MakeWorld, define_ranking: Define, known_at: datetime
) -> None:
    world = make_world(define_ranking())
    trained = world.trainer.train("search_ranking", known_at, key="night-1/train", actor="night 1")
    graph = Lineage(world.ledger.database).upstream(trained.urn)
    kinds = {urn.partition("@")[0] for urn, distance in graph.distance.items() if distance == 1}
    assert kinds == {
        "dataset:sales",
        "definition:search_ranking",
        "features:product_recent",
        "features:shop_product",
    }


@pytest.mark.covers("T2", "T7")
def test_the_same_training_again_is_the_same_model_and_another_is_the_same_bytes(
    make_world: MakeWorld, define_ranking: Define, known_at: datetime
) -> None:
    world = make_world(define_ranking())
    first = world.trainer.train("search_ranking", known_at, key="night-1/train", actor="night 1")
    events = world.ledger.count()
    assert world.trainer.train("search_ranking", known_at, key="night-1/train", actor="night 1") == first
    assert world.ledger.count() == events
    second = world.trainer.train("search_ranking", known_at, key="by hand", actor="ariel")
    assert (second.version, second.artifact_sha256) == (2, first.artifact_sha256)


@pytest.mark.covers("Q5")
def test_golden_moments_are_never_trained_on(make_world: MakeWorld, define_ranking: Define, known_at: datetime) -> None:
    golden = EvaluationSpec("golden", {"moment": "2017-09-27T00:00:00+00:00", "length": "1d", "queries": 10})
    world = make_world(define_ranking(evaluations=[golden]))
    trained = world.trainer.train("search_ranking", known_at, key="k", actor="night 1")
    assert trained.learner_report["queries"] == 360
    assert trained.learner_report["golden_rows_left_out"] == 360


@pytest.mark.covers("T8")
def test_a_fleet_is_one_version_of_many_members(
    make_world: MakeWorld, define_fleet: Define, known_at: datetime
) -> None:
    world = make_world(define_fleet())
    trained = world.trainer.train("partner_demand", known_at, key="night-1/train", actor="night 1")
    assert (trained.members, trained.format) == (4, "linear")
    bundle = world.registry.bundle(trained)
    assert bundle.names() == ["0", "1", "2", "3"]
    facts = bundle.facts("1")
    assert facts is not None
    assert (facts.rows, facts.data_until) == (9, trained.data_until)
    assert len(world.ledger.events(kinds=["model.trained"])) == 1


@pytest.mark.covers("T8", "I11")
def test_one_partner_is_retrained_and_the_others_are_carried_over(
    make_world: MakeWorld, define_fleet: Define, known_at: datetime
) -> None:
    world = make_world(define_fleet())
    first = world.trainer.train("partner_demand", known_at, key="night-1", actor="night 1")
    earlier = known_at - timedelta(days=1)
    second = world.trainer.train(
        "partner_demand", earlier, key="one", actor="ariel", members=["2"], base_version=first.version
    )
    before, after = world.registry.bundle(first), world.registry.bundle(second)
    assert [name for name in after.names() if after.get(name) != before.get(name)] == ["2"]
    assert second.learner_report["carried"] == 3


@pytest.mark.covers("I4")
def test_a_frozen_model_is_not_trained_except_by_its_incident(
    make_world: MakeWorld, define_ranking: Define, known_at: datetime
) -> None:
    world = make_world(define_ranking())
    world.freezes.hold("model:search_ranking", ["train"], "stale", "incident:2017-001", actor="steek", key="e1")
    with pytest.raises(FrozenError, match="train must wait"):
        world.trainer.train("search_ranking", known_at, key="k", actor="night 1")
    trained = world.trainer.train("search_ranking", known_at, key="k", actor="ariel", incident="incident:2017-001")
    assert trained.version == 1


@pytest.mark.covers("T12", "N3")
def test_nothing_to_learn_from_is_told_once_and_keeps_the_last_version(
    make_world: MakeWorld, define_ranking: Define, known_at: datetime
) -> None:
    world = make_world(define_ranking())
    good = world.trainer.train("search_ranking", known_at, key="good", actor="night 1")
    later = known_at + timedelta(days=60)
    for _ in range(2):
        with pytest.raises(RefusedError, match="has no example rows to learn from"):
            world.trainer.train("search_ranking", later, key="bad", actor="night 2")
    (event,) = world.ledger.events(kinds=["training.failed"])
    assert event.subject == f"definition:search_ranking@{good.definition_hash}"
    assert event.payload["code"] == "refused"
    assert world.registry.latest("search_ranking") == good


@pytest.mark.covers("N3")
def test_errors_of_the_project_keep_their_cause(
    make_world: MakeWorld, define_ranking: Define, known_at: datetime
) -> None:
    assert isinstance(broken_searches, Examples)
    world = make_world(define_ranking(examples=broken_searches))
    with pytest.raises(UserCodeError, match="broken_searches raised ZeroDivisionError"):
        world.trainer.train("search_ranking", known_at, key="k", actor="night 1")
    assert len(world.ledger.events(kinds=["training.failed"])) == 1


@pytest.mark.covers("N3")
def test_an_unknown_definition_is_named(make_world: MakeWorld, define_ranking: Define, known_at: datetime) -> None:
    world = make_world(define_ranking())
    with pytest.raises(NotFoundError, match="no model definition named 'search'"):
        world.trainer.train("search", datetime(2017, 10, 1, tzinfo=UTC), key="k", actor="ariel")
    assert world.registry.names() == []
