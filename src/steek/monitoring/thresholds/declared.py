"""Thresholds as a project declares them: told, or learned from the series' own past."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args

from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration

Season = Literal["day", "week", "hour of week"]
Holidays = tuple[tuple[str, tuple[date, ...]], ...]

DAY = timedelta(days=1)
_DAYS, _LEAST_DAYS = 28, 7


@dataclass(frozen=True, slots=True)
class LearnedThreshold:
    """Bounds from the series' own past windows; see `learned`.

    `min_history` and `windows` are None for so many windows as make 7 and 28 days; `sized` says how many that is.
    """

    width: float
    min_history: int | None = None
    season: Season | None = None
    windows: int | None = None
    min_volume: float = 0.0
    recompute_s: float = 86400.0
    drift_weeks: int | None = 14
    holidays: Holidays = ()
    budget_per_week: float = 1.0

    def sized(self, window: timedelta) -> "SizedThreshold":
        """With the numbers of windows that this threshold means for windows of such length."""
        a_day = max(1, round(DAY / window))
        least = _LEAST_DAYS * a_day if self.min_history is None else self.min_history
        return SizedThreshold(self, least, max(_DAYS * a_day, least) if self.windows is None else self.windows)

    def holiday(self, day: date) -> str | None:
        """Name of the holiday that a day is; None for an ordinary day."""
        return next((name for name, days in self.holidays if day in days), None)

    def wider(self, width: float) -> "LearnedThreshold":
        """The same rule at another width."""
        return replace(self, width=width)


@dataclass(frozen=True, slots=True)
class SizedThreshold:
    """A learned threshold with its least and greatest number of past windows."""

    rule: LearnedThreshold
    min_history: int
    windows: int


@dataclass(frozen=True, slots=True)
class ExplicitThreshold:
    """Bounds in the unit of the indicator; None means unbounded on that side."""

    lower: float | None
    upper: float | None


Threshold = LearnedThreshold | ExplicitThreshold


def learned(
    width: float = 6.0,
    min_history: int | None = None,
    season: Season | None = None,
    *,
    windows: int | None = None,
    min_volume: float = 0.0,
    recompute: str = "1d",
    drift_weeks: int | None = 14,
    holidays: Mapping[str, Sequence[date]] | None = None,
    budget_per_week: float = 1.0,
) -> LearnedThreshold:
    """Bounds by median and MAD of the windows before, never of those inside an incident.

    Args:
        width: Half-width in spreads; 6 is meant to alert, 3 to look at.
        min_history: With fewer measured windows the verdict is undecided; None means 7 days of them, at least 7.
        season: What each part gets its own centre of, once it was seen three times: "day" the hour of the day, "week"
            the day of the week, "hour of week" both, falling back to the hour of the day while history is short.
        windows: How many windows back the past reaches; None means 28 days of them, at least 28.
        min_volume: A window with fewer rows is undecided.
        recompute: How long learned bounds are used before they are learned again, e.g. "1d".
        drift_weeks: How many weeks back the check for slow drift looks, 10 or more; None for no such check.
        holidays: Days of their own, by name: they teach nothing and are not judged, except by rules that need no past.
        budget_per_week: Alerts per week that are bearable; a back-test that finds more says so before the rule is used.

    Raises:
        DeclarationError: a width that is not positive, a history that is too short to have a spread, and the like.
    """
    rule = LearnedThreshold(
        float(width), min_history, season, windows, float(min_volume), _seconds(recompute), drift_weeks,
        tuple(sorted((name, tuple(sorted(days))) for name, days in (holidays or {}).items())), float(budget_per_week),
    )  # fmt: skip
    if not width > 0 or not math.isfinite(width) or not _reaches(rule):
        message = f"learned(width={width}, min_history={min_history}, windows={windows}) cannot work"
        raise DeclarationError(message, next_step="width must be positive and 3 <= min_history <= windows.")
    if season is not None and season not in get_args(Season):
        message = f"season is {season!r}; allowed: None, {', '.join(map(repr, get_args(Season)))}"
        raise DeclarationError(message)
    if (drift_weeks is not None and not 10 <= drift_weeks <= 53) or min_volume < 0 or budget_per_week < 0:
        message = (
            f"learned(drift_weeks={drift_weeks}, min_volume={min_volume}, budget_per_week={budget_per_week})"
            " cannot work; allowed: drift_weeks None or 10 to 53, the others 0 or more"
        )
        raise DeclarationError(message)
    return rule


def explicit(*, lower: float | None = None, upper: float | None = None) -> ExplicitThreshold:
    """Fixed bounds, in the unit of the indicator; both ends are still well.

    Raises:
        DeclarationError: no bound at all, or a lower one above the upper one.
    """
    if lower is None and upper is None:
        message = "explicit() bounds nothing"
        raise DeclarationError(message, next_step="Give lower=, upper=, or both; or use learned().")
    if lower is not None and upper is not None and lower > upper:
        message = f"explicit(lower={lower}, upper={upper}) leaves no value that is well"
        raise DeclarationError(message)
    return ExplicitThreshold(lower, upper)


def _reaches(rule: LearnedThreshold) -> bool:
    sized = rule.sized(DAY)
    return 3 <= sized.min_history <= sized.windows


def _seconds(recompute: str) -> float:
    seconds = parse_duration(recompute).total_seconds()
    if seconds <= 0:
        message = f"recompute={recompute!r} is no time; write a duration such as '1d'"
        raise DeclarationError(message)
    return seconds
