"""Retention takes rows out for good; jurisdictions keep data out; objectives say since when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.data.erasure_world import DATASETS, NOW, World, fill, open_world

from steek.data import AnyDataset, Dataset
from steek.data.erasure.rewriting import Rewriting
from steek.data.retention.compliance import Compliance
from steek.data.retention.retention import TRANSITIONS, Retention
from steek.data.retention.rules import judge_jurisdiction, judge_retention, kept_from
from steek.kernel import ReplayClock
from steek.kernel.errors import IllegalTransitionError, NotFoundError, RefusedError
from steek.kernel.state_machine import transition
from steek.ledger import Database


@dataclass
class Kept:
    world: World
    retention: Retention

    def compliance(self, allowed: Sequence[str]) -> Compliance:
        world = self.world
        return Compliance(self.retention, world.database, world.ledger, world.clock, DATASETS, allowed)


@pytest.fixture
def kept(tmp_path: Path, database: Database, clock: ReplayClock) -> Kept:
    clock.set(NOW)
    world = open_world(tmp_path, database, clock)
    fill(world)
    rewriting = Rewriting(world.files, world.lake, clock)
    return Kept(world, Retention(rewriting, database, world.ledger, clock, DATASETS, time(6)))


@pytest.mark.covers("D16")
def test_rows_older_than_the_contract_keeps_them_are_gone_from_every_file(kept: Kept) -> None:
    world, retention = kept.world, kept.retention
    assert retention.run(actor="night") == []
    now = NOW + timedelta(days=28, hours=1)
    world.clock.set(now)
    before = kept_from("30d", now, time(6))
    assert before == datetime(2017, 9, 30, 6, tzinfo=UTC)
    rows = world.lake.scan("lines").collect()
    old = rows.filter(pl.col("sold_at") < before).height
    assert 0 < old < rows.height
    (due,) = retention.due()
    assert (due.table, due.rows, due.before_at) == ("lines", old, before)
    (run,) = retention.run(actor="night")
    assert (run.rows, run.state, run.table_name) == (old, "done", "lines")
    for path in (world.folder / "lake" / "lines").glob("*.parquet"):
        assert pl.read_parquet(path).filter(pl.col("sold_at") < before).is_empty()
    assert world.lake.scan("lines").collect().height == rows.height - old
    with pytest.raises(NotFoundError, match=f"ended by retention {run.id}"):
        world.lake.scan("lines", version=1)
    (told,) = world.ledger.events(kinds=["retention.enforced"])
    assert (told.subject, told.payload["rows"]) == ("dataset:lines", old)
    events = world.ledger.count()
    assert (retention.due(), retention.run(actor="night"), world.ledger.count()) == ([], [], events)


@pytest.mark.covers("D16")
def test_rows_that_come_late_are_taken_out_by_a_run_of_their_own(kept: Kept) -> None:
    world, retention = kept.world, kept.retention
    world.clock.set(NOW + timedelta(days=40))
    (first,) = retention.run(actor="night")
    late = pl.DataFrame({"household_id": [1], "product_id": [1], "sales_value": [1.0], "sold_at": [NOW]})
    world.lake.append("lines", late.with_columns(pl.col("sold_at").cast(pl.Datetime("us", "UTC"))), key="late")
    (second,) = retention.run(actor="night")
    assert (first.id != second.id, second.rows) == (True, 1)


@pytest.mark.covers("D16")
def test_a_run_that_died_half_way_is_finished(kept: Kept) -> None:
    world, retention = kept.world, kept.retention
    world.clock.set(NOW + timedelta(days=40))
    (due,) = retention.due()
    begun = retention._begin(due, "night")  # pyright: ignore[reportPrivateUsage]
    assert begun.state == "begun"
    (run,) = retention.run(actor="morning")
    assert (run.id, run.state, run.actor) == (begun.id, "done", "night")
    with pytest.raises(IllegalTransitionError):
        transition(TRANSITIONS, run.state, "vacuum", what="it")


@pytest.mark.covers("D16")
def test_data_may_only_lie_where_their_law_allows(kept: Kept) -> None:
    kept.compliance([]).admit(DATASETS["people"])
    kept.compliance(["US", "EU"]).admit(DATASETS["people"])
    with pytest.raises(RefusedError, match="rows of 'people' are under the law of EU; this lake is allowed to hold US"):
        kept.compliance(["US"]).admit(DATASETS["people"])
    declared: AnyDataset = DATASETS["lines"]
    assert isinstance(declared, Dataset)
    assert not isinstance(declared.contract, str | Path)
    assert judge_jurisdiction(replace(declared.contract, jurisdiction=""), ["US"]).met == "undecided"


@pytest.mark.covers("D16")
def test_objectives_tell_since_when_they_are_not_met(kept: Kept) -> None:
    world, compliance = kept.world, kept.compliance(["US"])
    met = {(each.rule, each.subject): each.met for each in compliance.report()}
    assert met == {
        ("erasure", "erasures"): "yes",
        ("jurisdiction", "lines"): "yes",
        ("jurisdiction", "people"): "no",
        ("retention", "lines"): "yes",
        ("retention", "people"): "undecided",
    }
    (changed,) = compliance.check(actor="night")
    assert (changed.subject, changed.met, changed.since_at) == ("people", "no", NOW)
    assert compliance.check(actor="night") == []
    world.clock.set(NOW + timedelta(days=40))
    assert [(each.rule, each.met) for each in compliance.check(actor="night")] == [("retention", "no")]
    kept.retention.run(actor="night")
    world.clock.set(NOW + timedelta(days=40, hours=1))
    (better,) = compliance.check(actor="night")
    assert (better.rule, better.met, better.reason) == ("retention", "yes", "no row is older than 30d")
    since = {each.subject: each.since_at for each in compliance.report() if each.rule == "jurisdiction"}
    assert since == {"lines": None, "people": NOW}
    kinds = [event.payload["met"] for event in world.ledger.events(kinds=["compliance.changed"])]
    assert kinds == ["no", "no", "yes"]


@pytest.mark.covers("D16")
def test_retention_is_undecided_where_it_cannot_be_measured() -> None:
    assert judge_retention("d", None, None, None).met == "undecided"
    assert judge_retention("d", "1d", None, None).met == "undecided"
    assert judge_retention("d", "1d", 0, None).met == "yes"
    assert judge_retention("d", "1d", 3, NOW).reason == "3 rows are older than 1d"
