"""The small shop of the evaluation tests, with a test bench over it and logged predictions."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.evaluation import conftest as shop

from steek.governance import Access, TableFacts
from steek.governance.access.facts import ColumnFacts
from steek.incidents import Bench
from steek.incidents.bench.asking import Questions
from steek.incidents.bench.bench import Material
from steek.incidents.bench.chosen_data import ChosenData
from steek.incidents.bench.replaying import Replay
from steek.incidents.bench.runs import Runs
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, metadata
from steek.models import ArtifactStore, Freshness, LearnerSpec, ModelDefinition
from steek.serving import Route, RouteChange
from steek.serving.prediction_record import SCHEMA

NOON = datetime(2017, 9, 25, 12, tzinfo=UTC)
LOGGED = 60


def _definition(name: str, **fields: Any) -> ModelDefinition:
    fixed: dict[str, Any] = {
        "learner": LearnerSpec("linear"),
        "training_window": "4d",
        "schedule": "daily",
        "freshness": Freshness("48h"),
        "owner": "ranking@grocer",
        "worst_case": "no order",
    }
    return ModelDefinition(name, **(fixed | fields))


RANKING = _definition(
    "search_ranking",
    task="ranking",
    examples=shop.searches,
    features=[shop.aisle_product["lines", "number"]],
    candidates=shop.aisle_product,
)
FLEET = _definition(
    "partner_demand",
    task="regression",
    examples=shop.partner_units,
    features=[shop.partner_recent["lines"]],
    partition_by="partner_id",
)


def log_of(definition: ModelDefinition) -> pl.DataFrame:
    """Questions of one morning, answered 5.0, to shop 1 to 3 or partner 0 to 3."""
    rows: list[dict[str, object]] = []
    for number in range(LOGGED):
        ranking = definition.task == "ranking"
        entity: dict[str, object] = (
            {"aisle": "fruit" if number % 2 else "bread", "shop": number % 3} if ranking else {"partner_id": number % 4}
        )
        row: dict[str, object] = {**dict.fromkeys(SCHEMA)}
        row |= {"request_id": f"r-{number:03d}", "at": NOON - timedelta(minutes=number), "logged_at": NOON}
        row |= {"model": definition.name, "version": 1, "route": "primary", "entity": json.dumps(entity)}
        row |= {"candidates": 1, "answers": [], "scores": [5.0], "features": [], "latency_ms": 1.0}
        rows.append(row)
    return pl.DataFrame(rows, schema=SCHEMA)


@dataclass(frozen=True)
class BenchWorld:
    """The bench with the services below it."""

    bench: Bench
    shop: shop.World
    database: Database
    ledger: Ledger
    access: Access
    folder: Path


def build(folder: Path, database: Database) -> BenchWorld:
    world = shop._world(folder, (RANKING, FLEET), database)  # pyright: ignore[reportPrivateUsage]
    world.clock.set(NOON + timedelta(minutes=1))
    named = {"shop": ColumnFacts(is_personal=True, subject="shop", scope="sales")}

    def facts(table: str) -> TableFacts:
        return TableFacts(table, named, closed=False)

    access = Access(database, world.ledger, world.clock, facts, roles={}, policies=())
    routed = [
        RouteChange(str(version), "deploy", Route(RANKING.name, version), "ada", "", NOON - timedelta(hours=hours))
        for version, hours in ((2, 1), (1, 30))
    ]
    online = shop.SqliteOnlineStore(folder / "online.db")
    made = (database, world.ledger, world.clock)
    datasets = shop._datasets()  # pyright: ignore[reportPrivateUsage]
    chosen = ChosenData(world.lake, *made, datasets, shop.VIEWS, online)
    material = Material(
        registry=world.registry,
        definitions=world.definitions,
        questions=Questions(world.lake, world.example_sets),
        replay=Replay(world.registry, chosen, shop.VIEWS, {}),
        access=access,
        hide=lambda column, values: values.cast(pl.String) + "*" if column == "shop" else values,
        as_stored=lambda _, values: values,
        changes=lambda model: routed if model == RANKING.name else (),
    )
    bench = Bench(material, Runs(database, ArtifactStore(folder / "bench")), *made)
    return BenchWorld(bench, world, database, world.ledger, access, folder)


@pytest.fixture(scope="session")
def benched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shop, three rankings, two fleets and a morning of logged predictions; copied, not written."""
    folder = tmp_path_factory.mktemp("benched")
    clock = ReplayClock(folder / "clock")
    clock.set(shop.KNOWN_AT)
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    metadata.create_all(database.engine)
    lake, service, _ = shop._features(folder, database, clock)  # pyright: ignore[reportPrivateUsage]
    shop._fill(lake, service)  # pyright: ignore[reportPrivateUsage]
    half = shop.sales_frame().filter(pl.col("partner_id") != 3)
    lake.replace("sales", half, key="half of it")
    lake.append("predictions", pl.concat([log_of(RANKING), log_of(FLEET)]), key="log")
    world = build(folder, database).shop
    for weights in ((1.0, 0.0), (0.0, 1.0), (1.0, 0.001)):
        world.add(weights)
    world.add_fleet({"0": 1.0, "1": 2.0, "2": 3.0, "3": 4.0})
    world.add_fleet({"0": 1.0, "1": 2.0, "2": 3.0, "3": 9.0})
    database.close()
    return folder


@pytest.fixture
def world(benched: Path, tmp_path: Path) -> Iterator[BenchWorld]:
    folder = tmp_path / "bench_world"
    shutil.copytree(benched, folder)
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    yield build(folder, database)
    database.close()
