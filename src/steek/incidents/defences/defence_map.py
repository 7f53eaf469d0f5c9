"""Category of failure by layer of defence: what is set up, what was exercised, and where holes line up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from steek.incidents.defences.coverage import Coverage, Means
from steek.incidents.defences.layers import WEAK, Layer
from steek.incidents.defences.safeguard import Exercise, Safeguard
from steek.incidents.postmortems.taxonomy import Category, Taxonomy


class CellState(StrEnum):
    """What a layer is against a category."""

    EXERCISED = "exercised"
    SET_UP = "set up"
    HOLE = "hole"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Cell:
    """One layer against one category.

    `exercise` is the newest that shows it works, None when none does. `safeguards` are those found, `lacking` the
    kinds that nobody set up. `covered` of `models` models have one. `sentence` says it all.
    """

    layer: Layer
    state: CellState
    sentence: str
    exercise: Exercise | None
    safeguards: tuple[Safeguard, ...]
    lacking: tuple[Means, ...]
    covered: int
    models: int

    @property
    def is_partial(self) -> bool:
        """A hole for some models only."""
        return self.state is CellState.HOLE and self.covered > 0


@dataclass(frozen=True, slots=True)
class Row:
    """One category against all layers, with the incidents that were of it."""

    category: Category
    cells: tuple[Cell, ...]
    incidents: tuple[str, ...]
    exposed: tuple[str, ...]

    @property
    def is_hole(self) -> bool:
        """Whether holes line up for some model."""
        return bool(self.exposed)


@dataclass(frozen=True, slots=True)
class AlignedHole:
    """A category that nothing would stop, for which models, what is missing and what would be cheapest to add."""

    category: str
    name: str
    models: tuple[str, ...]
    sentence: str
    cheapest: str
    layer: Layer
    effort: int
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefenceMap:
    """The whole map, for one model or for all."""

    model: str | None
    models: tuple[str, ...]
    at: datetime
    coverage_version: int
    taxonomy_version: int
    layers: tuple[Layer, ...]
    rows: tuple[Row, ...]
    holes: tuple[AlignedHole, ...]

    def count(self, state: CellState) -> int:
        """How many cells are so."""
        return sum(cell.state is state for row in self.rows for cell in row.cells)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the map is drawn from; `incidents` are ids by category."""

    safeguards: Sequence[Safeguard]
    exercises: Sequence[Exercise]
    incidents: Mapping[str, Sequence[str]]


def defence_map(
    taxonomy: Taxonomy,
    coverage: Coverage,
    evidence: Evidence,
    *,
    models: Sequence[str],
    model: str | None,
    at: datetime,
) -> DefenceMap:
    """Evaluate every category against every layer.

    A cell of several models is a hole as soon as one of them lacks the layer, and set up when all have it; it counts
    as exercised when that happened to any of them. A category whose holes line up has no layer but process.

    Args:
        taxonomy: The categories.
        coverage: Which safeguards are of use against which category.
        evidence: What there is and what happened.
        models: Whose map it is; none gives a map of holes.
        model: The one model, or None for the whole project.
        at: When it is drawn.
    """
    rows = tuple(_row(category, coverage, evidence, models, model) for category in taxonomy.categories)
    holes = tuple(_aligned(row, coverage, len(models)) for row in rows if row.is_hole)
    return DefenceMap(
        model=model,
        models=tuple(models),
        at=at,
        coverage_version=coverage.version,
        taxonomy_version=taxonomy.version,
        layers=tuple(Layer),
        rows=rows,
        # Where it hurt before comes first, then what would cost least.
        holes=tuple(sorted(holes, key=lambda hole: (-len(hole.incidents), -len(hole.models), hole.effort, hole.name))),
    )


def _row(category: Category, coverage: Coverage, evidence: Evidence, models: Sequence[str], model: str | None) -> Row:
    cells = tuple(_cell(category.id, layer, coverage, evidence, models, model) for layer in Layer)
    strong = [cell for cell in cells if cell.layer not in WEAK]
    exposed = tuple(
        name for name in models if not any(guard.protects(name) for cell in strong for guard in cell.safeguards)
    )
    return Row(category, cells, tuple(evidence.incidents.get(category.id, ())), exposed)


def _cell(
    category: str, layer: Layer, coverage: Coverage, evidence: Evidence, models: Sequence[str], model: str | None
) -> Cell:
    wanted = coverage.of(category, layer)
    if not wanted:
        reason = coverage.reason(category, layer)
        return Cell(layer, CellState.NOT_APPLICABLE, reason, None, (), (), 0, len(models))
    names = frozenset(means.id for means in wanted)
    found = [guard for guard in evidence.safeguards if guard.means in names]
    found = [guard for guard in found if any(guard.protects(name) for name in models)]
    present = frozenset(guard.means for guard in found)
    lacking = tuple(sorted((means for means in wanted if means.id not in present), key=lambda means: means.effort))
    covered = sum(any(guard.protects(name) for guard in found) for name in models)
    # What is no longer set up defends nobody, however often it once did.
    done = [one for one in evidence.exercises if one.layer is layer and one.concerns(present, category, model)]
    newest = max(done, key=lambda one: one.at, default=None) if present else None
    if not covered or covered < len(models):
        state = CellState.HOLE
    else:
        state = CellState.SET_UP if newest is None else CellState.EXERCISED
    sentence = _sentence(state, wanted, present, newest, covered, len(models))
    return Cell(layer, state, sentence, newest, tuple(found), lacking, covered, len(models))


def _sentence(
    state: CellState,
    wanted: Sequence[Means],
    present: frozenset[str],
    newest: Exercise | None,
    covered: int,
    models: int,
) -> str:
    have = "; ".join(means.have for means in wanted if means.id in present)
    if state is CellState.HOLE and covered:
        return f"{covered} of {models} models only: {have}"
    if state is CellState.HOLE:
        return "; ".join(means.lack for means in wanted)
    shown = "never exercised" if newest is None else f"{newest.text}, {newest.at:%Y-%m-%d}"
    return f"{have}; {shown}"


def _aligned(row: Row, coverage: Coverage, models: int) -> AlignedHole:
    """The exposed models have nothing at all, so whatever covers the category is missing for them."""
    open_cells = [cell for cell in row.cells if cell.state is CellState.HOLE and cell.layer not in WEAK]
    wanted = [(cell.layer, coverage.of(row.category.id, cell.layer)) for cell in open_cells]
    # Of what can be added, the first layer that trouble meets wins among those of equal effort.
    best = min((means for _, each in wanted for means in each), key=lambda means: means.effort, default=None)
    whom = "" if len(row.exposed) == models else f" of {_listed(row.exposed)}"
    missing = ", ".join(each[0].lack for _, each in wanted) if wanted else "no layer is known to help"
    return AlignedHole(
        category=row.category.id,
        name=row.category.name,
        models=row.exposed,
        sentence=f"Nothing would stop {row.category.name}{whom}: {missing}.",
        cheapest="say in coverage.toml what would stop it" if best is None else best.add,
        layer=Layer.PROCESS if best is None else best.layer,
        effort=5 if best is None else best.effort,
        incidents=row.incidents,
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
