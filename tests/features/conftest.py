"""A small shop on the real lake: lines that are appended, products that are replaced, five kinds of views."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from steek.data import AnyDataset, Contract, Dataset, Field, Lake
from steek.features import (
    Examples,
    ExampleSets,
    FeatureReader,
    FeatureService,
    FeatureView,
    SqliteOnlineStore,
    examples,
    feature_view,
    moment_features,
)
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage, metadata

START = datetime(2017, 10, 2, 6, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")

_OWNER = "ranking@grocer"


@feature_view(entity=("household_id", "product_id"), lookback="20d", time_to_live="2d", owner=_OWNER)
def household_product(lines: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """What a household bought of a product."""
    age = (pl.lit(as_of) - pl.max("sold_at")).dt.total_seconds() / 86400
    return lines.group_by("household_id", "product_id").agg(lines=pl.len(), value=pl.sum("value"), days_since=age)


@feature_view(entity=("category", "product_id"), lookback="20d", time_to_live="2d", owner=_OWNER)
def category_product(lines: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """How a category's products sell; the mean discount is unknown where no line had one."""
    sold = lines.group_by("product_id").agg(lines=pl.len(), price=pl.mean("value"), discount=pl.mean("discount"))
    return sold.join(products, on="product_id")


@feature_view(entity=("household_id", "category"), lookback="20d", time_to_live="2d", owner=_OWNER)
def household_category(lines: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """What a household bought of a category; text as the last entity column."""
    return lines.join(products, on="product_id").group_by("household_id", "category").agg(value=pl.sum("value"))


@feature_view(entity="household_id", lookback="20d", time_to_live="1d", owner=_OWNER)
def household(lines: pl.LazyFrame) -> pl.LazyFrame:
    """What a household bought."""
    return lines.group_by("household_id").agg(lines=pl.len(), loyal=pl.len() > 5)


@feature_view(entity="product_id", lookback="20d", time_to_live="2d", owner=_OWNER)
def product(lines: pl.LazyFrame) -> pl.LazyFrame:
    """How a product sells."""
    return lines.group_by("product_id").agg(value=pl.sum("value"))


@moment_features(owner=_OWNER)
def calendar(moment: pl.Expr) -> dict[str, pl.Expr]:
    """The hour and the day of the week."""
    return {"hour": moment.dt.hour(), "weekday": moment.dt.weekday()}


@examples(entity=("household_id", "category"), moment="asked_at", label_window="1h", answer="product_id")
def searches(lines: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """Every line was a search of its category."""
    return lines.join(products, on="product_id").select(
        "household_id", "category", "product_id", "shop", asked_at="sold_at"
    )


VIEWS: dict[str, FeatureView] = {
    view.name: view for view in (household_product, category_product, household_category, household, product)
}
COLUMNS = (
    *household_product["lines", "value", "days_since"],
    *category_product["lines", "price", "discount"],
    *household_category["value"],
    *household["lines", "loyal"],
    *product["value"],
    *calendar["hour", "weekday"],
)


def shop_lines(
    *, days: int = 12, per_day: int = 40, until: datetime = START + timedelta(days=2), seed: int = 7
) -> pl.DataFrame:
    """Lines at seeded moments of the `days` before `until`; a third had no discount written down."""
    generator = np.random.default_rng(seed)
    count = days * per_day
    seconds = np.sort(generator.integers(0, days * 86400, size=count))
    discount = generator.random(count)
    return pl.DataFrame(
        {
            "household_id": generator.integers(1, 7, size=count),
            "product_id": generator.integers(1, 25, size=count),
            "shop": generator.integers(1, 3, size=count),
            "value": generator.random(count) * 10,
            "discount": [None if value < 0.34 else float(value) for value in discount],
            "sold_at": [until - timedelta(days=days) + timedelta(seconds=int(second)) for second in seconds],
        },
        schema_overrides={"sold_at": INSTANT},
    )


def shop_products() -> pl.DataFrame:
    """30 products of 4 categories, one of them outside ASCII."""
    names = ["BEEF", "CHEESE", "ÄPFEL", "yoghurt 🍓"]
    return pl.DataFrame({"product_id": range(1, 31), "category": [names[number % 4] for number in range(1, 31)]})


def _contract(name: str) -> Contract:
    return Contract(name, "1.0.0", (Field("product_id", "integer"), Field("sold_at", "timestamp")), owner=_OWNER)


@dataclass
class World:
    """The services of this room over one folder."""

    folder: Path
    database: Database
    clock: ReplayClock
    ledger: Ledger
    lake: Lake
    datasets: dict[str, AnyDataset]
    online: SqliteOnlineStore
    views: dict[str, FeatureView]
    features: FeatureService = field(init=False)
    sets: ExampleSets = field(init=False)
    reader: FeatureReader = field(init=False)
    lineage: Lineage = field(init=False)

    def __post_init__(self) -> None:
        self.declare(*self.views.values())
        self.lineage = Lineage(self.database)

    def declare(self, *views: FeatureView) -> None:
        """Take these views as the project's."""
        self.views = {view.name: view for view in views}
        moments = {"calendar": calendar}
        self.features = self.service(self.ledger)
        self.sets = ExampleSets(self.features, self.lake, self.views, moments, self.datasets)
        self.reader = FeatureReader(self.online, self.views, moments)

    def service(self, ledger: Ledger) -> FeatureService:
        """A service that writes its events to `ledger`."""
        return FeatureService(self.lake, self.database, ledger, self.clock, self.datasets, self.views, self.online)

    def materialise(self, *as_ofs: datetime, views: Sequence[str] = (), run: str = "first") -> None:
        """Snapshots of some views (all by default)."""
        for as_of in as_ofs:
            for view in views or self.views:
                self.features.materialise(view, as_of, key=f"{run} {view} {as_of}", actor="test")

    def publish(self, as_of: datetime, *, views: Sequence[str] = (), run: str = "first") -> None:
        """Put the snapshots of one instant into the online store."""
        for view in views or self.views:
            self.features.publish(view, as_of, key=f"{run} {view} {as_of}")

    def build(self, declared: Examples = searches, **changes: Any) -> Any:
        """An example set of the searches, by default of all features."""
        wanted: dict[str, Any] = {"columns": COLUMNS, "candidates": "category_product", **changes}
        return self.sets.build(declared, **wanted)


def _open(folder: Path, stack: ExitStack) -> World:
    clock = ReplayClock(folder / "clock")
    clock.set(START)
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    stack.callback(database.close)
    metadata.create_all(database.engine)
    ledger = Ledger(database, clock)
    lake = Lake(folder / "lake", {}, database, ledger, clock)
    datasets: dict[str, AnyDataset] = {
        "lines": Dataset("lines", contract=_contract("lines"), event_time="sold_at", owner=_OWNER),
        "products": Dataset("products", contract=_contract("products"), owner=_OWNER, mode="replace"),
    }
    online = SqliteOnlineStore(folder / "online.db")
    stack.callback(online.close)
    return World(folder, database, clock, ledger, lake, datasets, online, VIEWS)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with lines and products; tests work on copies, which are made faster than commits."""
    folder = tmp_path_factory.mktemp("loaded")
    with ExitStack() as stack:
        world = _open(folder, stack)
        world.lake.append("lines", shop_lines(), key="lines")
        world.lake.replace("products", shop_products(), key="products")
    return folder


@pytest.fixture(scope="session")
def furnished(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with snapshots of three days, the middle one published."""
    folder = tmp_path_factory.mktemp("furnished") / "shop"
    shutil.copytree(loaded, folder)
    with ExitStack() as stack:
        world = _open(folder, stack)
        world.materialise(*(START + timedelta(days=day) for day in (-1, 0, 1)))
        world.publish(START)
    return folder


@pytest.fixture
def make_world(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., World]]:
    """Build as many worlds as a test needs, each in a folder of its own."""
    with ExitStack() as stack:

        def build(start: Path = loaded) -> World:
            folder = tmp_path_factory.mktemp("world") / "shop"
            shutil.copytree(start, folder)
            return _open(folder, stack)

        yield build


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """One world, nothing materialised yet."""
    return make_world()


@pytest.fixture
def ready(make_world: Callable[..., World], furnished: Path) -> World:
    """One world with snapshots as of the day before START, START and the day after; START is published."""
    return make_world(furnished)
