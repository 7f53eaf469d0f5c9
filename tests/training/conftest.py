"""A small store on the real lake: two datasets, two views, a ranking and a fleet."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from steek.data import Contract, Dataset, Field, Lake
from steek.engines import LocalEngine
from steek.features import ExampleSets, FeatureService, SqliteOnlineStore, examples, feature_view
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, metadata
from steek.models import ArtifactStore, EvaluationSpec, Freezes, Freshness, ModelDefinition, Registry
from steek.training import Trainer
from steek.training.learners import LightGBM, Poisson

FIRST_DAY = datetime(2017, 9, 20, tzinfo=UTC)
DAYS = 12
KNOWN_AT = FIRST_DAY + timedelta(days=DAYS)


@feature_view(entity="product_id", lookback="7d", time_to_live="1d", owner="data@grocer")
def product_recent(sales: pl.LazyFrame) -> pl.LazyFrame:
    """What was sold of a product in a week."""
    return sales.group_by("product_id").agg(lines=pl.len(), units=pl.sum("units"))


@feature_view(entity=("shop", "product_id"), lookback="7d", time_to_live="1d", owner="data@grocer")
def shop_product(sales: pl.LazyFrame) -> pl.LazyFrame:
    """What a shop sold of a product in a week."""
    return sales.group_by("shop", "product_id").agg(lines=pl.len())


@feature_view(entity="partner_id", lookback="7d", time_to_live="1d", owner="data@grocer")
def partner_recent(sales: pl.LazyFrame) -> pl.LazyFrame:
    """What was sold of a partner in a week."""
    return sales.group_by("partner_id").agg(lines=pl.len(), units=pl.sum("units"))


@examples(entity="shop", moment="asked_at", label_window="1h", answer="product_id")
def searches(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Every sale was a question of its shop."""
    return sales.select("shop", "product_id", asked_at="sold_at")


@examples(entity="partner_id", moment="day", label_window="1d", label="lines")
def partner_days(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Lines a partner sold in a day."""
    day = pl.col("sold_at").dt.truncate("1d").alias("day")
    return sales.group_by("partner_id", day).agg(lines=pl.len().cast(pl.Float64))


VIEWS = {view.name: view for view in (product_recent, shop_product, partner_recent)}


def sales_frame(seed: int = 7) -> pl.DataFrame:
    """Sales of 12 products of 4 partners in 2 shops over all days; the first products sell most."""
    generator = np.random.default_rng(seed)
    rows = 60 * DAYS
    product = np.minimum(generator.geometric(0.3, size=rows), 12)
    return pl.DataFrame(
        {
            "sale_id": [f"s{number}" for number in range(rows)],
            "shop": generator.integers(1, 3, size=rows),
            "product_id": product.astype(np.int64),
            "partner_id": (product % 4).astype(np.int64),
            "units": generator.integers(1, 5, size=rows),
            "sold_at": [FIRST_DAY + timedelta(minutes=24 * number) for number in range(rows)],
        },
        schema_overrides={"sold_at": pl.Datetime("us", "UTC")},
    )


def _contract() -> Contract:
    numbers = [Field(name=name, type="integer") for name in ("shop", "product_id", "partner_id", "units")]
    fields = [Field(name="sale_id", type="string", key=True), *numbers, Field(name="sold_at", type="timestamp")]
    return Contract(dataset="sales", version="1.0.0", fields=tuple(fields), owner="data@grocer")


@dataclass(frozen=True)
class World:
    """Everything a training needs, over one lake."""

    trainer: Trainer
    registry: Registry
    freezes: Freezes
    ledger: Ledger
    clock: ReplayClock
    artifacts: Path


def _features(folder: Path, database: Database, clock: ReplayClock) -> tuple[FeatureService, ExampleSets]:
    lake = Lake(folder / "lake", {}, database, Ledger(database, clock), clock)
    datasets = {"sales": Dataset("sales", contract=_contract(), event_time="sold_at", owner="data@grocer")}
    online = SqliteOnlineStore(folder / "online.db")
    service = FeatureService(lake, database, lake.ledger, clock, datasets, VIEWS, online)
    online.close()
    return service, ExampleSets(service, lake, VIEWS, {}, datasets)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with database, lake and every snapshot; tests work on copies, because making it takes seconds."""
    folder = tmp_path_factory.mktemp("furnished")
    clock = ReplayClock(folder / "clock")
    clock.set(KNOWN_AT)
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    metadata.create_all(database.engine)
    Lake(folder / "lake", {}, database, Ledger(database, clock), clock).append("sales", sales_frame(), key="sales")
    service, _ = _features(folder, database, clock)
    for day in range(1, DAYS + 1):
        for view in VIEWS:
            service.materialise(view, FIRST_DAY + timedelta(days=day), key=f"{view}@{day}", actor="test")
    database.close()
    return folder


@pytest.fixture
def make_world(furnished: Path, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Build the services over a copy of the furnished folder."""
    folder = tmp_path / "world"
    shutil.copytree(furnished, folder)
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")

    def build(*definitions: ModelDefinition) -> World:
        clock = ReplayClock(folder / "clock")
        ledger = Ledger(database, clock)
        registry = Registry(database, ledger, clock, ArtifactStore(folder / "artifacts"), VIEWS)
        freezes = Freezes(database, ledger, clock)
        _, sets = _features(folder, database, clock)
        by_name = {definition.name: definition for definition in definitions}
        trainer = Trainer(registry, sets, LocalEngine(1), by_name, ledger, clock, freezes)
        return World(trainer, registry, freezes, ledger, clock, folder / "artifacts")

    yield build
    database.close()


def ranking(**changes: Any) -> ModelDefinition:
    fields: dict[str, Any] = {
        "name": "search_ranking",
        "task": "ranking",
        "examples": searches,
        "features": [product_recent["lines", "units"], shop_product["lines"]],
        "candidates": shop_product,
        "learner": LightGBM(objective="binary", trees=10, threads=1),
        "training_window": "7d",
        "schedule": "daily",
        "freshness": Freshness("48h"),
        "evaluations": [EvaluationSpec("held_out_by_time", {"length": "1d"})],
        "owner": "ranking@grocer",
        "worst_case": "no order",
        "negatives_per_query": 5,
    }
    return ModelDefinition(**(fields | changes))


def fleet(**changes: Any) -> ModelDefinition:
    fields: dict[str, Any] = {
        "name": "partner_demand",
        "task": "regression",
        "examples": partner_days,
        "features": [partner_recent],
        "learner": Poisson(minimum_rows=5),
        "training_window": "9d",
        "schedule": "daily",
        "freshness": Freshness("48h"),
        "owner": "partners@grocer",
        "worst_case": "orders are wrong",
        "partition_by": "partner_id",
    }
    return ModelDefinition(**(fields | changes))


@pytest.fixture
def define_ranking() -> Callable[..., ModelDefinition]:
    return ranking


@pytest.fixture
def define_fleet() -> Callable[..., ModelDefinition]:
    return fleet


@pytest.fixture
def known_at() -> datetime:
    return KNOWN_AT
