"""A disk that is full is said so, nothing is half done, and the same command works when there is space again."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from shop_world import NIGHTS, Shell, copy_of, sales_of, stocked_shop


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    folder = copy_of(stocked_shop(), tmp_path / "shop")
    # Other rows than those of the night: a day that comes twice is held.
    other = sales_of(NIGHTS[0]).with_columns(pl.col("sale_id") + 1_000_000)
    other.write_csv(folder / "more.csv")
    return Shell(folder)


@contextmanager
def small_disk(folder: Path) -> Generator[Path]:
    """The folder's content on a disk of its own that is full; gives the file that fills it."""
    away = folder.with_name(f"{folder.name}.away")
    folder.rename(away)
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a disk of its own: {mounted.stderr.strip()}")
    try:
        shutil.copytree(away, folder, dirs_exist_ok=True)
        yield fill(folder / "filler")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path) -> Path:
    with path.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"\0" * 4096)
        except OSError:
            return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*.json") if path.is_file()}


@pytest.mark.covers("N3", "D1")
def test_a_full_disk_under_the_lake_keeps_the_batch_in_the_spool(shell: Shell) -> None:
    lake = shell.folder / ".steek" / "lake"
    before = files(lake)
    words = ("ingest", "sales", "more.csv", "--key", "more")
    with small_disk(lake) as filler:
        done = shell.steek(*words, "--json")
        assert (done.status, done.problem["error"]) == (8, "storage_full")
        assert "safe in the spool" in done.problem["message"]
        assert "steek receipt commit" in done.problem["next_step"]
        assert files(lake) == before
        assert [one["state"] for one in shell.json("receipt", "list") if one["key"] == "more"] == ["spooled"]
        filler.unlink()
        receipt = shell.json(*words)
        assert (receipt["state"], receipt["accepted_rows"]) == ("committed", 40)
        assert len([one for one in shell.json("receipt", "list") if one["key"] == "more"]) == 1


@pytest.mark.covers("N3")
def test_a_full_disk_under_the_database_takes_no_part_of_an_event(shell: Shell) -> None:
    before = shell.json("ledger", "verify")["verified_events"]
    words = ("changes", "--note", "n" * 1_000, "--on", "event:fair", "--key", "fair")
    with small_disk(shell.folder / ".steek") as filler:
        done = shell.steek(*words, "--json")
        assert (done.status, done.problem["error"]) == (8, "storage_full")
        filler.unlink()
        assert shell.json("ledger", "verify")["verified_events"] == before
        shell.json(*words)
        assert shell.json("ledger", "verify")["verified_events"] == before + 1


@pytest.mark.covers("N3", "D1")
@pytest.mark.parametrize("words", [("ingest", "sales", "more.csv", "--key", "more"), ("changes", "--note", "a fair")])
def test_a_file_that_may_not_grow_is_a_resource_that_is_missing(shell: Shell, words: tuple[str, ...]) -> None:
    before = shell.json("receipt", "list"), shell.json("ledger", "verify")
    done = Shell(shell.folder, most_file_bytes=1024).steek(*words, "--json")
    assert (done.status, done.problem["error"]) in {(8, "resource"), (8, "storage_full")}
    assert done.problem["next_step"] != ""
    assert (shell.json("receipt", "list"), shell.json("ledger", "verify")) == before
    assert shell.steek(*words).status == 0
