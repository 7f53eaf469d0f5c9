"""The loop in numbers, as families of Prometheus metrics. Labels are bounded: what the project declares.

No label holds a person, a row or free text; owners stay out because they are often addresses. Slices come only as far
as the setting metric_slices allows.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from steek.data import Dataset
from steek.platform import Platform
from steek.platform.backlog import SliceValue, ingestion_backlog, worst_slices

_STATES = ("well", "watch", "broken", "undecided")


def monitor_families(platform: Platform) -> Iterator[Metric]:
    """Value, bounds, state and age of every monitor; of those with slices, the slice furthest out."""
    states = platform.monitoring.monitors_state()
    now = platform.clock.now()
    by = ("monitor",)
    told = [((each.monitor,), each) for each in states]
    yield _gauge("monitor_value", "Value of the latest window, of the slice furthest out.", by, _of(told, "value"))
    yield _gauge("monitor_lower_bound", "What the value may not fall below.", by, _of(told, "lower"))
    yield _gauge("monitor_upper_bound", "What the value may not exceed.", by, _of(told, "upper"))
    yield _gauge("monitor_slices", "Slices measured in the latest window.", by, _of(told, "slices"))
    yield _gauge("monitor_failing_slices", "Slices out of their bounds in the latest window.", by, _of(told, "failing"))
    in_state = [((each.monitor, state), float(each.state == state)) for each in states for state in _STATES]
    yield _gauge("monitor_state", "1 for the state that a monitor is in.", ("monitor", "state"), in_state)
    ages = [((each.monitor,), _age_s(each.evaluated_at, now)) for each in states]
    yield _gauge("monitor_evaluation_age_seconds", "Since a monitor was evaluated last.", by, ages)
    info = InfoMetricFamily("steek_monitor", "What a monitor is about.", labels=by)
    for each in states:
        facts = {"indicator": each.indicator, "subject": each.subject, "purpose": each.purpose, "unit": each.unit}
        info.add_metric([each.monitor], facts)
    yield info
    yield from _slice_families(platform)


def alert_families(platform: Platform) -> Iterator[Metric]:
    """Open alerts by purpose, of our own and of others."""
    counts = {(purpose, state): 0.0 for purpose in ("page", "alert") for state in ("firing", "acknowledged")}
    for state in ("firing", "acknowledged"):
        for alert in platform.monitoring.alerts(state):
            monitor = platform.project.monitors.get(alert.monitor)
            purpose = "page" if monitor is not None and monitor.purpose == "page" else "alert"
            counts[purpose, state] += 1
    yield _gauge("alerts_open", "Alerts that are not resolved.", ("purpose", "state"), counts.items())
    outside = float(len(platform.outside_alerts.alerts(open_only=True, limit=1000)))
    yield _gauge("outside_alerts_open", "Alerts of other systems that fire, at most 1000.", (), [((), outside)])
    incidents = float(len(platform.incidents.list(open_only=True)))
    yield _gauge("incidents_open", "Incidents that are not over.", (), [((), incidents)])


def objective_families(platform: Platform) -> Iterator[Metric]:
    """What is left of every error budget, and how fast it burns."""
    states = platform.objectives.states()
    told = [((each.name,), each) for each in states]
    by = ("objective",)
    yield _gauge("objective_target_ratio", "Share of good events that is promised.", by, _of(told, "target"))
    yield _gauge("objective_achieved_ratio", "Share of good events of the period.", by, _of(told, "achieved"))
    left = "Left of the error budget; negative when it is overspent."
    yield _gauge("objective_budget_left_ratio", left, by, _of(told, "left_fraction"))
    yield _gauge("objective_burn_rate", "How many times too fast the budget burns.", by, _of(told, "burn_rate"))
    in_state = [((each.name, state), float(each.state == state)) for each in states for state in _STATES]
    yield _gauge("objective_state", "1 for the state that an objective is in.", ("objective", "state"), in_state)


def notice_families(platform: Platform) -> Iterator[Metric]:
    """What waits in the outbox."""
    targets = platform.notices.targets()
    now = platform.notices.now()
    told = [((each.name,), each) for each in targets]
    by = ("target",)
    yield _gauge("notices_waiting", "Notices that a target was not told of yet.", by, _of(told, "waiting"))
    yield _gauge("notices_dead", "Notices that were given up.", by, _of(told, "dead"))
    ages = [((each.name,), _age_s(each.waiting_since, now) or 0.0) for each in targets]
    yield _gauge("notices_oldest_waiting_seconds", "Age of the oldest that waits; 0 when none does.", by, ages)


def ingestion_families(platform: Platform) -> Iterator[Metric]:
    """What waits in front of the lake."""
    now = platform.clock.now()
    taken = [name for name, dataset in platform.project.datasets.items() if isinstance(dataset, Dataset)]
    waiting: dict[str, tuple[float, float, float]] = dict.fromkeys(taken, (0.0, 0.0, 0.0))
    for each in ingestion_backlog(platform.database):
        waiting[each.dataset] = (each.batches, each.size_bytes, _age_s(each.oldest_at, now) or 0.0)
    families = (
        ("ingestion_waiting_batches", "Acknowledged batches that are not in the lake yet."),
        ("ingestion_waiting_bytes", "Their size."),
        ("ingestion_oldest_waiting_seconds", "Age of the oldest; 0 when none waits."),
    )
    for at, (name, help) in enumerate(families):
        yield _gauge(name, help, ("dataset",), [((dataset,), values[at]) for dataset, values in waiting.items()])
    yield _gauge("ledger_events", "Events in the ledger.", (), [((), float(platform.ledger.tip()[0]))])


def model_families(platform: Platform) -> Iterator[Metric]:
    """Freshness of what serves: since it was trained, and since the newest example it learned from."""
    now = platform.clock.now()
    versions: list[tuple[tuple[str, ...], float | None]] = []
    ages: list[tuple[tuple[str, ...], float | None]] = []
    data_ages: list[tuple[tuple[str, ...], float | None]] = []
    for name in platform.project.definitions:
        primary = platform.routes.get(name).primary
        versions.append(((name,), float(primary or 0)))
        if primary is not None:
            trained = platform.registry.get(name, primary)
            ages.append(((name,), _age_s(trained.trained_at, now)))
            data_ages.append(((name,), _age_s(trained.data_until, now)))
    yield _gauge("model_version", "Version that serves; 0 for none.", ("model",), versions)
    yield _gauge("model_age_seconds", "Since what serves was trained.", ("model",), ages)
    yield _gauge(
        "model_data_age_seconds", "Since the newest example that what serves learned from.", ("model",), data_ages
    )


def _slice_families(platform: Platform) -> Iterator[Metric]:
    most = platform.settings.number("metric_slices")
    if most <= 0:
        return
    found = [each for name in platform.monitoring.monitors for each in worst_slices(platform.database, name, most)]
    for column in ("value", "lower", "upper"):
        name = "monitor_slice_value" if column == "value" else f"monitor_slice_{column}_bound"
        told = [((each.monitor, each.slice), _number(each, column)) for each in found]
        yield _gauge(name, "As of a monitor, of one of its slices.", ("monitor", "slice"), told)


def _number(each: SliceValue, column: str) -> float | None:
    return getattr(each, column)


def _of(told: Sequence[tuple[tuple[str, ...], object]], name: str) -> list[tuple[tuple[str, ...], float | None]]:
    return [(labels, getattr(each, name)) for labels, each in told]


def _gauge(
    name: str, help: str, labels: Sequence[str], samples: Iterable[tuple[tuple[str, ...], float | None]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"steek_{name}", help, labels=labels)
    for values, sample in samples:
        if sample is not None:
            family.add_metric(values, float(sample))
    return family


def _age_s(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else (now - at).total_seconds()
