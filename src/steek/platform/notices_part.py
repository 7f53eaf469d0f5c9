"""The part of notices: who is told of what, and what others tell."""

from dataclasses import dataclass

from steek.kernel.clock import Clock, SystemClock
from steek.kernel.settings import Settings
from steek.ledger import Database, Ledger
from steek.monitoring import Monitoring
from steek.notify import Notices, OutsideAlerts, open_targets
from steek.platform.notice_pictures import notice_pictures
from steek.platform.noticing import Noticing


@dataclass(frozen=True, slots=True)
class NoticesPart:
    """Notices out, alerts of others in; `noticing` turns events into notices."""

    notices: Notices
    outside_alerts: OutsideAlerts
    noticing: Noticing


def notices_part(
    settings: Settings, database: Database, ledger: Ledger, clock: Clock, monitoring: Monitoring
) -> NoticesPart:
    """Targets of steek.toml, opened; nothing is connected to yet.

    Raises:
        SettingsError: the table of a target is wrong.
        NotFoundError: no notifier of a target's kind is installed.
    """
    # Receivers live in the world's own time, also where the project replays another.
    notices = Notices(
        database, ledger, SystemClock(), open_targets(settings.notify_targets), notice_pictures(monitoring)
    )
    return NoticesPart(
        notices=notices,
        outside_alerts=OutsideAlerts(
            database, ledger, clock, lambda connection, key, at: notices.came_back(connection, key, at=at)
        ),
        noticing=Noticing(notices, ledger, clock, settings, monitoring.monitors),
    )
