"""Half-open intervals of event time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from steek.kernel.errors import InputError


@dataclass(frozen=True, slots=True)
class Window:
    """[start_at, end_at), both aware UTC."""

    start_at: datetime
    end_at: datetime

    def __post_init__(self) -> None:
        if not self.start_at < self.end_at:
            message = f"a window must end after it starts: {self.start_at.isoformat()} to {self.end_at.isoformat()}"
            raise InputError(message)

    @classmethod
    def of_day(cls, day: date, starts_at: time) -> "Window":
        """The business day that begins on `day` at `starts_at` UTC and lasts 24 hours."""
        start = datetime.combine(day, starts_at, tzinfo=UTC)
        return cls(start, start + timedelta(days=1))

    @classmethod
    def before(cls, end_at: datetime, length: timedelta) -> "Window":
        """The window of `length` that ends at `end_at`."""
        return cls(end_at - length, end_at)

    def days(self) -> list["Window"]:
        """The window cut into pieces of 24 hours from its start; the last may be shorter."""
        pieces: list[Window] = []
        start = self.start_at
        while start < self.end_at:
            end = min(start + timedelta(days=1), self.end_at)
            pieces.append(Window(start, end))
            start = end
        return pieces
