"""OpenSLO v1 documents as objectives; whatever steek would not do as it is written is refused by name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import yaml

from steek.kernel.errors import DeclarationError, InputError, UnreadableError
from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.monitoring.monitor import IndicatorSpec, Monitor
from steek.monitoring.objectives.objective import (
    NOBODY,
    BudgetPolicy,
    Burn,
    Category,
    Objective,
    PolicyStep,
    duration_text,
)
from steek.monitoring.objectives.openslo_alerts import read_burns
from steek.monitoring.objectives.openslo_parts import Part, refused
from steek.monitoring.objectives.openslo_writing import API_VERSION, PREFIX, SOURCE, derived_burns, threshold_facts

_MOST_BYTES = 1_000_000
_KINDS = ("SLO", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "Service", "DataSource")
_DURATION_UNITS = "mhdw"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a document says of its monitor: threshold as plain values, length of windows; None for nothing."""

    facts: Mapping[str, Any] | None
    window: str | None = None

    def require(self, objective: Objective, monitor: Monitor | None) -> None:
        """Refuse a document that means another threshold than the monitor has.

        Raises:
            DeclarationError: they differ.
        """
        if monitor is None:
            return
        step = duration_text(objective.step(monitor))
        if self.window is not None and duration_text(parse_duration(self.window)) != step:
            message = f"objective {objective.name!r} has time slices of {self.window}, its monitor windows of {step}"
            raise DeclarationError(message, next_step=f"Write timeSliceWindow: {step}.")
        if self.facts is None:
            return
        has = threshold_facts(monitor)
        if dict(self.facts) != has:
            message = f"objective {objective.name!r} expects {self.facts} of monitor {monitor.name!r}, which has {has}"
            raise DeclarationError(message, next_step="Correct the document, or the monitor's threshold.")


@dataclass(frozen=True, slots=True)
class Measure:
    """What a document measures, and how it counts it."""

    arguments: dict[str, Any]
    expectation: Expectation


def read_openslo(text: str) -> list[tuple[Objective, Expectation]]:
    """Objectives of a stream of YAML documents, each with what it expects of its monitor's threshold.

    SLIs, alert policies and conditions may stand in documents of their own and be referred to by name.

    Raises:
        UnreadableError: no YAML, no OpenSLO v1, or a part that steek does not know, which is named.
        DeclarationError: an objective that is impossible.
    """
    by_kind = _documents(text)
    found = [_objective(document, by_kind) for document in by_kind["SLO"].values()]
    if not found:
        raise refused("stream", "holds no document of kind SLO")
    names = [objective.name for objective, _ in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise refused("stream", f"holds two SLOs named {twice!r}")
    return found


def _documents(text: str) -> dict[str, dict[str, Part]]:
    if len(text.encode(errors="replace")) > _MOST_BYTES:
        raise refused("stream", f"has more than {_MOST_BYTES:,} bytes")
    try:
        roots = [root for root in yaml.safe_load_all(text) if root is not None]
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError) as cause:
        why = "it is nested too deeply" if isinstance(cause, RecursionError) else cause
        message = f"this is not valid YAML: {why}"
        raise UnreadableError(message, next_step="Correct it; nothing was taken in.") from cause
    by_kind: dict[str, dict[str, Part]] = {kind: {} for kind in _KINDS}
    for at, root in enumerate(roots):
        part = Part(root, f"document {at + 1}")
        part.one_of("apiVersion", API_VERSION)
        kind = part.one_of("kind", *_KINDS)
        name = part.part("metadata").take("name", str)
        part.place = f"{kind} {name}"
        if name in by_kind[kind]:
            raise refused(part.place, "stands there twice")
        by_kind[kind][name] = part
        if kind == "DataSource":
            part.part("spec").one_of("type", SOURCE)
    return by_kind


def _objective(document: Part, by_kind: Mapping[str, Mapping[str, Part]]) -> tuple[Objective, Expectation]:
    metadata, spec = document.part("metadata"), document.part("spec")
    name = metadata.take("name", str)
    annotations = _texts(metadata, "annotations")
    own = {key.removeprefix(PREFIX): value for key, value in annotations.items() if key.startswith(PREFIX)}
    by_time = spec.one_of("budgetingMethod", "Occurrences", "Timeslices") == "Timeslices"
    target = _only(spec, "objectives")
    measure = _measure(_indicator(spec, by_kind["SLI"]), target, own, by_time=by_time)
    step = own.pop("window", "1d")
    if by_time:
        if target.take("timeSliceTarget", float) != 1.0:
            raise refused(f"{target.place}.timeSliceTarget", "must be 1.0: a window is well or it is not")
        step = target.take("timeSliceWindow", str, step)
        measure = replace(measure, expectation=replace(measure.expectation, window=step))
    arguments: dict[str, Any] = {
        **measure.arguments,
        "target": _target(target),
        "over": _period(spec),
        "description": spec.take("description", str, ""),
        "labels": _labels(metadata),
        "annotations": {key: value for key, value in annotations.items() if not key.startswith(PREFIX)},
        **_own(own, document.place),
    }
    if "indicator" in arguments:
        arguments["window"] = step
    arguments.setdefault("owner", NOBODY)
    spec.take("service", str, "")
    burns = [each for part in spec.parts("alertPolicies") for each in read_burns(part, by_kind)]
    target.take("displayName", str, "")
    called = metadata.take("displayName", str, name)
    for part in (target, spec, metadata, document):
        part.end()
    try:
        plain = Objective(called, **arguments)
        return Objective(called, **arguments, burns=_burns(plain, burns, step)), measure.expectation
    except InputError as cause:
        message = f"OpenSLO {document.place}: {cause.message}"
        raise DeclarationError(message, next_step=cause.next_step) from cause


def _burns(plain: Objective, burns: Sequence[tuple[str, float, str]], step: str) -> tuple[Burn, ...]:
    """Own rules; none where the document says what follows from the objective anyway, or nothing."""
    said = [(pace, rate, duration_text(parse_duration(over))) for pace, rate, over in burns]
    if not said or said == derived_burns(plain, parse_duration(step)):
        return ()
    return tuple(Burn(cast("Literal['fast', 'slow']", pace), rate, over) for pace, rate, over in said)


def _indicator(spec: Part, slis: Mapping[str, Part]) -> Part:
    if spec.has("indicatorRef"):
        name = spec.take("indicatorRef", str)
        if name not in slis:
            raise refused(f"{spec.place}.indicatorRef", f"names SLI {name!r}, which does not stand in this stream")
        sli = slis[name]
        found = sli.part("spec")
        sli.take("metadata", dict)
        sli.end()
    else:
        inline = spec.part("indicator")
        inline.take("metadata", dict, {})
        found = inline.part("spec")
        inline.end()
    found.take("description", str, "")
    return found


def _measure(metric: Part, target: Part, own: dict[str, str], *, by_time: bool) -> Measure:
    said = own.pop("threshold", None)
    facts = None if said is None else _json(said, f"{metric.place}: annotation {PREFIX}threshold", dict)
    if metric.has("thresholdMetric"):
        source = _source(metric.part("thresholdMetric"))
        op, value = target.one_of("op", "lte", "gte"), target.take("value", float)
        bounds = {"lower": None, "upper": value} if op == "lte" else {"lower": value, "upper": None}
        facts = {"explicit": bounds}
    else:
        ratio = metric.part("ratioMetric")
        source = _raw(ratio) if ratio.has("raw") else _good_of_total(ratio)
        ratio.end()
    metric.end()
    if source.has("monitor"):
        arguments: dict[str, Any] = {
            "monitor": source.take("monitor", str),
            "slice": source.take("slice", str) if source.has("slice") else None,
        }
        arguments["each_slice"] = source.has("slices") and source.one_of("slices", "each") == "each"
    else:
        delay_s = parse_duration(source.take("delay", str, "0m")).total_seconds()
        parameters = cast("dict[str, object]", source.take("parameters", dict, {}))
        of = Urn.parse(source.take("of", str))
        arguments = {"indicator": IndicatorSpec(source.take("indicator", str), of, parameters, delay_s)}
    source.take("events", str, "")
    source.end()
    is_by_time = "monitor" in arguments and not arguments["each_slice"]
    if is_by_time is not by_time:
        needed = "Timeslices" if is_by_time else "Occurrences"
        raise refused(f"{metric.place}", f"is counted by budgetingMethod {needed}, not the one given")
    return Measure(arguments, Expectation(facts))


def _raw(ratio: Part) -> Part:
    ratio.one_of("rawType", "success")
    ratio.take("counter", bool, False)
    return _source(ratio.part("raw"))


def _good_of_total(ratio: Part) -> Part:
    """The source of good and total events, which must be one and the same but for which events it gives."""
    ratio.take("counter", bool, False)
    if ratio.has("bad"):
        raise refused(f"{ratio.place}.bad", "is not known to steek; give good and total")
    good, total = (_source(ratio.part(which)) for which in ("good", "total"))
    for which, source in (("good", good), ("total", total)):
        source.one_of("events", which)
    if not good.is_like(total, but="events"):
        raise refused(ratio.place, "has good events of another source than its total")
    return good


def _source(metric: Part) -> Part:
    source = metric.part("metricSource")
    source.take("metricSourceRef", str, "")
    source.one_of("type", SOURCE)
    found = source.part("spec")
    source.end()
    metric.end()
    return found


def _only(spec: Part, name: str) -> Part:
    found = spec.parts(name)
    if len(found) != 1:
        raise refused(f"{spec.place}.{name}", f"has {len(found)} items; steek takes exactly one")
    return found[0]


def _target(part: Part) -> float:
    if part.has("targetPercent"):
        if part.has("target"):
            raise refused(f"{part.place}.targetPercent", "stands beside target; give one of them")
        # By 100 alone, 99.95 would become 0.9995000000000001.
        return round(part.take("targetPercent", float) / 100, 12)
    return part.take("target", float)


def _period(spec: Part) -> str:
    window = _only(spec, "timeWindow")
    duration = window.take("duration", str)
    if window.has("calendar") or not window.take("isRolling", bool, False):
        raise refused(window.place, "is aligned to a calendar; steek's periods roll: isRolling: true")
    window.end()
    if not duration[:-1].isdecimal() or duration[-1:] not in _DURATION_UNITS:
        raise refused(f"{window.place}.duration", f"is {duration!r}; steek takes a number and m, h, d or w")
    return duration


def _labels(metadata: Part) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, value in cast("dict[object, object]", metadata.take("labels", dict, {})).items():
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        if not isinstance(key, str) or not all(isinstance(one, str) for one in values):
            raise refused(f"{metadata.place}.labels", "must map texts to texts or lists of texts")
        found[key] = tuple(cast("list[str]", values))
    return found


def _texts(metadata: Part, name: str) -> dict[str, str]:
    found = cast("dict[object, object]", metadata.take(name, dict, {}))
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in found.items()):
        raise refused(f"{metadata.place}.{name}", "must map texts to texts")
    return cast("dict[str, str]", found)


def _own(own: dict[str, str], place: str) -> dict[str, Any]:
    """Annotations of steek itself as arguments; an unknown one is refused."""
    found: dict[str, Any] = {key: own.pop(key) for key in ("owner", "purpose", "declare", "on") if key in own}
    if "category" in own:
        found["category"] = own.pop("category")
        if found["category"] not in get_args(Category):
            raise refused(f"{place}: annotation {PREFIX}category", f"must be one of {', '.join(get_args(Category))}")
    if "least-events" in own:
        found["least_events"] = _json(own.pop("least-events"), f"{place}: annotation {PREFIX}least-events", int)
    if "policy" in own:
        found["policy"] = _policy(own.pop("policy"), f"{place}: annotation {PREFIX}policy")
    if own:
        raise refused(f"{place}: annotation {PREFIX}{next(iter(own))}", "is not known to steek")
    return found


def _policy(text: str, place: str) -> BudgetPolicy:
    part = Part(_json(text, place, dict), place)
    steps: list[PolicyStep] = []
    for each in part.parts("steps"):
        steps.append(PolicyStep(each.take("left", float), each.take("then", str)))
        each.end()
    agreed = tuple(str(name) for name in cast("list[object]", part.take("agreed_by", list)))
    document = part.take("document", str, "")
    part.end()
    return BudgetPolicy(tuple(steps), agreed_by=agreed, document=document)


def _json(text: str, place: str, kind: type[Any]) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise refused(place, "is not JSON") from cause
    if not isinstance(value, kind) or isinstance(value, bool):
        raise refused(place, f"must be JSON of another kind, not {type(value).__name__}")
    return value
