"""A worker of a project in a process of its own, until its standard input closes.

Its workflows write a line for every step into a file, and can be told to die in one of them.
"""

import os
import signal
import sys
from pathlib import Path

from dbos import DBOS

from steek.kernel.settings import load_settings
from steek.loop import Worker
from steek.loop.worker import together


class Diary:
    """What was done, one line each, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, line: str) -> str:
        with (self._folder / "diary").open("a") as file:
            file.write(f"{line}\n")
        return line

    def die_once(self, name: str) -> None:
        """End this process, without a goodbye, the first time that anybody comes here."""
        mark = self._folder / f"died in {name}"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def steps(self, name: str, deadly: str) -> list[str]:
        """Three steps; dies in the one that is named, after it wrote its line and before it is over."""
        return [self._step(f"{name} {step}", is_deadly=step == deadly) for step in "abc"]

    def parts(self, deadly: str) -> list[list[str]]:
        """Three workflows at the same time."""
        return together("steps", [(part, "b" if part == deadly else "") for part in ("one", "two", "three")])

    def fail_once(self, name: str) -> str:
        """A step that goes well, then one that fails the first time."""
        DBOS.run_step({"name": "good"}, lambda: self.write(f"{name} good"))
        return DBOS.run_step({"name": "bad"}, lambda: self._fail(name))

    def _step(self, line: str, *, is_deadly: bool) -> str:
        def run() -> str:
            self.write(line)
            if is_deadly:
                self.die_once(line)
            return line

        return DBOS.run_step({"name": line}, run)

    def _fail(self, name: str) -> str:
        mark = self._folder / "failed"
        if not mark.exists():
            mark.touch()
            message = "the first time is always hard"
            raise ValueError(message)
        return self.write(f"{name} well in the end")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    diary = Diary(folder)
    workflows = {"steps": diary.steps, "parts": diary.parts, "fail once": diary.fail_once}
    with Worker(load_settings(folder), workflows).running(quiet=True):
        print("working", flush=True)
        sys.stdin.read()
