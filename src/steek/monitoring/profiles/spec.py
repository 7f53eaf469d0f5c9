"""What is profiled, and how: the declaration of a project, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args

from steek.kernel.errors import DeclarationError
from steek.kernel.windows import Window

Length = Literal["1h", "1d"]
By = str | tuple[str, ...]
ColumnKind = Literal["number", "category", "moment", "bare"]
LENGTHS: Mapping[str, timedelta] = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}
MOST_SLICES = 2000
# The slice that holds the rows of those that are too many.
OTHER = "(other)"
_MONDAY = datetime(2001, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Profiled:
    """How a dataset, feature view or model is profiled; whatever is not declared is profiled by the defaults.

    Args:
        name: "transactions", "features.household_recent", "predictions.next_purchase" or "inputs.next_purchase".
        by: Columns whose values are slices; a tuple of columns is one slice for each combination. None takes the
            `volume_by` of a dataset, and the version of a model.
        window: "1d" or "1h".
        columns: Which columns; None for all.
        most_slices: For each of `by`. Beyond it the largest slices and those known before are kept, the rows of the
            others are counted together as "(other)", and the state says so with their number.

    Raises:
        DeclarationError: an unknown window, or no slice allowed.
    """

    name: str
    by: tuple[By, ...] | None = None
    window: Length = "1d"
    columns: tuple[str, ...] | None = None
    most_slices: int = MOST_SLICES

    def __post_init__(self) -> None:
        if self.window not in get_args(Length):
            message = f"profiles of {self.name} have the window {self.window!r}; allowed: {', '.join(get_args(Length))}"
            raise DeclarationError(message)
        if self.most_slices < 1:
            message = f"profiles of {self.name} allow {self.most_slices} slices; at least 1 is needed"
            raise DeclarationError(message)


@dataclass(frozen=True, slots=True)
class ProfileSpec:
    """What a profile is made of.

    Args:
        what: What is profiled, as `Profiled` names it.
        table: The lake table that its rows come from.
        event_time: Column that says to which window a row belongs; None puts all rows into the window of their
            arrival.
        by: Slices, as in `Profiled`.
        length: Length of a window.
        starts_at: When days begin, UTC.
        columns: Which columns; None for all.
        bare: Columns whose values are personal: rows and nulls are counted, nothing else is looked at.
        whole: Every version of the table is all there is, not more of it.
        most_slices: As in `Profiled`.
    """

    what: str
    table: str
    event_time: str | None = None
    by: tuple[By, ...] = ()
    length: timedelta = LENGTHS["1d"]
    starts_at: time = time()
    columns: tuple[str, ...] | None = None
    bare: frozenset[str] = field(default_factory=frozenset[str])
    whole: bool = False
    most_slices: int = MOST_SLICES

    @property
    def origin(self) -> datetime:
        """A moment at which a window begins; windows are counted from it."""
        return datetime.combine(_MONDAY.date(), self.starts_at, tzinfo=UTC)

    def window_of(self, at: datetime) -> Window:
        """The window that a moment belongs to."""
        start = self.origin + (at - self.origin) // self.length * self.length
        return Window(start, start + self.length)


def columns_of(by: By) -> tuple[str, ...]:
    """The columns of one way to slice."""
    return (by,) if isinstance(by, str) else by
