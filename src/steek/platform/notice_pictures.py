"""The chart that goes with a notice: the series that left its bounds, as people know it from the console."""

from collections.abc import Callable
from datetime import timedelta

from steek.charts import Point, SeriesPicture, render_png, series_spec
from steek.monitoring import Monitoring
from steek.notify import Notice

_SPAN = timedelta(days=42)
_WIDTH, _HEIGHT = 640, 200


def notice_pictures(monitoring: Monitoring) -> Callable[[Notice], bytes | None]:
    """Draws a notice that names a monitor, six weeks of it; None for all others."""

    def draw(notice: Notice) -> bytes | None:
        monitor = notice.labels.get("monitor")
        if monitor not in monitoring.monitors:
            return None
        series = monitoring.series(monitor, notice.labels.get("slice"), since=notice.at - _SPAN)
        if not series.points:
            return None
        picture = SeriesPicture(
            title=notice.title,
            unit=series.unit,
            points=tuple(Point(point.window_start, point.value, point.rows) for point in series.points),
            lower=series.lower,
            upper=series.upper,
        )
        return render_png(series_spec(picture, width=_WIDTH, height=_HEIGHT))

    return draw
