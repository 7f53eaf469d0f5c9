"""The worker: one per project, and what it began is finished however it ends."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from steek.kernel.errors import BusyError, NotFoundError
from steek.kernel.settings import load_settings
from steek.loop import Worker, WorkerClient

CHILD = Path(__file__).parent / "worker_child.py"
KILLED = -9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "steek.toml").write_text('name = "diary"\n')
    (tmp_path / ".steek").mkdir()
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[WorkerClient]:
    client = WorkerClient(load_settings(folder))
    yield client
    client.close()


@contextmanager
def working(folder: Path) -> Generator["subprocess.Popen[str]"]:
    """A worker in a process of its own; it has the lock when the block begins."""
    command = [sys.executable, str(CHILD), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            # A worker that takes up what kills it may be dead before it can say so.
            assert process.stdout.readline() in ("working\n", "")
            yield process
        finally:
            process.kill()


def diary(folder: Path) -> list[str]:
    return (folder / "diary").read_text().splitlines()


@pytest.mark.slow
@pytest.mark.covers("T2", "N3")
def test_a_project_has_one_worker_at_a_time(folder: Path) -> None:
    with working(folder):
        second = Worker(load_settings(folder), {})
        with pytest.raises(BusyError, match="another process already runs this project's workflows"), second.running():
            pass


@pytest.mark.slow
@pytest.mark.covers("T2")
def test_a_worker_may_wait_for_its_turn(folder: Path) -> None:
    with working(folder) as process:
        threading.Timer(0.3, process.kill).start()
        with Worker(load_settings(folder), {}).running(wait_s=30.0):
            assert process.wait(1) == KILLED


@pytest.mark.slow
@pytest.mark.covers("T2")
def test_what_was_asked_for_before_there_was_a_worker_is_done_when_there_is_one(
    folder: Path, client: WorkerClient
) -> None:
    client.start("steps", "early", "early", "")
    assert client.status("early") == "ENQUEUED"
    with working(folder):
        assert client.result("early") == ["early a", "early b", "early c"]
        client.start("steps", "early", "early", "")
        assert client.result("early") == ["early a", "early b", "early c"]
    assert diary(folder) == ["early a", "early b", "early c"]
    assert client.status("early") == "SUCCESS"


@pytest.mark.slow
@pytest.mark.covers("T2")
def test_a_run_killed_in_a_step_goes_on_with_that_step_and_repeats_no_finished_one(
    folder: Path, client: WorkerClient
) -> None:
    client.start("steps", "night", "night", "b")
    with working(folder) as process:
        assert process.wait(30) == KILLED
    assert client.status("night") == "PENDING"
    with working(folder):
        assert client.result("night") == ["night a", "night b", "night c"]
    assert diary(folder) == ["night a", "night b", "night b", "night c"]


@pytest.mark.slow
@pytest.mark.covers("T2")
def test_parts_that_run_at_the_same_time_survive_the_death_of_the_worker_in_one_of_them(
    folder: Path, client: WorkerClient
) -> None:
    client.start("parts", "night", "two")
    with working(folder) as process:
        assert process.wait(30) == KILLED
    with working(folder):
        parts = [[f"{part} {step}" for step in "abc"] for part in ("one", "two", "three")]
        assert client.result("night") == parts
    times = Counter(diary(folder))
    assert set(times) == {line for part in parts for line in part}
    # The step that killed the worker was repeated; of the others at most what ran at that moment.
    assert times["two b"] == 2
    assert times["two a"] == times["two c"] == 1


@pytest.mark.slow
@pytest.mark.covers("T2")
def test_a_run_that_failed_begins_again_when_it_is_asked_for_again(folder: Path, client: WorkerClient) -> None:
    with working(folder):
        client.start("fail once", "night", "night")
        with pytest.raises(ValueError, match="the first time is always hard"):
            client.result("night")
        assert client.outcome("night") == ("ERROR", "the first time is always hard")
        client.start("fail once", "night", "night")
        assert client.result("night") == "night well in the end"
        assert client.outcome("night") == ("SUCCESS", None)
    assert diary(folder) == ["night good", "night good", "night well in the end"]


@pytest.mark.covers("N3")
def test_nobody_waits_for_what_was_never_started(client: WorkerClient) -> None:
    assert client.outcome("night") == (None, None)
    with pytest.raises(NotFoundError, match="no workflow 'night' was ever started"):
        client.result("night")
