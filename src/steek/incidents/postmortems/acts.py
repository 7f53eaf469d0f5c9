"""Acts of a timeline, one line each: what was begun and what came of it are one act, and what repeats is counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from steek.incidents.postmortems.report_markdown import inline
from steek.incidents.timeline import TimelineEntry

_MACHINES = frozenset({"steek", "worker", "loop", "serving"})
_LINE_CHARACTERS = 400
_STARTED, _ACTED, _MEASURE = "incident.action_started", "incident.acted", "incident.measure_taken"


@dataclass(frozen=True, slots=True)
class Act:
    """A line: what happened first, and how often it happened again right after it."""

    entry: TimelineEntry
    text: str
    times: int = 1


def merged(entries: Iterable[TimelineEntry]) -> list[Act]:
    """One act for a mitigation with its outcome, one for events that say the same in a row; order is kept.

    A mitigation stands where it ended; one that was begun and of which no end is known stands where it began.
    """
    acts: list[Act] = []
    begun: dict[str, int] = {}
    for entry in entries:
        doing = _doing(entry)
        if doing is not None and doing in begun and entry.kind in {_ACTED, _MEASURE}:
            acts = [act for at, act in enumerate(acts) if at != begun[doing]]
            began = begun.pop(doing)
            begun = {name: at - (at > began) for name, at in begun.items()}
        if entry.kind in {_STARTED, _MEASURE} and doing is not None:
            begun[doing] = len(acts)
        text = _text(entry)
        if acts and acts[-1].text == text and acts[-1].entry.kind == entry.kind and doing is None:
            acts[-1] = replace(acts[-1], times=acts[-1].times + 1)
        else:
            acts.append(Act(entry, text))
    return acts


def line_of(act: Act) -> str:
    """An act as Markdown: when, what, how often, and by whom where a person did it and the sentence does not say so."""
    entry = act.entry
    by = "" if entry.actor in _MACHINES or entry.actor in act.text else f" (by {inline(entry.actor)})"
    again = f", {act.times} times" if act.times > 1 else ""
    return f"{entry.at:%Y-%m-%d %H:%M} UTC {inline(act.text)}{again}{by}"


def _doing(entry: TimelineEntry) -> str | None:
    """What is done with which arguments, by whom: equal for the begin and the end of one mitigation."""
    if entry.kind in {_STARTED, _ACTED}:
        given = cast("Mapping[str, object]", entry.payload.get("arguments") or {})
        name = entry.payload.get("mitigation")
    elif entry.kind == _MEASURE:
        name = entry.payload.get("measure")
        given = {key: entry.payload[key] for key in ("text", "owner", "expected") if key in entry.payload}
    else:
        return None
    return f"{entry.actor}\n{name}\n{sorted((key, str(value)) for key, value in given.items())}"


def _text(entry: TimelineEntry) -> str:
    if entry.kind in {_STARTED, _ACTED}:
        outcome = "begun" if entry.kind == _STARTED else str(entry.payload.get("outcome"))
        error = f" ({entry.payload['error']})" if entry.payload.get("error") else ""
        text = f"{_deed(entry.payload)}: {outcome}{error}"
    else:
        text = entry.text
    return text if len(text) <= _LINE_CHARACTERS else text[:_LINE_CHARACTERS] + "…"


def _deed(payload: Mapping[str, object]) -> str:
    """What was done, in words: "roll back fleet, to 13"; a measure is what its text says."""
    given = {name: str(value) for name, value in cast("Mapping[str, object]", payload.get("arguments") or {}).items()}
    name = str(payload.get("mitigation")).replace("-", " ")
    said = given.pop("text", "")
    expected = given.pop("expected", "")
    words = [f"{name}: {said}" if said else name, *(f"{key} {value}" for key, value in sorted(given.items()))]
    return ", ".join(words) + (f"; expected: {expected}" if expected else "")
