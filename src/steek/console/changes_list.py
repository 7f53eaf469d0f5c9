"""What changed lately, as a person would tell it: one line for the daily work of a night, the rest line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from steek.console.event_words import NOTABLE_KINDS, EventLine, describe, thing
from steek.kernel.urn import Urn
from steek.ledger import Event, Ledger

_QUIET = frozenset({"start_canary", "step_canary"})
_NEW_VERSION = frozenset({"deploy", "promote"})
_READ_FOR_ONE_SHOWN = 20


def notable(ledger: Ledger, limit: int) -> tuple[EventLine, ...]:
    """The newest changes a person wants to know of, newest first.

    A canary's steps and a gate's passes are daily work and left out; the versions a night deployed share a line.
    """
    found = ledger.events(kinds=NOTABLE_KINDS, newest_first=True, limit=limit * _READ_FOR_ONE_SHOWN)
    loud = [event for event in found if not _is_quiet(event)]
    lines: dict[str, EventLine] = {}
    for event in loud:
        night = event.actor if _is_nightly(event) else ""
        if event.kind.startswith("freeze."):
            alike = f"{event.kind} {event.at} {event.actor}"
            same = [other for other in loud if f"{other.kind} {other.at} {other.actor}" == alike]
            lines.setdefault(alike, _held(same))
        elif not night:
            lines[event.id] = describe(event)
        elif night not in lines:
            lines[night] = _deployed([other for other in loud if other.actor == night and _is_nightly(other)])
        if len(lines) == limit:
            break
    return tuple(lines.values())


def _is_quiet(event: Event) -> bool:
    passed = event.kind == "gate.decided" and event.payload.get("verdict") == "pass"
    return passed or (event.kind == "route.changed" and event.payload.get("action") in _QUIET)


def _is_nightly(event: Event) -> bool:
    return (
        event.kind == "route.changed"
        and event.payload.get("action") in _NEW_VERSION
        and event.actor.startswith("night ")
        and not event.payload.get("reason")
    )


def _held(events: Sequence[Event]) -> EventLine:
    """One line for what an incident held, or let go, at once."""
    line = describe(events[0])
    others = [thing(event.subject) for event in events[1:]]
    return replace(line, text=f"{', '.join(others)}, {line.text}") if others else line


def _deployed(events: Sequence[Event]) -> EventLine:
    newest: dict[str, object] = {}
    for event in events:
        newest.setdefault(Urn.parse(event.subject).name, _primary(event))
    text = ", ".join(f"{model} {version}" for model, version in sorted(newest.items()))
    what = "new version serves" if len(newest) == 1 else "new versions serve"
    first = events[0]
    return EventLine(first.id, first.at, first.kind, what, text, (first.actor,), is_alarming=False)


def _primary(event: Event) -> object:
    after = event.payload.get("after")
    return cast("Mapping[str, object]", after).get("primary") if isinstance(after, Mapping) else None
