"""What an incident waits for, read from its story: answers, agreements, updates, reviews. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from steek.incidents.timeline import TimelineEntry


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    """What waits; empty and None where nothing does.

    `paged` are people who were called and did not answer, `agreements` say of whom and to what, `questions` are asked
    by people outside the room, `proposed` are numbers of updates whose text for outsiders waits for approval,
    `is_end_untold` that people were told of the outage and not that it is over, `emergencies` are accesses that nobody
    reviewed, `watched_until_at` ends a watch.
    """

    paged: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    update_due_at: datetime | None = None
    is_update_overdue: bool = False
    is_end_untold: bool = False
    proposed: tuple[str, ...] = ()
    watched_until_at: datetime | None = None
    emergencies: tuple[str, ...] = ()
    groups_answered: bool = False
    is_published: bool = False


@dataclass(slots=True)
class _Reading:
    paged: tuple[str, ...] = ()
    agreements: dict[str, tuple[str, datetime | None]] = field(default_factory=dict[str, tuple[str, datetime | None]])
    questions: dict[str, str] = field(default_factory=dict[str, str])
    emergencies: dict[str, str] = field(default_factory=dict[str, str])
    due_at: datetime | None = None
    is_overdue: bool = False
    was_told: bool = False
    is_end_untold: bool = False
    proposed: dict[str, None] = field(default_factory=dict[str, None])
    watched_until_at: datetime | None = None
    groups_answered: bool = False
    is_published: bool = False


def open_questions(entries: Sequence[TimelineEntry], now: datetime) -> OpenQuestions:
    """What waits at an instant, from the entries of the story, oldest first."""
    reading = _Reading()
    for entry in entries:
        read = _READ.get(entry.kind)
        if read is not None:
            read(reading, entry)
    waiting = (text for text, until_at in reading.agreements.values() if until_at is None or until_at > now)
    return OpenQuestions(
        paged=reading.paged,
        agreements=tuple(waiting),
        questions=tuple(reading.questions.values()),
        update_due_at=reading.due_at,
        is_update_overdue=reading.is_overdue or (reading.due_at is not None and reading.due_at < now),
        is_end_untold=reading.is_end_untold,
        proposed=tuple(reading.proposed),
        watched_until_at=reading.watched_until_at,
        emergencies=tuple(reading.emergencies),
        groups_answered=reading.groups_answered,
        is_published=reading.is_published,
    )


def _paged(reading: _Reading, entry: TimelineEntry) -> None:
    calls = entry.payload.get("calls")
    called = cast("list[Mapping[str, object]]", calls) if isinstance(calls, list) else []
    # Who was to be called and whom no target reaches has nothing to answer.
    names = (str(call.get("person")) for call in called if call.get("target", "") is not None)
    reading.paged = tuple(dict.fromkeys([*reading.paged, *names]))


def _acknowledged(reading: _Reading, _entry: TimelineEntry) -> None:
    reading.paged = ()


def _asked_to_agree(reading: _Reading, entry: TimelineEntry) -> None:
    payload = entry.payload
    what = f"{payload.get('of')} to {str(payload.get('mitigation')).replace('-', ' ')}"
    reading.agreements[str(payload.get("agreement"))] = (what, _moment(payload.get("until")))


def _agreed(reading: _Reading, entry: TimelineEntry) -> None:
    reading.agreements.pop(str(entry.payload.get("agreement")), None)


def _asked(reading: _Reading, entry: TimelineEntry) -> None:
    reading.questions[_number(entry)] = str(entry.payload.get("text", "a question"))


def _answered(reading: _Reading, entry: TimelineEntry) -> None:
    reading.questions.pop(_number(entry), None)


def _number(entry: TimelineEntry) -> str:
    return str(entry.payload.get("number", entry.payload.get("question")))


def _updated(reading: _Reading, entry: TimelineEntry) -> None:
    reading.due_at, reading.is_overdue = _moment(entry.payload.get("next_due_at")), False
    reading.was_told, reading.is_end_untold = True, False
    if entry.payload.get("outside_state") == "proposed":
        reading.proposed[_number(entry)] = None


def _settled(reading: _Reading, entry: TimelineEntry) -> None:
    reading.proposed.pop(_number(entry), None)


def _resolved(reading: _Reading, _entry: TimelineEntry) -> None:
    reading.due_at, reading.is_overdue, reading.is_end_untold = None, False, reading.was_told


def _advanced(reading: _Reading, entry: TimelineEntry) -> None:
    if entry.payload.get("action") == "reopen":
        reading.is_end_untold = False


def _overdue(reading: _Reading, _entry: TimelineEntry) -> None:
    reading.is_overdue = True


def _watching(reading: _Reading, entry: TimelineEntry) -> None:
    reading.watched_until_at = _moment(entry.payload.get("until_at", entry.payload.get("until")))


def _watch_ended(reading: _Reading, _entry: TimelineEntry) -> None:
    reading.watched_until_at = None


def _emergency(reading: _Reading, entry: TimelineEntry) -> None:
    grant = str(entry.payload.get("grant"))
    if entry.kind == "access.emergency_ended" and entry.payload.get("before") == "asked":
        # It was withdrawn before anything was opened.
        reading.emergencies.pop(grant, None)
    else:
        reading.emergencies[grant] = entry.kind


def _emergency_over(reading: _Reading, entry: TimelineEntry) -> None:
    reading.emergencies.pop(str(entry.payload.get("grant")), None)


def _groups(reading: _Reading, _entry: TimelineEntry) -> None:
    reading.groups_answered = True


def _published(reading: _Reading, _entry: TimelineEntry) -> None:
    reading.is_published = True


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


_READ: Mapping[str, Callable[[_Reading, TimelineEntry], None]] = {
    "access.emergency_asked": _emergency,
    "access.emergency_ended": _emergency,
    "access.emergency_granted": _emergency,
    "access.emergency_refused": _emergency_over,
    "access.emergency_reviewed": _emergency_over,
    "incident.advanced": _advanced,
    "incident.agreed": _agreed,
    "incident.agreement_overridden": _agreed,
    "incident.agreement_asked": _asked_to_agree,
    "incident.answered": _answered,
    "incident.asked": _asked,
    "incident.declined": _agreed,
    "incident.groups_considered": _groups,
    "incident.outside_approved": _settled,
    "incident.outside_corrected": _settled,
    "incident.page_acknowledged": _acknowledged,
    "incident.page_escalated": _paged,
    "incident.paged": _paged,
    "incident.resolved": _resolved,
    "incident.update_overdue": _overdue,
    "incident.updated": _updated,
    "incident.watch_ended": _watch_ended,
    "incident.watching": _watching,
    "postmortem.published": _published,
}
