"""The lineage picture: what a thing was made from, left to right, versions of one thing folded together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from steek.kernel.urn import Urn

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")
_NODE_WIDTH, _NODE_HEIGHT = 172, 44
_GAP_X, _GAP_Y = 40, 14


@dataclass(frozen=True, slots=True)
class LineageNode:
    """One thing in the picture: `urns` are the versions folded into it, newest last."""

    key: str
    kind: str
    name: str
    detail: str
    urns: tuple[str, ...]
    column: int
    row: int
    is_root: bool


@dataclass(frozen=True, slots=True)
class LineageLayout:
    """Nodes by key and the folded edges between them, (upstream key, downstream key)."""

    nodes: dict[str, LineageNode]
    edges: tuple[tuple[str, str], ...]


def layout_lineage(root: str, distance: Mapping[str, int], edges: Sequence[tuple[str, str]]) -> LineageLayout:
    """Fold and place a lineage graph.

    All versions of a name become one node, and all receipts of one dataset become one. Columns follow the longest
    path, so that every edge points to the right; rows follow the name.

    Args:
        root: URN in the middle of the question.
        distance: Every URN of the graph.
        edges: (upstream, downstream) URNs.
    """
    feeds = {upstream: downstream for upstream, downstream in edges if upstream.startswith("receipt:")}
    keys = {urn: _key(urn, feeds) for urn in distance}
    folded: dict[str, list[str]] = {}
    for urn in distance:
        folded.setdefault(keys[urn], []).append(urn)
    between = sorted({(keys[a], keys[b]) for a, b in edges if a in keys and b in keys and keys[a] != keys[b]})
    columns = _columns(sorted(folded), between)
    rows: dict[int, int] = {}
    nodes: dict[str, LineageNode] = {}
    for key in sorted(folded, key=lambda name: (columns[name], name)):
        column = columns[key]
        row = rows.get(column, 0)
        rows[column] = row + 1
        nodes[key] = _node(key, folded[key], column, row, keys[root])
    return LineageLayout(nodes, tuple(between))


def _key(urn: str, feeds: Mapping[str, str]) -> str:
    parsed = Urn.parse(urn)
    if parsed.kind == "receipt":
        fed = feeds.get(urn)
        return f"receipt:{Urn.parse(fed).name}" if fed else "receipt:"
    return f"{parsed.kind}:{parsed.name}"


def _columns(keys: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    columns = dict.fromkeys(keys, 0)
    # A folded graph of n nodes has no path longer than n; the bound also ends it should folding make a circle.
    for _ in keys:
        moved = False
        for upstream, downstream in edges:
            if columns[downstream] < columns[upstream] + 1 <= len(keys):
                columns[downstream] = columns[upstream] + 1
                moved = True
        if not moved:
            break
    return columns


def _node(key: str, urns: list[str], column: int, row: int, root_key: str) -> LineageNode:
    kind, _, name = key.partition(":")
    versions = sorted((Urn.parse(urn).version or "" for urn in urns), key=lambda text: (len(text), text))
    ordered = tuple(sorted(urns, key=lambda urn: (len(Urn.parse(urn).version or ""), Urn.parse(urn).version or "")))
    if kind == "receipt":
        detail = f"{len(urns):,} receipts" if len(urns) > 1 else "1 receipt"
    elif len(versions) > 1:
        detail = f"{len(versions):,} versions"
    else:
        detail = _short(versions[0])
    return LineageNode(key, kind, name, detail, ordered, column, row, key == root_key)


def _short(text: str) -> str:
    if _INSTANT.match(text):
        return text[:10]
    return text if len(text) <= 20 else text[:12] + "…"


def lineage_svg(layout: LineageLayout, *, link: str = "/lineage?of=") -> str:
    """The layout as inline SVG; every node is a link to `link` + its newest URN. Names are escaped."""
    if not layout.nodes:
        return ""
    width = (max(node.column for node in layout.nodes.values()) + 1) * (_NODE_WIDTH + _GAP_X) - _GAP_X + 4
    height = (max(node.row for node in layout.nodes.values()) + 1) * (_NODE_HEIGHT + _GAP_Y) - _GAP_Y + 4
    size = f'viewBox="-2 -2 {width} {height}" width="{width}" height="{height}"'
    parts = [f'<svg class="lineage" {size} role="group" aria-label="lineage of {len(layout.nodes)} things">']
    parts += [_edge(layout.nodes[a], layout.nodes[b]) for a, b in layout.edges]
    parts += [_box(node, link) for node in layout.nodes.values()]
    return "".join(parts) + "</svg>"


def _corner(node: LineageNode) -> tuple[int, int]:
    return node.column * (_NODE_WIDTH + _GAP_X), node.row * (_NODE_HEIGHT + _GAP_Y)


def _edge(upstream: LineageNode, downstream: LineageNode) -> str:
    x1, y1 = _corner(upstream)
    x2, y2 = _corner(downstream)
    x1, y1, y2 = x1 + _NODE_WIDTH, y1 + _NODE_HEIGHT // 2, y2 + _NODE_HEIGHT // 2
    bend = (x1 + x2) // 2
    return f'<path d="M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}"/>'


def _box(node: LineageNode, link: str) -> str:
    x, y = _corner(node)
    target = escape(link + quote(node.urns[-1], safe=""))
    css = "node root" if node.is_root else "node"
    name = node.name if len(node.name) <= 24 else node.name[:23] + "…"
    return (
        f'<a href="{target}" class="{css}"><title>{escape(node.urns[-1])}</title>'
        f'<rect x="{x}" y="{y}" width="{_NODE_WIDTH}" height="{_NODE_HEIGHT}" rx="6"/>'
        f'<text x="{x + 10}" y="{y + 18}" class="name">{escape(name)}</text>'
        f'<text x="{x + 10}" y="{y + 34}" class="detail">{escape(f"{node.kind} · {node.detail}")}</text></a>'
    )
