"""Trained models: one snapshot of a definition trained on one state of the data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from steek.kernel.urn import Urn
from steek.kernel.windows import Window

TrainedState = Literal["kept"]


def trained_urn(name: str, version: int, member: str | None = None) -> str:
    """URN of a trained model, or of one member of a trained fleet.

    >>> trained_urn("partner_demand", 17, "69")
    'trained:partner_demand/69@17'
    """
    return str(Urn("trained", name if member is None else f"{name}/{member}", str(version)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrainedModel:
    """What a trainer hands to the registry, which gives it its version.

    Args:
        name: Name of the model.
        definition_hash: Hash of the definition it was fitted from.
        data_until: Moment of the newest example it may have learned from.
        window: Event time it learned from.
        rows: Example rows it learned from, over all members.
        feature_names: Columns of its input matrix, in order.
        format: Registered model format of the artifact, or of each member of a fleet.
        members: Number of members of a fleet; None for a single model.
        learner_report: What the learner says of the fit; JSON values.
        inputs: URNs it was made from.
        owner: Who answers for it.
    """

    name: str
    definition_hash: str
    data_until: datetime
    window: Window
    rows: int
    feature_names: tuple[str, ...]
    format: str
    members: int | None
    learner_report: dict[str, Any] = field(default_factory=dict[str, Any])
    inputs: tuple[str, ...] = ()
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """A trained model in the registry; see `NewTrainedModel` for what the trainer brought.

    `version` counts from 1 per name. `artifact_sha256` and `artifact_bytes` describe the stored artifact
    (for a fleet, the one bundle of all members). `trained_at` is processing time.
    """

    name: str
    version: int
    definition_hash: str
    data_until: datetime
    trained_at: datetime
    window: Window
    rows: int
    feature_names: tuple[str, ...]
    format: str
    artifact_sha256: str
    artifact_bytes: int
    members: int | None
    learner_report: dict[str, Any]
    inputs: tuple[str, ...]
    state: TrainedState
    owner: str
    key: str

    @property
    def urn(self) -> str:
        return trained_urn(self.name, self.version)
