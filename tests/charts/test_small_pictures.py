"""Sparklines, intervals, calibration and the lineage picture."""

import altair as alt
import pytest

from steek.charts import (
    CalibrationBin,
    calibration_spec,
    interval_svg,
    layout_lineage,
    lineage_svg,
    render_svg,
    sparkline_svg,
)


def test_sparkline_breaks_at_gaps_and_ends_with_the_last_value() -> None:
    svg = sparkline_svg([1.0, 2.0, None, 3.0, 1.0, None], width=56, height=26)
    path = svg.split('<path d="')[1].split('"')[0]
    assert path == "M3.0 23.0L13.0 13.0M33.0 3.0L43.0 23.0"
    assert '<circle cx="43.0" cy="23.0"' in svg


def test_sparkline_without_values_is_nothing_and_flat_is_in_the_middle() -> None:
    assert sparkline_svg([None]) == ""
    assert 'cy="12.0"' in sparkline_svg([5.0, 5.0], height=24)


def test_sparkline_threshold_is_on_the_scale_of_the_values() -> None:
    svg = sparkline_svg([1.0, 1.0], threshold=0.0, height=26)
    assert '<line class="threshold" x1="0" x2="92" y1="23.0" y2="23.0"/>' in svg


def test_descriptions_are_escaped() -> None:
    assert "<b>" not in sparkline_svg([1.0, 2.0], description="<b>")
    assert "<b>" not in interval_svg(0.5, None, None, domain=(0, 1), description="<b>")


def test_interval_stays_inside_its_scale() -> None:
    svg = interval_svg(2.0, -1.0, 3.0, domain=(0.0, 1.0), width=108)
    assert 'x1="4.0" x2="104.0"' in svg
    assert '<circle cx="104.0"' in svg


@pytest.mark.covers("Q2")
def test_calibration_shows_every_bin_and_the_diagonal() -> None:
    bins = [CalibrationBin(0.1, 0.12, 100, 0.08, 0.16), CalibrationBin(0.5, 0.4, 50)]
    spec = calibration_spec(bins)
    alt.Chart.from_dict(spec)
    svg = render_svg(spec, description="calibration")
    assert svg.count('stroke-dasharray="4,3"') == 1
    assert "expected" in svg
    assert "observed" in svg
    alt.Chart.from_dict(calibration_spec([]))


@pytest.mark.covers("D11")
def test_lineage_folds_versions_and_receipts_and_points_to_the_right() -> None:
    edges = [
        ("receipt:a", "dataset:t@1"),
        ("receipt:b", "dataset:t@2"),
        ("dataset:t@1", "dataset:t@2"),
        ("dataset:t@2", "features:v@2017-10-01T06:00:00+00:00"),
        ("features:v@2017-10-01T06:00:00+00:00", "trained:m@3"),
        ("dataset:t@2", "trained:m@3"),
    ]
    things = dict.fromkeys([urn for edge in edges for urn in edge], 0)
    layout = layout_lineage("trained:m@3", things, edges)
    assert {key: node.column for key, node in layout.nodes.items()} == {
        "receipt:t": 0,
        "dataset:t": 1,
        "features:v": 2,
        "trained:m": 3,
    }
    assert layout.nodes["receipt:t"].detail == "2 receipts"
    assert layout.nodes["dataset:t"].detail == "2 versions"
    assert layout.nodes["dataset:t"].urns[-1] == "dataset:t@2"
    assert all(layout.nodes[a].column < layout.nodes[b].column for a, b in layout.edges)
    svg = lineage_svg(layout)
    assert 'href="/lineage?of=trained%3Am%403"' in svg


def test_versions_are_ordered_by_number() -> None:
    things = {f"dataset:t@{version}": 0 for version in (9, 10, 2)}
    node = layout_lineage("dataset:t@10", things, []).nodes["dataset:t"]
    assert node.urns[-1] == "dataset:t@10"


def test_a_hostile_name_cannot_leave_the_picture() -> None:
    urn = 'dataset:"><script>alert(1)</script>@1'
    svg = lineage_svg(layout_lineage(urn, {urn: 0}, []))
    assert "<script" not in svg


def test_a_circle_in_the_folded_graph_ends() -> None:
    edges = [("dataset:a@1", "dataset:b@1"), ("dataset:b@1", "dataset:a@2")]
    things = dict.fromkeys([urn for edge in edges for urn in edge], 0)
    assert set(layout_lineage("dataset:a@2", things, edges).nodes) == {"dataset:a", "dataset:b"}
