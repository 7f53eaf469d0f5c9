import threading
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, select
from tests.data.conftest import DAY, Shop, lines, window

from steek.data import Lake
from steek.data.tables import table_versions
from steek.kernel import ReplayClock
from steek.kernel.errors import InputError, NotFoundError
from steek.ledger import Database, Ledger


@pytest.fixture
def lake(shop: Shop) -> Lake:
    return shop.lake


def ones(*values: int) -> pl.DataFrame:
    return pl.DataFrame({"n": values})


def held(lake: Lake, name: str = "t", **where: object) -> list[int]:
    return sorted(lake.scan(name, **where).collect()["n"].to_list())  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("D2", "D10")
def test_the_same_key_changes_a_table_once(lake: Lake) -> None:
    assert lake.append("t", ones(1), key="a") == 1
    assert lake.append("t", ones(2), key="b") == 2
    assert lake.append("t", ones(1), key="a") == 1
    assert held(lake) == [1, 2]
    assert [version.version for version in lake.versions("t", 10)] == [2, 1]


@pytest.mark.covers("D10")
def test_every_version_and_every_processing_time_can_be_read(lake: Lake, clock: ReplayClock) -> None:
    lake.append("t", ones(1), key="a")
    clock.set(DAY + timedelta(days=1))
    lake.append("t", ones(2), key="b")
    clock.set(DAY + timedelta(days=2))
    lake.replace("t", ones(9), key="c")
    assert [held(lake, version=version) for version in (1, 2, 3)] == [[1], [1, 2], [9]]
    assert held(lake, as_of=DAY + timedelta(hours=23)) == [1]
    assert held(lake, as_of=DAY + timedelta(days=1)) == [1, 2]
    assert lake.version_at("t", DAY - timedelta(seconds=1)) is None
    assert [(each.operation, each.rows) for each in lake.versions("t", 2)] == [("replace", 1), ("append", 1)]


@pytest.mark.covers("N3")
def test_what_is_not_there_is_named(lake: Lake) -> None:
    lake.append("lines", ones(1), key="a")
    with pytest.raises(NotFoundError, match="no table with data named 'line'; there are: lines") as missing:
        lake.scan("line")
    assert missing.value.next_step == "Did you mean 'lines'?"
    with pytest.raises(NotFoundError, match="has no version 7; its latest is 1"):
        lake.scan("lines", version=7)
    with pytest.raises(NotFoundError, match="had no version yet"):
        lake.scan("lines", as_of=DAY - timedelta(days=1))
    with pytest.raises(InputError, match="for version 1 and for a moment at once"):
        lake.scan("lines", version=1, as_of=DAY)
    with pytest.raises(InputError, match="is not a table name"):
        lake.append("../elsewhere", ones(1), key="a")
    with pytest.raises(InputError, match="1 to 300 characters"):
        lake.append("t", ones(1), key="")


def test_a_window_is_replaced_and_its_neighbours_stay(lake: Lake) -> None:
    for day in range(3):
        lake.append("lines", lines(day), key=f"day {day}")
    lake.replace_window("lines", lines(1, count=4), column="sold_at", window=window(1), key="again")
    counts = lake.scan("lines").group_by(pl.col("sold_at").dt.date()).len().sort("sold_at").collect()
    assert counts["len"].to_list() == [10, 4, 10]
    lake.replace_window("lines", lines(1).head(0), column="sold_at", window=window(1), key="emptied")
    assert lake.scan("lines").collect().height == 20
    with pytest.raises(InputError, match=r"10 of 10 rows for 'lines' are outside"):
        lake.replace_window("lines", lines(2), column="sold_at", window=window(1), key="wrong")


def test_types_that_delta_lacks_are_widened_or_refused(lake: Lake) -> None:
    frame = pl.DataFrame(
        {
            "small": pl.Series([255], dtype=pl.UInt8),
            "large": pl.Series([2**32 - 1], dtype=pl.UInt32),
            "kind": pl.Series(["a"], dtype=pl.Enum(["a", "b"])),
            "at": pl.Series([DAY.replace(tzinfo=None)], dtype=pl.Datetime("ns")),
            "many": pl.Series([[1, 2]], dtype=pl.List(pl.UInt64)),
            "pair": pl.Series([{"x": 1}], dtype=pl.Struct({"x": pl.UInt16})),
            "real": pl.Series([[0.5]], dtype=pl.Array(pl.Float32, 1)),
        }
    )
    lake.append("t", frame, key="a")
    assert lake.scan("t").collect().row(0) == (255, 2**32 - 1, "a", DAY, [1, 2], {"x": 1}, [0.5])
    with pytest.raises(InputError, match="'took' has the type Duration"):
        lake.append("t", pl.DataFrame({"took": [timedelta(1)]}), key="b")
    with pytest.raises(InputError, match="do not fit the types of the lake"):
        lake.append("t", pl.DataFrame({"large": pl.Series([2**63], dtype=pl.UInt64)}), key="c")


def test_columns_may_come_later_and_types_may_not_change(lake: Lake) -> None:
    lake.append("t", ones(1), key="a")
    lake.append("t", pl.DataFrame({"n": [2], "note": ["new"]}), key="b")
    assert sorted(lake.scan("t").collect().rows()) == [(1, None), (2, "new")]
    with pytest.raises(InputError, match=r"'n' has the type String; the table at .* has Int64"):
        lake.append("t", pl.DataFrame({"n": ["3"]}), key="c")
    assert held(lake) == [1, 2]
    lake.replace("t", pl.DataFrame({"n": ["3"]}), key="d")
    assert lake.scan("t").collect().rows() == [("3",)]


@pytest.mark.covers("D2", "D17")
def test_racing_writers_lose_and_double_nothing(lake: Lake) -> None:
    found: list[tuple[str, int]] = []

    def work(who: int) -> None:
        for at in range(6):
            found.append((f"shared {at}", lake.append("t", ones(at), key=f"shared {at}")))
            found.append((f"{who} {at}", lake.append("t", ones(100 + at), key=f"{who} {at}")))

    threads = [threading.Thread(target=work, args=(who,)) for who in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held(lake) == sorted([*range(6), *[100 + at for at in range(6)] * 3])
    assert len(set(found)) == 24
    assert sorted({version for _, version in found}) == list(range(1, 25))


@pytest.mark.covers("D17")
def test_rows_of_the_caller_stand_or_fall_with_the_version(lake: Lake, database: Database) -> None:
    def fail(connection: Connection, version: int) -> None:
        raise RuntimeError(version)

    with pytest.raises(RuntimeError, match="1"):
        lake.append("t", ones(1), key="a", connection_work=fail)
    assert lake.latest_version("t") is None
    with database.reading() as connection:
        assert connection.execute(select(table_versions)).all() == []
    seen: list[int] = []
    assert lake.append("t", ones(1), key="a", connection_work=lambda _, version: seen.append(version)) == 1
    assert lake.append("t", ones(1), key="a", connection_work=lambda _, version: seen.append(version)) == 1
    assert (seen, held(lake)) == ([1], [1])


@pytest.mark.covers("D10")
def test_processing_time_never_goes_back_in_a_table(lake: Lake) -> None:
    lake.append("t", ones(1), key="a", at=DAY)
    lake.append("t", ones(2), key="b", at=DAY - timedelta(days=5))
    assert [each.at for each in lake.versions("t")] == [DAY, DAY]


@pytest.mark.covers("N3")
def test_a_lake_that_was_moved_away_says_where_it_looked(
    tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock, lake: Lake
) -> None:
    lake.append("t", ones(1), key="a")
    elsewhere = Lake(tmp_path / "elsewhere", {}, database, ledger, clock)
    with pytest.raises(NotFoundError, match="recorded at version 1, but there is nothing at"):
        elsewhere.scan("t")


@pytest.mark.covers("N3")
@pytest.mark.parametrize("name", ["my lake", "K\u00e4se", "50%"])
def test_a_folder_that_tables_cannot_be_read_from_is_refused_at_once(
    name: str, tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    with pytest.raises(InputError, match="cannot be read from") as refused:
        Lake(tmp_path / name, {}, database, ledger, clock)
    assert "lake_uri" in refused.value.next_step
