"""A year at hourly resolution as a picture: 8,760 points with gaps and a spike of one hour, to SVG.

Ours: `series_spec` and `render_svg`, 720 pixels wide; first, last, least and greatest of each pixel column are drawn.
Peer: the same spec with every point in it, which is what was drawn before. Matplotlib, which draws another picture
without colours for dark screens, is timed beside them where it lies in benchmarks/.peers
(`pip install --target benchmarks/.peers matplotlib`). Rendered pictures are not remembered here.
"""

import importlib
import importlib.util
import io
import math
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import measuring
from steek.charts import Marker, Point, SeriesPicture, render_svg, series_spec

HOURS, ROUNDS, SPIKE_AT = 8760, 9, 4321
PEERS = Path(__file__).resolve().parent / ".peers"


def main() -> None:
    with measuring.work_folder():
        year = _year()
        contestants: dict[str, Callable[[], object]] = {
            "ours": _drawing(year, width=720),
            "every_point": _drawing(year, width=720, is_thinned=False),
        }
        sys.path.append(str(PEERS))
        if importlib.util.find_spec("matplotlib") is not None:
            contestants["matplotlib"] = lambda: _matplotlib(year)
        spent = measuring.take_turns(ROUNDS, warm_up=2, **contestants)
    medians = {name: measuring.median(rounds) for name, rounds in spent.items()}
    for name, one in medians.items():
        measuring.say(name, one)
    figure = medians["ours"].wall_s * 1e3
    measuring.Result(
        name="chart",
        figure=figure,
        unit="ms, a year of hours to SVG",
        peer="the same spec with every point",
        peer_figure=medians["every_point"].wall_s * 1e3,
        limit_figure=None,
        goal="under 300 ms",
        met=figure < 300,
    ).end()


def _year() -> tuple[Point, ...]:
    start = datetime(2017, 1, 1, tzinfo=UTC)

    def value(hour: int) -> float | None:
        if hour % 2000 < 60:
            return None
        return 900.0 if hour == SPIKE_AT else 100 + 30 * math.sin(hour * math.tau / 24) + hour * 7919 % 13

    return tuple(Point(start + timedelta(hours=hour), value(hour)) for hour in range(HOURS))


def _drawing(year: tuple[Point, ...], *, width: int, is_thinned: bool = True) -> Callable[[], str]:
    """Draws it anew each time: the title differs, so the picture is not one that is remembered."""
    number = 0

    def draw() -> str:
        nonlocal number
        number += 1
        markers = (Marker("A", year[2000].at, "a fair"), Marker("B", year[SPIKE_AT].at, "a campaign", is_suspect=True))
        picture = SeriesPicture("a year", "rows", year, lower=60, upper=140 + number / 1000, markers=markers)
        spec = series_spec(picture, width=width)
        if not is_thinned:
            spec = _with_every_point(spec, year)
        return render_svg(spec, description="a year of hours")

    return draw


def _with_every_point(spec: dict[str, object], year: tuple[Point, ...]) -> dict[str, object]:
    rows = [{"at": point.at.isoformat(), "value": point.value} for point in year]
    layers: Any = spec["layer"]
    longest = max(layers, key=lambda layer: len(layer["data"]["values"]))
    return {**spec, "layer": [{**one, "data": {"values": rows}} if one is longest else one for one in layers]}


def _matplotlib(year: tuple[Point, ...]) -> str:
    figure: Any = importlib.import_module("matplotlib.figure")
    drawn = figure.Figure(figsize=(7.2, 1.9), dpi=100)
    axes = drawn.add_subplot()
    axes.plot([point.at for point in year], [math.nan if point.value is None else point.value for point in year], lw=1)
    axes.axhline(60, ls="--")
    axes.axhline(140, ls="--")
    written = io.StringIO()
    drawn.savefig(written, format="svg")
    return written.getvalue()


if __name__ == "__main__":
    main()
