"""Counted indicators, for projects: what is good, of what.

>>> answers_within("search_ranking", "50ms").parameters
{'deadline_ms': 50.0}
"""

from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.monitoring.monitor import IndicatorSpec

ANSWERS_WITHIN = "answers_within"
ANSWERS_OF_THE_MODEL = "answers_of_the_model"
ROWS_ACCEPTED = "rows_accepted"
RIGHT_ANSWERS = "right_answers"
ROWS_JOINED = "rows_joined"
RULES_KEPT = "rules_kept"
ERASURES_IN_TIME = "erasures_in_time"
# Judged already, one by one; no draws of which few may be chance.
JUDGED = frozenset({RULES_KEPT})

__all__ = [
    "answers_of_the_model",
    "answers_within",
    "erasures_in_time",
    "right_answers",
    "rows_accepted",
    "rows_joined",
    "rules_kept",
]


def answers_within(model: str, deadline: str) -> IndicatorSpec:
    """Answers given within `deadline`, e.g. "50ms", of all answers about a moment in the window, fallbacks too."""
    parameters: dict[str, object] = {"deadline_ms": parse_duration(deadline).total_seconds() * 1000}
    return IndicatorSpec(ANSWERS_WITHIN, Urn("model", model), parameters)


def answers_of_the_model(model: str) -> IndicatorSpec:
    """Answers that the model itself gave, and no link of its fallback chain, of all answers."""
    return IndicatorSpec(ANSWERS_OF_THE_MODEL, Urn("model", model))


def rows_accepted(dataset: str) -> IndicatorSpec:
    """Rows that fitted their contract, of all rows of batches that arrived in the window (processing time)."""
    return IndicatorSpec(ROWS_ACCEPTED, Urn("dataset", dataset))


def right_answers(model: str, *, delay: str = "0s") -> IndicatorSpec:
    """Requests whose answers held a right one, of those whose outcome is known.

    Args:
        model: Name of the model.
        delay: How long outcomes take: each check measures the window that lies this far back.
    """
    return IndicatorSpec(RIGHT_ANSWERS, Urn("model", model), delay_s=parse_duration(delay).total_seconds())


def rows_joined(dataset: str, join: str | None = None) -> IndicatorSpec:
    """Rows that found their partner, of all left rows, over the joins of a derived dataset, or one of them."""
    return IndicatorSpec(ROWS_JOINED, Urn("dataset", dataset), {"join": join})


def rules_kept(rule: str | None = None) -> IndicatorSpec:
    """Rules of compliance that are met, of those that can be judged: "retention", "jurisdiction", "erasure", or all.

    A rule that is undecided is not counted; measured at the moment of the check, whatever the window.
    """
    return IndicatorSpec(RULES_KEPT, Urn("compliance", rule or "all"), {"rule": rule})


def erasures_in_time(patience: str = "48h") -> IndicatorSpec:
    """Erasures that were certified at most `patience` after they were due, of those due in the window.

    Each check measures the window that lies `patience` back, when it is known.
    """
    waits_s = parse_duration(patience).total_seconds()
    return IndicatorSpec(ERASURES_IN_TIME, Urn("compliance", "erasure"), {"patience_s": waits_s}, waits_s)
