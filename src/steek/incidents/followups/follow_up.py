"""A follow-up as a record, and what may stand in its fields."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from steek.incidents.followups.checks import Check, Finding
from steek.incidents.followups.lifecycle import FollowUpState
from steek.incidents.followups.scales import COST_WORDS, VALUE_WORDS, is_valuable_but_hard
from steek.kernel.urn import Urn


class Aim(StrEnum):
    """A fix repairs what broke; an improvement makes the next one less likely or smaller."""

    FIX = "fix"
    IMPROVEMENT = "improvement"


class Priority(StrEnum):
    """P0 now, before anything else; P1 this month; P2 this quarter; P3 when it fits."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended: done because its check passed, or by the word of a person; or dropped."""

    how: str
    actor: str
    at: datetime
    reason: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeaderReview:
    """What leaders said of something valuable but very hard."""

    at: datetime
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """The same thing in an issue tracker outside, as that last told of it."""

    tracker: str
    outside_id: str
    url: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFollowUp:
    """What somebody wants done; fields as of `FollowUp`."""

    text: str
    kind: Aim
    priority: Priority
    value: int
    cost: int
    owner: str
    due_at: datetime | None = None
    done_means: str = ""
    check: Check | None = None
    postmortem: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One thing to do.

    `value` and `cost` are 1 to 5; `check` says by itself whether it is done, None where only a person can;
    `postmortem` is the id of the incident it comes from, `category` the kind of failure it is against. `for_leaders`:
    it was put on the list of what is valuable but very hard, or belongs there by its value and cost.
    `escalation_step` counts who was told that it is late: 1 its owner, 2 whoever answers for the owner.
    """

    id: str
    text: str
    kind: Aim
    priority: Priority
    value: int
    cost: int
    owner: str
    due_at: datetime | None
    done_means: str
    check: Check | None
    postmortem: str | None
    category: str | None
    for_leaders: bool
    state: FollowUpState
    version: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    ending: Ending | None = None
    review: LeaderReview | None = None
    tracked: Tracked | None = None
    escalation_step: int = 0

    @property
    def urn(self) -> str:
        return str(Urn("follow-up", self.id))

    @property
    def is_hard(self) -> bool:
        """Whether it is looked at with leaders."""
        return self.for_leaders or is_valuable_but_hard(self.value, self.cost)

    @property
    def worth(self) -> str:
        """Value and cost in words."""
        return f"value {VALUE_WORDS[self.value - 1]}, cost {COST_WORDS[self.cost - 1]}"

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been done before `now`."""
        return self.state.is_open and self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True)
class Looked:
    """A follow-up with what its check says now; None without a check."""

    follow_up: FollowUp
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which follow-ups a list shows; everything None shows all."""

    open_only: bool = False
    priority: str | None = None
    kind: str | None = None
    owner: str | None = None
    postmortem: str | None = None
    overdue: bool = False
    hard: bool = False
