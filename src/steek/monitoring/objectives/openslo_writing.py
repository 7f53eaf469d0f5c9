"""Objectives as OpenSLO v1 documents."""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import yaml

from steek.kernel.records import content_hash, to_plain
from steek.kernel.units import parse_duration
from steek.monitoring.monitor import Monitor
from steek.monitoring.objectives.objective import Objective, duration_text
from steek.monitoring.thresholds.declared import ExplicitThreshold

API_VERSION = "openslo/v1"
SOURCE = "steek"
PREFIX = "steek/"
PAGE, TICKET = "page", "ticket"
_NAME_CHARACTERS = 63

Node = dict[str, Any]


def write_openslo(objectives: Iterable[tuple[Objective, Monitor | None]]) -> str:
    """Objectives, each with its monitor, as one stream of YAML documents; "" for none.

    What OpenSLO has no word for stands in annotations that begin with "steek/": owner, purpose, budget policy, and the
    threshold of the monitor where it is learned or has two sides.
    """
    documents = [_document(objective, monitor) for objective, monitor in objectives]
    if not documents:
        return ""
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=110)


def threshold_facts(monitor: Monitor) -> Node:
    """What a monitor is compared with, as plain values."""
    kind = "explicit" if isinstance(monitor.threshold, ExplicitThreshold) else "learned"
    return {kind: to_plain(monitor.threshold)}


def step_of(objective: Objective, monitor: Monitor | None) -> timedelta:
    """Length of a slot; of a monitor that is not known here, a day."""
    return parse_duration("1d") if objective.monitor is not None and monitor is None else objective.step(monitor)


def derived_burns(objective: Objective, step: timedelta) -> list[tuple[str, float, str]]:
    """Pace, rate and long window of the rules that hold, own or derived."""
    if objective.burns:
        return [(burn.pace, float(burn.rate), burn.over) for burn in objective.burns]
    rules = objective.rules(max(round(objective.period / step), 1), step)
    return [(rule.pace, round(rule.rate, 9), duration_text(rule.long * step)) for rule in rules]


def slug(name: str) -> str:
    """A name as OpenSLO allows it: small letters, digits, dashes; with a piece of its hash where that loses something.

    >>> slug("fresh-answers"), slug("Fresh answers")
    ('fresh-answers', 'fresh-answers-3a8d5c')
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "objective"
    if plain == name and len(plain) <= _NAME_CHARACTERS:
        return plain
    return f"{plain[: _NAME_CHARACTERS - 7].strip('-')}-{content_hash(name)[:6]}"


def _document(one: Objective, monitor: Monitor | None) -> Node:
    step = step_of(one, monitor)
    name = slug(one.name)
    metadata: Node = {"name": name, "displayName": one.name}
    if one.labels:
        metadata["labels"] = {
            key: values[0] if len(values) == 1 else list(values) for key, values in one.labels.items()
        }
    metadata["annotations"] = {**one.annotations, **_annotations(one, monitor, step)}
    target: Node = {"target": one.target}
    if is_by_time(one):
        target |= {**_compared(monitor), "timeSliceTarget": 1.0, "timeSliceWindow": duration_text(step)}
    spec: Node = {"description": one.description} if one.description else {}
    spec |= {
        "service": slug(
            one.on or (str(one.indicator.target) if one.indicator else monitor.subject if monitor else "ml")
        ),
        "indicator": {"metadata": {"name": slug(f"{name}-sli")}, "spec": _metric(one, monitor)},
        "timeWindow": [{"duration": one.over, "isRolling": True}],
        "budgetingMethod": "Timeslices" if is_by_time(one) else "Occurrences",
        "objectives": [target],
        "alertPolicies": [_policy(name, *burn) for burn in derived_burns(one, step)],
    }
    return {"apiVersion": API_VERSION, "kind": "SLO", "metadata": metadata, "spec": spec}


def is_by_time(one: Objective) -> bool:
    """Whether windows are what is counted, and not events or slices."""
    return one.monitor is not None and not one.each_slice


def _annotations(one: Objective, monitor: Monitor | None, step: timedelta) -> dict[str, str]:
    found = {"owner": one.owner, "purpose": one.purpose, "category": one.category, "window": duration_text(step)}
    if one.declare is not None:
        found["declare"] = one.declare
    if one.on is not None:
        found["on"] = one.on
    if one.least_events is not None:
        found["least-events"] = str(one.least_events)
    if one.policy is not None:
        found["policy"] = json.dumps(to_plain(one.policy), ensure_ascii=False, sort_keys=True)
    if monitor is not None and not _compared(monitor):
        found["threshold"] = json.dumps(threshold_facts(monitor), ensure_ascii=False, sort_keys=True)
    return {f"{PREFIX}{key}": value for key, value in found.items()}


def _compared(monitor: Monitor | None) -> Node:
    """Operator and value of a threshold with one fixed side; {} for any other, which OpenSLO has no words for."""
    threshold = monitor.threshold if monitor is not None else None
    if not isinstance(threshold, ExplicitThreshold) or (threshold.lower is None) == (threshold.upper is None):
        return {}
    if threshold.upper is not None:
        return {"op": "lte", "value": float(threshold.upper)}
    assert threshold.lower is not None, "a threshold has a side"
    return {"op": "gte", "value": float(threshold.lower)}


def _metric(one: Objective, monitor: Monitor | None) -> Node:
    if one.indicator is not None:
        spec: Node = {"indicator": one.indicator.name, "of": str(one.indicator.target)}
        spec |= {"parameters": to_plain(dict(one.indicator.parameters))} if one.indicator.parameters else {}
        spec |= {"delay": duration_text(timedelta(seconds=one.indicator.delay_s))} if one.indicator.delay_s else {}
        return _counted(spec)
    spec = {"monitor": one.monitor_name}
    if one.each_slice:
        return _counted({**spec, "slices": "each"})
    source = _source({**spec, "slice": one.slice} if one.slice is not None else spec)
    if _compared(monitor):
        return {"thresholdMetric": source}
    return {"ratioMetric": {"rawType": "success", "raw": source}}


def _counted(spec: Node) -> Node:
    good, total = (_source({**spec, "events": which}) for which in ("good", "total"))
    return {"ratioMetric": {"counter": False, "good": good, "total": total}}


def _source(spec: Node) -> Node:
    return {"metricSource": {"type": SOURCE, "spec": spec}}


def _policy(name: str, pace: str, rate: float, over: str) -> Node:
    called = slug(f"{name[:40].strip('-')}-{pace}-{over}")
    condition = {"kind": "burnrate", "threshold": rate, "lookbackWindow": over, "alertAfter": "0m"}
    severity = PAGE if pace == "fast" else TICKET
    return {
        "kind": "AlertPolicy",
        "metadata": {"name": called},
        "spec": {
            "alertWhenNoData": True,
            "alertWhenResolved": True,
            "alertWhenBreaching": True,
            "conditions": [
                {
                    "kind": "AlertCondition",
                    "metadata": {"name": f"{called[:56]}-burns"},
                    "spec": {"severity": severity, "condition": condition},
                }
            ],
            "notificationTargets": [
                {"kind": "AlertNotificationTarget", "metadata": {"name": SOURCE}, "spec": {"target": SOURCE}}
            ],
        },
    }
