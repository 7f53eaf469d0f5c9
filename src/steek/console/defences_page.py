"""The map of defences as it is drawn: one line for each kind of failure, one piece of cheese for each layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from steek.console.services import Services
from steek.incidents.defences.defence_map import AlignedHole, Cell, CellState, Row
from steek.incidents.defences.defence_maps import CategoryDefences
from steek.incidents.readiness.scoring import ModelReadiness

_SHAPES: Mapping[CellState, str] = {
    CellState.EXERCISED: "exercised",
    CellState.SET_UP: "set-up",
    CellState.HOLE: "open-hole",
    CellState.NOT_APPLICABLE: "without",
}
_POINTS = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """One cell: `shape` is how it is drawn, `word` what stands below, `spoken` all of it in words."""

    layer: str
    shape: str
    word: str
    at: datetime | None
    spoken: str


@dataclass(frozen=True, slots=True)
class MapLine:
    """One kind of failure; the dots say where it lies on both axes."""

    id: str
    name: str
    sentence: str
    machine_learning: str
    distributed: str
    axes: str
    pieces: tuple[Piece, ...]
    incidents: tuple[str, ...]
    is_hole: bool
    href: str


@dataclass(frozen=True, slots=True)
class DefencesView:
    """The whole page: of one model or of all (`model` None)."""

    model: str | None
    models: tuple[str, ...]
    layers: tuple[str, ...]
    lines: tuple[MapLine, ...]
    holes: tuple[AlignedHole, ...]
    counts: Mapping[str, int]
    readiness: ModelReadiness | None
    form_key: str


@dataclass(frozen=True, slots=True)
class CategoryView:
    """One kind of failure: its line, and everything that is set up against it."""

    model: str | None
    line: MapLine
    found: CategoryDefences
    layers: tuple[tuple[Cell, Piece], ...]
    form_key: str


def defences_view(services: Services, model: str | None, *, form_key: str) -> DefencesView:
    """The map. Raises NotFoundError when there is no such model."""
    drawn = services.defence_map.map(model)
    ready = services.readiness.all() if model is None else (services.readiness.of(model),)
    return DefencesView(
        model=model,
        models=services.defence_map.models(),
        layers=tuple(layer.value for layer in drawn.layers),
        lines=tuple(_line(row, model) for row in drawn.rows),
        holes=drawn.holes,
        counts={state.value: drawn.count(state) for state in CellState},
        readiness=ready[0] if ready else None,
        form_key=form_key,
    )


def category_view(services: Services, category: str, model: str | None, *, form_key: str) -> CategoryView:
    """One kind of failure. Raises NotFoundError when there is no such category or model."""
    found = services.defence_map.category(category, model)
    line = _line(found.row, model)
    return CategoryView(model, line, found, tuple(zip(found.row.cells, line.pieces, strict=True)), form_key)


def _line(row: Row, model: str | None) -> MapLine:
    category = row.category
    query = "" if model is None else f"?model={quote(model, safe='')}"
    return MapLine(
        id=category.id,
        name=category.name,
        sentence=category.sentence,
        machine_learning=_dots(category.machine_learning),
        distributed=_dots(category.distributed),
        axes=f"machine learning {category.machine_learning} of 5, distributed {category.distributed} of 5",
        pieces=tuple(_piece(cell) for cell in row.cells),
        incidents=row.incidents,
        is_hole=row.is_hole,
        href=f"/defences/{quote(category.id, safe='')}{query}",
    )


def _dots(place: int) -> str:
    """A place on an axis of five.

    >>> _dots(2)
    '○●○○○'
    """
    return "".join("●" if number == place else "○" for number in range(1, _POINTS + 1))


def _piece(cell: Cell) -> Piece:
    spoken = f"{cell.layer.value}: {cell.state.value}. {cell.sentence}"
    at = cell.exercise.at if cell.exercise is not None and cell.state is CellState.EXERCISED else None
    if cell.is_partial:
        word = f"{cell.covered} of {cell.models}"
    else:
        word = {CellState.SET_UP: "set up", CellState.HOLE: "hole", CellState.NOT_APPLICABLE: "\N{EN DASH}"}.get(
            cell.state, ""
        )
    return Piece(cell.layer.value, _SHAPES[cell.state], word, at, spoken)
