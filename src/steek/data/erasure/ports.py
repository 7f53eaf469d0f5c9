"""The seams of erasure: places that hold traces of persons, and what tells which models learned from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from steek.data.erasure.subjects import Trace


@dataclass(frozen=True, slots=True)
class Finding:
    """A trace of a person. `where` names the place without naming the person; `count` of what `unit` says."""

    digest: str
    where: str
    count: int
    unit: str = "rows"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Rows of one person in one dataset.

    Args:
        digest: The person.
        dataset: Its name.
        rows: How many.
        hours: Beginnings of the hours in which their events happened, ascending; empty where rows have no moment.
    """

    digest: str
    dataset: str
    rows: int
    hours: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """A trained model that had a person's rows before it.

    Args:
        digest: The person.
        model: URN of the trained model.
        certainty: "learned" where its own examples held rows of the person, "may have" where only what its features
            were computed from did, or where it took a sample.
        reason: Which datasets, in words.
    """

    digest: str
    model: str
    certainty: str
    reason: str


LearnedFrom = Callable[[Sequence[Exposure]], list[Learned]]


class Holder(Protocol):
    """A place that may hold traces of persons.

    Every method may be called again at any time, also after a process died inside of it, and then finishes what was
    begun; several processes may call at once. Nothing that a method returns, logs or raises names a person but by
    their digest. Persons that a place does not hold are no error.
    """

    name: str

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        """Every trace, in what is in use and in what is merely still lying there."""
        ...

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:
        """Take the persons out of what is in use; the number of rows, lines or entries taken out by this call.

        Args:
            traces: Persons.
            cause: Name of the pass, e.g. "erasure 1f0c9a"; the same for each repetition.
        """
        ...

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:
        """Destroy what `erase` left lying there: old files, old log entries, free pages; the number of files."""
        ...
