"""What the monitors saw of an incident: charts with the onset and the suspects on them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from steek.charts import Marker, Point
from steek.console.drawings import Drawings
from steek.console.indicator_words import series_name, unit_of
from steek.console.pictures import Picture, chart, lettered
from steek.incidents import AlertEvidence, Story, Suspect
from steek.monitoring import Monitoring

_BEFORE_ONSET = timedelta(days=14)
_MOST_PICTURES = 3


def evidence_pictures(story: Story, monitoring: Monitoring, drawings: Drawings) -> tuple[Picture, ...]:
    """At most three charts, the earliest alarms first; empty when no monitor showed it."""
    suspects = story.changed.suspects
    markers = lettered([suspect.event for suspect in suspects], suspects=_prime_suspects(suspects))
    return _pictures(story.alerts, monitoring, drawings, markers)


def suspect_letters(pictures: Sequence[Picture]) -> Mapping[str, str]:
    """The letter of each suspect on the charts, by event; those outside of the charts have none."""
    links = {marker.link: marker.letter for picture in pictures for marker in picture.markers}
    return {link.removeprefix("/ledger/"): letter for link, letter in links.items()}


def _pictures(
    alerts: Sequence[AlertEvidence], monitoring: Monitoring, drawings: Drawings, markers: tuple[Marker, ...]
) -> tuple[Picture, ...]:
    ordered = sorted(alerts, key=lambda alert: (alert.opened_at, alert.slice is not None, alert.monitor))
    shown: dict[str, AlertEvidence] = {}
    # An objective is attached like an alert, and has a page of its own instead of a series.
    for alert in (one for one in ordered if one.monitor in monitoring.monitors):
        shown.setdefault(alert.monitor, alert)
    return tuple(_picture(alert, monitoring, drawings, markers) for alert in list(shown.values())[:_MOST_PICTURES])


def _picture(alert: AlertEvidence, monitoring: Monitoring, drawings: Drawings, markers: tuple[Marker, ...]) -> Picture:
    began = alert.onset.earliest_at or alert.opened_at
    series = monitoring.series(alert.monitor, alert.slice, since=began - _BEFORE_ONSET)
    if series.lower is None and series.upper is None:
        # Its newest window has no bounds; those that the alert broke are what the reader wants to see.
        series = replace(series, lower=alert.lower, upper=alert.upper)
    onset = (alert.onset.earliest_at, alert.onset.latest_at)
    unit = unit_of(monitoring.monitors[alert.monitor].indicator.name, series.unit)
    # Once the data are mended the window is measured again; what fired the alert must not vanish from the picture.
    first = Point(monitoring.alert(alert.alert_id).window.end_at, alert.value, None)
    return chart(
        drawings,
        series_name(alert.monitor, alert.slice),
        series,
        unit=unit,
        onset=onset,
        markers=markers,
        replaced=(first,),
        is_main=True,
    )


def _prime_suspects(suspects: Sequence[Suspect]) -> frozenset[str]:
    """The strongest one stands out on the chart, if it is strong at all."""
    return frozenset(suspect.event.id for suspect in suspects[:1] if suspect.score >= 0.3)
