"""Erases in a process of its own, and dies at a chosen moment.

Arguments: folder, and the number of the moment at which to die (0: never). Moments are the commits of write
transactions, and the beginnings and ends of everything that is done to a holder.
"""

import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from steek.data.erasure.ports import Finding, Holder
from steek.data.erasure.subjects import Subject, Trace
from steek.kernel import ReplayClock
from steek.ledger import Database, metadata

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.data.erasure_world import DELAY, NOW, busiest, open_world


class Death:
    """Comes at one of the moments."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.moments = 0

    def passes(self) -> None:
        self.moments += 1
        if self.moments == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingDatabase(Database):
    """Passes a moment before each commit."""

    death: Death

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        with super().transaction() as connection:
            yield connection
            self.death.passes()


class DyingHolder:
    """A holder around which moments pass."""

    def __init__(self, holder: Holder, death: Death) -> None:
        self.name = holder.name
        self._holder = holder
        self._death = death

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        return self._holder.find(traces)

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:
        done = self._holder.erase(traces, cause=cause)
        self._death.passes()
        return done

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:
        self._death.passes()
        done = self._holder.clear(traces, cause=cause)
        self._death.passes()
        return done


def main(folder: Path, dies_at: int) -> None:
    clock = ReplayClock(folder / "clock")
    database = DyingDatabase.open(f"sqlite:///{folder / 'steek.db'}")
    assert isinstance(database, DyingDatabase)
    database.death = Death(dies_at)
    metadata.create_all(database.engine)
    world = open_world(folder, database, clock, around=lambda holder: DyingHolder(holder, database.death))
    for number, home in enumerate(busiest(2)):
        world.erasures.request(Subject("household", str(home)), reason="by letter", actor="ada", key=f"letter {number}")
    clock.set(NOW + DELAY)
    world.erasures.run_due(actor="night")
    print(database.death.moments)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
