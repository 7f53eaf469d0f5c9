"""Pictures from plain records: Vega-Lite specs, and tiny SVG drawn by hand. Pure: same input, same picture.

Flows in: points, thresholds, markers, intervals, lineage as plain values.
Flows out: specs that Altair, a notebook or a report can show, and SVG whose colours are CSS variables,
so that one picture serves light and dark.
"""

from steek.charts.before_after import before_after_svg
from steek.charts.budget import budget_bar, budget_svg
from steek.charts.calibration import CalibrationBin, calibration_spec
from steek.charts.count_rows import CountRow, count_rows_svg
from steek.charts.day_marks import day_marks_svg
from steek.charts.dot_rows import DotRow, dot_rows_svg
from steek.charts.five_points import five_points_svg
from steek.charts.histogram import HistogramBar, codes_spec, histogram_spec
from steek.charts.interval import interval_svg
from steek.charts.lineage import LineageLayout, LineageNode, layout_lineage, lineage_svg
from steek.charts.overlay import overlay_svg
from steek.charts.panels import panel_svgs
from steek.charts.points import Point
from steek.charts.raster import render_png
from steek.charts.rendering import render_svg
from steek.charts.series import Band, Marker, SeriesPicture, Spec, letter, series_spec, visible_markers
from steek.charts.sparkline import sparkline_svg
from steek.charts.svg_png import coloured, svg_png
from steek.charts.terminal import bar_text, sparkline_text
from steek.charts.thinning import thinned
from steek.charts.waterfall import WaterfallStep, waterfall_svg

__all__ = [
    "Band",
    "CalibrationBin",
    "CountRow",
    "DotRow",
    "HistogramBar",
    "LineageLayout",
    "LineageNode",
    "Marker",
    "Point",
    "SeriesPicture",
    "Spec",
    "WaterfallStep",
    "bar_text",
    "before_after_svg",
    "budget_bar",
    "budget_svg",
    "calibration_spec",
    "codes_spec",
    "coloured",
    "count_rows_svg",
    "day_marks_svg",
    "dot_rows_svg",
    "five_points_svg",
    "histogram_spec",
    "interval_svg",
    "layout_lineage",
    "letter",
    "lineage_svg",
    "overlay_svg",
    "panel_svgs",
    "render_png",
    "render_svg",
    "series_spec",
    "sparkline_svg",
    "sparkline_text",
    "svg_png",
    "thinned",
    "visible_markers",
    "waterfall_svg",
]
