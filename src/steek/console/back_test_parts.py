"""What a monitor's rule would have done, for its page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from steek.charts import day_marks_svg
from steek.monitoring import Monitoring

_MOST_NOTES = 5


@dataclass(frozen=True, slots=True)
class Learnt:
    """One time that bounds were learned."""

    in_force_at: datetime
    windows: int
    first_window_at: datetime | None
    last_window_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Tested:
    """The last back-test of a rule as a sentence and marked days, and when its bounds were learned; None untested."""

    sentence: str | None
    within_budget: bool
    made_at: datetime | None
    days: Markup
    learned: tuple[Learnt, ...]


def tested(monitoring: Monitoring, name: str) -> Tested:
    """What is kept of a monitor's back-tests and learned bounds."""
    kept = monitoring.thresholds.kept(name)
    notes = monitoring.thresholds.learned(name)[:_MOST_NOTES]
    learned = tuple(
        Learnt(one.in_force_at, one.windows, one.first_window_at, one.last_window_at, one.reason) for one in notes
    )
    if kept is None:
        return Tested(None, True, None, Markup(), learned)
    last = (kept.until_at - timedelta(seconds=1)).date()
    strip = day_marks_svg(kept.fired_on, last=last, days=kept.days, description=kept.sentence)
    return Tested(kept.sentence, kept.within_budget, kept.made_at, Markup(strip), learned)  # noqa: S704 - numbers and days
