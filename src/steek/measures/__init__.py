"""Rules and maths: how good predictions are, how sure that is, and what is usual for a series.

Flows in: arrays of labels and scores, or of past values. Flows out: estimates with intervals and row counts, bounds.
Pure: no clock, no files, no network; chance comes in as a generator.
"""

from steek.measures.anonymity import AnonymityCheck, check_anonymity, require_anonymity, suppress_small_groups
from steek.measures.binary import log_loss_terms, pr_auc, resampled_areas, roc_auc
from steek.measures.calibration import CalibrationBin, calibration_table
from steek.measures.estimate import Estimate
from steek.measures.implied import Implied, Volume, unexpected, unexpected_draw
from steek.measures.intervals import Bootstrap, Resampled, wilson
from steek.measures.ranking import (
    Queries,
    RightAnswers,
    first_rows,
    hits_at,
    ndcg_at,
    overlap,
    places_of_right_answers,
)
from steek.measures.robust import Bounds, mad_bounds, median, scaled_mad, spread, weekday_bounds
from steek.measures.samples import estimate_mean, estimate_ratio, estimate_total

__all__ = [
    "AnonymityCheck",
    "Bootstrap",
    "Bounds",
    "CalibrationBin",
    "Estimate",
    "Implied",
    "Queries",
    "Resampled",
    "RightAnswers",
    "Volume",
    "calibration_table",
    "check_anonymity",
    "estimate_mean",
    "estimate_ratio",
    "estimate_total",
    "first_rows",
    "hits_at",
    "log_loss_terms",
    "mad_bounds",
    "median",
    "ndcg_at",
    "overlap",
    "places_of_right_answers",
    "pr_auc",
    "require_anonymity",
    "resampled_areas",
    "roc_auc",
    "scaled_mad",
    "spread",
    "suppress_small_groups",
    "unexpected",
    "unexpected_draw",
    "weekday_bounds",
    "wilson",
]
