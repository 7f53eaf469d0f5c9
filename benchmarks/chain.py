"""The whole chain: `python -m replay --nights 4 --no-serve` on the real store, as anybody would start it.

History of 122 days over HTTP, then nights with features, three trained models, evaluation, gate, canary, 930 requests
to serving each, outcomes and monitors. No peer and no limit: nothing else does the same.
"""

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import text

import grocer_store as store
import measuring
import processes
from steek.ledger import Database

NIGHTS, NIGHTS_OF_DEMO, MINUTES_OF_DEMO, MEMORY_GB = 4, 28, 6.0, 3.0
_NIGHT = re.compile(r"night (\S+) done in ([\d.]+) s")
_WATCH_S = 0.25


@dataclass(slots=True)
class Watched:
    """What a tree of processes used: peak of resident memory, CPU seconds at each look and by part at the end."""

    peak_bytes: int = 0
    cpu_s: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    of_part: dict[str, float] = field(default_factory=dict[str, float])

    def cpu_until(self, at_s: float) -> float:
        """CPU seconds used in the first `at_s` seconds."""
        return max((used for seen_s, used in self.cpu_s if seen_s <= at_s), default=0.0)


def main() -> None:
    with measuring.work_folder() as folder:
        data = folder / "replayed"
        shutil.rmtree(data, ignore_errors=True)
        wall_s, lines, watched = _replay(data)
        rows = _ingested_rows(data)
    nights = [(day, float(seconds)) for day, seconds in _NIGHT.findall("\n".join(lines))]
    history_s = wall_s - sum(seconds for _, seconds in nights)
    history_cpu_s = watched.cpu_until(history_s)
    print(f"{rows:,} rows ingested, {rows / wall_s:,.0f} rows/s over the whole run")
    print(f"  start and 122 days of history: wall {history_s:6.1f} s   cpu {history_cpu_s:6.1f} s")
    cpu_s = _say_nights(nights, watched, history_s)
    parts = sorted(watched.of_part.items(), key=lambda part: -part[1])
    print("  cpu by process: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts))
    memory_gb = watched.peak_bytes / 1e9
    print(f"  peak memory {memory_gb:.2f} GB: resident memory of all processes, shared pages counted in each")
    later_s = _mean([seconds for _, seconds in nights[1:]])
    minutes = _of_demo(history_s, nights[0][1], later_s) / 60
    busy_minutes = _of_demo(history_cpu_s, cpu_s[0], _mean(cpu_s[1:])) / 60
    print(f"  28 nights at this pace: {minutes:.1f} minutes of wall time, {busy_minutes:.1f} minutes of cpu")
    said = f"{minutes:.1f} minutes, {memory_gb:.2f} GB, {rows / history_s:,.0f} rows/s of history"
    measuring.Result(
        name="chain",
        figure=60 / later_s,
        unit="nights per minute, after the first",
        peer=None,
        peer_figure=None,
        limit_figure=None,
        goal=f"28 nights within {MINUTES_OF_DEMO:g} minutes and {MEMORY_GB:g} GB; this run: {said}",
        met=minutes <= MINUTES_OF_DEMO and memory_gb <= MEMORY_GB,
    ).end()


def _of_demo(history: float, first: float, later: float) -> float:
    """What 28 nights cost: start and history, the first night, which makes the features of its past, and the others."""
    return history + first + later * (NIGHTS_OF_DEMO - 1)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _say_nights(nights: list[tuple[str, float]], watched: Watched, began_s: float) -> list[float]:
    """One line a night; the CPU seconds of each."""
    used: list[float] = []
    for day, seconds in nights:
        used.append(watched.cpu_until(began_s + seconds) - watched.cpu_until(began_s))
        print(f"  night {day}: wall {seconds:6.1f} s   cpu {used[-1]:6.1f} s")
        began_s += seconds
    return used


def _replay(data: Path) -> tuple[float, list[str], Watched]:
    """Wall seconds, the lines it printed, and what its processes used."""
    command = [sys.executable, "-m", "replay", "--nights", str(NIGHTS), "--no-serve"]
    command += ["--data", str(data), "--port", str(processes.two_free_ports())]
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(command, cwd=store.GROCER, stdout=said, stderr=subprocess.STDOUT) as process,
    ):
        watched, over = Watched(), threading.Event()
        watcher = threading.Thread(target=_watch, args=(psutil.Process(process.pid), watched, over, began))
        watcher.start()
        process.wait()
        wall_s = time.perf_counter() - began
        over.set()
        watcher.join()
        said.seek(0)
        lines = said.read().replace("\r", "\n").splitlines()
    if process.returncode:
        print("\n".join(lines[-30:]))
        sys.exit(f"the replay ended with status {process.returncode}")
    return wall_s, lines, watched


def _watch(root: psutil.Process, watched: Watched, over: threading.Event, began: float) -> None:
    """CPU seconds are kept per process, because those of a process that has ended cannot be read any more."""
    cpu_s: dict[tuple[int, float], tuple[str, float]] = {}
    while not over.wait(_WATCH_S):
        resident = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in [root, *root.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    resident += process.memory_info().rss
                    identity = process.pid, process.create_time()
                    part = cpu_s[identity][0] if identity in cpu_s else _part(process.cmdline())
                    cpu_s[identity] = part, sum(process.cpu_times()[:2])
        watched.peak_bytes = max(watched.peak_bytes, resident)
        watched.cpu_s.append((time.perf_counter() - began, sum(used for _, used in cpu_s.values())))
    for part, used in cpu_s.values():
        watched.of_part[part] = watched.of_part.get(part, 0.0) + used


def _part(command: list[str]) -> str:
    """console, serve, work, up, replay, or the module of another child."""
    words = command[command.index("-m") + 1 :] if "-m" in command else command[-1:]
    return words[1] if words[:1] == ["steek"] and len(words) > 1 else (words or ["?"])[0].rpartition(".")[2]


def _ingested_rows(data: Path) -> int:
    database = Database.open(f"sqlite:///{data / 'steek.db'}")
    with database.reading() as connection:
        rows = connection.execute(text("SELECT SUM(accepted_rows) FROM receipts")).scalar_one()
    database.close()
    return int(rows)


if __name__ == "__main__":
    main()
