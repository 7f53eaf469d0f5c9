"""Which days a replay plays."""

from dataclasses import dataclass
from datetime import date, timedelta

FIRST_NIGHT = date(2017, 10, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Length and size of a replay.

    Args:
        nights: How many nights, from 2017-10-01.
        history_days: Days of data that are ingested before the first night.
        household_share: Share of the households that exist, in (0, 1].
        partners: How many partners the store has; None for all.
        key_change_night: Number of the night, from 1, whose product master has new keys.
    """

    nights: int
    history_days: int
    household_share: float
    partners: int | None
    key_change_night: int

    @property
    def days(self) -> list[date]:
        """Business days of the nights, in order."""
        return [FIRST_NIGHT + timedelta(days=number) for number in range(self.nights)]

    @property
    def history(self) -> tuple[date, date]:
        """First and last business day of the history."""
        return FIRST_NIGHT - timedelta(days=self.history_days), FIRST_NIGHT - timedelta(days=1)

    @property
    def key_change_day(self) -> date | None:
        """The business day in whose evening the keys change; None when the replay ends before."""
        day = FIRST_NIGHT + timedelta(days=self.key_change_night - 1)
        return day if day in self.days else None
