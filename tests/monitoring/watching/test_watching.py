"""Somebody else's log is taken once and whole, from wherever it lies, and read as if steek had served the model."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from sqlalchemy import create_engine
from tests.monitoring.watching.others_model import START, log, opened, outcomes

from steek.cli.watch_init import init
from steek.evaluation import OUTCOMES
from steek.kernel.errors import InputError, UnreadableError
from steek.platform import Platform
from steek.serving import PREDICTIONS

NOW = START + timedelta(days=61)
ROOT = Path(__file__).parents[3]


def begun(folder: Path, name: str, **said: Any) -> Path:
    """A project as `steek watch init` begins it."""
    init(name, folder=folder / name, owner="a@b", **said)
    return folder / name


def rows_of(platform: Platform, table: str) -> pl.DataFrame:
    return platform.lake.scan(table).collect()


@pytest.mark.covers("N2", "O4")
def test_files_are_taken_once_while_they_grow(tmp_path: Path) -> None:
    logs, told = tmp_path / "logs", tmp_path / "told.csv"
    logs.mkdir()
    log(0, 20).write_parquet(logs / "a.parquet")
    outcomes(0, 10).write_csv(told)
    project = begun(tmp_path, "sales_files", predictions=str(logs), outcomes=str(told))
    platform = opened(project, NOW)
    run = platform.watching.run("sales_files", actor="a@b")
    assert run.predictions is not None
    assert run.outcomes is not None
    assert (run.predictions.rows, run.predictions.unusable) == (log(0, 20).height, 0)
    assert run.outcomes.rows == outcomes(0, 10).height
    again = platform.watching.run("sales_files", actor="a@b")
    assert (again.predictions, again.outcomes, [pulled.rows for pulled in again.pulled]) == (None, None, [0, 0])

    later = outcomes(10, 30).write_csv(include_header=False)
    cut = later.rfind("\n", 0, len(later) - 1) + 5
    with told.open("a") as growing:
        growing.write(later[:cut])
    log(15, 30).write_parquet(logs / "b.parquet")
    run = platform.watching.run("sales_files", actor="a@b")
    assert run.predictions is not None
    assert run.outcomes is not None
    assert (run.predictions.rows, run.predictions.repeated) == (log(20, 30).height, log(15, 20).height)
    assert run.outcomes.rows == outcomes(10, 30).height - 1
    with told.open("a") as growing:
        growing.write(later[cut:])
    platform.watching.run("sales_files", actor="a@b")
    both = rows_of(platform, OUTCOMES)
    assert both.height == outcomes(0, 30).height == both["request_id"].n_unique()
    truth = log(0, 30).join(outcomes(0, 30), on="request_id")
    assert sorted(both.select("expected", "observed").rows()) == sorted(truth.select("forecast", "sold").rows())
    assert set(both["size"]) == {"large", "small"}
    assert "till_id" not in rows_of(platform, PREDICTIONS).columns
    platform.close()


@pytest.mark.covers("N2", "D1")
def test_a_log_that_shrank_or_changed_is_told_and_nothing_is_taken_twice(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    log(0, 3).write_csv(path)
    platform = opened(begun(tmp_path, "sales_shrunk", predictions=str(path)), NOW)
    platform.watching.run("sales_shrunk", actor="a@b")
    log(0, 1).write_csv(path)
    with pytest.raises(InputError, match="whole lines, but"):
        platform.watching.run("sales_shrunk", actor="a@b")
    assert rows_of(platform, PREDICTIONS).height == log(0, 3).height
    platform.close()


@pytest.mark.covers("N2")
def test_a_delta_table_is_taken_commit_by_commit(tmp_path: Path) -> None:
    table, sample = tmp_path / "table", tmp_path / "sample.parquet"
    log(0, 5).write_parquet(sample)
    write_deltalake(table, log(0, 5), partition_by=["size"])
    write_deltalake(table, log(5, 8), mode="append")
    project = begun(tmp_path, "sales_delta", predictions=f"delta:{table}", sample=sample, by="size")
    platform = opened(project, NOW)
    run = platform.watching.run("sales_delta", actor="a@b")
    assert run.predictions is not None
    assert run.predictions.rows == log(0, 8).height
    write_deltalake(table, log(8, 9), mode="append")
    DeltaTable(table).optimize.compact()
    write_deltalake(table, log(9, 11), mode="append")
    run = platform.watching.run("sales_delta", actor="a@b")
    assert run.predictions is not None
    assert (run.predictions.rows, run.predictions.repeated) == (log(8, 11).height, 0)
    assert set(rows_of(platform, PREDICTIONS)["size"]) == {"large", "small"}
    platform.close()


@pytest.mark.covers("N2", "D13")
def test_a_table_of_the_own_lake_is_no_source(tmp_path: Path) -> None:
    sample, way_in = tmp_path / "sample.parquet", tmp_path / "way_in"
    log(0, 5).write_parquet(sample)
    way_in.symlink_to(tmp_path / "sales_own" / ".steek" / "lake")
    project = begun(tmp_path, "sales_own", predictions=f"delta:{way_in}/requests", sample=sample, by="size")
    platform = opened(project, NOW)
    write_deltalake(project / ".steek" / "lake" / "requests", log(0, 5))
    with pytest.raises(InputError, match="is a table of this project's lake"):
        platform.watching.run("sales_own", actor="a@b")
    platform.close()


@pytest.mark.covers("N2")
def test_a_query_is_taken_by_its_cursor(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    engine = create_engine(url)
    numbered = log(0, 12).with_row_index("n").with_columns(pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    sample = tmp_path / "sample.csv"
    numbered.drop("n").write_csv(sample)
    project = begun(tmp_path, "sales_sql", predictions="push", sample=sample, by="size")
    module = project / "sales_sql_watch.py"
    source = '    predictions_from=sk.from_query("SELECT * FROM scores", cursor="n"),\n    owner=OWNER,\n)\n\nmonitors'
    module.write_text(module.read_text().replace("    owner=OWNER,\n)\n\nmonitors", source))
    platform = opened(project, NOW, watch_database_url=url)
    with pytest.raises(UnreadableError, match="query of a watched model failed"):
        platform.watching.run("sales_sql", actor="a@b")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE scores ({', '.join(numbered.columns)})")
        places = ", ".join("?" * numbered.width)
        half = numbered.height // 2
        connection.exec_driver_sql(f"INSERT INTO scores VALUES ({places})", numbered.head(half).rows())
    first = platform.watching.run("sales_sql", actor="a@b").predictions
    with engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO scores VALUES ({places})", numbered.slice(half).rows())
    second = platform.watching.run("sales_sql", actor="a@b").predictions
    assert first is not None
    assert second is not None
    assert (first.rows, second.rows, second.repeated) == (half, numbered.height - half, 0)
    assert platform.watching.run("sales_sql", actor="a@b").predictions is None
    platform.close()


@pytest.mark.covers("N2", "D14")
def test_an_id_of_a_person_is_pseudonymised_and_still_finds_its_outcome(tmp_path: Path) -> None:
    theirs = log(0, 6).rename({"request_id": "email"}).with_columns(pl.col("email") + "@example.org")
    told = outcomes(0, 6).rename({"request_id": "email"}).with_columns(pl.col("email") + "@example.org")
    theirs.write_parquet(tmp_path / "log.parquet")
    told.write_parquet(tmp_path / "told.parquet")
    paths = {"predictions": str(tmp_path / "log.parquet"), "outcomes": str(tmp_path / "told.parquet")}
    platform = opened(begun(tmp_path, "sales_persons", **paths, id="email"), NOW)
    run = platform.watching.run("sales_persons", actor="a@b")
    assert run.outcomes is not None
    assert run.outcomes.rows == told.height
    assert not rows_of(platform, OUTCOMES)["request_id"].str.contains("@").any()
    platform.close()


@pytest.mark.covers("N2", "N3")
def test_what_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    log(0, 2).rename({"forecast": "a"}).with_columns(b=pl.col("a") * 2).write_csv(path)
    with pytest.raises(InputError, match=r"which field of .* is the score cannot be told; it could be a, b") as refused:
        begun(tmp_path, "sales_unclear", predictions=str(path))
    assert refused.value.next_step == "Say --score FIELD."
    with pytest.raises(InputError, match="by is 'colour', which"):
        begun(tmp_path, "sales_unclear", predictions=str(path), score="a", by="colour")
    with pytest.raises(InputError, match="no file matches"):
        begun(tmp_path, "sales_unclear", predictions=str(tmp_path / "nothing" / "*.csv"))
    assert not (tmp_path / "sales_unclear").exists()


@pytest.mark.covers("N2", "D1")
@pytest.mark.slow
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for day in range(0, 24, 2):
        log(day, day + 2).write_parquet(logs / f"{day:02}.parquet")
    outcomes(0, 24).write_parquet(tmp_path / "told.parquet")
    told = str(tmp_path / "told.parquet")
    project = begun(tmp_path, "sales_killed", predictions=str(logs), outcomes=told)
    killed = 0
    for delay_s in (1.2, 1.5, 1.8, 2.1, 2.4):
        run = subprocess.Popen([sys.executable, "-m", "tests.monitoring.watching.watch_child", str(project)], cwd=ROOT)
        try:
            run.wait(timeout=delay_s)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            killed += 1
    platform = opened(project, NOW)
    platform.watching.run("sales_killed", actor="a@b")
    answers, joined = rows_of(platform, PREDICTIONS), rows_of(platform, OUTCOMES)
    platform.close()
    assert killed
    assert answers.height == answers["request_id"].n_unique() == log(0, 24).height
    assert joined.height == joined["request_id"].n_unique() == outcomes(0, 24).height
