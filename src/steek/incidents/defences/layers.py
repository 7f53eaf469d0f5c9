"""The layers of defence, in the order in which trouble meets them."""

from enum import StrEnum


class Layer(StrEnum):
    """A layer; each has holes of its own, and an accident is a line through holes."""

    CONTRACT = "contract"
    GATE = "gate"
    CANARY = "canary"
    MONITOR = "monitor"
    FALLBACK = "fallback"
    ROLLBACK = "rollback"
    ACCESS = "access"
    PROCESS = "process"


# By itself it stops nothing: people have to be awake, and to know.
WEAK = frozenset({Layer.PROCESS})
