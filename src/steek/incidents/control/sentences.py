"""Sentences of the timeline about control: held changes, agreements, effects, watches, estimates."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

Payload = Mapping[str, object]


def _change(word: str) -> Callable[[Payload], str]:
    def say(payload: Payload) -> str:
        why = f" ({payload['reason']})" if payload.get("reason") else ""
        return f"{word}: {payload.get('action')} {payload.get('subject')}, {payload.get('what')}{why}"

    return say


def _passed(payload: Payload) -> str:
    by = f", approved by {payload['approved_by']}" if payload.get("approved_by") else ""
    return f"held change made: {payload.get('action')} {payload.get('subject')}, {payload.get('what')}{by}"


def _agreement(word: str) -> Callable[[Payload], str]:
    def say(payload: Payload) -> str:
        said = payload.get("answer") or payload.get("reason")
        return f"{payload.get('of')} {word} {payload.get('mitigation')}" + (f": {said}" if said else "")

    return say


def _asked(payload: Payload) -> str:
    people = ", ".join(str(name) for name in cast("Sequence[object]", payload.get("people") or ()))
    told = cast("Sequence[object]", payload.get("told") or ())
    reached = "" if not people else f", {people}" + ("" if told else "; no target reaches them")
    return _agreement("is asked to agree to")(payload) + (reached or "; nobody answers for it yet")


def _named(payload: Payload) -> str:
    return f"{payload.get('person')} answers for {payload.get('of')} in this incident: {payload.get('reason')}"


def _overridden(payload: Payload) -> str:
    return (
        f"{payload.get('mitigation')} goes ahead without the agreement of {payload.get('of')}: {payload.get('answer')}"
    )


def _freeze(word: str) -> Callable[[Payload], str]:
    def say(payload: Payload) -> str:
        actions = " and ".join(str(one) for one in cast("Sequence[object]", payload.get("actions") or ()))
        why = f": {payload['reason']}" if payload.get("reason") else ""
        return f"{actions} of {payload.get('subject', 'a system')} {word} by {payload.get('incident')}{why}"

    return say


def _verified(payload: Payload) -> str:
    return f"{payload.get('mitigation')}: {payload.get('verdict')} ({payload.get('confidence')})"


def _measure(payload: Payload) -> str:
    return f"{payload.get('owner')}: {payload.get('text')}; expected: {payload.get('expected')}"


def _watching(payload: Payload) -> str:
    named = ", ".join(str(name) for name in cast("Sequence[object]", payload.get("indicators") or ()))
    until = str(payload.get("until"))[:16].replace("T", " ")
    return f"watched until {until} UTC" + (f" by {named}" if named else "")


def _watch_ended(payload: Payload) -> str:
    return f"watch ended, {payload.get('outcome')}: {payload.get('reason')}"


def _estimated(payload: Payload) -> str:
    said = cast("Sequence[Mapping[str, object]]", payload.get("estimates") or ())
    return "; ".join(str(one.get("text")) for one in said) or "no model to estimate"


def _suspected(payload: Payload) -> str:
    return str(payload.get("text"))


CONTROL_SENTENCES: Mapping[str, Callable[[Payload], str]] = {
    "freeze.started": _freeze("held still"),
    "freeze.ended": _freeze("no longer held"),
    "change.held": _change("change held"),
    "change.asked": _change("change asked for"),
    "change.approved": _change("change approved"),
    "change.refused": _change("change refused"),
    "change.released": _change("held change waits for a decision"),
    "change.passed": _passed,
    "incident.agreement_asked": _asked,
    "incident.agreement_overridden": _overridden,
    "incident.answerer_named": _named,
    "incident.agreed": _agreement("agrees to"),
    "incident.declined": _agreement("declines"),
    "incident.mitigation_verified": _verified,
    "incident.measure_taken": _measure,
    "incident.watching": _watching,
    "incident.watch_ended": _watch_ended,
    "incident.estimated": _estimated,
    "incident.relapse_suspected": _suspected,
}
