"""Looking through monitors: those that fit, how each stands and is doing, and its latest points, in a few queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, tuple_

from steek.kernel.urn import Urn
from steek.kernel.verdict import Verdict
from steek.monitoring.indicators.health import MonitorHealth
from steek.monitoring.monitor import Monitor
from steek.monitoring.points import Point
from steek.monitoring.states import MonitorState
from steek.monitoring.tables import WHOLE, points

_PAIRS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class MonitorFilter:
    """Which monitors; None lets all through.

    Args:
        model: Those about a model, or measured on it or on a dataset of that name.
        purpose: "chart", "alert" or "page".
        state: "well", "watch", "broken", "undecided", or "stalled": the monitor itself does not measure.
        owner: Who is asked.
    """

    model: str | None = None
    purpose: str | None = None
    state: str | None = None
    owner: str | None = None

    def lets_through(self, monitor: Monitor, state: MonitorState, health: MonitorHealth) -> bool:
        """Whether a monitor fits everything that is asked."""
        about = {Urn.parse(monitor.subject).name, monitor.indicator.target.name}
        is_state = self.state in (None, state.state) or (self.state == "stalled" and health.is_stalled)
        return (
            (self.model is None or self.model in about)
            and self.purpose in (None, monitor.purpose)
            and self.owner in (None, monitor.owner)
            and is_state
        )


@dataclass(frozen=True, slots=True)
class Explored:
    """One monitor: how it stands, how it itself is doing, and the latest points of the slice its state is about."""

    state: MonitorState
    health: MonitorHealth
    points: tuple[Point, ...]


def read_latest(
    connection: Connection, pairs: Iterable[tuple[str, str | None]], *, since: datetime
) -> Mapping[tuple[str, str | None], Sequence[Point]]:
    """Points of many series with a window start from `since`, oldest first; a series without any is missing."""
    c = points.c
    wanted = [(monitor, name or WHOLE) for monitor, name in pairs]
    found: dict[tuple[str, str | None], list[Point]] = {}
    for first in range(0, len(wanted), _PAIRS_AT_ONCE):
        among = tuple_(c.monitor, c.slice).in_(wanted[first : first + _PAIRS_AT_ONCE])
        query = select(points).where(among, c.window_start_at >= since).order_by(c.window_start_at)
        for row in connection.execute(query).mappings():
            point = Point(
                window_start=row["window_start_at"],
                value=row["value"],
                rows=row["rows"],
                lower=row["lower"],
                upper=row["upper"],
                verdict=Verdict(row["verdict"]),
                reason=row["reason"],
                drift=row["drift"],
            )
            found.setdefault((row["monitor"], row["slice"] or None), []).append(point)
    return found
