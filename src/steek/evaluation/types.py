"""Records of the room: a figure never travels without its distribution, its interval and its rows."""

from dataclasses import dataclass
from datetime import datetime

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One metric of one trained model on one distribution, or on one slice of it.

    Args:
        trained: URN of the trained model.
        distribution: "held-out 1d", "golden 2017-09-25".
        window: Event time of the rows.
        slice: "store_id=367", or None for all rows.
        metric: E.g. "hit_rate_at_5".
        value: None when the rows give none, or are too few for a slice.
        low: Lower end of the 95% interval; None with `high` when there are too few rows for one.
        high: Upper end.
        rows: Queries, or rows, that the figure rests on.
        reference: URN of the model compared with, for figures that compare two ("golden_change").
    """

    trained: str
    distribution: str
    window: Window
    slice: str | None
    metric: str
    value: float | None
    low: float | None
    high: float | None
    rows: int
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A trained model beside something else on the same rows.

    Args:
        trained: URN of the trained model.
        distribution: As in `Evaluation`.
        metric: As in `Evaluation`.
        other: "baseline:popularity", or the URN of another trained model.
        value: Figure of the trained model.
        other_value: Figure of the other one.
        difference: `value` minus `other_value`.
        low: Lower end of the 95% interval of the paired difference, or None.
        high: Upper end.
        rows: Queries, or rows, behind it.
    """

    trained: str
    distribution: str
    metric: str
    other: str
    value: float | None
    other_value: float | None
    difference: float | None
    low: float | None
    high: float | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRow:
    """One bin of a calibration plot; `predicted` and `observed` are means in the unit of the label."""

    trained: str
    distribution: str
    bin: int
    score_low: float
    score_high: float
    predicted: float
    observed: float | None
    low: float | None
    high: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check of a gate found.

    `skipped` means that there was nothing to check yet (no model in production to compare with); a skipped check is
    undecided and stands in nobody's way.
    """

    name: str
    verdict: Verdict
    value: float | None
    limit: str
    reason: str
    blocking: bool = True
    skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """The verdict of a gate on one trained model, with its reasons.

    Args:
        id: Id of the event that holds the decision; a deployment names it.
        trained: URN of the trained model.
        against: Version it was compared with, or None when none is in production.
        verdict: Only a pass may be deployed.
        checks: Every check with what it found.
        blocking: Names of the checks that stand in the way.
        decided_at: Processing time.
    """

    id: str
    trained: str
    against: int | None
    verdict: Verdict
    checks: tuple[CheckResult, ...]
    blocking: tuple[str, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOverride:
    """A named person let a model through that its gate did not pass."""

    id: str
    trained: str
    approver: str
    reason: str
    at: datetime
