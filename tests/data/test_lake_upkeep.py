"""Compaction, pins and vacuum: tables stay small, and what may be read reads the same."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pytest
from deltalake import DeltaTable
from tests.data.conftest import DAY, Shop, lines, products, window

from steek.data import Lake
from steek.data.lake.upkeep import LakeUpkeep
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.ledger import Database, Draft, Ledger, Lineage

CHILD = Path(__file__).with_name("lake_upkeep_child.py")
ALWAYS = timedelta(0)


@pytest.fixture
def lake(shop: Shop) -> Lake:
    return shop.lake


@pytest.fixture
def keeper(tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> LakeUpkeep:
    return LakeUpkeep(tmp_path / "lake", {}, database, ledger, clock)


def fill(lake: Lake, clock: ReplayClock, count: int, name: str = "t") -> None:
    """A version a day, each with ten rows of ten households."""
    for day in range(count):
        clock.set(DAY + timedelta(days=day))
        frame = pl.DataFrame(
            {"n": [day] * 10, "who": [f"household-number-{at:04}" for at in range(day % 3, day % 3 + 10)]}
        )
        lake.append(name, frame, key=f"day {day}")


def rows(lake: Lake, version: int | None = None, name: str = "t") -> list[tuple[int, str]]:
    return sorted(lake.scan(name, version=version).collect().rows())


def parquet_files(tmp_path: Path, name: str = "t") -> int:
    return len(list((tmp_path / "lake" / name).glob("*.parquet")))


@pytest.mark.covers("D10")
def test_compaction_joins_files_and_every_version_reads_as_before(
    lake: Lake, keeper: LakeUpkeep, clock: ReplayClock, ledger: Ledger, database: Database
) -> None:
    fill(lake, clock, 6)
    before = [rows(lake, version) for version in range(1, 7)]
    done = keeper.compact("t", key="c", actor="ada")
    assert (done.version, done.files_before, done.files_after) == (7, 6, 1)
    assert keeper.compact("t", key="c", actor="ada") == done
    assert [rows(lake, version) for version in range(1, 7)] == before
    assert rows(lake) == before[-1]
    assert [(each.version, each.operation, each.rows) for each in lake.versions("t", 1)] == [(7, "compact", 0)]
    assert [event.kind for event in ledger.events(kinds=["table.compacted"])] == ["table.compacted"]
    assert Lineage(database).upstream("dataset:t@7").distance == {"dataset:t@7": 0, "dataset:t@6": 1}
    again = keeper.compact("t", key="c2", actor="ada")
    assert (again.version, again.files_after) == (None, 1)
    lake.append("t", pl.DataFrame({"n": [99], "who": ["x"]}), key="after")
    assert lake.latest_version("t") == 8


@pytest.mark.covers("D10", "D15")
@pytest.mark.parametrize("prefix", ["household-number-", ""])
def test_a_clustered_table_keeps_each_subject_in_a_file_or_two(
    tmp_path: Path, lake: Lake, keeper: LakeUpkeep, prefix: str
) -> None:
    for part in range(4):
        who = [f"{prefix}{at % 500:06}" for at in range(4000)]
        lake.append("t", pl.DataFrame({"n": range(part, 4000 + part), "who": [*who[:-1], None]}), key=f"{part}")
    before = rows_by(lake)
    assert len(files_that_hold(tmp_path, f"{prefix}000007")) == 4
    done = keeper.compact("t", key="c", actor="ada", cluster_by="who", target_bytes=20_000)
    assert done.files_after >= 3
    assert len(files_that_hold(tmp_path, f"{prefix}000007")) <= 2
    # The bounds in the log alone say so, to whoever looks for the subject.
    assert len(files_whose_bounds_hold(tmp_path, f"{prefix}000007")) <= 2
    assert rows_by(lake) == before == rows_by(lake, 4)
    with pytest.raises(InputError, match="no column 'whom'"):
        keeper.compact("t", key="c3", actor="ada", cluster_by="whom")


def rows_by(lake: Lake, version: int | None = None) -> list[tuple[int, str | None]]:
    return lake.scan("t", version=version).sort("n", "who").collect().rows()


def files_that_hold(tmp_path: Path, who: str) -> list[str]:
    uris = DeltaTable(tmp_path / "lake" / "t").file_uris()
    return [uri for uri in uris if pl.scan_parquet(uri).filter(pl.col("who") == who).collect().height]


def files_whose_bounds_hold(tmp_path: Path, who: str) -> list[str]:
    adds = pl.DataFrame(DeltaTable(tmp_path / "lake" / "t").get_add_actions(flatten=True))
    return adds.filter((pl.col("min.who") <= who) & (pl.col("max.who") >= who))["path"].to_list()


@pytest.mark.covers("D10", "D17")
def test_a_vacuum_ends_old_versions_and_leaves_those_that_are_pinned_or_young(
    tmp_path: Path, lake: Lake, keeper: LakeUpkeep, clock: ReplayClock, ledger: Ledger
) -> None:
    for day in range(6):
        clock.set(DAY + timedelta(days=day))
        lake.replace("t", pl.DataFrame({"n": [day], "who": ["x"]}), key=f"{day}")
    pin = keeper.pin("t", 2, reason="the audit of May", holder="ada", key="audit")
    assert keeper.pin("t", 2, reason="the audit of May", holder="ada", key="audit") == pin
    assert keeper.pins("t") == [pin]
    plan = keeper.plan("t", keep_for=timedelta(days=1, hours=12))
    assert (plan.kept_from, plan.ended, plan.pinned) == (4, (1, 3), (2,))
    done = keeper.vacuum("t", keep_for=timedelta(days=1, hours=12), key="v", actor="ada")
    assert (done.ended_versions, done.kept_versions, done.deleted_files) == ((1, 3), 4, 2)
    assert keeper.vacuum("t", keep_for=timedelta(days=1, hours=12), key="v", actor="ada") == done
    assert parquet_files(tmp_path) == 4
    assert [rows(lake, version) for version in (2, 4, 5, 6)] == [[(1, "x")], [(3, "x")], [(4, "x")], [(5, "x")]]
    with pytest.raises(NotFoundError, match="version 3 of table 't' was ended by a vacuum"):
        lake.scan("t", version=3)
    with pytest.raises(NotFoundError, match="no version 3 that can be read"):
        keeper.pin("t", 3, reason="too late", holder="ada", key="late")
    keeper.unpin("audit", actor="ada")
    assert keeper.unpin("audit", actor="ada").released_by == "ada"
    assert keeper.vacuum("t", keep_for=ALWAYS, key="v2", actor="ada").ended_versions == (2, 4, 5)
    assert parquet_files(tmp_path) == 1
    assert rows(lake) == [(5, "x")]
    kinds = ["table.pinned", "table.vacuumed", "table.unpinned", "table.vacuumed"]
    assert [event.kind for event in ledger.events() if event.kind.startswith("table.")] == kinds
    # The table takes new versions as before.
    lake.append("t", pl.DataFrame({"n": [7], "who": ["y"]}), key="7")
    assert rows(lake) == [(5, "x"), (7, "y")]


@pytest.mark.covers("D10", "D17", "T7")
def test_versions_that_a_training_run_has_read_count_as_pinned(
    lake: Lake, keeper: LakeUpkeep, clock: ReplayClock, ledger: Ledger
) -> None:
    for day in range(4):
        clock.set(DAY + timedelta(days=day))
        for name in ("t", "features.household"):
            lake.replace(name, pl.DataFrame({"n": [day], "who": ["x"]}), key=f"{day}")
    snapshot = "features:household@2017-10-03"
    edges = (("dataset:t@2", snapshot),)
    ledger.record(Draft("features.materialised", snapshot, "night", {"table_version": 3}, edges=edges))
    assert keeper.plan("features.household", keep_for=ALWAYS).pinned == ()
    ledger.record(Draft("model.trained", "trained:m@1", "night", edges=((snapshot, "trained:m@1"),)))
    assert keeper.plan("t", keep_for=ALWAYS).pinned == (2,)
    assert keeper.plan("features.household", keep_for=ALWAYS).pinned == (3,)
    assert keeper.vacuum("t", keep_for=ALWAYS, key="v", actor="ada").ended_versions == (1, 3)
    assert rows(lake, 2) == [(1, "x")]
    done = keeper.vacuum("t", keep_for=ALWAYS, key="v2", actor="ada", despite_pins="erasure of May")
    assert (done.ended_versions, done.despite_pins) == ((2,), "erasure of May")


@pytest.mark.covers("N3")
def test_what_upkeep_cannot_do_is_told(lake: Lake, keeper: LakeUpkeep, clock: ReplayClock) -> None:
    fill(lake, clock, 2)
    with pytest.raises(NotFoundError, match="no table with data named 's'"):
        keeper.compact("s", key="c", actor="ada")
    with pytest.raises(NotFoundError, match="no pin named 'x'"):
        keeper.unpin("x", actor="ada")
    with pytest.raises(InputError, match="needs a reason"):
        keeper.pin("t", 1, reason=" ", holder="ada", key="p")
    with pytest.raises(InputError, match="cannot be kept for"):
        keeper.vacuum("t", keep_for=timedelta(days=-1), key="v", actor="ada")
    keeper.pin("t", 1, reason="r", holder="ada", key="p")
    with pytest.raises(ConflictError, match="is that of a pin of t@1"):
        keeper.pin("t", 2, reason="r", holder="ada", key="p")


def child(tmp_path: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, str(CHILD), str(tmp_path), *words])


@pytest.mark.covers("D10", "D17")
def test_upkeep_beside_racing_writers_loses_and_doubles_nothing(
    tmp_path: Path, lake: Lake, ledger: Ledger, keeper: LakeUpkeep
) -> None:
    lake.append("t", pl.DataFrame({"n": [0], "who": ["first"]}), key="first")
    started = [child(tmp_path, "append", who, "12") for who in ("a", "b")]
    started.append(child(tmp_path, "keep", "6"))
    assert [process.wait(timeout=240) for process in started] == [0, 0, 0]
    expected = sorted([(0, "first"), *[(number, who) for who in "ab" for number in range(12) for _ in range(5)]])
    assert rows(lake) == expected
    assert ledger.verify() == ledger.count()
    assert len(ledger.events(kinds=["table.vacuumed"])) == 6
    keeper.compact("t", key="last", actor="ada")
    assert rows(lake) == expected
    assert len(DeltaTable(tmp_path / "lake" / "t").file_uris()) <= 2


@pytest.mark.covers("D10", "D17")
@pytest.mark.parametrize("moment", ["while rewriting", "before recording", "before deleting", "after deleting"])
def test_killed_at_any_moment_upkeep_leaves_whole_versions_and_is_finished_by_its_key(
    tmp_path: Path, lake: Lake, keeper: LakeUpkeep, clock: ReplayClock, moment: str
) -> None:
    fill(lake, clock, 6)
    before = rows(lake)
    assert child(tmp_path, "die", moment).wait(timeout=120) == -9
    assert rows(lake) == before
    if moment in ("while rewriting", "before recording"):
        assert lake.latest_version("t") == 6
        cluster_by = "who" if moment == "while rewriting" else None
        done = keeper.compact("t", key="k", actor="keeper", cluster_by=cluster_by, target_bytes=100_000_000)
        assert (done.version, done.files_before, done.files_after) == (7, 6, 1)
    else:
        done_too = keeper.vacuum("t", keep_for=ALWAYS, key="v", actor="keeper")
        assert done_too.ended_versions == (1, 2, 3, 4, 5)
    assert rows(lake) == before
    lake.append("t", pl.DataFrame({"n": [77], "who": ["z"]}), key="after")
    assert rows(lake) == sorted([*before, (77, "z")])


@pytest.mark.covers("D10")
def test_a_stranger_reads_the_table_by_its_log_alone(
    tmp_path: Path, lake: Lake, keeper: LakeUpkeep, clock: ReplayClock
) -> None:
    """DuckDB over the files that the log names, as any reader of the Delta protocol would find them."""
    duckdb = pytest.importorskip("duckdb")
    fill(lake, clock, 5)
    keeper.compact("t", key="c", actor="ada", cluster_by="who")
    lake.append("t", pl.DataFrame({"n": [50], "who": ["z"]}), key="more")
    keeper.vacuum("t", keep_for=ALWAYS, key="v", actor="ada")
    folder = tmp_path / "lake" / "t"
    live: dict[str, dict[str, object]] = {}
    protocol: dict[str, object] = {}
    for entry in sorted((folder / "_delta_log").glob("*.json")):
        for line in entry.read_text().splitlines():
            action = json.loads(line)
            protocol |= action.get("protocol", {})
            if "add" in action:
                live[unquote(action["add"]["path"])] = action["add"]
            if "remove" in action:
                live.pop(unquote(action["remove"]["path"]), None)
    found = duckdb.execute("SELECT n, who FROM read_parquet(?)", [[str(folder / path) for path in live]]).fetchall()
    assert sorted(found) == rows(lake)
    # Reader 1 and writer 2 to 4 without table features: what Spark with Delta reads since its 2.x versions.
    assert protocol["minReaderVersion"] == 1
    assert protocol["minWriterVersion"] in (2, 3, 4)  # type: ignore[operator]
    assert not {"readerFeatures", "writerFeatures"} & protocol.keys()
    assert all("deletionVector" not in add for add in live.values())


@pytest.mark.covers("D10", "D11")
def test_derived_datasets_survive_the_upkeep_of_their_inputs(shop: Shop, keeper: LakeUpkeep) -> None:
    for day in range(2):
        shop.ingestion.ingest("lines", lines(day), key=f"day {day}", actor="x")
    shop.ingestion.ingest("products", products(), key="0", actor="x")
    first = shop.derivation.derive("maker_lines", window(0), key="0", actor="x")
    keeper.compact("lines", key="c", actor="ada")
    second = shop.derivation.derive("maker_lines", window(1), key="1", actor="x")
    assert (first.rows, second.rows, second.inputs["lines"]) == (10, 10, 3)
    assert second.urn is not None
    upstream = Lineage(shop.ledger.database).upstream(second.urn).distance
    assert len([urn for urn in upstream if urn.startswith("receipt:")]) == 3
