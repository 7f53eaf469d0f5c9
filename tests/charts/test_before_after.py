"""A point per row, within the square, named for those who do not see it."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.charts import before_after_svg

SCORES = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))


@pytest.mark.covers("I8")
@settings(max_examples=40)
@given(pairs=st.lists(SCORES, min_size=1, max_size=30))
def test_every_point_lies_within_the_square(pairs: list[tuple[float, float]]) -> None:
    svg = before_after_svg(pairs, names=("<v1>", "v2"), description="<b>")
    assert ET.fromstring(svg).get("role") == "img"
    places = [float(number) for number in re.findall(r'c[xy]="([-0-9.]+)"', svg)]
    assert len(places) == 2 * len(pairs)
    assert all(29.9 <= place <= 270.1 for place in places)


@pytest.mark.covers("I8")
def test_of_very_many_points_the_farthest_stays() -> None:
    pairs = [(1.0, 1.0)] * 5_000 + [(0.0, 9.0)]
    svg = before_after_svg(pairs, names=("v1", "v2"))
    assert svg.count("<circle") == 2_000
    assert 'cx="30.0" cy="30.0"' in svg
