"""Category of failure by layer of defence: where holes line up, and what has to be asked of others. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.incidents.defences.coverage import Coverage, Means
from steek.incidents.defences.layers import WEAK, Layer
from steek.incidents.defences.map_cells import Cell, CellState, Evidence, cell, listed
from steek.incidents.postmortems.taxonomy import Category, Taxonomy


@dataclass(frozen=True, slots=True)
class Row:
    """One category against all layers.

    `incidents` were of it, by published postmortems in which people confirmed so; `drafts` by what drafts suggest.
    Holes line up for the models in `exposed`; for those in `unknown` nothing here stops it, and nobody wrote down
    whether something elsewhere does.
    """

    category: Category
    cells: tuple[Cell, ...]
    incidents: tuple[str, ...]
    drafts: tuple[str, ...]
    exposed: tuple[str, ...]
    unknown: tuple[str, ...]

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
class Question:
    """What has to be asked of a model that is only watched here.

    `layers` are those of which nobody knows, `categories` the names of what nothing here would stop; `cheapest` is the
    one thing this project could add itself against most of them, None when it can add nothing.
    """

    model: str
    owner: str
    layers: tuple[Layer, ...]
    categories: tuple[str, ...]
    sentence: str
    cheapest: str | None


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
    questions: tuple[Question, ...]

    def count(self, state: CellState) -> int:
        """How many cells are so."""
        return sum(cell.state is state for row in self.rows for cell in row.cells)


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
    as exercised when that happened to any of them. A category whose holes line up has no layer but process. A layer
    that a watched model can only have elsewhere is no hole but a question, until somebody says that it is not there.

    Args:
        taxonomy: The categories.
        coverage: Which safeguards are of use against which category.
        evidence: What there is and what happened.
        models: Whose map it is; none gives a map of holes.
        model: The one model, or None for the whole project.
        at: When it is drawn.
    """
    rows = tuple(_row(category, coverage, evidence, models, model) for category in taxonomy.categories)
    holes = tuple(_aligned(row, coverage, evidence, len(models)) for row in rows if row.is_hole)
    asked = tuple(_question(name, rows, coverage, evidence) for name in models if name in evidence.elsewhere)
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
        questions=tuple(one for one in asked if one.layers),
    )


def _row(category: Category, coverage: Coverage, evidence: Evidence, models: Sequence[str], model: str | None) -> Row:
    cells = tuple(cell(category.id, layer, coverage, evidence, models, model) for layer in Layer)
    strong = [one for one in cells if one.layer not in WEAK]
    unprotected = [name for name in models if not any(name in one.protected for one in strong)]
    unknown = tuple(name for name in unprotected if any(name in one.unknown for one in strong))
    exposed = tuple(name for name in unprotected if name not in unknown)
    incidents, drafts = (tuple(each.get(category.id, ())) for each in (evidence.incidents, evidence.drafts))
    return Row(category, cells, incidents, drafts, exposed, unknown)


def _aligned(row: Row, coverage: Coverage, evidence: Evidence, models: int) -> AlignedHole:
    """The exposed models have nothing at all, so whatever covers the category is missing for them."""
    open_cells = [one for one in row.cells if one.state is CellState.HOLE and one.layer not in WEAK]
    wanted = [coverage.of(row.category.id, one.layer) for one in open_cells]
    # Of what can be added, the first layer that trouble meets wins among those of equal effort.
    addable = [means for each in wanted for means in evidence.addable(each, row.exposed)]
    best = min(addable, key=lambda means: means.effort, default=None)
    whom = "" if len(row.exposed) == models else f" of {listed(row.exposed)}"
    lacks = [(evidence.addable(each, row.exposed) or each)[0].lack for each in wanted]
    missing = ", ".join(lacks) if lacks else "no layer is known to help"
    return AlignedHole(
        category=row.category.id,
        name=row.category.name,
        models=row.exposed,
        sentence=f"Nothing would stop {row.category.name}{whom}: {missing}.",
        cheapest=_else(row, evidence) if best is None else best.add,
        layer=Layer.PROCESS if best is None else best.layer,
        effort=5 if best is None else best.effort,
        incidents=row.incidents,
    )


def _else(row: Row, evidence: Evidence) -> str:
    owners = sorted({evidence.elsewhere[name] for name in row.exposed if name in evidence.elsewhere})
    return f"ask {listed(owners)} for one of these" if owners else "say in coverage.toml what would stop it"


def _question(model: str, rows: Sequence[Row], coverage: Coverage, evidence: Evidence) -> Question:
    owner = evidence.elsewhere[model]
    unknown = {one.layer for row in rows for one in row.cells if model in one.unknown}
    layers = tuple(layer for layer in Layer if layer in unknown)
    mine = [row for row in rows if model in row.unknown]
    addable = [means for row in mine for means in _addable(row, model, coverage, evidence)]
    counted = Counter(means.id for means in addable)
    best = max(addable, key=lambda means: (counted[means.id], -means.effort), default=None)
    named = ", ".join(layer.value for layer in layers)
    sentence = f"Which of {named} {model} has is not known here: ask who trains and serves it ({owner} answers for it)."
    if mine:
        sentence += f" Nothing here would stop {listed([row.category.name for row in mine])}."
    helps = f" (of use against {counted[best.id]} of these {len(mine)})" if best is not None else ""
    names = tuple(row.category.name for row in mine)
    return Question(model, owner, layers, names, sentence, None if best is None else f"{best.add}{helps}")


def _addable(row: Row, model: str, coverage: Coverage, evidence: Evidence) -> tuple[Means, ...]:
    strong = [layer for layer in Layer if layer not in WEAK]
    return tuple(means for layer in strong for means in evidence.addable(coverage.of(row.category.id, layer), (model,)))
