"""The series that shows an alert, as a picture for pages, notices and terminals."""

from collections.abc import Sequence
from datetime import timedelta

from steek.charts import Band, Marker, SeriesPicture, letter
from steek.charts import Point as Drawn
from steek.ledger import Event
from steek.monitoring.alerts import Alert
from steek.monitoring.points import Point
from steek.monitoring.wording import slice_words

_MOST_MARKERS = 12


def evidence_picture(
    alert: Alert, points: Sequence[Point], *, unit: str, length: timedelta, changes: Sequence[Event] = ()
) -> SeriesPicture:
    """Values where they became known, the bounds that the alert fired with, its onset as a band, changes as letters.

    Args:
        alert: What is shown.
        points: Of its monitor and slice, oldest first.
        unit: Of the values.
        length: Of one window.
        changes: What changed in that time upstream and outside; the newest twelve are marked.
    """
    title = alert.monitor if alert.slice is None else f"{alert.monitor}, {slice_words(alert.slice)}"
    ordered = sorted(changes, key=lambda event: (event.at, event.sequence))[-_MOST_MARKERS:]
    markers = tuple(
        Marker(letter(index), event.at, f"{event.kind.replace('.', ' ').replace('_', ' ')}: {event.subject}")
        for index, event in enumerate(ordered)
    )
    said = "" if alert.size is None else alert.size.text
    return SeriesPicture(
        title=f"{title}: {said}" if said else title,
        unit=unit,
        points=tuple(Drawn(point.window_start + length, point.value, point.rows) for point in points),
        lower=alert.lower,
        upper=alert.upper,
        onset=Band(alert.onset.start_at, alert.onset.end_at, "onset"),
        markers=markers,
    )
