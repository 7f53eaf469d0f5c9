"""The stations of the loop for one model: state, one number, what it is compared with, a sparkline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from markupsafe import Markup

from steek.console.pictures import bounds_words, spark
from steek.console.words import ago, quantity
from steek.kernel.units import format_duration
from steek.ledger import Event
from steek.models import ModelDefinition, TrainedModel
from steek.monitoring import Monitor, Monitoring, MonitorState
from steek.serving import Route

STATIONS = ("data", "features", "training", "gate", "serving", "outcome")
_INDICATORS: Mapping[str, frozenset[str]] = {
    "data": frozenset({"volume", "join_matched"}),
    "training": frozenset({"data_age", "model_age"}),
    "gate": frozenset({"golden_change"}),
    "serving": frozenset({"fallback_share", "prediction_mean"}),
    "outcome": frozenset({"outcome_hit_rate", "expected_vs_observed"}),
}
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


def short_name(monitor: Monitor, model: str) -> str:
    """The monitor's name in words, without the name of the model it is read beside.

    >>> from types import SimpleNamespace
    >>> short_name(SimpleNamespace(name="search_ranking_fallbacks"), "search_ranking")
    'fallbacks'
    """
    return monitor.name.removeprefix(f"{model}_").replace("_", " ")


def _slice_words(slice: str | None) -> str:
    return "" if slice is None else slice.removeprefix("join=")


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
    """A station told by the worst of its monitors, or None when none of them watches it."""
    watching = [monitor for monitor in monitors if monitor.indicator.name in _INDICATORS[station]]
    measured = [(monitor, states[monitor.name]) for monitor in watching if monitor.name in states]
    if not measured:
        return None
    health = worst([state.state for _, state in measured])
    monitor, state = next(pair for pair in measured if pair[1].state == health)
    since = now - timedelta(days=_SPARK_DAYS)
    series = monitoring.series(monitor.name, state.slice, since=since)
    well = bounds_words(state.lower, state.upper, series.unit)
    told = state.reason if health in {"broken", "undecided"} and not well else well
    name = short_name(monitor, model)
    comparison = ", ".join(part for part in (_slice_words(state.slice) or name, told) if part)
    drawn = spark(series, health, monitor.name)
    return Station(station, health, quantity(state.value, series.unit), comparison, drawn, href)


def features_station(
    newest: Mapping[str, datetime | None], limits: Mapping[str, timedelta], *, now: datetime, href: str
) -> Station:
    """Age of the oldest of a model's feature snapshots against the time to live of its view.

    Args:
        newest: View to the moment of its newest snapshot, None when it has none.
        limits: View to its time to live, beyond which its values may not be used.
        now: The present.
        href: Where the cell leads.
    """
    if not newest:
        return Station("features", "undecided", "none", "no stored features", Markup(), href)
    missing = [view for view, at in newest.items() if at is None]
    if missing:
        return Station("features", "undecided", "nothing yet", f"{missing[0]} was never built", Markup(), href)
    ages = {view: now - at for view, at in newest.items() if at is not None}
    used = {view: age / limits[view] for view, age in ages.items()}
    view = max(used, key=lambda name: used[name])
    health = "broken" if used[view] >= 1 else "well"
    comparison = f"{view.replace('_', ' ')}, under {format_duration(limits[view])}"
    return Station("features", health, f"{_age(ages[view])} old", comparison, Markup(), href)


def training_station(definition: ModelDefinition, latest: TrainedModel | None, *, now: datetime, href: str) -> Station:
    """Age of the newest trained model against the freshness objective, where no monitor tells it."""
    if latest is None:
        return Station("training", "undecided", "never", "no version is trained yet", Markup(), href)
    age, limit = now - latest.trained_at, definition.freshness.limit
    health = "broken" if age > limit else "well"
    comparison = f"version {latest.version}, {latest.rows:,} rows, objective {format_duration(limit)}"
    return Station("training", health, f"{_age(age)} old", comparison, Markup(), href)


def gate_station(decision: Event | None, beside: Station | None, *, now: datetime, href: str) -> Station:
    """The latest verdict of the gate; `beside` lends its sparkline and, when it is worse, its words."""
    if decision is None:
        return Station("gate", "undecided", "no verdict", "no gate has decided yet", Markup(), href)
    verdict = str(decision.payload.get("verdict", "undecided"))
    health = {"pass": "well", "fail": "broken"}.get(verdict, "undecided")
    if decision.kind == "gate.overridden":
        verdict, health = "overridden", "watch"
    checks = decision.payload.get("checks")
    total = len(cast("list[object]", checks)) if isinstance(checks, list) else 0
    comparison = f"{total} checks, {ago(decision.at, now)}" if total else ago(decision.at, now)
    if beside is not None and worst([health, beside.health]) != health:
        return beside
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
    words.append(f"{beside.number} {beside.comparison}")
    return Station("serving", beside.health, number, "; ".join(words), beside.spark, href)


def unwatched(station: str, href: str) -> Station:
    """A station that no monitor watches: a hole, and said so."""
    return Station(station, "undecided", "not watched", "declare a monitor", Markup(), href)


def _age(age: timedelta) -> str:
    return format_duration(timedelta(seconds=max(round(age.total_seconds() / 60) * 60, 60)))
