"""The stations of the loop for one model: state, one number, what it is compared with, a sparkline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from markupsafe import Markup

from steek.charts import sparkline_svg
from steek.console.indicator_words import name_beside, value_words, well_words
from steek.console.pictures import spark
from steek.console.words import ago
from steek.kernel.units import format_duration
from steek.ledger import Event
from steek.models import ModelDefinition, TrainedModel
from steek.monitoring import Monitor, Monitoring, MonitorState, slice_words
from steek.serving import Route

STATIONS = ("data", "features", "training", "gate", "serving", "outcome")
# What tells a station, the most telling first.
_INDICATORS: Mapping[str, tuple[str, ...]] = {
    "data": ("join_matched", "volume"),
    "training": ("model_age", "data_age"),
    "gate": ("golden_change",),
    "serving": ("fallback_share", "prediction_mean"),
    "outcome": ("outcome_hit_rate", "expected_vs_observed"),
}
_PURPOSES = ("page", "alert", "chart")
_WORST_FIRST = ("broken", "watch", "undecided", "well")
_SPARK_DAYS = 28


@dataclass(frozen=True, slots=True)
class Station:
    """One cell of the loop. `health` is well, watch, broken or undecided."""

    name: str
    health: str
    number: str
    comparison: str
    spark: Markup
    href: str


def worst(healths: Sequence[str]) -> str:
    """The state that a person should hear first; nothing is undecided.

    >>> worst(["well", "undecided"]), worst([])
    ('undecided', 'undecided')
    """
    return next((health for health in _WORST_FIRST if health in healths), "undecided")


def monitored(
    station: str,
    model: str,
    monitors: Sequence[Monitor],
    states: Mapping[str, MonitorState],
    monitoring: Monitoring,
    *,
    now: datetime,
    href: str,
) -> Station | None:
    """A station told by what is out of its bounds, else by its most telling monitor; None when none watches it."""
    ranks = {indicator: rank for rank, indicator in enumerate(_INDICATORS[station])}
    watching = [one for one in monitors if one.indicator.name in ranks and one.name in states]
    if not watching:
        return None
    told = min(watching, key=lambda one: _rank(one, states[one.name], ranks[one.indicator.name]))
    state = states[told.name]
    series = monitoring.series(told.name, state.slice, since=now - timedelta(days=_SPARK_DAYS))
    what = slice_words(state.slice) if state.slice is not None else name_beside(told.name, model)
    comparison = f"{what}, {well_words(state)}"
    number = value_words(state.indicator, state.value, state.unit)
    return Station(station, state.state, number, comparison, spark(series, state.state, told.name), href)


def _rank(monitor: Monitor, state: MonitorState, telling: int) -> tuple[int, int, int, int]:
    """Order of what a person should hear first: out of bounds, then telling, then for the whole and not a slice."""
    loud = {"broken": 0, "watch": 1}.get(state.state, 2)
    return loud, _PURPOSES.index(monitor.purpose), telling, int(state.slices > 1 or state.slice is not None)


@dataclass(frozen=True, slots=True)
class ViewAge:
    """A feature view's snapshots: `newest_at` None while there is none, `sizes` their rows, oldest first."""

    name: str
    newest_at: datetime | None
    limit: timedelta
    sizes: tuple[int, ...]


def features_station(views: Sequence[ViewAge], *, now: datetime, href: str) -> Station:
    """Age of a model's oldest feature snapshot against its view's time to live, beyond which it may not be used."""
    if not views:
        return Station("features", "undecided", "none", "no stored features", Markup(), href)
    missing = [view.name for view in views if view.newest_at is None]
    if missing:
        return Station("features", "undecided", "nothing yet", f"{missing[0]} was never built", Markup(), href)
    ages = [(now - view.newest_at, view) for view in views if view.newest_at is not None]
    age, view = max(ages, key=lambda pair: pair[0] / pair[1].limit)
    health = "broken" if age >= view.limit else "well"
    comparison = f"{view.name.replace('_', ' ')}: {view.sizes[-1]:,} rows, at most {format_duration(view.limit)}"
    spoken = f"rows of {view.name}, last {len(view.sizes)} snapshots"
    # Safe: drawn from numbers, and the description is escaped.
    drawn = Markup(sparkline_svg(view.sizes, state=health, description=spoken))  # noqa: S704
    return Station("features", health, f"{_age(age)} old", comparison, drawn, href)


def training_station(definition: ModelDefinition, latest: TrainedModel | None, *, now: datetime, href: str) -> Station:
    """Age of the newest trained model against the freshness objective, where no monitor tells it."""
    if latest is None:
        return Station("training", "undecided", "never", "no version is trained yet", Markup(), href)
    age, limit = now - latest.trained_at, definition.freshness.limit
    health = "broken" if age > limit else "well"
    comparison = f"version {latest.version}, {latest.rows:,} rows, objective {format_duration(limit)}"
    return Station("training", health, f"{_age(age)} old", comparison, Markup(), href)


def gate_station(decision: Event | None, beside: Station | None, *, now: datetime, href: str) -> Station:
    """The latest verdict of the gate; `beside`, what the golden set says, lends sparkline and words; broken, all."""
    if decision is None:
        return Station("gate", "undecided", "no verdict", "no gate has decided yet", Markup(), href)
    verdict = str(decision.payload.get("verdict", "undecided"))
    health = {"pass": "well", "fail": "broken"}.get(verdict, "undecided")
    if decision.kind == "gate.overridden":
        verdict, health = "overridden", "watch"
    checks = decision.payload.get("checks")
    total = len(cast("list[object]", checks)) if isinstance(checks, list) else 0
    comparison = f"{total} checks, {ago(decision.at, now)}" if total else ago(decision.at, now)
    if beside is not None and beside.health == "broken":
        return beside
    if beside is not None and beside.spark:
        comparison += f"; golden answers: {beside.number}"
    return Station("gate", health, verdict, comparison, beside.spark if beside else Markup(), href)


def serving_station(route: Route, beside: Station | None, *, href: str) -> Station:
    """Which version serves; `beside`, a monitor's station, tells how well."""
    if route.primary is None:
        return Station("serving", "undecided", "nothing", "nothing was deployed yet", Markup(), href)
    number = f"version {route.primary}"
    words = [f"canary {route.candidate} on {route.fraction:.0%}"] if route.candidate is not None else []
    if route.members:
        words.append(f"{len(route.members)} members rolled back")
    if beside is None:
        words.append("no monitor watches it")
        return Station("serving", "undecided", number, "; ".join(words), Markup(), href)
    words.append(f"{beside.number}, {beside.comparison.partition(', ')[2]}")
    return Station("serving", beside.health, number, "; ".join(words), beside.spark, href)


def unwatched(station: str, href: str) -> Station:
    """A station that no monitor watches: a hole, and said so."""
    return Station(station, "undecided", "not watched", "declare a monitor", Markup(), href)


def _age(age: timedelta) -> str:
    return format_duration(timedelta(seconds=max(round(age.total_seconds() / 60) * 60, 60)))
