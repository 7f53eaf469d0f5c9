"""Stopwatches, rounds that take turns, and the one line of JSON each benchmark ends with."""

import argparse
import contextlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Spent:
    """Wall and CPU seconds of one round; CPU is that of this process, all threads."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """The last line of a benchmark.

    Args:
        name: Of the benchmark.
        figure: Ours, in `unit`.
        unit: What is counted, and for figures of time per what.
        peer: What the same work was done with instead; None where nothing comparable exists.
        peer_figure: Its figure from the same run; None without a peer, or when it is not installed.
        ratio: figure / peer_figure.
        limit_figure: What the machine or library below allows; None where we know no limit.
        goal: In words.
        met: Whether the figure of this run meets it; None without a goal, or when it could not be told.
    """

    name: str
    figure: float
    unit: str
    peer: str | None
    peer_figure: float | None
    limit_figure: float | None
    goal: str | None
    met: bool | None

    def end(self) -> None:
        """Print the line."""
        record = asdict(self)
        ratio = None if not self.peer_figure else self.figure / self.peer_figure
        ordered = {name: record[name] for name in ("name", "figure", "unit", "peer", "peer_figure")}
        ordered |= {"ratio": ratio} | {name: record[name] for name in ("limit_figure", "goal", "met")}
        print(json.dumps({key: _short(value) for key, value in ordered.items()}))


@dataclass(slots=True)
class _Pending:
    spent: Spent | None = None

    def __call__(self) -> Spent:
        assert self.spent is not None, "still running"
        return self.spent


@contextlib.contextmanager
def stopwatch() -> Generator[_Pending]:
    """Time the block; call what it gives back after the block for what was spent."""
    pending = _Pending()
    wall, cpu = time.perf_counter(), time.process_time()
    yield pending
    pending.spent = Spent(time.perf_counter() - wall, time.process_time() - cpu)


def take_turns(rounds: int, *, warm_up: int = 1, **contestants: Callable[[], object]) -> dict[str, list[Spent]]:
    """Run every contestant once a round, in turns, so that noise of the machine falls on all of them."""
    spent: dict[str, list[Spent]] = {name: [] for name in contestants}
    for number in range(warm_up + rounds):
        for name, work in contestants.items():
            with stopwatch() as clock:
                work()
            if number >= warm_up:
                spent[name].append(clock())
    return spent


def median(spent: Iterable[Spent]) -> Spent:
    """Median wall and median CPU seconds."""
    rounds = list(spent)
    return Spent(statistics.median(one.wall_s for one in rounds), statistics.median(one.cpu_s for one in rounds))


def say(name: str, spent: Spent, note: str = "") -> None:
    """One line of a contestant."""
    print(f"  {name:<34} wall {_time(spent.wall_s)}   cpu {_time(spent.cpu_s)}   {note}".rstrip())


def percentile(values: Iterable[float], share: float) -> float:
    """Nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds of a process and of its living and finished children."""
    total = sum(process.cpu_times()[:4])
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(child.cpu_times()[:2])
    return total


@contextlib.contextmanager
def work_folder() -> Generator[Path]:
    """The folder this benchmark may write to: the one shared by a whole run, or a temporary one of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, help="folder shared by the benchmarks of one run")
    given: Path | None = parser.parse_args().folder
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="steek-bench-") as folder:
        yield Path(folder)


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:8.2f} s "
    return f"{seconds * 1e3:8.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:8.1f} us"


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
