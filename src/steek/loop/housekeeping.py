"""Housekeeping: everything that must happen regularly and that nobody should have to remember."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from steek.loop.chores import Chore


@dataclass(frozen=True, slots=True)
class Planned:
    """What one chore would do now, one line each."""

    chore: str
    would: tuple[str, ...]


class Housekeeping:
    """Runs the chores in order; at the end of every night, and whenever somebody asks.

    Args:
        chores: The order matters: the spool is empty before persons are erased, and files are joined last.
    """

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = tuple(chores)

    def plan(self) -> list[Planned]:
        """What `run` would do now; chores with nothing to do are left out. Reads only."""
        planned = [Planned(chore.name, tuple(chore.due())) for chore in self._chores]
        return [each for each in planned if each.would]

    def run(self, *, actor: str) -> dict[str, Any]:
        """Do everything that is due; chore to what it says of it. {} and nothing written where nothing was due."""
        said = {chore.name: chore.run(actor=actor) for chore in self._chores}
        return {name: facts for name, facts in said.items() if facts}
