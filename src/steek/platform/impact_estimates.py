"""What of an incident's impact can be counted: from the prediction log, its members, and monitors of money."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import polars as pl

from steek.data import Lake
from steek.incidents import Estimate, Phase, Span, Story
from steek.incidents.impact.types import Dimension
from steek.kernel.clock import Clock
from steek.kernel.errors import SteekError
from steek.kernel.urn import Urn
from steek.kernel.verdict import Verdict
from steek.monitoring import Monitoring
from steek.monitoring.alerting.systems import system_of
from steek.serving.prediction_record import PREDICTIONS

# Units in which monitors measure money; anything else is not taken for money.
CURRENCIES = frozenset({"EUR", "USD", "CHF", "GBP", "JPY", "RUB", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK"})
_MOST_NAMES = 50
_logger = logging.getLogger(__name__)


def impact_estimates(lake: Lake, monitoring: Monitoring, clock: Clock) -> Callable[[Story], Sequence[Estimate]]:
    """Counts slices, predictions, partners and money; what nothing tells of is left out, never guessed."""

    def estimate(story: Story) -> list[Estimate]:
        found = _slices(story)
        for count in (lambda: _predictions(lake, story, clock.now()), lambda: _money(monitoring, story)):
            try:
                found += count()
            except SteekError as cause:
                # An incident must be declared also where the lake does not answer.
                _logger.warning("impact of incident %s is not counted: %s", story.incident.id, cause.message)
        return found

    return estimate


def _slices(story: Story) -> list[Estimate]:
    names = tuple(dict.fromkeys(alert.slice for alert in story.alerts if alert.slice is not None))
    if not names:
        return []
    count = float(len(names))
    return [Estimate(Dimension.SLICES, count, None, "slices", "slices that fired an alert", names[:_MOST_NAMES])]


def _predictions(lake: Lake, story: Story, now: datetime) -> list[Estimate]:
    """Answers of the models affected since the onset; partners are the members of a fleet that gave them.

    At least those of the models that were seen to be wrong, since the latest onset; at most those of every model that
    is made from what broke, since the earliest.
    """
    version = lake.latest_version(PREDICTIONS)
    affected = _models(story.incident.systems)
    if version is None or not affected:
        return []
    seen = _models([story.incident.subject, *(system_of(alert.subject) for alert in story.alerts)])
    onset, end = _onset(story), story.incident.resolved_at or now
    whole = not story.alerts or any(alert.slice is None for alert in story.alerts)
    rows = lake.scan(PREDICTIONS, version=version).select("at", "model", "member", "version")
    answered = rows.filter(pl.col("version").is_not_null() & (pl.col("at") < end))
    least = most = None
    if onset.latest_at is not None and whole and seen:
        least = answered.filter(pl.col("model").is_in(seen) & (pl.col("at") >= onset.latest_at))
    if onset.earliest_at is not None:
        most = answered.filter(pl.col("model").is_in(affected) & (pl.col("at") >= onset.earliest_at))
    low, low_members = _count(least)
    high, high_members = _count(most)
    if not low and high is None:
        return []  # none that is known of, and nothing says how many at most
    models = ", ".join(affected)
    evidence = f"answers of {models} in the prediction log, as collected in version {version}"
    found = [Estimate(Dimension.PREDICTIONS, low, high, "predictions", evidence)]
    if low_members or high_members:
        members = high_members if high is not None else low_members
        bounds = (None if low is None else float(len(low_members)), None if high is None else float(len(high_members)))
        why = f"members of {models} that answered in that time"
        found.append(Estimate(Dimension.PARTNERS, *bounds, "partners", why, members[:_MOST_NAMES]))
    return found


def _count(rows: pl.LazyFrame | None) -> tuple[float | None, tuple[str, ...]]:
    if rows is None:
        return None, ()
    by_member = rows.group_by("member").len().collect()
    members = by_member.drop_nulls("member")["member"].sort().to_list()
    return float(by_member["len"].sum()), tuple(str(member) for member in members)


def _money(monitoring: Monitoring, story: Story) -> list[Estimate]:
    """By how much monitors of money lay outside their bounds; what that cost besides is not known."""
    onset = _onset(story)
    lost: dict[str, float] = {}
    names: list[str] = []
    for name in dict.fromkeys(alert.monitor for alert in story.alerts if alert.slice is None):
        if name not in monitoring.monitors:
            continue
        series = monitoring.series(name, None, since=onset.earliest_at, until=story.incident.resolved_at)
        if series.unit not in CURRENCIES:
            continue
        names.append(name)
        for point in (one for one in series.points if one.verdict is Verdict.FAIL and one.value is not None):
            assert point.value is not None, "chosen so"
            below = 0.0 if point.lower is None else max(point.lower - point.value, 0.0)
            above = 0.0 if point.upper is None else max(point.value - point.upper, 0.0)
            lost[series.unit] = lost.get(series.unit, 0.0) + below + above
    if len(lost) != 1:
        return []
    [(unit, amount)] = lost.items()
    evidence = f"how far {', '.join(names)} lay outside of its bounds"
    return [Estimate(Dimension.MONEY, amount, None, unit, evidence)]


def _onset(story: Story) -> Span:
    return next(phase.start for phase in story.phases if phase.phase is Phase.OUTAGE_BEGINS)


def _models(systems: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(urn.name for urn in map(Urn.parse, systems) if urn.kind == "model"))
