"""The registry: versions, idempotence, events and lineage."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from steek.kernel import ReplayClock
from steek.kernel.errors import DamagedArtifactError, DeclarationError, NotFoundError
from steek.ledger import Ledger, Lineage
from steek.models import ModelDefinition, NewTrainedModel, Registry, model_card

Define = Callable[..., ModelDefinition]


@pytest.mark.covers("T1")
def test_a_definition_is_recorded_once_and_told_as_an_event(registry: Registry, define: Define, ledger: Ledger) -> None:
    hash = registry.register(define(), actor="night 2017-10-01")
    assert registry.register(define()) == hash
    (event,) = ledger.events()
    assert (event.kind, event.subject) == ("definition.registered", f"definition:search_ranking@{hash}")
    assert registry.definition_content("search_ranking", hash)["training_window"] == "14d"


@pytest.mark.covers("T1")
def test_a_changed_definition_tells_what_changed(registry: Registry, define: Define, ledger: Ledger) -> None:
    before = registry.register(define())
    after = registry.register(define(training_window="28d", seed=8))
    assert after != before
    event = ledger.events(kinds=["definition.changed"])[0]
    assert event.payload["before"] == before
    assert event.payload["changed"] == {
        "seed": {"before": 7, "after": 8},
        "training_window": {"before": "14d", "after": "28d"},
    }


def test_going_back_to_an_older_definition_is_a_change_too(registry: Registry, define: Define, ledger: Ledger) -> None:
    first = registry.register(define())
    registry.register(define(seed=8))
    assert registry.register(define()) == first
    assert [event.kind for event in ledger.events()] == [
        "definition.registered",
        "definition.changed",
        "definition.changed",
    ]


@pytest.mark.covers("T1", "F1")
def test_the_code_of_views_examples_and_baselines_counts(registry: Registry, define: Define) -> None:
    registry.register(define())
    content = registry.definition_content("search_ranking")
    assert sorted(content["code"]) == ["examples searches", "view calendar", "view store_product"]
    assert content["baselines"][0]["name"] == "popularity"
    assert {len(hash) for hash in content["code"].values()} == {64}


@pytest.mark.covers("N3")
def test_a_feature_of_an_unknown_view_is_refused_with_the_nearest_name(registry: Registry, define: Define) -> None:
    view = define().candidates
    assert view is not None
    misspelt = replace(view, name="store_products")
    with pytest.raises(DeclarationError, match="no feature view named 'store_products'") as caught:
        registry.register(define(features=[misspelt["lines"]]))
    assert caught.value.next_step == "Did you mean 'store_product'?"


@pytest.mark.covers("M1", "D11")
def test_a_trained_model_gets_the_next_version_and_its_lineage(
    registry: Registry, new_model: NewTrainedModel, ledger: Ledger, lineage: Lineage, clock: ReplayClock
) -> None:
    first = registry.add(new_model, b"one", key="night-1/train")
    second = registry.add(new_model, b"two", key="night-2/train")
    assert (first.version, second.version) == (1, 2)
    assert first.trained_at == clock.now()
    assert registry.get("search_ranking", 1) == first
    assert registry.latest("search_ranking") == second
    assert registry.list("search_ranking", limit=1) == [second]
    assert registry.names() == ["search_ranking"]
    assert set(lineage.upstream("trained:search_ranking@2").distance) == {
        "trained:search_ranking@2",
        f"definition:search_ranking@{'d' * 64}",
        "features:store_product@2017-10-01T06:00:00+00:00",
        "dataset:transactions@272",
    }
    assert ledger.events()[1].payload["rows"] == 120_000


@pytest.mark.covers("T2")
def test_adding_again_with_the_same_key_changes_nothing(
    registry: Registry, new_model: NewTrainedModel, ledger: Ledger, clock: ReplayClock
) -> None:
    first = registry.add(new_model, b"one", key="night-1/train")
    clock.set(clock.now() + timedelta(hours=1))
    assert registry.add(new_model, b"one", key="night-1/train") == first
    assert registry.by_key("night-1/train") == first
    assert registry.by_key("night-2/train") is None
    assert ledger.count() == 1


@pytest.mark.covers("M3", "V1")
def test_the_artifact_comes_back_only_when_it_is_what_was_trained(
    registry: Registry, new_model: NewTrainedModel, tmp_path: Path
) -> None:
    trained = registry.add(new_model, b"the model", key="k")
    assert registry.artifact(trained) == b"the model"
    assert trained.artifact_bytes == 9
    (path,) = [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]
    path.write_bytes(b"the modem")
    with pytest.raises(DamagedArtifactError):
        registry.artifact(trained)


@pytest.mark.covers("N3")
def test_missing_models_are_named_with_what_there_is(registry: Registry, new_model: NewTrainedModel) -> None:
    registry.add(new_model, b"one", key="k")
    with pytest.raises(NotFoundError, match=r"trained:search_ranking@7; the latest version is 1"):
        registry.get("search_ranking", 7)
    with pytest.raises(NotFoundError, match="Did you mean 'search_ranking'"):
        registry.get("serach_ranking", 1)
    with pytest.raises(NotFoundError, match="has no members"):
        registry.bundle(registry.get("search_ranking", 1))
    with pytest.raises(NotFoundError, match="no definition of model 'other'"):
        registry.definition_content("other")


@pytest.mark.covers("M4")
def test_a_card_says_what_a_business_owner_asks(registry: Registry, define: Define, new_model: NewTrainedModel) -> None:
    trained = registry.add(new_model, b"one", key="k")
    card = model_card(define(), trained)
    assert card.worst_case == "search answers in no useful order"
    assert (card.version, card.rows, card.freshness_objective) == (1, 120_000, "48h")
    assert card.features == ("store_product.lines", "store_product.units")
    assert model_card(define(), None).features == ("store_product.lines", "store_product.units", "calendar")
