"""Noise reports from the tables, and the one of each week that is told."""

from datetime import datetime, time, timedelta

from sqlalchemy import Connection, insert, select

from steek.ledger import Draft
from steek.monitoring.alerting.noise import Fired, NoiseReport, noise_report
from steek.monitoring.alerting.tables import noise_reports, verdicts
from steek.monitoring.tables import alerts

_ACTOR = "steek"
_SUBJECT = "alerts:rules"


def report_of(connection: Connection, *, since_at: datetime, until_at: datetime, target: float) -> NoiseReport:
    """Over the alerts opened after `since_at` and until `until_at`, which is often now."""
    joined = alerts.join(verdicts, verdicts.c.alert == alerts.c.id, isouter=True)
    c = alerts.c
    columns = (c.id, c.monitor, c.group_id, c.opened_at, c.acknowledged_by, c.silence_id, verdicts.c.verdict)
    query = select(*columns).select_from(joined).where(c.opened_at > since_at, c.opened_at <= until_at)
    fired = (
        Fired(
            alert=row.id,
            monitor=row.monitor,
            group=row.group_id or row.id,
            opened_at=row.opened_at,
            is_acknowledged=row.acknowledged_by is not None,
            is_silenced=row.silence_id is not None,
            verdict=row.verdict,
        )
        for row in connection.execute(query)
    )
    return noise_report(fired, since_at=since_at, until_at=until_at, target=target)


def is_told(connection: Connection, now: datetime) -> bool:
    """Whether the report of the weeks before that of `now` was told."""
    query = select(noise_reports.c.made_at).where(noise_reports.c.week_start_at == week_of(now))
    return connection.execute(query).first() is not None


def write_report(connection: Connection, report: NoiseReport, now: datetime) -> Draft:
    """Store that this week's report was told; returns the event that tells it."""
    noisy, unheard = list(report.noisy), list(report.unheard)
    values = {"week_start_at": week_of(now), "noisy": noisy, "unheard": unheard, "fired": report.fired, "made_at": now}
    connection.execute(insert(noise_reports).values(values))
    rules = [
        {
            "monitor": rule.monitor,
            "episodes": rule.episodes,
            "judged": rule.precision.rows,
            "precision": rule.precision.value,
            "suggestion": rule.suggestion,
        }
        for rule in report.rules
        if rule.is_noisy or rule.is_unheard
    ]
    payload: dict[str, object] = {
        "text": report.sentence,
        "since_at": report.since_at,
        "until_at": report.until_at,
        "noisy": noisy,
        "unheard": unheard,
        "fired": report.fired,
        "silenced": report.silenced,
        "rules": rules[:50],
    }
    return Draft("alerts.noise_reported", _SUBJECT, _ACTOR, payload)


def week_of(now: datetime) -> datetime:
    """Beginning of the week, Monday 00:00 UTC."""
    day = datetime.combine(now.date(), time(), tzinfo=now.tzinfo)
    return day - timedelta(days=now.weekday())
