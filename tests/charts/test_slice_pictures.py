"""Small multiples, waterfalls, two profiles, a year of hours: what they show, and what they never lose."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.charts import (
    Band,
    Marker,
    Point,
    SeriesPicture,
    WaterfallStep,
    coloured,
    panel_svgs,
    render_png,
    render_svg,
    series_spec,
    svg_png,
    thinned,
    waterfall_svg,
)

START = datetime(2017, 1, 1, tzinfo=UTC)
PNG = b"\x89PNG"


def hours(count: int, *, spike_at: int = -1, gap: range = range(0)) -> tuple[Point, ...]:
    values = (None if n in gap else 900.0 if n == spike_at else 100.0 + n % 7 for n in range(count))
    return tuple(Point(START + timedelta(hours=n), value) for n, value in enumerate(values))


@pytest.mark.covers("O5")
def test_a_year_of_hours_keeps_its_spike_and_its_gap_on_few_pixels() -> None:
    points = hours(8760, spike_at=4321, gap=range(2000, 2100))
    shown = thinned(points, 700)
    assert len(shown) <= 5 * 701
    assert max(point.value for point in shown if point.value is not None) == 900.0
    gone = [point.at for point in shown if point.value is None]
    assert min(gone) == points[2000].at
    svg = render_svg(series_spec(SeriesPicture("a year", "rows", points, upper=120)), description="a year")
    assert svg.count('stroke="var(--accent)"') >= 1
    assert len(svg) < 80_000


@pytest.mark.covers("O5")
@settings(max_examples=40)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=400),
    st.integers(1, 30),
)
def test_thinning_keeps_order_ends_and_the_extremes_of_every_pixel_column(
    values: list[float | None], width: int
) -> None:
    points = tuple(Point(START + timedelta(hours=n), value) for n, value in enumerate(values))
    shown = thinned(points, width)
    assert list(shown) == sorted(set(shown), key=lambda point: point.at)
    known = [value for value in values if value is not None]
    kept = [point.value for point in shown if point.value is not None]
    assert bool(known) == bool(kept)
    if known:
        assert (min(kept), max(kept), kept[0], kept[-1]) == (min(known), max(known), known[0], known[-1])
    assert (None in values) == any(point.value is None for point in shown)


def picture(name: str, level: float) -> SeriesPicture:
    points = tuple(Point(START + timedelta(days=n), None if n == 5 else level) for n in range(14))
    onset = Band(START + timedelta(days=10), START + timedelta(days=11), "onset")
    return SeriesPicture(
        name,
        "rows",
        points,
        lower=0.8 * level,
        onset=onset,
        markers=(Marker("A", START + timedelta(days=3), "a fair", is_suspect=True),),
    )


@pytest.mark.covers("O9", "O12")
def test_small_multiples_share_time_say_their_scale_and_carry_letters() -> None:
    pictures = [picture("store 1", 40.0), picture("store <2>", 400.0)]

    def words(value: float, unit: str) -> str:
        return f"{value:.0f} {unit}"

    shared = panel_svgs(pictures, is_shared=True, words=words)
    own = panel_svgs(pictures, is_shared=False, words=words)
    assert all("on the scale of all" in svg for svg in shared)
    assert all("on a scale of its own" in svg for svg in own)
    tops = [re.findall(r">(\d+ to \d+ rows)<", svg) for svg in shared]
    assert tops[0] == tops[1]
    assert re.findall(r">(\d+ to \d+ rows)<", own[0]) != re.findall(r">(\d+ to \d+ rows)<", own[1])
    for svg in own:
        assert ">A</text>" in svg
        assert "01 Jan" in svg
        assert "stroke-dasharray" in svg
        assert svg.count("M", svg.index('stroke-width="1.5"') - 400) >= 2
    assert "<2>" not in own[1]
    empty = SeriesPicture("gone", "rows", ())
    assert "nothing measured" in panel_svgs([empty], is_shared=True, words=words)[0]


@pytest.mark.covers("O9")
def test_a_waterfall_ends_where_the_whole_is_and_becomes_a_png_in_both_colours() -> None:
    steps = [WaterfallStep("brand=Private & more", -300.0), WaterfallStep("store_id=367", 100.0)]
    svg = waterfall_svg(steps, 1000.0, 750.0, words=lambda value: f"{value:.0f} rows")
    assert "brand=Private &amp; more" in svg
    assert "\u2212300 rows" in svg
    assert "\u221250 rows" in svg
    assert "from 1000 rows to 750 rows, by 2 slices and the rest" in svg
    light, dark = (svg_png(svg, is_dark=is_dark) for is_dark in (False, True))
    assert light.startswith(PNG)
    assert dark.startswith(PNG)
    assert light != dark
    assert "var(" not in coloured(svg)


@pytest.mark.covers("O11")
def test_letters_are_there_in_a_picture_for_a_chat() -> None:
    with_words = SeriesPicture("x", "rows", hours(50), upper=105.0, upper_text="at most 105 rows")
    without = SeriesPicture("x", "rows", hours(50), upper=105.0)
    assert len(render_png(series_spec(with_words))) > len(render_png(series_spec(without))) + 500
