"""Alerts: the inbox of groups with one cause, and the page of one alert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from markupsafe import Markup

from steek.charts import Point
from steek.console.attribution_parts import AttributionView, attribution_view
from steek.console.changes_about import changes_about
from steek.console.indicator_words import series_name, unit_of
from steek.console.pictures import Picture, chart, lettered, spark
from steek.console.services import Services
from steek.console.site import Site
from steek.incidents.rows import incident_of, incident_of_group
from steek.monitoring import Alert, AlertStory, GroupLine, GroupStory, RuleNoise, Series, Silence

_SHOWN = timedelta(days=28)
_BEFORE, _AFTER = timedelta(days=28), timedelta(days=7)
_RECENT = timedelta(days=14)
_MOST_GROUPS = 50
_WEEKS = 4


@dataclass(frozen=True, slots=True)
class GroupCard:
    """One group in the inbox; `quiet` when a silence covers all that is open of it."""

    line: GroupLine
    health: str
    size: str
    spark: Markup
    incident: str
    verdict: str
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class InboxView:
    """Groups that need somebody, those that were over lately, and what is kept quiet."""

    health: str
    said: str
    waiting: tuple[GroupCard, ...]
    over: tuple[GroupCard, ...]
    silences: tuple[Silence, ...]
    most_silence: timedelta
    form_key: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group with its alerts."""

    card: GroupCard
    story: GroupStory
    title: str
    form_key: str


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert: its series with onset and changes, why, who moved first, what its rule did before."""

    story: AlertStory
    health: str
    unit: str
    picture: Picture | None
    attribution: AttributionView | None
    reason: str
    not_explained: str
    can_explain: bool
    incident: str
    title: str
    rule: RuleNoise | None
    form_key: str


def inbox_view(services: Services, *, form_key: str) -> InboxView:
    """The inbox."""
    inbox, now = services.alert_inbox, services.clock.now()
    cards = [_card(services, line) for line in inbox.inbox(since=now - _RECENT, limit=_MOST_GROUPS)]
    waiting = [card for card in cards if card.line.group.state == "open"]
    loud = [card for card in waiting if not card.is_quiet]
    return InboxView(
        health="broken" if any(card.line.firing for card in loud) else "watch" if waiting else "well",
        said=_said(waiting, loud),
        waiting=tuple(waiting),
        over=tuple(card for card in cards if card.line.group.state != "open"),
        silences=tuple(inbox.silences("active")),
        most_silence=inbox.options.most_silence,
        form_key=form_key,
    )


def group_view(services: Services, group: str, *, form_key: str) -> GroupView:
    """One group.

    Raises:
        NotFoundError: none of that id.
    """
    story = services.alert_inbox.group(group)
    return GroupView(_card(services, story.line), story, _title(story.line.head), form_key)


def alert_view(site: Site, alert_id: str, *, form_key: str) -> AlertView:
    """One alert.

    Raises:
        NotFoundError: none of that id.
    """
    services = site.services
    story = services.alert_inbox.alert(alert_id)
    alert = story.alert
    kept = alert.evidence.get("attribution")
    monitor = services.monitoring.monitors.get(alert.monitor)
    unit = "" if monitor is None else services.monitoring.series(alert.monitor, alert.slice).unit
    shown = unit if monitor is None else unit_of(monitor.indicator.name, unit)
    made = story.attribution
    said = cast("Mapping[str, object]", kept).get("sentence") if isinstance(kept, Mapping) else ""
    return AlertView(
        story=story,
        health=_health(alert),
        unit=shown,
        picture=None if monitor is None else _picture(site, alert, shown),
        attribution=None if made is None else attribution_view(made, shown),
        reason=str(alert.evidence.get("reason", "")),
        not_explained=str(said or "") if made is None else "",
        can_explain=services.attributions.can_attribute(alert.monitor),
        incident=_incident_of(services, alert),
        title=_title(alert),
        rule=services.alert_inbox.noise_report(_WEEKS, suggest=False).rule(alert.monitor),
        form_key=form_key,
    )


def _said(waiting: Sequence[GroupCard], loud: Sequence[GroupCard]) -> str:
    if not waiting:
        return "Nothing waits for anybody."
    fresh = sum(card.line.firing > 0 for card in loud)
    seen, quiet = len(loud) - fresh, len(waiting) - len(loud)
    parts = [f"{fresh} {'cause waits' if fresh == 1 else 'causes wait'} for somebody" if fresh else "all are seen"]
    if seen and fresh:
        parts.append(f"{seen} {'is' if seen == 1 else 'are'} seen")
    if quiet:
        parts.append(f"{quiet} {'is' if quiet == 1 else 'are'} kept quiet")
    return f"{'; '.join(parts)}.".capitalize()


def _card(services: Services, line: GroupLine) -> GroupCard:
    head = line.head
    judged = {word: count for word, count in line.verdicts.items() if count}
    worst = "well" if line.group.state != "open" else "watch" if not line.firing else "broken"
    return GroupCard(
        line=line,
        health=worst,
        size="" if head.size is None else head.size.text,
        spark=_spark(services, head, worst),
        incident=_incident(services, line.group.id),
        verdict=", ".join(f"{count} {word}" for word, count in judged.items()) if len(judged) > 1 else "".join(judged),
        is_quiet=line.group.state == "open" and line.silenced == line.firing + line.acknowledged,
    )


def _spark(services: Services, alert: Alert, health: str) -> Markup:
    if alert.monitor not in services.monitoring.monitors:
        return Markup()
    end_at = alert.last_window_end_at
    series = services.monitoring.series(alert.monitor, alert.slice, since=end_at - _SHOWN, until=end_at)
    return spark(series, health, series_name(alert.monitor, alert.slice))


def _incident(services: Services, group: str) -> str:
    with services.database.reading() as connection:
        found = incident_of_group(connection, group)
    return "" if found is None else found.id


def _incident_of(services: Services, alert: Alert) -> str:
    """Its own, else that of its group."""
    with services.database.reading() as connection:
        found = incident_of(connection, alert.id)
    if found is not None:
        return found.id
    return "" if alert.group is None else _incident(services, alert.group)


def _title(alert: Alert) -> str:
    """What somebody who declares on it would say; they may say it better."""
    name = series_name(alert.monitor, alert.slice)
    return f"{name}: {alert.size.text}" if alert.size is not None else f"{name} is out of its bounds"


def _health(alert: Alert) -> str:
    if alert.state == "resolved":
        return "well"
    return "watch" if alert.state == "acknowledged" else "broken"


def _picture(site: Site, alert: Alert, unit: str) -> Picture:
    services, now = site.services, site.services.clock.now()
    since, until = alert.onset.start_at - _BEFORE, min(alert.last_window_end_at + _AFTER, now)
    series = services.monitoring.series(alert.monitor, alert.slice, since=since, until=until)
    shown = Series(series.monitor, series.slice, series.points, alert.lower, alert.upper, series.unit, series.threshold)
    markers = lettered(changes_about(services, alert.subject, since=since, until=until))
    first = (Point(alert.window.end_at, alert.value, None),)
    title, onset = series_name(alert.monitor, alert.slice), (alert.onset.start_at, alert.onset.end_at)
    return chart(site.drawings, title, shown, unit=unit, onset=onset, markers=markers, replaced=first, is_main=True)
