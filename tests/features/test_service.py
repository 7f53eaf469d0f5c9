"""Snapshots and publications: made once, repeatable, remembered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from sqlalchemy import Connection

from steek.features import FeatureView, feature_view
from steek.kernel.errors import DeclarationError, NotFoundError, UserCodeError
from steek.ledger import Draft, Event, Ledger, changes_upstream

START = datetime.fromisoformat("2017-10-02T06:00:00+00:00")
DAY = timedelta(days=1)


class DyingLedger(Ledger):
    """Dies while the transaction is open, as a killed process would."""

    def append(self, connection: Connection, *drafts: Draft) -> list[Event]:  # noqa: ARG002 - it dies before it reads
        raise KeyboardInterrupt


def _state(world: Any) -> tuple[Any, ...]:
    """All that a run leaves behind, except random event ids."""
    events = [(event.kind, event.subject, event.at, event.payload) for event in world.ledger.events()]
    tables = {name: world.lake.versions(f"features.{name}") for name in world.views}
    return events, tables, {name: world.features.snapshots(name) for name in world.views}


def _rows(world: Any, view: str, as_of: datetime) -> pl.DataFrame:
    snapshot = world.features.snapshots(view, as_of, as_of + DAY)[0]
    declared = world.views[view]
    return world.features.read([snapshot], snapshot.columns).sort(declared.entity).collect()


@pytest.mark.covers("F1", "F2", "D10", "D11")
def test_a_snapshot_holds_what_was_known_before_its_instant(world: Any) -> None:
    world.materialise(START, views=["household_product"])
    rows = _rows(world, "household_product", START)
    lines = world.lake.scan("lines").filter(pl.col("sold_at") < START).collect()
    expected = lines.group_by("household_id", "product_id").agg(pl.len()).sort("household_id", "product_id")
    assert rows["lines"].to_list() == expected["len"].to_list()
    assert rows.schema["value"] == pl.Float32
    assert (rows["days_since"] > 0).all()
    snapshot = world.features.snapshots("household_product")[0]
    assert (snapshot.rows, snapshot.columns) == (rows.height, ("lines", "value", "days_since"))
    assert snapshot.urn == "features:household_product@2017-10-02T06:00:00+00:00"
    assert snapshot.inputs == {"lines": 1}
    assert set(world.lineage.upstream(snapshot.urn).distance) == {snapshot.urn, "dataset:lines@1"}


@pytest.mark.covers("F2")
def test_the_lookback_ends_where_it_says(world: Any) -> None:
    @feature_view(entity="household_id", lookback="2d", time_to_live="1d", owner="o")
    def recent(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines.group_by("household_id").agg(earliest=pl.min("sold_at").dt.epoch("s"), lines=pl.len())

    world.declare(recent)
    edges = [START - 2 * DAY - timedelta(microseconds=1), START - 2 * DAY, START - timedelta(microseconds=1), START]
    edge_rows = (
        world.lake.scan("lines")
        .collect()
        .head(4)
        .with_columns(household_id=pl.lit(99, pl.Int64), sold_at=pl.Series(edges, dtype=pl.Datetime("us", "UTC")))
    )
    world.lake.append("lines", edge_rows, key="edges")
    world.materialise(START)
    assert _rows(world, "recent", START).filter(pl.col("household_id") == 99)["lines"].to_list() == [2.0]


@pytest.mark.covers("F3")
def test_the_same_key_changes_nothing_and_writes_no_second_event(world: Any) -> None:
    world.materialise(START)
    world.publish(START)
    before = _state(world)
    world.lake.append("lines", world.lake.scan("lines").collect(), key="more")
    world.materialise(START)
    world.publish(START)
    assert _state(world) == before


@pytest.mark.covers("F3")
def test_a_new_key_replaces_the_snapshot_of_that_instant_only(world: Any) -> None:
    world.materialise(START, START + DAY, views=["household"])
    other = _rows(world, "household", START + DAY)
    late = world.lake.scan("lines").filter(pl.col("sold_at") < START - DAY).collect()
    world.lake.append("lines", late, key="late")
    world.materialise(START, views=["household"], run="second")
    before_start = world.lake.scan("lines").filter(pl.col("sold_at") < START).collect()
    assert _rows(world, "household", START)["lines"].sum() == before_start.height
    assert _rows(world, "household", START + DAY).equals(other)
    assert [item.inputs["lines"] for item in world.features.snapshots("household")] == [2, 1]


@pytest.mark.covers("F3", "T2", "D17")
def test_a_run_killed_after_the_lake_commit_ends_like_an_uninterrupted_one(make_world: Any) -> None:
    calm, killed = make_world(), make_world()
    calm.materialise(START, START + DAY)
    calm.publish(START + DAY)
    dying = killed.service(DyingLedger(killed.database, killed.clock))
    for as_of in (START, START + DAY):
        for view in killed.views:
            with pytest.raises(KeyboardInterrupt):
                dying.materialise(view, as_of, key=f"first {view} {as_of}", actor="test")
        killed.materialise(as_of)
    for view in killed.views:
        with pytest.raises(KeyboardInterrupt):
            dying.publish(view, START + DAY, key=f"first {view} {START + DAY}")
    killed.publish(START + DAY)
    assert _state(killed) == _state(calm)
    for view in calm.views:
        assert _rows(killed, view, START).equals(_rows(calm, view, START))


@pytest.mark.covers("T2", "D17")
def test_data_that_arrive_between_crash_and_resume_do_not_slip_in_unsaid(world: Any) -> None:
    dying = world.service(DyingLedger(world.database, world.clock))
    with pytest.raises(KeyboardInterrupt):
        dying.materialise("household", START, key="k", actor="test")
    early = world.lake.scan("lines").filter(pl.col("sold_at") < START).collect()
    world.lake.append("lines", early, key="late")
    snapshot = world.features.materialise("household", START, key="k", actor="test")
    assert snapshot.inputs == {"lines": 1}
    assert _rows(world, "household", START)["lines"].sum() == early.height


@pytest.mark.covers("F1", "T1", "I6")
def test_a_changed_definition_is_an_event_and_a_new_version(world: Any) -> None:
    def declare(days: int) -> FeatureView:
        @feature_view(entity="household_id", lookback=f"{days}d", time_to_live="1d", owner="ranking@grocer")
        def recent(lines: pl.LazyFrame) -> pl.LazyFrame:
            """What was bought lately."""
            return lines.group_by("household_id").agg(lines=pl.len())

        return recent

    for day, lookback in enumerate((7, 7, 14)):
        world.declare(declare(lookback))
        world.materialise(START + day * DAY, views=["recent"])
    changed = world.ledger.events(kinds=["feature.changed"])
    assert [(event.subject, event.payload["version"]) for event in changed] == [("features:recent", 2)]
    definitions = world.features.definitions("recent")
    assert [(item.version, item.parameters["lookback_s"]) for item in definitions] == [(1, 7 * 86400), (2, 14 * 86400)]
    assert "group_by('household_id')" in definitions[0].source
    urn = world.features.snapshots("recent")[-1].urn
    found = changes_upstream(world.ledger, world.lineage, urn, since=START, until=START + DAY)
    assert [change.event.kind for change in found] == ["feature.changed"]


@pytest.mark.covers("D10", "F2")
def test_tables_without_event_time_are_read_as_they_stood(world: Any) -> None:
    world.clock.set(START + DAY)
    world.lake.replace("products", world.lake.scan("products").collect().with_columns(category=pl.lit("X")), key="p2")
    world.materialise(START, START + DAY, views=["category_product"])
    assert _rows(world, "category_product", START)["category"].n_unique() == 4
    assert _rows(world, "category_product", START + DAY)["category"].unique().to_list() == ["X"]
    # Before its first version the table is read in that version: a year may be loaded at once.
    world.materialise(START - DAY, views=["category_product"])
    assert _rows(world, "category_product", START - DAY)["category"].n_unique() == 4


@pytest.mark.covers("N3", "F1")
def test_what_a_view_must_not_return_is_refused_by_name(world: Any) -> None:
    def attempt(function: Any, entity: Any = "household_id") -> None:
        function.__name__ = "wrong"
        world.declare(feature_view(entity=entity, lookback="7d", time_to_live="1d", owner="o")(function))
        world.materialise(START, views=["wrong"], run=str(function))

    cases: list[tuple[Callable[[pl.LazyFrame], Any], str]] = [
        (lambda lines: lines.select("product_id"), "returned no column household_id"),
        (lambda lines: lines.select("household_id", "value"), "several rows for {'household_id': 1}"),
        (lambda lines: lines.group_by("household_id").agg(pl.max("sold_at")), "feature sold_at has type Datetime"),
        (lambda lines: lines.group_by(pl.col("household_id").cast(pl.Float64)).len(), "entity column household_id"),
        (lambda lines: lines.group_by("household_id").agg(as_of=pl.len()), "column named as_of"),
        (lambda lines: lines.collect_schema(), "returned Schema; it must return a polars LazyFrame"),
    ]
    for function, complaint in cases:
        with pytest.raises(DeclarationError, match=complaint.replace("{", r"\{")):
            attempt(function)

    def costly(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines.group_by("household_id").agg(pl.sum("price"))

    with pytest.raises(UserCodeError, match=r"feature view wrong raised ColumnNotFoundError.*price"):
        attempt(costly)
    assert world.features.snapshots("wrong") == []


@pytest.mark.covers("N3")
def test_unknown_names_are_answered_with_the_nearest(world: Any) -> None:
    @feature_view(entity="a", lookback="7d", time_to_live="1d", owner="o")
    def view(line: pl.LazyFrame) -> pl.LazyFrame:
        return line

    with pytest.raises(DeclarationError, match="Did you mean 'lines'"):
        world.declare(view)
    with pytest.raises(NotFoundError, match="Did you mean 'household'"):
        world.features.materialise("househol", START, key="k", actor="test")
    with pytest.raises(NotFoundError, match="has no snapshot as of"):
        world.features.publish("household", START, key="k")


def test_rows_without_an_entity_are_left_out_and_counted(world: Any) -> None:
    orphan = world.lake.scan("lines").collect().head(3).with_columns(household_id=pl.lit(None, pl.Int64))
    world.lake.append("lines", orphan, key="orphans")
    world.materialise(START, views=["household"])
    event = world.ledger.events(kinds=["features.materialised"])[0]
    assert (event.payload["rows"], event.payload["rows_without_entity"]) == (6, 1)


@pytest.mark.covers("F4")
def test_publishing_puts_every_row_into_the_online_store(world: Any) -> None:
    world.materialise(START)
    world.publish(START)
    for view in world.views.values():
        rows = _rows(world, view.name, START)
        for key, group in rows.group_by(view.leading, maintain_order=True):
            block = world.reader.block(view.name, key)
            assert block.as_of == START
            assert block.rows == group.height
            if len(view.entity) > 1:
                assert block.members.tolist() == group[view.entity[-1]].to_list()
            for name, values in block.columns.items():
                np.testing.assert_array_equal(values, group[name].fill_null(float("nan")).to_numpy())
    events = world.ledger.events(kinds=["features.published"])
    assert [event.payload["view"] for event in events] == list(world.views)
