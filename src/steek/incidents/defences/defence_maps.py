"""The service: the map of defences of one model or of all, and everything about one category."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from steek.incidents.defences.coverage import load_coverage
from steek.incidents.defences.defence_map import AlignedHole, DefenceMap, Row, defence_map
from steek.incidents.defences.layers import Layer
from steek.incidents.defences.map_cells import CellState, Evidence
from steek.incidents.defences.safeguard import Exercise, LayerSaid, Safeguard
from steek.incidents.defences.situation import Situation
from steek.incidents.postmortems.taxonomy import Taxonomy, load_taxonomy
from steek.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class CategoryDefences:
    """One category: its line of the map, what is set up against it, and what exercised that, newest first."""

    row: Row
    hole: AlignedHole | None
    safeguards: tuple[Safeguard, ...]
    exercises: tuple[Exercise, ...]


class DefenceMaps:
    """Maps of defences, evaluated anew from configuration and ledger; nothing is stored.

    Args:
        situation: What is set up and what happened.
        taxonomy: The categories in force.
        said: What people said, and still holds, of layers of models that are only watched here.
    """

    def __init__(
        self,
        situation: Situation,
        taxonomy: Callable[[], Taxonomy] = load_taxonomy,
        said: Callable[[], Mapping[tuple[str, Layer], LayerSaid]] = dict,
    ) -> None:
        self._situation = situation
        self._taxonomy = taxonomy
        self._said = said

    def models(self) -> tuple[str, ...]:
        """Names of the models that a map can be drawn of."""
        return self._situation.declared.models

    def watched(self) -> tuple[str, ...]:
        """Names of the models that are only watched here."""
        return tuple(self._situation.declared.watched)

    def map(self, model: str | None = None) -> DefenceMap:
        """The map of one model, or of all of the project.

        Raises:
            NotFoundError: no model by that name.
        """
        names = self._chosen(model)
        return defence_map(
            self._taxonomy(),
            load_coverage(),
            self._evidence(),
            models=names,
            model=model,
            at=self._situation.clock.now(),
        )

    def category(self, category: str, model: str | None = None) -> CategoryDefences:
        """Everything about one category.

        Raises:
            NotFoundError: no model or no category by that name.
        """
        names = self._chosen(model)
        evidence, coverage, taxonomy = self._evidence(), load_coverage(), self._taxonomy()
        drawn = defence_map(taxonomy, coverage, evidence, models=names, model=model, at=self._situation.clock.now())
        row = next((row for row in drawn.rows if row.category.id == category), None)
        if row is None:
            raise NotFoundError.among("category", category, [row.category.id for row in drawn.rows])
        done: list[Exercise] = []
        for cell in row.cells:
            means = frozenset(guard.means for guard in cell.safeguards if not guard.gap)
            done += [
                one
                for one in evidence.exercises
                if means and one.layer is cell.layer and one.concerns(means, category, model)
            ]
        guards = tuple(guard for cell in row.cells for guard in cell.safeguards)
        hole = next((hole for hole in drawn.holes if hole.category == category), None)
        return CategoryDefences(row, hole, guards, tuple(sorted(done, key=lambda one: one.at, reverse=True)))

    def _evidence(self) -> Evidence:
        return replace(self._situation.evidence(), said=self._said())

    def _chosen(self, model: str | None) -> Sequence[str]:
        if model is None:
            return self.models()
        if model not in self.models():
            raise NotFoundError.among("model", model, self.models())
        return (model,)


# One letter per state, for a terminal: full, hatched, empty, and nothing to be done there.
_SIGNS = {
    CellState.EXERCISED: "#",
    CellState.SET_UP: "/",
    CellState.HOLE: ".",
    CellState.NOT_KNOWN: "?",
    CellState.NOT_APPLICABLE: " ",
}


def as_text(drawn: DefenceMap) -> str:
    """The map for a terminal, with its legend; a trailing ! marks holes that line up."""
    width = max((len(row.category.name) for row in drawn.rows), default=0)
    heads = "  ".join(layer.value for layer in drawn.layers)
    lines = [f"{'category'.ljust(width)}  {heads}  incidents"]
    for row in drawn.rows:
        cells = "  ".join(
            (_SIGNS[cell.state] * len(cell.layer.value) if not cell.is_partial else _partly(cell.layer))
            for cell in row.cells
        )
        alarm = " !" if row.is_hole else ""
        drafts = f" (+{len(row.drafts)} by drafts)" if row.drafts else ""
        lines.append(f"{row.category.name.ljust(width)}  {cells}  {len(row.incidents)}{drafts}{alarm}")
    lines.append(
        "#### exercised   //// set up, never exercised   .... hole   ???? not known here, ask   /... for some models   "
        "blank: not applicable   ! nothing stops it"
    )
    return "\n".join(lines)


def _partly(layer: Layer) -> str:
    return "/" + "." * (len(layer.value) - 1)
