"""Logs as they lie about: half-written, vanished, told twice, told otherwise, failing half way."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from tests.monitoring.watching.others_model import START, log, opened, outcomes

from steek.cli.watch_init import init
from steek.evaluation import OUTCOMES
from steek.kernel.errors import DeclarationError, InputError, UnreadableError
from steek.monitoring import WatchedModel
from steek.monitoring.watching import query_source
from steek.platform import Platform
from steek.serving import PREDICTIONS

NOW = START + timedelta(days=61)


def rows_of(platform: Platform, table: str) -> pl.DataFrame:
    return platform.lake.scan(table).collect()


@pytest.mark.covers("N2", "D1")
def test_a_file_that_cannot_be_read_stops_nothing_else_and_is_taken_once_it_can_be(tmp_path: Path) -> None:
    logs, told = tmp_path / "logs", tmp_path / "told.csv"
    logs.mkdir()
    log(0, 4).write_parquet(logs / "b[1] *.parquet")
    outcomes(0, 4).write_csv(told)
    init("sales_odd", folder=tmp_path / "odd", owner="a@b", predictions=str(logs), outcomes=str(told))
    whole = (logs / "b[1] *.parquet").read_bytes()
    log(4, 6).write_parquet(logs / "a.parquet")
    half = (logs / "a.parquet").read_bytes()
    (logs / "a.parquet").write_bytes(half[: len(half) // 2])
    (logs / "gone.parquet").write_bytes(whole[:99])
    platform = opened(tmp_path / "odd", NOW)

    with pytest.raises(UnreadableError, match=r"a\.parquet cannot be read"):
        platform.watching.run("sales_odd", actor="a@b")
    assert rows_of(platform, OUTCOMES).height == rows_of(platform, PREDICTIONS).height == log(0, 4).height
    (logs / "gone.parquet").unlink()
    (logs / "a.parquet").write_bytes(half)
    (logs / "notes.txt").write_text("mind the gap")
    with pytest.raises(InputError, match="no kind of file"):
        platform.watching.run("sales_odd", actor="a@b")
    assert rows_of(platform, PREDICTIONS).height == log(0, 6).height

    # Again with other moments, and outcomes told otherwise after they were taken, or twice before.
    (logs / "notes.txt").unlink()
    log(0, 2).with_columns(pl.col("at") + timedelta(days=3)).write_parquet(logs / "c.parquet")
    anew = outcomes(0, 1).with_columns(pl.lit(7.0).alias("sold"))
    twice = outcomes(4, 6).with_columns(pl.lit(1.0).alias("sold"))
    source = platform.watching.models["sales_odd"].outcomes_from
    assert source is not None
    for rows in (anew, twice, outcomes(4, 6)):
        with told.open("a") as growing:
            growing.write(rows.write_csv(include_header=False))
        platform.watching._puller.pull(  # pyright: ignore[reportPrivateUsage]
            "sales_odd_outcomes", source, ("request_id", "sold"), actor="a"
        )
        platform.watching._puller.commit("sales_odd_outcomes")  # pyright: ignore[reportPrivateUsage]
    run = platform.watching.run("sales_odd", actor="a@b")
    assert run.predictions is not None
    assert run.outcomes is not None
    assert (run.predictions.rows, run.predictions.repeated) == (0, log(0, 2).height)
    assert (run.outcomes.rows, run.outcomes.repeated) == (outcomes(4, 6).height, anew.height)
    assert sorted(rows_of(platform, OUTCOMES)["observed"]) == sorted(outcomes(0, 6)["sold"])
    platform.close()


@pytest.mark.covers("N2", "D1")
def test_a_query_that_fails_half_way_is_taken_up_again_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    numbered = log(0, 3).with_row_index("n").with_columns(pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    numbered.drop("n").write_csv(tmp_path / "s.csv")
    init("sales_half", folder=tmp_path / "half", owner="a@b", predictions="push", sample=tmp_path / "s.csv", by="size")
    module = tmp_path / "half" / "sales_half_watch.py"
    source = (
        '    predictions_from=sk.from_query("SELECT *, \':x\' AS y FROM scores -- all", cursor="n"),\n    owner=OWNER'
    )
    module.write_text(module.read_text().replace("    owner=OWNER,\n)\n\nmonitors", f"{source},\n)\n\nmonitors"))
    theirs = create_engine(url)

    def put(rows: pl.DataFrame) -> None:
        with theirs.begin() as connection:
            connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS scores ({', '.join(numbered.columns)})")
            places = ", ".join("?" * numbered.width)
            connection.exec_driver_sql(f"INSERT INTO scores VALUES ({places})", rows.rows())

    half = numbered.height // 2
    put(numbered.head(half).filter(pl.col("n") != 7))
    platform = opened(tmp_path / "half", NOW, watch_database_url=url)
    monkeypatch.setattr(query_source, "_FETCHED_ROWS", 20)
    monkeypatch.setattr(query_source, "_MOST_ROWS", 50)
    series, asked = query_source._series, list[str]()  # pyright: ignore[reportPrivateUsage]

    def failing(name: str, values: list[Any]) -> pl.Series:
        asked.append(name)
        if len(asked) > 16:
            raise OperationalError("SELECT", {}, Exception("the line to hunter2@theirs is dead"))
        return series(name, values)

    with monkeypatch.context() as broken:
        broken.setattr(query_source, "_series", failing)
        with pytest.raises(UnreadableError, match="query of a watched model failed: Exception") as refused:
            platform.watching.run("sales_half", actor="a@b")
        assert "hunter2" not in str(refused.value)
    put(numbered.filter(pl.col("n") == 7))
    platform.watching.run("sales_half", actor="a@b")
    # All stretches so far began and ended at one moment; the next ones go on where they ended.
    put(numbered.slice(half))
    platform.watching.run("sales_half", actor="a@b")
    answers = rows_of(platform, PREDICTIONS)
    assert answers.height == answers["request_id"].n_unique() == numbered.height
    platform.close()


@pytest.mark.covers("N2")
def test_a_slice_has_no_name_of_the_prediction_logs_own() -> None:
    with pytest.raises(DeclarationError, match="slices by model, route, which the prediction log has of its own"):
        WatchedModel(
            name="m", predictions="p", id="id", at="t", score="s", owner="a@b", slices=("model", "shop", "route")
        )


@pytest.mark.covers("N2", "O10")
def test_values_of_databases_stay_what_they_are() -> None:
    values = [Decimal("1.5"), Decimal(3), None]
    assert query_source._series("a", values).to_list() == [1.5, 3.0, None]  # pyright: ignore[reportPrivateUsage]
    id = UUID(int=7)
    assert query_source._series("a", [id, None]).to_list() == [str(id), None]  # pyright: ignore[reportPrivateUsage]
    assert query_source._series("a", [1.5, "x"]).to_list() == ["1.5", "x"]  # pyright: ignore[reportPrivateUsage]
