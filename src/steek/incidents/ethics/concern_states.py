"""The life of a concern: raised, acknowledged, answered, closed."""

from collections.abc import Mapping
from enum import StrEnum


class ConcernState(StrEnum):
    """Where a concern stands."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    CLOSED = "closed"


class ConcernAction(StrEnum):
    """What its recipients do with it; closing takes an answer too."""

    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    CLOSE = "close"


TRANSITIONS: Mapping[tuple[ConcernState, ConcernAction], ConcernState] = {
    (ConcernState.RAISED, ConcernAction.ACKNOWLEDGE): ConcernState.ACKNOWLEDGED,
    (ConcernState.RAISED, ConcernAction.ANSWER): ConcernState.ANSWERED,
    (ConcernState.RAISED, ConcernAction.CLOSE): ConcernState.CLOSED,
    (ConcernState.ACKNOWLEDGED, ConcernAction.ANSWER): ConcernState.ANSWERED,
    (ConcernState.ACKNOWLEDGED, ConcernAction.CLOSE): ConcernState.CLOSED,
    (ConcernState.ANSWERED, ConcernAction.CLOSE): ConcernState.CLOSED,
}
