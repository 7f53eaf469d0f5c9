"""The lineage page: what a thing was made from, and what depends on it."""

from dataclasses import dataclass

from markupsafe import Markup

from steek.charts import LineageLayout, layout_lineage, lineage_svg
from steek.kernel.urn import Urn
from steek.ledger import Lineage

# Enough for the whole way from a model to its receipts; beyond it the picture helps nobody.
_MAX_DISTANCE = 400


@dataclass(frozen=True, slots=True)
class Side:
    """One direction: the picture and the same things as a list; `things` counts before folding."""

    layout: LineageLayout
    picture: Markup
    things: int


@dataclass(frozen=True, slots=True)
class LineageView:
    """Lineage of `urn` in both directions; `owner_page` is where the thing itself is shown, "" for none."""

    urn: str
    upstream: Side
    downstream: Side
    owner_page: str


def lineage_view(lineage: Lineage, urn: str) -> LineageView:
    """Both directions of one thing; a thing without lineage stands alone in both pictures.

    Raises:
        InputError: `urn` is not of the form kind:name@version.
    """
    parsed = Urn.parse(urn)
    pages = {"trained": f"/models/{parsed.name.partition('/')[0]}", "incident": f"/incidents/{parsed.name}"}
    up = lineage.upstream(urn, max_distance=_MAX_DISTANCE)
    down = lineage.downstream(urn, max_distance=_MAX_DISTANCE)
    return LineageView(
        urn,
        _side(urn, up.distance, [(edge.upstream, edge.downstream) for edge in up.edges]),
        _side(urn, down.distance, [(edge.upstream, edge.downstream) for edge in down.edges]),
        pages.get(parsed.kind, ""),
    )


def upstream_side(lineage: Lineage, urn: str, *, max_distance: int) -> Side:
    """What one thing was made from, so many steps up."""
    graph = lineage.upstream(urn, max_distance=max_distance)
    return _side(urn, graph.distance, [(edge.upstream, edge.downstream) for edge in graph.edges])


def downstream_side(lineage: Lineage, urn: str, *, max_distance: int) -> Side:
    """What depends on one thing, so many steps down."""
    graph = lineage.downstream(urn, max_distance=max_distance)
    return _side(urn, graph.distance, [(edge.upstream, edge.downstream) for edge in graph.edges])


def _side(urn: str, distance: dict[str, int], edges: list[tuple[str, str]]) -> Side:
    layout = layout_lineage(urn, distance, edges)
    # Safe: the picture is built from escaped names only.
    return Side(layout, Markup(lineage_svg(layout)), len(distance) - 1)  # noqa: S704
