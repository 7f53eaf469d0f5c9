"""The seam of parallel work."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Where work of many equal pieces runs; one thread uses an engine at a time.

    `map` calls `function` once for each item and returns the results in the order of the items. Function, items
    and results must pickle; the function must be importable and repeatable, for an item whose worker was lost
    runs again. When calls raise, the error of the first such item (in order) is raised. No items give no results.
    `close` frees the workers; closing twice is harmless, and a later `map` starts new ones.
    """

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]: ...

    def close(self) -> None: ...
