"""One layer against one category of failure: set up, exercised, a hole, or not to be known here. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from steek.incidents.defences.coverage import Coverage, Means
from steek.incidents.defences.layers import Layer
from steek.incidents.defences.safeguard import Exercise, LayerSaid, Safeguard


class CellState(StrEnum):
    """What a layer is against a category.

    `NOT_KNOWN`: only who trains and serves the model could have it, and nobody wrote down what they say.
    """

    EXERCISED = "exercised"
    SET_UP = "set up"
    HOLE = "hole"
    NOT_KNOWN = "not known here"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Cell:
    """One layer against one category.

    `exercise` is the newest that shows it works, None when none does; `drafted` the newest of which only a draft says
    so, which counts for nothing. `safeguards` are those found, `lacking` the kinds that nobody set up and this project
    could. Of `models` models those in `protected` have one, and of those in `unknown` nobody here can see it.
    `sentence` says it all.
    """

    layer: Layer
    state: CellState
    sentence: str
    exercise: Exercise | None
    drafted: Exercise | None
    safeguards: tuple[Safeguard, ...]
    lacking: tuple[Means, ...]
    protected: tuple[str, ...]
    unknown: tuple[str, ...]
    models: int

    @property
    def is_partial(self) -> bool:
        """Not so for every model."""
        return self.state in {CellState.HOLE, CellState.NOT_KNOWN} and 0 < len(self.protected) < self.models


def _none() -> Mapping[str, Sequence[str]]:
    return {}


def _nobody() -> Mapping[str, str]:
    return {}


def _nothing() -> Mapping[tuple[str, Layer], LayerSaid]:
    return {}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the map is drawn from.

    `incidents` and `drafts` are ids by category, `elsewhere` owners of the models that are only watched here, `said`
    what people said of layers of those.
    """

    safeguards: Sequence[Safeguard]
    exercises: Sequence[Exercise]
    incidents: Mapping[str, Sequence[str]]
    drafts: Mapping[str, Sequence[str]] = field(default_factory=_none)
    elsewhere: Mapping[str, str] = field(default_factory=_nobody)
    said: Mapping[tuple[str, Layer], LayerSaid] = field(default_factory=_nothing)

    def addable(self, means: Sequence[Means], models: Sequence[str]) -> tuple[Means, ...]:
        """Those that this project could set up for any of these models, in their order."""
        theirs = all(name in self.elsewhere for name in models)
        return tuple(one for one in means if not (theirs and one.elsewhere))


def cell(
    category: str, layer: Layer, coverage: Coverage, evidence: Evidence, models: Sequence[str], model: str | None
) -> Cell:
    """Evaluate one layer against one category, for `models`; `model` is the one whose exercises count, None for all."""
    wanted = coverage.of(category, layer)
    if not wanted:
        reason = coverage.reason(category, layer)
        return Cell(layer, CellState.NOT_APPLICABLE, reason, None, None, (), (), (), (), len(models))
    names = frozenset(means.id for means in wanted)
    found = [guard for guard in evidence.safeguards if guard.means in names]
    found = [guard for guard in found if any(guard.concerns(name) for name in models)]
    present = frozenset(guard.means for guard in found if not guard.gap)
    # What people say of a layer elsewhere is of use where nothing of it can be seen here.
    theirs = all(means.elsewhere for means in wanted)
    said = {name: evidence.said[name, layer] for name in models if theirs and (name, layer) in evidence.said}
    protected = tuple(
        name for name in models if any(guard.protects(name) for guard in found) or (name in said and said[name].has)
    )
    unknown = tuple(
        name for name in models if theirs and name in evidence.elsewhere and name not in (*protected, *said)
    )
    # What is no longer set up defends nobody, however often it once did.
    done = [one for one in evidence.exercises if one.layer is layer and one.concerns(present, category, model)]
    done = done if present else []
    newest = max((one for one in done if not one.by_draft), key=lambda one: one.at, default=None)
    gaps = tuple(dict.fromkeys(guard.gap for guard in found if guard.gap))
    state = _state(len(protected), len(unknown), len(models), is_broken=bool(gaps), is_exercised=newest is not None)
    drafted = max((one for one in done if one.by_draft), key=lambda one: one.at, default=None)
    missing = [means for means in evidence.addable(wanted, models) if means.id not in present]
    lacking = tuple(sorted(missing, key=lambda means: means.effort))
    made = Cell(layer, state, "", newest, drafted, tuple(found), lacking, protected, unknown, len(models))
    return replace(made, sentence="; ".join(_words(made, wanted, present, gaps, tuple(said.values()))))


def _state(protected: int, unknown: int, models: int, *, is_broken: bool, is_exercised: bool) -> CellState:
    if is_broken or not models or protected + unknown < models:
        return CellState.HOLE
    if unknown:
        return CellState.NOT_KNOWN
    return CellState.EXERCISED if is_exercised else CellState.SET_UP


def _words(
    made: Cell,
    wanted: Sequence[Means],
    present: frozenset[str],
    gaps: Sequence[str],
    said: Sequence[LayerSaid],
) -> Iterator[str]:
    have = "; ".join(means.have for means in wanted if means.id in present)
    yield from gaps
    yield from (f"{one.text} (written down by {one.actor}, {one.at:%Y-%m-%d})" for one in said)
    if made.unknown:
        yield f"only who trains and serves {listed(made.unknown)} can have it; ask them"
    if made.is_partial and have:
        yield f"{len(made.protected)} of {made.models} models only: {have}"
    elif made.state is CellState.HOLE and gaps:
        yield from ((f"there is: {have}",) if have else ())
    elif made.state is CellState.HOLE:
        yield from (means.lack for means in wanted if not said and (means in made.lacking or not made.lacking))
    elif have:
        yield have
        yield "never exercised" if made.exercise is None else f"{made.exercise.text}, {made.exercise.at:%Y-%m-%d}"
    if made.drafted is not None and made.exercise is None:
        yield made.drafted.text


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, no more than three of them."""
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
