"""How the indicators that showed an incident stand now, read from what monitoring stored."""

from collections.abc import Sequence
from datetime import datetime

from steek.incidents.types import AlertEvidence
from steek.incidents.verification import Reading
from steek.kernel.verdict import Verdict
from steek.ledger import Database
from steek.monitoring.alerts import read_alerts
from steek.monitoring.objectives.rows import read_episodes
from steek.monitoring.points import Point, read_points

_MOST_READ = 100


def readings(database: Database, alerts: Sequence[AlertEvidence]) -> dict[str, Reading]:
    """Newest measured value of each alert's series, by alert id; an alert without any point is missing.

    Of a storm the first hundred are read: whether each alert has ended is told by `resolved_at`, for all of them.
    """
    found: dict[str, Reading] = {}
    with database.reading() as connection:
        for alert in alerts[:_MOST_READ]:
            points = read_points(connection, alert.monitor, alert.slice, since=alert.onset.earliest_at, until=None)
            if points:
                newest = points[-1]
                found[alert.alert_id] = Reading(newest.value, newest.lower, newest.upper, _within(points))
    return found


def _within(points: Sequence[Point]) -> int:
    count = 0
    for point in reversed(points):
        if point.verdict is not Verdict.PASS:
            break
        count += 1
    return count


def resolved_at(database: Database, alerts: Sequence[AlertEvidence]) -> dict[str, datetime]:
    """When each alert was back in its bounds, or its objective kept again, by alert id; open ones are missing."""
    ids = [alert.alert_id for alert in alerts]
    with database.reading() as connection:
        known = read_alerts(connection, ids=ids) if ids else []
        episodes = read_episodes(connection, ids=ids) if ids else []
    ended = {alert.id: alert.resolved_at for alert in known if alert.resolved_at is not None}
    return ended | {episode.id: episode.ended_at for episode in episodes if episode.ended_at is not None}
