"""Training: from a definition and what was known at an instant to a trained model in the registry.

Flows in: example sets from features, definitions from models. Flows out: trained models, single ones and fleets.
"""

from steek.training import learners
from steek.training.ports import FittedModel, Learner
from steek.training.trainer import Trainer

__all__ = ["FittedModel", "Learner", "Trainer", "learners"]
