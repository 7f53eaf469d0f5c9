"""Doing: is a trained model any good, and may it serve.

Flows in: trained models and example sets (held out by time, or pinned as golden sets), and the prediction log.
Flows out: evaluations with intervals and row counts, comparisons with baselines and with the version in production,
decisions of the gate with their reasons, and outcomes of what was served.
"""

from steek.evaluation.checks import at_least, at_most, gap_at_most, golden_change_between, not_worse
from steek.evaluation.evaluator import Evaluator
from steek.evaluation.gate import Gate
from steek.evaluation.golden import GoldenSets
from steek.evaluation.outcome_rows import OUTCOMES
from steek.evaluation.outcomes import OutcomeJoin, Outcomes
from steek.evaluation.ports import Metric, PerQuery, Sample
from steek.evaluation.specs import Baseline, golden, held_out_by_time, sliced_by
from steek.evaluation.types import CalibrationRow, CheckResult, Comparison, Evaluation, GateDecision, GateOverride
from steek.evaluation.validity import Limits

__all__ = [
    "OUTCOMES",
    "Baseline",
    "CalibrationRow",
    "CheckResult",
    "Comparison",
    "Evaluation",
    "Evaluator",
    "Gate",
    "GateDecision",
    "GateOverride",
    "GoldenSets",
    "Limits",
    "Metric",
    "OutcomeJoin",
    "Outcomes",
    "PerQuery",
    "Sample",
    "at_least",
    "at_most",
    "gap_at_most",
    "golden",
    "golden_change_between",
    "held_out_by_time",
    "not_worse",
    "sliced_by",
]
