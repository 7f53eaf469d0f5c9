"""Series charts: gaps stay gaps, thresholds dashed, onset as a band, changes as letters, colours as variables."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import pytest

from steek.charts import Band, Marker, Point, SeriesPicture, letter, render_svg, series_spec
from steek.charts.palette import VARIABLES, to_variables
from steek.charts.series import value_domain

START = datetime(2017, 9, 1, tzinfo=UTC)


def picture(values: Sequence[float | None], **more: Any) -> SeriesPicture:
    points = tuple(Point(START + timedelta(days=day), value, 10) for day, value in enumerate(values))
    return SeriesPicture("joined", "fraction", points, **more)


def marks(spec: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


@pytest.mark.covers("O6", "O12")
def test_spec_is_valid_for_altair_and_holds_band_threshold_and_letters() -> None:
    at = START + timedelta(days=3)
    shown = picture(
        [0.97, 0.98, None, 0.97, 0.0],
        lower=0.9,
        lower_text="at least 90%",
        onset=Band(at, at + timedelta(days=1), "onset"),
        markers=(Marker("A", START + timedelta(days=1), "route"), Marker("B", at, "contract", is_suspect=True)),
    )
    spec = series_spec(shown)
    alt.Chart.from_dict(spec)
    assert [layer["mark"]["strokeDash"] for layer in marks(spec, "rule")].count([4, 3]) == 1
    assert len(marks(spec, "rect")) == 1
    svg = render_svg(spec, description="joined")
    assert ">A</text>" in svg
    assert ">B</text>" in svg
    assert "at least 90%" in svg
    assert "100%" in svg


@pytest.mark.parametrize(("upper", "words"), [(0.02, ["at least, at most"]), (0.9, ["at least", "at most"])])
def test_words_of_two_bounds_never_stand_on_one_another(upper: float, words: list[str]) -> None:
    bounds = {"lower": 0.0, "upper": upper, "lower_text": "at least", "upper_text": "at most"}
    spec = series_spec(picture([0.01, 0.01, 1.0], **bounds))
    assert [layer["mark"]["strokeDash"] for layer in marks(spec, "rule")] == [[4, 3]] * 2
    assert [layer["mark"]["text"] for layer in marks(spec, "text")] == words


def test_a_gap_breaks_the_line_and_a_lone_point_is_a_dot() -> None:
    svg = render_svg(series_spec(picture([0.5, 0.6, None, 0.7, None, 0.6, 0.5])), description="x")
    line = svg.split('class="mark-line')[1].split('d="')[1].split('"')[0]
    assert line.count("M") == 3
    spec = series_spec(picture([0.5, 0.6, None, 0.7, None, 0.6, 0.5]))
    (dots,) = marks(spec, "point")
    assert [row["value"] for row in dots["data"]["values"]] == [0.7, 0.5]


def test_nothing_measured_is_an_empty_frame_and_not_an_error() -> None:
    for values in (list[None](), [None, None]):
        spec = series_spec(picture(values))
        alt.Chart.from_dict(spec)
        assert render_svg(spec, description="x").startswith("<svg")


def test_markers_and_onset_outside_the_points_are_left_out() -> None:
    late = START + timedelta(days=30)
    spec = series_spec(picture([1.0, 1.0], markers=(Marker("A", late, "x"),), onset=Band(late, late, "onset")))
    assert "A" not in json.dumps(spec["layer"])
    assert marks(spec, "rect") == []


@pytest.mark.parametrize(
    ("values", "lowest"),
    [([0.0, 10.0], 0.0), ([5.0, 10.0], 0.0), ([99.0, 100.0], 98.85), ([3.0, 3.0], 2.7)],
)
def test_axis_begins_at_zero_unless_the_series_lives_far_above(values: Sequence[float | None], lowest: float) -> None:
    assert abs(value_domain(picture(values))[0] - lowest) < 1e-9


def test_one_picture_serves_light_and_dark() -> None:
    svg = render_svg(series_spec(picture([0.1, 0.2], lower=0.05)), description="x")
    assert "var(--accent)" in svg
    assert "var(--broken)" in svg
    assert not any(sentinel in svg for sentinel in VARIABLES)


def test_text_that_looks_like_a_colour_or_markup_stays_text() -> None:
    assert to_variables('<text fill="#fe0001">#fe0001</text>') == '<text fill="var(--ink)">#fe0001</text>'
    hostile = picture([1.0, 2.0], lower=1.0, lower_text='"><script>alert(1)</script>')
    svg = render_svg(series_spec(hostile), description='"><script>alert(2)</script>')
    assert "<script" not in svg


def test_equal_specs_are_rendered_once() -> None:
    first = render_svg(series_spec(picture([1.0, 3.0])), description="same")
    assert render_svg(series_spec(picture([1.0, 3.0])), description="same") is first


def test_letters_go_on_after_z() -> None:
    assert [letter(index) for index in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
