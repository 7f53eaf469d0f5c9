"""A small shop on the real lake: 800 questions a day over 20 products of 4 partners."""

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
from steek.evaluation import Evaluator, Gate, GoldenSets, Outcomes
from steek.evaluation import tables as _tables
from steek.features import ExampleSets, FeatureService, SqliteOnlineStore, examples, feature_view
from steek.formats.linear import LinearModel
from steek.kernel import ReplayClock, Window
from steek.ledger import Database, Ledger, metadata
from steek.models import (
    ArtifactStore,
    Freshness,
    LearnerSpec,
    ModelDefinition,
    NewTrainedModel,
    Registry,
    TrainedModel,
    pack,
)

assert _tables.evaluations.metadata is metadata

FIRST_DAY = datetime(2017, 9, 20, tzinfo=UTC)
DAYS = 6
QUESTIONS = 800
KNOWN_AT = FIRST_DAY + timedelta(days=DAYS)


@feature_view(entity=("aisle", "product_id"), lookback="7d", time_to_live="1d", owner="data@grocer")
def aisle_product(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Lines of a product in its aisle in a week."""
    return sales.group_by("aisle", "product_id").agg(
        lines=pl.len(), number=pl.col("product_id").first().cast(pl.Float64)
    )


@feature_view(entity="partner_id", lookback="7d", time_to_live="1d", owner="data@grocer")
def partner_recent(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Lines of a partner in a week."""
    return sales.group_by("partner_id").agg(lines=pl.len())


@examples(entity=("shop", "aisle"), moment="asked_at", label_window="1h", answer="product_id")
def searches(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Every sale was a question in its shop and aisle."""
    half = pl.when(pl.col("sold_at").dt.hour() < 12).then(pl.lit("morning")).otherwise(pl.lit("evening"))
    return sales.select("shop", "aisle", "product_id", asked_at="sold_at", half=half)


@examples(entity="partner_id", moment="asked_at", label_window="1h", label="units")
def partner_units(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Units of each sale of a partner."""
    return sales.select("partner_id", pl.col("units").cast(pl.Float64), asked_at="sold_at")


VIEWS = {view.name: view for view in (aisle_product, partner_recent)}
FEATURES = ("aisle_product.lines", "aisle_product.number")


def sales_frame() -> pl.DataFrame:
    """Products 1 to 20 in two aisles; low numbers sell most, so popularity is a good ranking."""
    generator = np.random.default_rng(7)
    rows = QUESTIONS * DAYS
    product = np.minimum(generator.geometric(0.15, size=rows), 20)
    every = timedelta(days=1) / QUESTIONS
    return pl.DataFrame(
        {
            "shop": generator.integers(1, 5, size=rows),
            "aisle": np.where(product % 2, "fruit", "bread"),
            "product_id": product.astype(np.int64),
            "partner_id": (product % 4).astype(np.int64),
            "units": generator.poisson(1 + product % 4, size=rows),
            "sold_at": [FIRST_DAY + number * every for number in range(rows)],
        },
        schema_overrides={"sold_at": pl.Datetime("us", "UTC")},
    )


def _datasets() -> dict[str, Dataset]:
    numbers = [Field(name=name, type="integer") for name in ("shop", "product_id", "partner_id", "units")]
    fields = (*numbers, Field(name="aisle", type="string"), Field(name="sold_at", type="timestamp"))
    contract = Contract(dataset="sales", version="1.0.0", fields=fields, owner="data@grocer")
    return {"sales": Dataset("sales", contract=contract, event_time="sold_at", owner="data@grocer")}


def _features(folder: Path, database: Database, clock: ReplayClock) -> tuple[Lake, FeatureService, ExampleSets]:
    lake = Lake(folder / "lake", {}, database, Ledger(database, clock), clock)
    online = SqliteOnlineStore(folder / "online.db")
    service = FeatureService(lake, database, lake.ledger, clock, _datasets(), VIEWS, online)
    online.close()
    return lake, service, ExampleSets(service, lake, VIEWS, {}, _datasets())


def _fill(lake: Lake, service: FeatureService) -> None:
    lake.append("sales", sales_frame(), key="sales")
    for day in range(1, DAYS):
        for view in VIEWS:
            service.materialise(view, FIRST_DAY + timedelta(days=day), key=f"{view}@{day}", actor="test")


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with database, lake and every snapshot; tests work on copies."""
    folder = tmp_path_factory.mktemp("furnished")
    clock = ReplayClock(folder / "clock")
    clock.set(KNOWN_AT)
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    metadata.create_all(database.engine)
    lake, service, _ = _features(folder, database, clock)
    _fill(lake, service)
    database.close()
    return folder


@dataclass(frozen=True)
class World:
    """The services of the room over one lake, and trained models made by hand."""

    lake: Lake
    features: FeatureService
    example_sets: ExampleSets
    registry: Registry
    definitions: dict[str, ModelDefinition]
    evaluator: Evaluator
    golden: GoldenSets
    gate: Gate
    outcomes: Outcomes
    ledger: Ledger
    clock: ReplayClock
    artifacts: Path

    def add(self, weights: tuple[float, float], **changes: Any) -> TrainedModel:
        """A linear model for `search_ranking` with weights on lines and number, trained on the first days."""
        definition = self.definitions["search_ranking"]
        data = changes.pop("data", None) or linear(weights)
        return self.registry.add(self._new(definition, FEATURES, **changes), data, key=f"train {weights} {changes}")

    @staticmethod
    def constant(value: float) -> bytes:
        """A model for `add` that always answers `value`."""
        return linear((0.0, 0.0), intercept=value)

    def add_fleet(self, level: dict[str, float]) -> TrainedModel:
        """A fleet for `partner_demand` in which each member always answers its level."""
        definition = self.definitions["partner_demand"]
        names = ("partner_recent.lines",)
        members = {name: linear((0.0,), names, np.log(value), "log") for name, value in level.items()}
        new = self._new(definition, names, members=len(members))
        return self.registry.add(new, pack(members), key=f"fleet {level}")

    def _new(self, definition: ModelDefinition, names: tuple[str, ...], **changes: Any) -> NewTrainedModel:
        end_at = KNOWN_AT - timedelta(days=1, hours=1)
        fields: dict[str, Any] = {
            "name": definition.name,
            "definition_hash": self.registry.register(definition),
            "data_until": end_at,
            "window": Window(FIRST_DAY + timedelta(days=1), end_at),
            "rows": 100,
            "feature_names": names,
            "format": "linear",
            "members": None,
            "owner": "ranking@grocer",
        }
        return NewTrainedModel(**(fields | changes))


def linear(
    weights: tuple[float, ...], names: tuple[str, ...] = FEATURES, intercept: float = 0.0, link: str = "identity"
) -> bytes:
    return LinearModel(names, weights, (0.0,) * len(names), float(intercept), link).to_bytes()


@pytest.fixture
def make_world(furnished: Path, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Build the services over a copy of the furnished folder."""
    folder = tmp_path / "world"
    shutil.copytree(furnished, folder)
    sqlite = Database.open(f"sqlite:///{folder / 'steek.db'}")

    def build(*definitions: ModelDefinition, database: Database | None = None) -> World:
        """Over another database than the furnished one, the lake is another one too, and empty."""
        return _world(folder if database is None else tmp_path / "other", definitions, database or sqlite)

    yield build
    sqlite.close()


@pytest.fixture
def furnish() -> Callable[[World], None]:
    return lambda world: _fill(world.lake, world.features)


def _world(folder: Path, definitions: tuple[ModelDefinition, ...], database: Database) -> World:
    clock = ReplayClock(folder / "clock")
    clock.set(KNOWN_AT)
    ledger = Ledger(database, clock)
    registry = Registry(database, ledger, clock, ArtifactStore(folder / "artifacts"), VIEWS)
    lake, features, sets = _features(folder, database, clock)
    by_name = {definition.name: definition for definition in definitions}
    evaluator = Evaluator(registry, sets, by_name, lake, database, ledger, clock)
    golden = GoldenSets(sets, lake, database, ledger, clock)
    return World(
        lake=lake,
        features=features,
        example_sets=sets,
        registry=registry,
        definitions=by_name,
        evaluator=evaluator,
        golden=golden,
        gate=Gate(evaluator, golden, registry, by_name, database, ledger, clock),
        outcomes=Outcomes(lake, sets, by_name, database, ledger, clock),
        ledger=ledger,
        clock=clock,
        artifacts=folder / "artifacts",
    )


@pytest.fixture
def define_ranking() -> Callable[..., ModelDefinition]:
    def ranking(**changes: Any) -> ModelDefinition:
        fields: dict[str, Any] = {
            "name": "search_ranking",
            "task": "ranking",
            "examples": searches,
            "features": [aisle_product["lines", "number"]],
            "candidates": aisle_product,
            "learner": LearnerSpec("linear"),
            "training_window": "4d",
            "schedule": "daily",
            "freshness": Freshness("48h"),
            "owner": "ranking@grocer",
            "worst_case": "no order",
        }
        return ModelDefinition(**(fields | changes))

    return ranking


@pytest.fixture
def define_fleet() -> Callable[..., ModelDefinition]:
    def fleet(**changes: Any) -> ModelDefinition:
        fields: dict[str, Any] = {
            "name": "partner_demand",
            "task": "regression",
            "examples": partner_units,
            "features": [partner_recent["lines"]],
            "learner": LearnerSpec("poisson"),
            "training_window": "4d",
            "schedule": "daily",
            "freshness": Freshness("48h"),
            "owner": "partners@grocer",
            "worst_case": "orders are wrong",
            "partition_by": "partner_id",
        }
        return ModelDefinition(**(fields | changes))

    return fleet
