"""Days that are not like others: holidays that a project declares, and changes that somebody announced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

from steek.kernel.windows import Window
from steek.ledger import Event
from steek.monitoring.judgement import Special
from steek.monitoring.thresholds.declared import LearnedThreshold
from steek.monitoring.thresholds.tables import expected_changes

EXPECTED_KINDS = ("external.changed",)


@dataclass(frozen=True, slots=True)
class ExpectedChange:
    """An announced change, such as a promotion, that will move what is measured on a subject for a while."""

    name: str
    window: Window


def take_in_expected(connection: Connection, event: Event) -> None:
    """Note the span and the subjects of an `external.changed` event that says that its effect is expected.

    Its payload has `expected: {"since_at": ..., "until_at": ..., "on": [URN, ...]}`; without `on` it is about the
    event's own subject, without `since_at` it begins with the event. Anything else, and the same event again,
    changes nothing.
    """
    told = event.payload.get("expected")
    if not isinstance(told, dict):
        return
    expected = cast("Mapping[str, object]", told)
    since_at, until_at = _instant(expected.get("since_at")) or event.at, _instant(expected.get("until_at"))
    if until_at is None or until_at <= since_at:
        return
    on = expected.get("on")
    named = [one for one in cast("list[object]", on) if isinstance(one, str)] if isinstance(on, list) else []
    name = str(event.payload.get("summary", "")) or event.subject
    known = set(connection.scalars(select(expected_changes.c.subject).where(expected_changes.c.event == event.id)))
    for subject in sorted({*(named or [event.subject])} - known):
        values = {"name": name[:300], "since_at": since_at, "until_at": until_at}
        connection.execute(insert(expected_changes).values(event=event.id, subject=subject[:300], **values))


def read_expected(connection: Connection, subjects: Sequence[str]) -> list[ExpectedChange]:
    """Announced changes of any of the subjects, oldest first."""
    table = expected_changes.c
    query = select(table.name, table.since_at, table.until_at).where(table.subject.in_(sorted(set(subjects))))
    rows = connection.execute(query.order_by(table.since_at, table.event))
    return [ExpectedChange(row.name, Window(row.since_at, row.until_at)) for row in rows]


def special_of(window: Window, threshold: LearnedThreshold, expected: Sequence[ExpectedChange]) -> Special | None:
    """What is special about a window: it begins on a declared holiday, or touches an announced change."""
    holiday = threshold.holiday(window.start_at.date())
    if holiday is not None:
        return Special(True, holiday)
    touched = (one for one in expected if _touch(one.window, window))
    return next((Special(False, one.name) for one in touched), None)


def special_windows(
    windows: Sequence[Window], threshold: LearnedThreshold, expected: Sequence[ExpectedChange]
) -> NDArray[np.bool_]:
    """Which windows are special, and so teach nothing about ordinary ones."""
    return np.array([special_of(one, threshold, expected) is not None for one in windows], dtype=bool)


def _touch(one: Window, other: Window) -> bool:
    return one.start_at < other.end_at and other.start_at < one.end_at


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
