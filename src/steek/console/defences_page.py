"""The map of defences as it is drawn: one line for each kind of failure, one piece of cheese for each layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from steek.console.services import Services
from steek.incidents.defences.defence_map import AlignedHole, Question, Row
from steek.incidents.defences.defence_maps import CategoryDefences
from steek.incidents.defences.map_cells import Cell, CellState
from steek.incidents.defences.safeguard import LayerSaid
from steek.incidents.readiness.readiness import layer_tests
from steek.incidents.readiness.scoring import ModelReadiness

_SHAPES: Mapping[CellState, str] = {
    CellState.EXERCISED: "exercised",
    CellState.SET_UP: "set-up",
    CellState.HOLE: "open-hole",
    CellState.NOT_KNOWN: "unknown",
    CellState.NOT_APPLICABLE: "without",
}
_WORDS: Mapping[CellState, str] = {
    CellState.EXERCISED: "",
    CellState.SET_UP: "set up",
    CellState.HOLE: "hole",
    CellState.NOT_KNOWN: "ask",
    CellState.NOT_APPLICABLE: "\N{EN DASH}",
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
    """One kind of failure; the dots say where it lies on both axes, `without` why layers are of no use against it."""

    id: str
    name: str
    sentence: str
    machine_learning: str
    distributed: str
    axes: str
    pieces: tuple[Piece, ...]
    incidents: tuple[str, ...]
    drafts: tuple[str, ...]
    without: tuple[tuple[str, str], ...]
    is_hole: bool
    href: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A model that is only watched here: what has to be asked (None: nothing), and what was said, layer by layer."""

    model: str
    question: Question | None
    layers: tuple[tuple[str, str, LayerSaid | None], ...]


@dataclass(frozen=True, slots=True)
class DefencesView:
    """The whole page: of one model or of all (`model` None)."""

    model: str | None
    models: tuple[str, ...]
    layers: tuple[str, ...]
    lines: tuple[MapLine, ...]
    holes: tuple[AlignedHole, ...]
    asked: tuple[Asked, ...]
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
        asked=_asked(services, drawn.models, drawn.questions),
        counts={state.value: drawn.count(state) for state in CellState},
        readiness=ready[0] if ready else None,
        form_key=form_key,
    )


def category_view(services: Services, category: str, model: str | None, *, form_key: str) -> CategoryView:
    """One kind of failure. Raises NotFoundError when there is no such category or model."""
    found = services.defence_map.category(category, model)
    line = _line(found.row, model)
    return CategoryView(model, line, found, tuple(zip(found.row.cells, line.pieces, strict=True)), form_key)


def _asked(services: Services, models: Sequence[str], questions: Sequence[Question]) -> tuple[Asked, ...]:
    said = services.readiness.layers_said()
    open_ones = {one.model: one for one in questions}
    return tuple(
        Asked(
            model,
            open_ones.get(model),
            tuple((layer.value, test, said.get((model, layer))) for test, layer in layer_tests().items()),
        )
        for model in services.defence_map.watched()
        if model in models
    )


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
        drafts=row.drafts,
        without=tuple(
            (cell.layer.value, cell.sentence) for cell in row.cells if cell.state is CellState.NOT_APPLICABLE
        ),
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
        word = f"{len(cell.protected)} of {cell.models}"
    elif cell.state is CellState.SET_UP and cell.drafted is not None:
        word = "a draft says"
    else:
        word = _WORDS[cell.state]
    return Piece(cell.layer.value, _SHAPES[cell.state], word, at, spoken)
