"""Pictures from plain records: Vega-Lite specs, and tiny SVG drawn by hand. Pure: same input, same picture.

Flows in: points, thresholds, markers, intervals, lineage as plain values.
Flows out: specs that Altair, a notebook or a report can show, and SVG whose colours are CSS variables,
so that one picture serves light and dark.
"""

from steek.charts.budget import budget_bar, budget_svg
from steek.charts.calibration import CalibrationBin, calibration_spec
from steek.charts.histogram import HistogramBar, codes_spec, histogram_spec
from steek.charts.interval import interval_svg
from steek.charts.lineage import LineageLayout, LineageNode, layout_lineage, lineage_svg
from steek.charts.raster import render_png
from steek.charts.rendering import render_svg
from steek.charts.series import Band, Marker, Point, SeriesPicture, Spec, letter, series_spec, visible_markers
from steek.charts.sparkline import sparkline_svg
from steek.charts.terminal import bar_text, sparkline_text

__all__ = [
    "Band",
    "CalibrationBin",
    "HistogramBar",
    "LineageLayout",
    "LineageNode",
    "Marker",
    "Point",
    "SeriesPicture",
    "Spec",
    "bar_text",
    "budget_bar",
    "budget_svg",
    "calibration_spec",
    "codes_spec",
    "histogram_spec",
    "interval_svg",
    "layout_lineage",
    "letter",
    "lineage_svg",
    "render_png",
    "render_svg",
    "series_spec",
    "sparkline_svg",
    "sparkline_text",
    "visible_markers",
]
