"""Each serving process says what it has in memory."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from serving_asgi import talk

from serving_world import World
from steek.serving import Replica, live_replicas
from steek.serving.replicas import report, this_replica, withdraw


def heard(world: World, model: str | None = None) -> list[Replica]:
    with world.database.reading() as connection:
        return live_replicas(connection, model, now=world.clock.now())


@pytest.mark.covers("O1", "T14")
def test_a_process_says_what_it_answers_with_while_it_lives(world: World) -> None:
    trained = world.add_ranking(0, 1, 0, 0)
    world.deploy(trained)

    async def ask(_http: httpx.AsyncClient) -> Any:
        return heard(world, "search_ranking")

    (replica,) = talk(world.app(), ask)
    assert (replica.replica, replica.version, replica.epoch) == (this_replica(), trained.version, 1)
    assert (replica.trained_at, replica.data_until) == (trained.trained_at, trained.data_until)
    assert heard(world) == []


@pytest.mark.covers("O1")
def test_a_process_that_fell_silent_is_gone_and_one_report_replaces_another(world: World) -> None:
    report(world.database, "a:1", [], now=world.clock.now())
    app = world.app()
    models = app._served.all()  # pyright: ignore[reportPrivateUsage]
    for name in ("a:1", "a:1", "b:1"):
        report(world.database, name, models, now=world.clock.now())
    assert sorted({one.replica for one in heard(world)}) == ["a:1", "b:1"]
    assert len(heard(world, "search_ranking")) == 2
    withdraw(world.database, "b:1")
    assert {one.replica for one in heard(world)} == {"a:1"}
    world.clock.set(world.clock.now() + timedelta(minutes=6))
    assert heard(world) == []
