"""What notices: monitors that alert, and objectives."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from steek.incidents.defences.coverage import Coverage
from steek.incidents.defences.declared import Declared
from steek.incidents.defences.safeguard import Safeguard
from steek.kernel.urn import Urn
from steek.monitoring import Monitor, Objective

# The figure of answers that are infinite or missing.
_NO_NUMBERS = "non-finite share"


def safeguards_of_watching(
    declared: Declared, monitors: Mapping[str, Monitor], coverage: Coverage
) -> Iterator[Safeguard]:
    """Of every armed monitor, of every objective, and of the words that say what their alarms mean.

    Args:
        declared: Says whom a dataset feeds.
        monitors: All monitors there are, those that come by default too.
        coverage: Says of which kind a monitor of an indicator is.
    """
    for name, monitor in monitors.items():
        if not is_armed(monitor):
            continue
        models = protected_by(declared, monitor)
        text, link = f"monitor {name} ({monitor.indicator.name})", f"/monitors/{quote(name, safe='')}"
        means = coverage.means_of_indicator(monitor.indicator.name)
        if means is not None:
            yield Safeguard(means, str(monitor.indicator.target), text, models, link)
        if monitor.indicator.parameters.get("statistic") == _NO_NUMBERS:
            yield Safeguard("monitor_numbers", str(monitor.indicator.target), text, models, link)
        if monitor.description:
            yield Safeguard("process_runbook", monitor.subject, f"what an alert of {name} means", models, link)
    for name, objective in declared.objectives.items():
        yield from _of_objective(declared, name, objective, monitors, coverage)


def is_armed(monitor: Monitor) -> bool:
    """Whether it tells anybody; a chart never does."""
    return monitor.purpose != "chart"


def protected_by(declared: Declared, monitor: Monitor) -> frozenset[str]:
    """Models that a monitor is about, or whose data it watches."""
    named = {Urn.parse(monitor.subject), monitor.indicator.target}
    found: set[str] = set()
    for urn in named:
        if urn.kind == "dataset":
            found |= declared.readers_of(urn.name)
        elif urn.name.partition("/")[0] in declared.models:
            found.add(urn.name.partition("/")[0])
    return frozenset(found)


def _of_objective(
    declared: Declared, name: str, objective: Objective, monitors: Mapping[str, Monitor], coverage: Coverage
) -> Iterator[Safeguard]:
    link = f"/objectives/{quote(name, safe='')}"
    watched = objective.monitor
    monitor = monitors.get(watched) if isinstance(watched, str) else watched
    if monitor is not None:
        models = protected_by(declared, monitor)
    elif objective.indicator is not None and objective.indicator.target.kind == "dataset":
        models = declared.readers_of(objective.indicator.target.name)
    elif objective.indicator is not None:
        models = frozenset({objective.indicator.target.name}) & frozenset(declared.models)
    else:
        models = frozenset[str]()
    indicator = objective.indicator or (None if monitor is None else monitor.indicator)
    means = None if indicator is None else coverage.means_of_indicator(indicator.name)
    if means is not None and indicator is not None:
        yield Safeguard(means, str(indicator.target), f"objective {name}", models, link)
    if objective.policy is not None:
        yield Safeguard("process_runbook", f"objective:{name}", f"policy of the budget of {name}", models, link)
