"""The life of one access in an emergency: asked, granted by somebody else, ended, reviewed."""

from collections.abc import Mapping
from enum import StrEnum


class GrantState(StrEnum):
    """Where a request stands. Data are open in GRANTED only, and there until its time is over."""

    ASKED = "asked"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    GRANTED = "granted"
    ENDED = "ended"
    REVIEWED = "reviewed"


class GrantAction(StrEnum):
    """What moves it; EXPIRE is the clock's."""

    GRANT = "grant"
    REFUSE = "refuse"
    USE = "use"
    END = "end"
    EXPIRE = "expire"
    REVIEW = "review"


TRANSITIONS: Mapping[tuple[GrantState, GrantAction], GrantState] = {
    (GrantState.ASKED, GrantAction.GRANT): GrantState.GRANTED,
    (GrantState.ASKED, GrantAction.REFUSE): GrantState.REFUSED,
    (GrantState.ASKED, GrantAction.END): GrantState.WITHDRAWN,
    (GrantState.GRANTED, GrantAction.USE): GrantState.GRANTED,
    (GrantState.GRANTED, GrantAction.END): GrantState.ENDED,
    (GrantState.GRANTED, GrantAction.EXPIRE): GrantState.ENDED,
    (GrantState.ENDED, GrantAction.REVIEW): GrantState.REVIEWED,
}
# Where somebody still has to do something before the incident may close.
UNFINISHED = (GrantState.ASKED, GrantState.GRANTED, GrantState.ENDED)
