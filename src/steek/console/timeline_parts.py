"""The story of an incident, newest first: what people and alarms did line by line, the routine of nights folded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.console.event_words import argument_words, thing, told, words_of
from steek.console.services import Services
from steek.console.words import shorten_lists
from steek.incidents import Story, TimelineEntry

_MOST_ENTRIES = 200
_MOST_AT_ONCE = 40
_ALARMS = frozenset({"alert.fired", "incident.declared", "join.failed", "training.failed"})
# Beside these an entry of a system is the loop's daily work.
_TELLING = _ALARMS | {
    "alert.acknowledged",
    "alert.resolved",
    "canary.aborted",
    "contract.changed",
    "dataset.replaced",
    "definition.changed",
    "external.changed",
    "feature.changed",
    "freeze.ended",
    "freeze.started",
    "gate.overridden",
    "preparation.changed",
    "access.policy_changed",
    "settings.changed",
}
_ROUTINE_ROUTES = frozenset({"deploy", "start_canary", "step_canary", "promote"})
_LOOP = "steek"


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line of the timeline; `look` colours its dot."""

    at: datetime
    actor: str
    text: str
    event_id: str
    look: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that belong together: one that is shown, or several of routine behind `summary`, newest first."""

    summary: str
    lines: tuple[EntryLine, ...]

    @property
    def first(self) -> EntryLine:
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class TimelineView:
    """All of it: what is shown at once, what is `folded` behind it, and how many `earlier` lines lie in the ledger."""

    stretches: tuple[Stretch, ...]
    folded: tuple[Stretch, ...]
    earlier: int


def timeline_section(_services: Services, story: Story, _form_key: str) -> TimelineView:
    """The story as the page of the incident shows it."""
    return timeline_view(story.timeline)


def timeline_view(entries: Sequence[TimelineEntry]) -> TimelineView:
    """Fold the story of an incident.

    Args:
        entries: Oldest first. A start that has its end among them is left out: the end says it all.
    """
    shown = _without_ended_starts(entries[::-1])
    stretches: list[list[TimelineEntry]] = []
    for entry in shown:
        if stretches and _belong_together(entry, stretches[-1][-1]):
            stretches[-1].append(entry)
        else:
            stretches.append([entry])
    kept = tuple(_stretch(stretch) for stretch in stretches[:_MOST_ENTRIES])
    earlier = sum(len(stretch) for stretch in stretches[_MOST_ENTRIES:])
    return TimelineView(kept[:_MOST_AT_ONCE], kept[_MOST_AT_ONCE:], earlier)


def _belong_together(entry: TimelineEntry, later: TimelineEntry) -> bool:
    if is_routine(entry) and is_routine(later):
        return True
    return entry.kind == later.kind and entry.kind.startswith("freeze.") and entry.at == later.at


def is_routine(entry: TimelineEntry) -> bool:
    """Whether an entry is the loop's daily work: not about the incident, no alarm, no change from outside."""
    if entry.own or entry.kind in _TELLING:
        return False
    if entry.kind == "gate.decided":
        return entry.payload.get("verdict") == "pass"
    if entry.kind == "route.changed":
        return entry.payload.get("action") in _ROUTINE_ROUTES
    return True


def _without_ended_starts(newest_first: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    kept: list[TimelineEntry] = []
    ends: Counter[str] = Counter()
    for entry in newest_first:
        action = f"{entry.payload.get('mitigation')} {entry.payload.get('arguments')}"
        if entry.kind == "incident.acted":
            ends[action] += 1
        elif entry.kind == "incident.action_started" and ends[action]:
            ends[action] -= 1
            continue
        kept.append(entry)
    return kept


def _stretch(entries: Sequence[TimelineEntry]) -> Stretch:
    lines = tuple(entry_line(entry) for entry in entries)
    if len(lines) == 1:
        return Stretch("", lines)
    if not is_routine(entries[0]):
        held = ", ".join(thing(entry.subject) for entry in entries)
        return Stretch(f"{entries[0].actor} {words_of(entries[0].kind)}: {held}", lines)
    kinds: dict[str, int] = {}
    for entry in entries:
        kinds[words_of(entry.kind)] = kinds.get(words_of(entry.kind), 0) + 1
    named = ", ".join(f"{count} \N{MULTIPLICATION SIGN} {kind}" if count > 1 else kind for kind, count in kinds.items())
    return Stretch(f"{len(lines)} routine events: {named}", lines)


def entry_line(entry: TimelineEntry) -> EntryLine:
    """One entry as a line."""
    look = "alarm" if entry.kind in _ALARMS else "did" if entry.own and entry.actor != _LOOP else ""
    return EntryLine(entry.at, entry.actor, _words(entry), entry.event_id, look)


def _words(entry: TimelineEntry) -> str:
    if not entry.own:
        return f"{words_of(entry.kind)}: {told(entry.kind, entry.subject, entry.payload)}"
    if entry.kind in {"incident.acted", "incident.action_started"}:
        return _action_words(entry)
    return entry.text if entry.kind == "incident.noted" else shorten_lists(entry.text)


def _action_words(entry: TimelineEntry) -> str:
    what, given = str(entry.payload.get("mitigation")).replace("-", " "), argument_words(entry.payload.get("arguments"))
    if entry.kind == "incident.action_started":
        return f"began to {what}" + (f" ({given})" if given else "")
    outcome, error = str(entry.payload.get("outcome")), cast("str | None", entry.payload.get("error"))
    return f"{what}: {outcome}" + (f", {error}" if error else "") + (f" ({given})" if given else "")
