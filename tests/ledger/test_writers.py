"""Writers are serialised: real processes share one file or one server, and the chain stays whole."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from steek.kernel import ReplayClock
from steek.kernel.errors import ResourceError, StorageFullError
from steek.ledger import Database, Draft, Ledger, Lineage

APPEND = Path(__file__).with_name("append_events.py")


def append_at_once(url: str, clock_path: Path, *, writers: int, count: int) -> None:
    command = [sys.executable, str(APPEND), url, str(clock_path)]
    started = [subprocess.Popen([*command, f"writer_{number}", str(count)]) for number in range(writers)]
    assert [process.wait(timeout=120) for process in started] == [0] * writers


@pytest.mark.covers("D17", "N1")
def test_processes_that_start_at_once_on_a_new_sqlite_file_share_one_whole_chain(
    tmp_path: Path, clock: ReplayClock
) -> None:
    url = f"sqlite:///{tmp_path / 'shared' / 'steek.db'}"
    append_at_once(url, tmp_path / "clock", writers=4, count=25)
    database = Database.open(url)
    ledger = Ledger(database, clock)
    assert ledger.verify() == 100
    for number in range(4):
        own = [event.subject for event in ledger.events() if event.actor == f"writer_{number}"]
        assert own == [f"dataset:writer_{number}@{each}" for each in range(25)]
    assert Lineage(database).upstream("dataset:writer_3@24").distance == {
        "dataset:writer_3@24": 0,
        "receipt:writer_3-24": 1,
    }
    database.close()


@pytest.mark.postgres
@pytest.mark.covers("D17", "N1")
def test_processes_that_start_at_once_on_postgresql_share_one_whole_chain(
    postgres: Database, tmp_path: Path, clock: ReplayClock
) -> None:
    url = postgres.engine.url.render_as_string(hide_password=False)
    append_at_once(url, tmp_path / "clock", writers=3, count=20)
    assert Ledger(postgres, clock).verify() == 60


@pytest.mark.covers("D17")
def test_a_writer_that_is_killed_in_its_transaction_leaves_nothing_and_blocks_nobody(
    tmp_path: Path, ledger: Ledger
) -> None:
    program = (
        "import os, sys, signal; from pathlib import Path;"
        "from steek.kernel import ReplayClock; from steek.ledger import Database, Draft, Ledger;"
        "database = Database.open(sys.argv[1]); ledger = Ledger(database, ReplayClock(Path(sys.argv[2])))\n"
        "with database.transaction() as connection:\n"
        "    ledger.append(connection, Draft('model.trained', 'trained:m@1', 'night'))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ledger.record(Draft("batch.committed", "dataset:d@1", "store"))
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'steek.db'}", str(tmp_path / "clock")]
    assert subprocess.run(command, check=False).returncode == -9
    ledger.record(Draft("batch.committed", "dataset:d@2", "store"))
    assert [event.subject for event in ledger.events()] == ["dataset:d@1", "dataset:d@2"]
    assert ledger.verify() == 2


def test_threads_of_one_process_wait_for_each_other(ledger: Ledger) -> None:
    def write(name: str) -> None:
        for number in range(10):
            ledger.record(Draft("batch.committed", f"dataset:{name}@{number}", name))

    threads = [threading.Thread(target=write, args=(f"thread_{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert ledger.verify() == 40


@pytest.mark.covers("N3")
def test_a_full_disk_is_told_as_one_and_nothing_is_written(ledger: Ledger) -> None:
    ledger.record(Draft("batch.committed", "dataset:d@1", "store"))
    with ledger.database.transaction() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count={pages + 1}"))
    with pytest.raises(StorageFullError, match="cannot grow") as raised:
        ledger.record(*(Draft("batch.committed", f"dataset:d@{n}", "store", {"text": "x" * 4000}) for n in range(20)))
    assert "nothing was written" in raised.value.next_step
    assert ledger.verify() == 1


@pytest.mark.covers("N3")
def test_a_database_that_refuses_writes_is_told_with_its_reason(ledger: Ledger) -> None:
    def write() -> None:
        with ledger.database.transaction() as connection:
            connection.execute(text("INSERT INTO no_such_table VALUES (1)"))

    with pytest.raises(ResourceError, match="no such table: no_such_table"):
        write()


def test_the_folder_of_a_new_sqlite_file_is_made(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'a' / 'b' / 'steek.db'}")
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
    assert (tmp_path / "a" / "b" / "steek.db").is_file()
    database.close()
