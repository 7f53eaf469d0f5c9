"""Whatever dies and whoever races: what was acknowledged is in the lake exactly once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from steek.data import Lake
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, metadata

CHILD = Path(__file__).with_name("spool_child.py")


def start(folder: Path, spool: str, first: int, count: int, dies_at: int = 0) -> subprocess.Popen[str]:
    words = [str(folder), spool, str(first), str(count), str(dies_at)]
    return subprocess.Popen([sys.executable, str(CHILD), *words], stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    told, _ = process.communicate(timeout=120)
    return process.returncode, told.splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    database = Database.open(f"sqlite:///{tmp_path / 'steek.db'}")
    metadata.create_all(database.engine)
    database.close()
    return tmp_path


def products(folder: Path) -> tuple[list[int], list[str]]:
    """Products in the table, and in quarantine by the row's text, both sorted; the ledger must hold."""
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    clock = ReplayClock(folder / "clock")
    ledger = Ledger(database, clock)
    lake = Lake(folder / "lake", {}, database, ledger, clock)
    good = lake.scan("lines").collect()["product_id"].sort().to_list()
    bad = lake.scan("quarantine.lines").collect()["receipt_id"].sort().to_list()
    committed = ledger.events(kinds=["batch.committed"])
    assert len({event.payload["key"] for event in committed}) == len(committed)
    assert ledger.verify() == ledger.count()
    database.close()
    return good, bad


def expected(numbers: range) -> list[int]:
    return [10 * number + more for number in numbers for more in (1, 2)]


@pytest.mark.covers("D2", "D17", "N3")
def test_killed_at_every_touch_of_a_file_nothing_acknowledged_is_lost_or_doubled(folder: Path) -> None:
    acknowledged: set[str] = set()
    touch = 0
    while True:
        touch += 1
        # Each run begins with a batch of its own, so that every moment of a batch's way is met.
        status, told = finish(start(folder, "spool", 2 * touch, 2, dies_at=touch))
        acknowledged |= set(told)
        if status == 0:
            break
        assert status == -signal.SIGKILL
    assert touch > 15
    status, _ = finish(start(folder, "spool", 0, 0))
    assert status == 0
    good, bad = products(folder)
    numbers = {int(key.split()[1]) for key in acknowledged}
    assert {product // 10 for product in good} >= numbers
    assert len(good) == len(set(good))
    # Sending everything again completes what was never acknowledged, and doubles nothing.
    status, _ = finish(start(folder, "spool", 2, 2 * touch))
    assert status == 0
    good, bad = products(folder)
    assert good == expected(range(2, 2 + 2 * touch))
    assert len(bad) == len(set(bad)) == 2 * touch
    assert list((folder / "spool" / "lines").glob("*.arrow")) == []
    # That of the last process.
    assert len(list((folder / "spool" / ".writers").iterdir())) <= 1


@pytest.mark.covers("D2", "D17")
@pytest.mark.parametrize("spools", [("spool", "spool"), ("here", "there")], ids=["one spool", "two machines"])
def test_two_processes_that_race_write_every_batch_once(folder: Path, spools: tuple[str, str]) -> None:
    # Numbers 6 to 9 are sent by both.
    racing = [start(folder, spools[0], 0, 10), start(folder, spools[1], 6, 10)]
    assert [finish(process)[0] for process in racing] == [0, 0]
    for spool in spools:
        assert finish(start(folder, spool, 0, 0))[0] == 0
    good, bad = products(folder)
    assert good == expected(range(16))
    assert len(bad) == len(set(bad)) == 16
