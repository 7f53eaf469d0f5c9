"""Model cards: what a business owner needs to know of a model, from the registry."""

from dataclasses import dataclass
from datetime import datetime

from steek.models.definition import ModelDefinition
from steek.models.trained import TrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """One page about a model; instants are None until a version is trained."""

    name: str
    task: str
    intended_use: str
    worst_case: str
    owner: str
    schedule: str
    freshness_objective: str
    features: tuple[str, ...]
    learner: str
    baselines: tuple[str, ...]
    checks: tuple[str, ...]
    fallback: tuple[str, ...]
    version: int | None
    trained_at: datetime | None
    data_until: datetime | None
    rows: int | None
    members: int | None


def model_card(definition: ModelDefinition, trained: TrainedModel | None) -> ModelCard:
    """The card of a definition and, where there is one, of the version in question."""
    declared = tuple(ref if isinstance(ref, str) else ref.name for ref in definition.columns())
    return ModelCard(
        name=definition.name,
        task=definition.task,
        intended_use=definition.intended_use,
        worst_case=definition.worst_case,
        owner=definition.owner,
        schedule=definition.schedule,
        freshness_objective=definition.freshness.objective,
        features=declared if trained is None else trained.feature_names,
        learner=definition.learner.name,
        baselines=tuple(spec.name for spec in definition.baselines),
        checks=tuple(spec.kind for spec in definition.gate),
        fallback=tuple(spec.kind for spec in definition.serving.fallback),
        version=None if trained is None else trained.version,
        trained_at=None if trained is None else trained.trained_at,
        data_until=None if trained is None else trained.data_until,
        rows=None if trained is None else trained.rows,
        members=None if trained is None else trained.members,
    )
