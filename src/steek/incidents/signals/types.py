"""Records of signals and of the prompts that bring them together."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignalKind(StrEnum):
    """What somebody noticed, by where it was noticed."""

    SUPPORT = "support"
    DATA = "data"
    PARTNER = "partner"
    FINANCE = "finance"
    OTHER = "other"

    @property
    def words(self) -> str:
        """As people call it."""
        return _WORDS[self]


_WORDS = {
    SignalKind.SUPPORT: "support note",
    SignalKind.DATA: "data discrepancy",
    SignalKind.PARTNER: "partner complaint",
    SignalKind.FINANCE: "finance question",
    SignalKind.OTHER: "observation",
}


class SignalState(StrEnum):
    """Open until it belongs to an incident or somebody says that it means nothing."""

    OPEN = "open"
    JOINED = "joined"
    DISMISSED = "dismissed"


class PromptState(StrEnum):
    """Open until somebody declares from it or says that there is no incident."""

    OPEN = "open"
    DECLARED = "declared"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Signal:
    """One line that somebody filed about a system.

    `source` is who noticed it: the person who filed it, or whom they named. `filed_at` is by the server's clock,
    `said_at` the time that the person gave, None when they gave none. `reason` says why it was dismissed.
    """

    id: str
    text: str
    system: str
    kind: SignalKind
    source: str
    state: SignalState
    filed_at: datetime
    said_at: datetime | None
    incident_id: str | None
    decided_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Prompt:
    """Signals that lie together and ask for a declaration; `sentence` says what is known.

    `signals` and `alerts` are ids. `incident_id` is what was declared from it.
    """

    id: str
    system: str
    state: PromptState
    signals: tuple[str, ...]
    alerts: tuple[str, ...]
    sentence: str
    prompted_at: datetime
    incident_id: str | None
    decided_by: str | None
    reason: str | None
