"""Sentences of the timeline about access in an emergency, groups, refusals and concerns."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

Payload = Mapping[str, object]


def _what(payload: Payload) -> str:
    openings = cast("Sequence[Mapping[str, object]]", payload.get("openings") or ())
    named = (f"{len(cast('Sequence[str]', each['columns']))} columns of {each['dataset']}" for each in openings)
    return ", ".join(named)


def _asked(payload: Payload) -> str:
    tried = "after a pseudonymised read" if payload.get("pseudonymised_first") else "without a pseudonymised read"
    return f"raw data asked for, {tried}: {_what(payload)}, {payload.get('minutes')} min, to {payload.get('purpose')}"


def _granted(payload: Payload) -> str:
    until = str(payload.get("until_at"))[:16].replace("T", " ")
    return f"raw data open to {payload.get('asker')} until {until}: {_what(payload)}"


def _used(payload: Payload) -> str:
    columns = ", ".join(map(str, cast("Sequence[object]", payload.get("columns") or ())))
    return f"raw rows read: {payload.get('rows')} of {payload.get('dataset')} ({columns}) by {payload.get('filter')}"


def _ended(payload: Payload) -> str:
    if payload.get("before") == "asked":
        return "the question for raw data was withdrawn"
    return f"raw data closed again after {payload.get('uses')} queries, {payload.get('rows')} rows"


def _considered(payload: Payload) -> str:
    groups = cast("Sequence[Mapping[str, object]]", payload.get("groups") or ())
    if not groups:
        return f"groups: nobody harmed, {payload.get('nobody_because')}"
    return "groups: " + "; ".join(f"{each['group']} {str(each['harm']).replace('_', ' ')}" for each in groups)


ETHICS_SENTENCES: Mapping[str, Callable[[Payload], str]] = {
    "access.emergency_asked": _asked,
    "access.emergency_granted": _granted,
    "access.emergency_refused": lambda payload: f"raw data refused to {payload.get('asker')}",
    "access.emergency_used": _used,
    "access.emergency_ended": _ended,
    "access.emergency_reviewed": lambda payload: f"access to raw data reviewed: {payload.get('verdict')}",
    "incident.groups_considered": _considered,
    "incident.refused": lambda payload: f"refuses {payload.get('what')}: {payload.get('reason')}",
    "incident.refusal_decided": lambda payload: (
        f"{payload.get('what')}, which was refused: {'goes ahead' if payload.get('verdict') == 'go_ahead' else 'left'}"
    ),
    "incident.concern_raised": lambda _: "somebody raised a concern",
    "incident.concern_acknowledged": lambda _: "a concern was acknowledged",
    "incident.concern_answered": lambda _: "a concern was answered",
}
