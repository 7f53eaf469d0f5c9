"""How many rows a dataset promises, in total or for each slice."""

from dataclasses import dataclass

from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration

_COUNT = (int, type(None))
_KINDS: dict[str, tuple[type, ...]] = {
    "minimum": _COUNT,
    "maximum": _COUNT,
    "per": (str,),
    "by": (str,),
    "value": (str, int, type(None)),
}


@dataclass(frozen=True, slots=True)
class ExpectedVolume:
    """Rows that one period brings.

    Args:
        minimum: Fewest rows; None when nobody said.
        maximum: Most rows, itself allowed; None when nobody said.
        per: Period of event time that is counted, e.g. "1d".
        by: Field whose values are the slices; empty for all rows together.
        value: The one slice that is meant; None means each slice of `by`.

    >>> ExpectedVolume(minimum=20, by="store_id", value=367).holds(12)
    False
    """

    minimum: int | None = None
    maximum: int | None = None
    per: str = "1d"
    by: str = ""
    value: str | int | None = None

    def __post_init__(self) -> None:
        for name, kinds in _KINDS.items():
            if type(getattr(self, name)) not in kinds:
                message = f"an expected volume has a {name} of type {type(getattr(self, name)).__name__}"
                raise DeclarationError(message, next_step="minimum and maximum count rows, per is text such as '1d'.")
        parse_duration(self.per)
        if self.minimum is None and self.maximum is None:
            message = "an expected volume has neither a minimum nor a maximum"
            raise DeclarationError(message, next_step="Give at least one of them, in rows.")
        if (self.minimum or 0) < 0 or (self.maximum is not None and self.maximum < (self.minimum or 0)):
            message = f"an expected volume of {self.minimum} to {self.maximum} rows is impossible"
            raise DeclarationError(message, next_step="0 <= minimum <= maximum.")
        if self.value is not None and not self.by:
            message = f"an expected volume is about the slice {self.value!r} of no field"
            raise DeclarationError(message, next_step="Name the field in 'by'.")

    @property
    def slice(self) -> str:
        """The slice in words."""
        if not self.by:
            return "all rows"
        return f"each {self.by}" if self.value is None else f"{self.by} = {self.value}"

    def holds(self, rows: int) -> bool:
        """Whether a count of one period is as promised."""
        return (self.minimum is None or rows >= self.minimum) and (self.maximum is None or rows <= self.maximum)
