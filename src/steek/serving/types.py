"""Records of serving: which versions answer for a model, and how that came to be."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from steek.kernel.verdict import Verdict

RouteName = Literal["primary", "candidate", "fallback", "pinned"]


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers for one model.

    `fraction` of the entities, chosen by a sticky hash, get the `candidate`; `members` of a fleet that were
    rolled back on their own keep their version until the next promotion. `previous` are earlier primaries that
    may be gone back to, latest first; a version that was rolled back from is not among them. `epoch` counts
    the changes and is what a compare-and-set compares; it is 0, and `updated_at` None, before the first.
    """

    model: str
    primary: int | None = None
    candidate: int | None = None
    fraction: float = 0.0
    members: dict[str, int] = field(default_factory=dict[str, int])
    previous: tuple[int, ...] = ()
    epoch: int = 0
    updated_at: datetime | None = None

    @property
    def urn(self) -> str:
        return f"deployment:{self.model}@{self.epoch}"

    def version_of(self, member: str | None) -> int | None:
        """The version that answers for `member` outside a canary; None when nothing is deployed."""
        return self.primary if member is None else self.members.get(member, self.primary)


@dataclass(frozen=True, slots=True)
class RouteChange:
    """One line of a model's deployment history; `route` is what it became."""

    key: str
    action: str
    route: Route
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RouteStats:
    """What one version did on one route since the route last changed.

    Args:
        version: The trained model's version.
        route: "primary" or "candidate".
        requests: Answers asked of it, those that fell back included.
        errors: Of these, answers that it could not give (exception, deadline, implausible output).
        latency_p50_ms: Median latency of the latest answers, milliseconds; None without any.
        latency_p95_ms: 95th percentile of the same.
        score_mean: Mean over answers of the mean returned score; None without any.
        score_std: Standard deviation of the same; None below two answers.
    """

    version: int
    route: str
    requests: int
    errors: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    score_mean: float | None
    score_std: float | None


@dataclass(frozen=True, slots=True)
class CanaryDecision:
    """Verdict on a canary step, with one reason per thing that was looked at."""

    verdict: Verdict
    reasons: tuple[str, ...]
