"""The example store with few customers, replayed by the program that `make demo` runs."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from shop_world import Shell

EXAMPLE = Path(__file__).parents[2] / "examples" / "grocer"
NIGHTS, KEY_CHANGE_NIGHT = 3, 3
PLAN = (
    *("--nights", str(NIGHTS)),
    *("--key-change-night", str(KEY_CHANGE_NIGHT)),
    *("--history-days", "30"),
    *("--households", "0.3"),
    # A hundred rows are the least that a gate decides on.
    *("--partners", "105"),
)
# What a small store cannot promise: that few customers are predicted as well as many, and that a machine full of
# tests answers as fast as one that serves.
LIGHTER = {
    "models.py": {
        r'at_least\("roc_auc", [0-9.]+\)': 'at_least("roc_auc", 0.55)',
        r'at_least\("hit_rate_at_5", [0-9.]+\)': 'at_least("hit_rate_at_5", 0.2)',
        r'not_worse\("hit_rate_at_5", margin=[0-9.]+\)': 'not_worse("hit_rate_at_5", margin=0.15)',
        r'not_worse\("mae", margin=[0-9.]+\)': 'not_worse("mae", margin=2.0)',
        r'deadline="[0-9a-z.]+"': 'deadline="60s"',
    },
    "objectives.py": {r'answers_within\("search_ranking", "250ms"\)': 'answers_within("search_ranking", "60s")'},
}
READY = b"console: http"
_PROGRESS_EVERY_S = 0.02
# A replay that is taken up may do in a moment what took long when it was followed; later than this it may be over.
_LONGEST_DELAY_S = 3.0
LIMIT_S = 600.0


def copy_of_the_store(folder: Path) -> Path:
    """The example's project in a folder of its own, with lighter gates."""
    store = shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".steek*"))
    for name, replacements in LIGHTER.items():
        module = store / "grocer" / name
        text = module.read_text()
        for strict, lighter in replacements.items():
            text, replaced = re.subn(strict, lighter, text)
            assert replaced, f"the example has no {strict} any more"
        module.write_text(text)
    return store


@dataclass(frozen=True)
class Run:
    """One life of the replay: a process group with the replay, `steek up` and everything they start."""

    process: "subprocess.Popen[bytes]"
    log: Path
    data: Path

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def is_ready(self) -> bool:
        """Whether console and serving answered the replay."""
        return READY in self.log.read_bytes()

    def kill(self) -> None:
        """End all of it at once, so that nobody can say goodbye."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def finish(self, limit_s: float) -> None:
        """Wait for the end of the replay, which must be a good one."""
        try:
            status = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            status = None
        assert status == 0, f"the replay ended with {status}:\n{self.log.read_text()[-4000:]}"

    def progress(self) -> int:
        """Events in the ledger and finished steps of workflows; both only ever grow."""
        return _count(self.data / "steek.db", "events") + _count(self.data / "workflows.db", "operation_outputs")


@dataclass(frozen=True)
class Undisturbed:
    """A replay that nobody killed: its project, what it left, and how it came along."""

    store: Path
    data: Path
    steps: list[tuple[float, int]]

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What an SQL query on the state finds."""
        connection = sqlite3.connect(self.data / "steek.db")
        try:
            return connection.execute(query, parameters).fetchall()
        finally:
            connection.close()

    def table(self, name: str) -> pl.DataFrame:
        """The newest version of a table of the lake."""
        return pl.read_delta(str(self.data / "lake" / name))

    def steek(self, *words: str) -> Any:
        """What a command prints with --json."""
        return Shell(self.store, {"STEEK_DATA_PATH": str(self.data)}).json(*words)


@contextmanager
def replaying(store: Path, data: Path, port: int, *, nights: int = NIGHTS) -> Generator[Run]:
    """Begin or take up the replay on a data folder; nothing of it is left after the block."""
    data.parent.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}-{time.monotonic_ns()}.log"
    command = [sys.executable, "-m", "replay", *PLAN, "--data", str(data), "--port", str(port), "--no-serve"]
    command += ["--nights", str(nights)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=store, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        run = Run(process, log, data)
        try:
            yield run
        finally:
            if run.is_alive():
                run.kill()


@dataclass(frozen=True)
class Moment:
    """When to kill: so long after a replay that was taken up stands, and has come so far."""

    progress: int
    delay_s: float

    def wait_in(self, run: Run, limit_s: float) -> bool:
        """Wait for the moment; False when the replay ended before it."""
        ends_at_s = time.monotonic() + limit_s
        while run.is_alive() and not (run.is_ready() and run.progress() >= self.progress):
            assert time.monotonic() < ends_at_s, f"no progress to {self.progress}:\n{run.log.read_text()[-4000:]}"
            time.sleep(_PROGRESS_EVERY_S)
        time.sleep(self.delay_s)
        return run.is_alive()


def record_progress(run: Run, limit_s: float) -> list[tuple[float, int]]:
    """Follow a run to its end: seconds since it stood, and how far it had come, whenever that changed."""
    began_s = time.monotonic()
    steps: list[tuple[float, int]] = []
    while run.is_alive() and time.monotonic() - began_s < limit_s:
        if run.is_ready():
            reached = run.progress()
            if not steps or steps[-1][1] != reached:
                steps.append((time.monotonic(), reached))
        time.sleep(_PROGRESS_EVERY_S)
    run.finish(max(limit_s - (time.monotonic() - began_s), 0.0))
    return [(at_s - steps[0][0], reached) for at_s, reached in [*steps, (time.monotonic(), steps[-1][1])]]


def moment_at(second: float, steps: list[tuple[float, int]]) -> Moment:
    """The moment that lies so many seconds into a run."""
    at_s, reached = max((step for step in steps if step[0] <= second), key=lambda step: step[0])
    return Moment(reached, min(second - at_s, _LONGEST_DELAY_S))


def free_ports() -> int:
    """A port that is free, and so is the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _count(path: Path, table: str) -> int:
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(f"select count(*) from {table}").fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # not made yet, or being migrated
    finally:
        connection.close()
