"""The states of an objective, and what is seen of it at a check."""

from typing import Literal, cast

from steek.kernel.state_machine import transition

Phase = Literal["kept", "slow_burn", "fast_burn", "exhausted", "blind"]
Sight = Literal["calm", "slow", "fast", "spent", "blind", "undecided"]

_TO: dict[Sight, Phase] = {
    "calm": "kept",
    "slow": "slow_burn",
    "fast": "fast_burn",
    "spent": "exhausted",
    "blind": "blind",
}
_PHASES: tuple[Phase, ...] = ("kept", "slow_burn", "fast_burn", "exhausted", "blind")

# From anywhere to what is seen; what shows nothing either way moves nothing.
TRANSITIONS: dict[tuple[Phase, Sight], Phase] = {
    (phase, sight): _TO.get(sight, phase) for phase in _PHASES for sight in (*_TO, "undecided")
}

# What a change of state is told as; a change that is not named is told to nobody: a fast burn that became a slow one.
TOLD: dict[tuple[Phase, Phase], str] = {
    ("kept", "slow_burn"): "objective.burning",
    ("kept", "fast_burn"): "objective.burning",
    ("slow_burn", "fast_burn"): "objective.burning",
    ("exhausted", "fast_burn"): "objective.burning",
    ("blind", "fast_burn"): "objective.burning",
    ("blind", "slow_burn"): "objective.burning",
    **{(phase, "exhausted"): "objective.exhausted" for phase in _PHASES if phase != "exhausted"},
    **{(phase, "blind"): "objective.unmeasured" for phase in _PHASES if phase != "blind"},
    **{(phase, "kept"): "objective.recovered" for phase in _PHASES if phase != "kept"},
}


def move(phase: Phase, sight: Sight, *, objective: str) -> Phase:
    """The phase after a check that saw this.

    >>> move("slow_burn", "undecided", objective="answers"), move("blind", "calm", objective="answers")
    ('slow_burn', 'kept')
    """
    return cast("Phase", transition(TRANSITIONS, phase, sight, what=f"objective {objective}"))
