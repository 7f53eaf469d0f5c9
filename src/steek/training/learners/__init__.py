"""Learners: ways of fitting one model. In a declaration: `sk.learners.LightGBM(objective="binary")`.

Flows in: a matrix with labels. Flows out: an artifact in a registered format. Each learner is found through the
entry points `steek.learner`; the modules of the built-in ones load their libraries when first used.
"""

from steek.training.learners.opening import open_learner
from steek.training.learners.specs import LightGBM, Poisson

__all__ = ["LightGBM", "Poisson", "open_learner"]
