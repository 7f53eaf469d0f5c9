"""What is kept of models: definitions, trained models, their artifacts and formats, and who may touch them now.

Flows in: declarations of the project, fitted models from training. Flows out: the records in which training,
evaluation and serving meet, and artifacts whose checksums hold.
"""

from steek.formats import FleetBundle, MemberFacts, ModelFormat, Predictor, open_format, pack, unpack
from steek.models.artifacts import ArtifactStore
from steek.models.cards import ModelCard, model_card
from steek.models.definition import ModelDefinition, golden_windows, held_out_window, training_window
from steek.models.description import definition_hash, describe
from steek.models.freeze import Freeze, Freezes
from steek.models.registry import Registry
from steek.models.specs import (
    BaselineSpec,
    Canary,
    CheckSpec,
    EvaluationSpec,
    FallbackSpec,
    Freshness,
    LearnerSpec,
    Serving,
    feature_as_answer,
    previous_version,
)
from steek.models.trained import NewTrainedModel, TrainedModel, trained_urn

__all__ = [
    "ArtifactStore",
    "BaselineSpec",
    "Canary",
    "CheckSpec",
    "EvaluationSpec",
    "FallbackSpec",
    "FleetBundle",
    "Freeze",
    "Freezes",
    "Freshness",
    "LearnerSpec",
    "MemberFacts",
    "ModelCard",
    "ModelDefinition",
    "ModelFormat",
    "NewTrainedModel",
    "Predictor",
    "Registry",
    "Serving",
    "TrainedModel",
    "definition_hash",
    "describe",
    "feature_as_answer",
    "golden_windows",
    "held_out_window",
    "model_card",
    "open_format",
    "pack",
    "previous_version",
    "trained_urn",
    "training_window",
    "unpack",
]
