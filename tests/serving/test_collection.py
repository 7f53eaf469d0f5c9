"""Collecting the prediction log into the lake: every answer once."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from test_prediction_log import record

from serving_world import NOON, World
from steek.data import Lake
from steek.ledger import Database, Ledger, Lineage
from steek.serving import PREDICTIONS, Collection, PredictionCollector, PredictionLog


class Killed(BaseException):
    """Stands for a kill: nothing of ours may catch it."""


@pytest.fixture
def lake(world: World) -> Lake:
    return Lake(world.path / "lake", {}, world.database, world.ledger, world.clock)


@pytest.fixture
def collector(world: World, lake: Lake) -> PredictionCollector:
    return PredictionCollector(world.log, lake, world.database, world.ledger, world.clock)


def ids(lake: Lake) -> list[str]:
    return lake.scan(PREDICTIONS).select("request_id").collect()["request_id"].sort().to_list()


@pytest.mark.covers("S7")
def test_answers_reach_the_lake_once(world: World, lake: Lake, collector: PredictionCollector) -> None:
    world.log.append([record("a"), record("b")])
    first = collector.collect(key="night 1")
    assert first == Collection("night 1", 2, 0, 0, first.table_version, world.clock.now())
    assert collector.collect(key="night 1") == first
    world.log.append([record("c")])
    assert collector.collect(key="night 2").rows == 1
    assert collector.collect(key="night 3").rows == 0
    assert ids(lake) == ["a", "b", "c"]
    assert [event.payload["rows"] for event in world.ledger.events(kinds=["predictions.collected"])] == [2, 1]
    table = f"dataset:predictions@{first.table_version}"
    assert Lineage(world.database).upstream(table).distance["trained:search_ranking@17"] == 1


@pytest.mark.covers("S7")
def test_a_repeated_request_is_dropped_within_and_across_collections(
    world: World, lake: Lake, collector: PredictionCollector
) -> None:
    world.log.append([record("a"), record("a", scores=[0.9, 0.1]), record("a", model="partner_demand")])
    assert collector.collect(key="1").repeated == 1
    world.log.append([record("a"), record("b")])
    second = collector.collect(key="2")
    assert (second.rows, second.repeated) == (1, 1)
    assert ids(lake) == ["a", "a", "b"]
    kept = lake.scan(PREDICTIONS).filter(pl.col("model") == "search_ranking", pl.col("request_id") == "a").collect()
    assert kept["scores"].to_list() == [[0.5, 0.25]]


@pytest.mark.covers("S7", "T2")
@pytest.mark.parametrize("point", ["plan", "commit", "transaction", "events"])
@pytest.mark.parametrize("again_with", ["night", "another key"])
def test_a_collection_killed_anywhere_ends_as_if_it_had_not_been(
    world: World,
    lake: Lake,
    collector: PredictionCollector,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    again_with: str,
) -> None:
    world.log.append([record("a"), record("b", fallback="empty", fallback_reason="deadline: late", version=None)])
    where: dict[str, tuple[type, str]] = {
        "plan": (PredictionLog, "read"),
        "commit": (Lake, "append"),
        "transaction": (Database, "transaction"),
        "events": (Ledger, "append"),
    }
    owner, name = where[point]
    original = getattr(owner, name)
    calls: list[str] = []

    def die(*arguments: object, **named: object) -> object:
        calls.append(name)
        if point == "transaction" and len(calls) < 3:
            return original(*arguments, **named)
        raise Killed

    monkeypatch.setattr(owner, name, die)
    with pytest.raises(Killed):
        collector.collect(key="night")
    monkeypatch.setattr(owner, name, original)
    world.log.append([record("c")])
    collector.collect(key=again_with)
    collector.collect(key="the night after")
    assert ids(lake) == ["a", "b", "c"]
    collected = world.ledger.events(kinds=["predictions.collected"])
    assert sum(event.payload["rows"] for event in collected if isinstance(event.payload["rows"], int)) == 3
    assert len(world.ledger.events(kinds=["fallback.used"])) == 1
    world.ledger.verify()


@pytest.mark.covers("S5", "S7")
def test_fallbacks_become_one_event_per_model(world: World, collector: PredictionCollector) -> None:
    late = {"fallback": "previous_version@16", "fallback_reason": "deadline: no answer within 50 ms", "version": 16}
    world.log.append([record("a"), record("b", **late), record("c", **late, at=NOON + timedelta(minutes=1))])
    world.log.append([record("d", model="partner_demand")])
    collector.collect(key="1")
    (event,) = world.ledger.events(kinds=["fallback.used"])
    assert event.subject == "model:search_ranking"
    assert event.payload == {
        "answers": 3,
        "fallbacks": 2,
        "to": {"previous_version@16": 2},
        "reasons": {"deadline": 2},
        "first_at": "2017-10-02T12:00:00+00:00",
        "last_at": "2017-10-02T12:01:00+00:00",
    }


@pytest.mark.covers("S7")
def test_collected_segments_of_dead_writers_are_removed_and_live_ones_are_not(
    world: World, collector: PredictionCollector
) -> None:
    world.log.append([record("a")])
    world.log.close()
    world.log.append([record("b")])
    collector.collect(key="1")
    (left,) = world.log.segments()
    assert not left.closed


@pytest.mark.covers("S7", "N3")
def test_an_unreadable_line_is_counted_and_its_segment_kept(
    world: World, lake: Lake, collector: PredictionCollector
) -> None:
    world.log.append([record("a"), record("b")])
    world.log.close()
    (segment,) = world.log.segments()
    path: Path = world.path / "predictions" / segment.name
    path.write_bytes(path.read_bytes().replace(b'"request_id":"a"', b'"request_id":7777'))
    assert collector.collect(key="1").unreadable == 1
    assert ids(lake) == ["b"]
    collector.collect(key="2")
    assert [one.name for one in world.log.segments()] == [segment.name]
