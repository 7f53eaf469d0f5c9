"""How ready models are: 28 tests in four sections, and the review of the architecture below."""

from dataclasses import dataclass

from steek.console.services import Services
from steek.incidents.readiness.score_tests import SCALE
from steek.incidents.readiness.scoring import ModelReadiness
from steek.incidents.reviews.findings import FindingKind, ReviewFinding
from steek.incidents.reviews.reviews import Review, ReviewState

_MOST_POINTS = 7


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the scale; `is_here`: the shown model stands on it."""

    range: str
    means: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class ReadinessView:
    """All models in short, one in full (None without models), the scale, the architecture."""

    models: tuple[ModelReadiness, ...]
    shown: ModelReadiness | None
    most: int
    scale: tuple[Step, ...]
    review: ReviewState
    groups: tuple[tuple[str, tuple[ReviewFinding, ...]], ...]
    reviews: tuple[Review, ...]
    kinds: tuple[str, ...]
    form_key: str


def readiness_view(services: Services, model: str | None, *, form_key: str) -> ReadinessView:
    """The page. Raises NotFoundError when there is no such model."""
    found = services.readiness.all()
    shown = services.readiness.of(model) if model is not None else (found[0] if found else None)
    state = services.reviews.now()
    groups = tuple(
        (kind.value, listed)
        for kind in FindingKind
        if (listed := tuple(one for one in state.findings if one.kind is kind))
    )
    return ReadinessView(
        models=found,
        shown=shown,
        most=_MOST_POINTS,
        scale=_scale(None if shown is None or shown.waiting else shown.score),
        review=state,
        groups=groups,
        reviews=services.reviews.list(limit=10),
        kinds=tuple(kind.value for kind in FindingKind),
        form_key=form_key,
    )


def _scale(score: float | None) -> tuple[Step, ...]:
    steps: list[Step] = []
    below: float | None = None
    for highest, means in SCALE:
        here = score is not None and score <= highest and (below is None or score > below)
        name = f"{highest:g}" if below is None else f"over {below:g} to {highest:g}"
        steps.append(Step(name, means, here))
        below = highest
    return tuple(steps)
