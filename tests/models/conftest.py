"""A small declared world, and the registry over it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from steek.features import examples, feature_view, moment_features
from steek.kernel import ReplayClock, Window
from steek.ledger import Database, Ledger
from steek.models import (
    ArtifactStore,
    BaselineSpec,
    CheckSpec,
    EvaluationSpec,
    Freezes,
    Freshness,
    LearnerSpec,
    ModelDefinition,
    NewTrainedModel,
    Registry,
)


@feature_view(entity=("store_id", "product_id"), lookback="28d", time_to_live="2d", owner="data@grocer")
def store_product(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What a store sold."""
    return transactions.group_by("store_id", "product_id").agg(lines=pl.len(), units=pl.sum("quantity"))


@moment_features(owner="data@grocer")
def calendar(moment: pl.Expr) -> dict[str, pl.Expr]:
    """Hour and weekday."""
    return {"hour": moment.dt.hour(), "weekday": moment.dt.weekday()}


@examples(entity="store_id", moment="asked_at", label_window="1h", answer="product_id")
def searches(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """What was bought."""
    return transactions.select("store_id", "product_id", asked_at="transaction_timestamp")


def popularity(frame: pl.DataFrame) -> pl.Expr:
    """More lines first."""
    assert "store_product.lines" in frame.columns
    return pl.col("store_product.lines")


@pytest.fixture
def define() -> Callable[..., ModelDefinition]:
    """Build the definition of a ranking, some fields changed."""

    def build(**changes: Any) -> ModelDefinition:
        fields: dict[str, Any] = {
            "name": "search_ranking",
            "task": "ranking",
            "examples": searches,
            "features": [store_product["lines", "units"], calendar],
            "candidates": store_product,
            "learner": LearnerSpec("lightgbm", {"objective": "binary", "trees": 50}),
            "training_window": "14d",
            "schedule": "daily, after transactions",
            "freshness": Freshness("48h"),
            "evaluations": [EvaluationSpec("held_out_by_time", {"length": "1d"})],
            "baselines": [BaselineSpec("popularity", popularity)],
            "gate": [CheckSpec("at_least", {"metric": "hit_rate_at_5", "limit": 0.3})],
            "owner": "ranking@grocer",
            "worst_case": "search answers in no useful order",
        }
        return ModelDefinition(**(fields | changes))

    return build


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def registry(database: Database, ledger: Ledger, clock: ReplayClock, artifacts: ArtifactStore) -> Registry:
    views = {"store_product": store_product, "calendar": calendar}
    return Registry(database, ledger, clock, artifacts, views)


@pytest.fixture
def freezes(database: Database, ledger: Ledger, clock: ReplayClock) -> Freezes:
    return Freezes(database, ledger, clock)


@pytest.fixture
def new_model() -> NewTrainedModel:
    start_at, end_at = datetime(2017, 9, 17, 5, tzinfo=UTC), datetime(2017, 10, 1, 5, tzinfo=UTC)
    return NewTrainedModel(
        name="search_ranking",
        definition_hash="d" * 64,
        data_until=end_at,
        window=Window(start_at, end_at),
        rows=120_000,
        feature_names=("store_product.lines", "store_product.units"),
        format="linear",
        members=None,
        learner_report={"loss": 0.25},
        inputs=("features:store_product@2017-10-01T06:00:00+00:00", "dataset:transactions@272"),
        owner="ranking@grocer",
    )
