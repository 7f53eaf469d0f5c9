"""How long the way back takes: from what extraction, training, judging and deployment took before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from steek.kernel.units import format_duration

# In the order in which they follow each other.
STEPS = ("extraction", "training", "evaluation and gate", "deployment")
_FEW = 4


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """What one step took before, in seconds: from the fastest to the slowest of `runs`, and the middle one.

    All are None when it never ran: then it is not known.
    """

    step: str
    runs: int
    shortest_s: float | None
    likely_s: float | None
    longest_s: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class RecoveryEstimate:
    """The steps of one model and their sum; None where a step is not known. `not_known` names those."""

    model: str
    steps: tuple[StepEstimate, ...]
    shortest_s: float | None
    likely_s: float | None
    longest_s: float | None
    not_known: tuple[str, ...]
    sentence: str


def estimate(model: str, took_s: Mapping[str, Sequence[float]], *, needed: Sequence[str] = STEPS) -> RecoveryEstimate:
    """Add up the steps that are needed, one after the other.

    Args:
        model: Name of the model.
        took_s: Step to what it took in past runs, seconds, newest last.
        needed: The steps that this recovery takes.

    >>> estimate("m", {"training": [60, 120]}, needed=["training"]).sentence
    'm is back after 1 min to 2 min, most likely 1.5 min (a step ran only 2 times before)'
    >>> estimate("m", {}, needed=["training"]).sentence
    'how long until m is back is not known: training never ran here'
    """
    steps = tuple(_step(name, took_s.get(name, ())) for name in needed)
    missing = tuple(one.step for one in steps if one.runs == 0)
    if missing or not steps:
        named = ", ".join(missing) or "no step"
        said = f"how long until {model} is back is not known: {named} never ran here"
        return RecoveryEstimate(model, steps, None, None, None, missing, said)
    shortest, likely, longest = (
        sum(value for value in values if value is not None)
        for values in zip(*((one.shortest_s, one.likely_s, one.longest_s) for one in steps), strict=True)
    )
    few = min(one.runs for one in steps)
    hint = f" (a step ran only {'once' if few == 1 else f'{few} times'} before)" if few < _FEW else ""
    said = f"{model} is back after {_words(shortest)} to {_words(longest)}, most likely {_words(likely)}{hint}"
    return RecoveryEstimate(model, steps, shortest, likely, longest, (), said)


def _step(name: str, took_s: Sequence[float]) -> StepEstimate:
    if not took_s:
        return StepEstimate(name, 0, None, None, None, f"{name}: not known, it never ran here")
    ordered = sorted(took_s)
    middle = len(ordered) // 2
    likely = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    said = f"{name}: {_words(ordered[0])} to {_words(ordered[-1])} in {len(ordered)} runs"
    return StepEstimate(name, len(ordered), ordered[0], likely, ordered[-1], said)


def _words(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))
