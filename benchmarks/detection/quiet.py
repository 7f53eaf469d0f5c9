"""The year as it is: every alert of it is one that somebody would have to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from benchmarks.detection.days import DAYS, window_of
from benchmarks.detection.judging import Fired, Series, Walk
from benchmarks.detection.models import MODELS
from benchmarks.detection.store import EDGES

# From here on every check has the past it asks for; the one for slow drift asks for fourteen weeks.
ARMED_DAY = 98
_DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Quiet:
    """Alerts of the untouched days from `ARMED_DAY` on."""

    fired: Sequence[Fired]
    days: int

    @property
    def months(self) -> float:
        return self.days / _DAYS_A_MONTH

    def per_model_and_month(self, fired: Sequence[Fired] | None = None) -> Mapping[str, float]:
        """Alerts about a model, or about anything that it is made from, in a month, by model."""
        chosen = self.fired if fired is None else fired
        return {model: sum(one.subject in upstream(model) for one in chosen) / self.months for model in MODELS}

    def storms(self) -> Sequence[Sequence[Fired]]:
        """Alerts that would come as one: of one day, about things that are made from each other."""
        days: dict[int, list[Fired]] = {}
        for one in self.fired:
            days.setdefault(one.day, []).append(one)
        return [days[day] for day in sorted(days)]


def quiet_year(series: Mapping[str, Series], first: int = ARMED_DAY, last: int = DAYS) -> Quiet:
    """Evaluate every monitor on every day, beginning early enough for alerts that were open before."""
    fired: list[Fired] = []
    for name in sorted(series):
        days = range(max(first - 14, 0), last)
        walk = Walk(series[name], days)
        fired += [one for day in days for one in walk.step(day) if day >= first]
    return Quiet(sorted(fired, key=lambda one: (one.day, one.monitor, one.slice or "")), last - first)


def upstream(model: str) -> set[str]:
    """A model and all that it is made from, as URNs."""
    found, grown = {f"model:{model}"}, True
    while grown:
        above = {upper for upper, lower in EDGES if lower in found}
        grown = not above <= found
        found |= above
    return found


def date_of(day: int) -> date:
    return window_of(day).start_at.date()
