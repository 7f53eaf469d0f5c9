"""Alert policies of OpenSLO v1: each one burn-rate condition."""

from collections.abc import Mapping

from steek.monitoring.objectives.openslo_parts import Part, refused
from steek.monitoring.objectives.openslo_writing import PAGE, SOURCE, TICKET

_PACES = {PAGE: "fast", "sev1": "fast", "sev2": "fast", TICKET: "slow", "sev3": "slow"}


def read_burns(policy: Part, by_kind: Mapping[str, Mapping[str, Part]]) -> list[tuple[str, float, str]]:
    """Pace, rate and long window of an alert policy, inline or referred to by `alertPolicyRef`.

    Raises:
        UnreadableError: a condition that is no burn rate, or something steek would not do as it is written.
    """
    policy = _resolved(policy, "alertPolicyRef", "AlertPolicy", by_kind)
    spec = policy.part("spec")
    spec.take("description", str, "")
    for flag in ("alertWhenNoData", "alertWhenResolved", "alertWhenBreaching"):
        if not spec.take(flag, bool, True):
            raise refused(f"{spec.place}.{flag}", "is false; steek always tells, and a target decides what it sends on")
    found = [_condition(each, by_kind) for each in spec.parts("conditions")]
    if len(found) != 1:
        raise refused(f"{spec.place}.conditions", f"has {len(found)} items; OpenSLO v1 has exactly one")
    for each in spec.parts("notificationTargets"):
        target = _resolved(each, "targetRef", "AlertNotificationTarget", by_kind)
        body = target.part("spec")
        body.take("description", str, "")
        body.one_of("target", SOURCE)
        body.end()
    spec.end()
    return found


def _condition(condition: Part, by_kind: Mapping[str, Mapping[str, Part]]) -> tuple[str, float, str]:
    condition = _resolved(condition, "conditionRef", "AlertCondition", by_kind)
    spec = condition.part("spec")
    spec.take("description", str, "")
    pace = _PACES[spec.one_of("severity", *_PACES)]
    inner = spec.part("condition")
    inner.one_of("kind", "burnrate")
    rate, over = inner.take("threshold", float), inner.take("lookbackWindow", str)
    after = inner.take("alertAfter", str, "0m")
    if after.rstrip("mhdw") != "0":
        raise refused(f"{inner.place}.alertAfter", f"is {after!r}; steek's short window does that work: leave it out")
    inner.end()
    spec.end()
    return pace, rate, over


def _resolved(part: Part, reference: str, kind: str, by_kind: Mapping[str, Mapping[str, Part]]) -> Part:
    if part.has(reference):
        name = part.take(reference, str)
        part.end()
        if name not in by_kind[kind]:
            raise refused(f"{part.place}.{reference}", f"names {kind} {name!r}, which does not stand in this stream")
        return by_kind[kind][name]
    part.one_of("kind", kind)
    part.take("apiVersion", str, "")
    part.take("metadata", dict, {})
    part.take("spec", dict)
    part.end()
    return part
