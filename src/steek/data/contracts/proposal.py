"""A proposed change of a contract, whom it concerns, and what can be done with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from steek.data.contracts.changes import Compatibility, ContractChange
from steek.data.contracts.impact import Affected

ProposalState = Literal["waiting", "ready", "applied", "withdrawn"]
ProposalAction = Literal["acknowledge", "complete", "override", "apply", "withdraw"]

# "complete" is the acknowledgement that was the last one missing.
TRANSITIONS: dict[tuple[ProposalState, ProposalAction], ProposalState] = {
    ("waiting", "acknowledge"): "waiting",
    ("waiting", "complete"): "ready",
    ("waiting", "override"): "ready",
    ("waiting", "withdraw"): "withdrawn",
    ("ready", "acknowledge"): "ready",
    ("ready", "apply"): "applied",
    ("ready", "withdraw"): "withdrawn",
}
OPEN_STATES: tuple[ProposalState, ...] = ("waiting", "ready")


@dataclass(frozen=True, slots=True)
class Asking:
    """One owner downstream who was told.

    Args:
        owner: Who.
        urns: What of theirs is downstream.
        must_answer: Whether applying waits for them; only a breaking change does.
        acknowledged_by: The person who answered; None while nobody has.
        acknowledged_at: Processing time of the answer.
        note: What they said with it.
    """

    owner: str
    urns: tuple[str, ...]
    must_answer: bool
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    note: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether applying still waits for this owner."""
        return self.must_answer and self.acknowledged_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a contract would change if it were proposed; `changes` is empty and `previous` None for a first one."""

    dataset: str
    version: str
    previous: str | None
    previous_hash: str | None
    compatibility: Compatibility
    changes: tuple[ContractChange, ...]
    impact: tuple[Affected, ...]
    askings: tuple[Asking, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal as it stands.

    Args:
        id: Its name.
        key: The proposer's own name for it.
        dataset: Whose contract.
        state: waiting for owners, ready to be applied, applied or withdrawn.
        version: The proposed author's version.
        hash: Hash of the proposed contract.
        previous_hash: Hash of the contract it was compared with; None when none held.
        compatibility: Worst class of its changes.
        changes: What differs, worst first.
        impact: What stands downstream.
        askings: Owners that were told.
        reason: Why the proposer wants it.
        proposed_by: Who proposes.
        proposed_at: Processing time.
        overridden_by: Who let it through without the missing answers; None when nobody did.
        override_reason: Why.
        closed_at: When it was applied or withdrawn.
    """

    id: str
    key: str
    dataset: str
    state: ProposalState
    version: str
    hash: str
    previous_hash: str | None
    compatibility: Compatibility
    changes: tuple[ContractChange, ...]
    impact: tuple[Affected, ...]
    askings: tuple[Asking, ...]
    reason: str
    proposed_by: str
    proposed_at: datetime
    overridden_by: str | None
    override_reason: str | None
    closed_at: datetime | None

    @property
    def missing(self) -> list[str]:
        """Owners whose answer applying still waits for; empty once overridden."""
        return [] if self.overridden_by else [asking.owner for asking in self.askings if asking.is_missing]


def askings_for(
    impact: tuple[Affected, ...], compatibility: Compatibility, *, owner: str, proposed_by: str, at: datetime
) -> tuple[Asking, ...]:
    """Whom to tell: each owner of something downstream, sorted; a compatible change is told to nobody.

    Things that nobody is known to answer for fall to the dataset's own owner. Who proposes has agreed by it.
    """
    if compatibility is Compatibility.COMPATIBLE:
        return ()
    by_owner: dict[str, list[str]] = {}
    for affected in impact:
        by_owner.setdefault(affected.owner or owner, []).append(affected.urn)
    must_answer = compatibility is Compatibility.BREAKING
    return tuple(
        Asking(who, tuple(urns), must_answer, who, at, "proposed it")
        if who == proposed_by
        else Asking(who, tuple(urns), must_answer)
        for who, urns in sorted(by_owner.items())
    )
