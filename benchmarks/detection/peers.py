"""Evidently and NannyML on the same streams: the same windows, untouched and spoiled, with their defaults.

An alarm of a peer is a test, or a drift alert, that fails in a window with the fault and not without it. Neither knows
slices or lineage, so neither can name a slice; both see the outcomes that are known in the end.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.detection.catalogue import Kind
from benchmarks.detection.days import window_of
from benchmarks.detection.planted import Planted
from benchmarks.detection.scenario import Seen
from benchmarks.detection.spoiling import Base
from benchmarks.detection.streams import write_reference, write_windows

PEERS = ("evidently", "nannyml")
# They see the first windows, and of slow faults one in two weeks, for each of theirs takes seconds.
_MOST_WINDOWS, _EVERY = 3, 14
Failing = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PeerSaw:
    """What a peer saw of one scenario: when it was first alarmed, and on how many untouched days it was."""

    seen: Seen
    version: str
    quiet_alarms: int
    quiet_days: int


class Peer:
    """A peer in a process of its own environment; None of `open` where that is not there."""

    def __init__(self, name: str, python: Path, folder: Path) -> None:
        self.name = name
        settings = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1", "HOME": str(folder), "OMP_NUM_THREADS": "1"}
        program = Path(__file__).with_name("peer_program.py")
        self._process = subprocess.Popen(
            [str(python), str(program), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=settings,
        )  # fmt: skip

    @classmethod
    def open(cls, name: str, environments: Path, folder: Path) -> "Peer | None":
        python = environments / name / "bin" / "python"
        return cls(name, python, folder) if python.exists() else None

    def watch(self, base: Base, kind: Kind, planted: Planted) -> PeerSaw:
        """Both series of windows of one scenario."""
        windows, every = (planted.windows, _EVERY) if kind.slow else (min(planted.windows, _MOST_WINDOWS), 1)
        with TemporaryDirectory(prefix="steek-peers-") as folder:
            place = Path(folder)
            write_reference(base, planted.day, place)
            write_windows(base, None, planted.day, windows, place / "untouched", every)
            write_windows(base, planted, planted.day, windows, place / "spoiled", every)
            answer = self._ask(place)
        untouched, spoiled = answer["untouched"], answer["spoiled"]
        first = None
        for number in range(windows):
            day = window_of(planted.day + number).start_at.date().isoformat()
            new = set(spoiled.get(day, ())) - set(untouched.get(day, ()))
            if new:
                first = number + 1
                break
        return PeerSaw(Seen(first, windows), answer["version"], opened(untouched), -(-windows // every))

    def close(self) -> None:
        """Let it go."""
        self._process.communicate()

    def _ask(self, folder: Path) -> dict[str, object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def opened(failing: Failing) -> int:
    """Alarms of untouched days: what fails and did not fail on the day before, as an alert that is opened."""
    count, before = 0, set[str]()
    for day in sorted(failing):
        now = set(failing[day])
        count += len(now - before)
        before = now
    return count
