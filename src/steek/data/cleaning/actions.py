"""One action of a cleaning list: what it changes, what it implies, and what decides its result."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from steek.kernel.errors import DeclarationError
from steek.kernel.records import content_hash
from steek.measures import Implied

KEEPS_ROWS = Implied()
_HASH_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Bands of a number: value v is in band i when `cuts[i - 1] <= v < cuts[i]`.

    Args:
        source: Field whose values are put into bands.
        into: Field that names the band.
        cuts: Rising boundaries.
        labels: One name per band, one more than cuts.
    """

    source: str
    into: str
    cuts: tuple[float, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.cuts or list(self.cuts) != sorted(set(self.cuts)):
            message = f"boundaries of {self.source!r} must rise: {', '.join(f'{cut:g}' for cut in self.cuts) or 'none'}"
            raise DeclarationError(message, next_step="Give each boundary once, the smallest first.")
        if len(self.labels) != len(self.cuts) + 1 or len(set(self.labels)) != len(self.labels):
            message = f"{self.into!r} needs {len(self.cuts) + 1} different labels, one per band; got {len(self.labels)}"
            raise DeclarationError(message)

    @property
    def version(self) -> str:
        """Hash of field, cuts and labels, 16 hexadecimal digits."""
        return content_hash(self)[:_HASH_LENGTH]


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """One entry of a cleaning list, made by the functions of `sk.clean`.

    Args:
        name: What it does and to which field, e.g. "trim name".
        facts: Everything that decides its result, arguments and code, as plain values.
        transform: Rows to rows, in the same order and number.
        changes: Fields whose values it may change.
        adds: Fields that it writes beside the old ones.
        renames: Columns that it gives another name.
        implied: What it implies for rows and bytes of the fields that it changes and adds.
        boundaries: Its bands, where it quantises.
    """

    name: str
    facts: dict[str, object]
    transform: Callable[[pl.DataFrame], pl.DataFrame]
    changes: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    implied: Implied = KEEPS_ROWS
    boundaries: Boundaries | None = None

    @property
    def hash(self) -> str:
        """Version of the action, 16 hexadecimal digits."""
        return content_hash([self.name, self.facts, self.implied])[:_HASH_LENGTH]


def cleaning_version(actions: Iterable[Action]) -> str:
    """Version of a cleaning list: another action, order, argument or line of code gives another one."""
    return content_hash([action.hash for action in actions])[:_HASH_LENGTH]
