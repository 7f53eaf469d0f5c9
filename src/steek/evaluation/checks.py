"""The words of a gate's policy, and what each check finds: pure functions from evidence to a result with its reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from steek.evaluation.figures import LEAST_SLICE_ROWS
from steek.evaluation.metrics import require_direction, require_metric
from steek.evaluation.specs import HELD_OUT
from steek.evaluation.types import CheckResult, Comparison, Evaluation
from steek.kernel.errors import DeclarationError, NotFoundError
from steek.kernel.verdict import Verdict
from steek.models import CheckSpec

GOLDEN_CHANGE = "golden_change"

# Fewer rows than this decide nothing; 100 keep the interval of a share below ten points either side.
LEAST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a gate knows: the evaluations of one model, and its comparison with the model it would replace.

    `against` is the URN of that model, None when nothing is in production.
    """

    evaluations: list[Evaluation] = field(default_factory=list[Evaluation])
    comparisons: list[Comparison] = field(default_factory=list[Comparison])
    against: str | None = None


def not_worse(metric: str, *, margin: float, blocking: bool = True) -> CheckSpec:
    """Pass unless worse than the model in production by more than `margin`, on the same rows, unseen by both.

    Worse by more than the margin fails when the 95% interval of the paired difference is all on the bad side, and is
    undecided otherwise. With nothing in production it is skipped.

    Args:
        metric: One with a better direction, e.g. "hit_rate_at_5" or "log_loss".
        margin: Tolerated loss, in the unit of the metric, at least 0.
        blocking: Whether it stands in the way, or only warns.

    >>> not_worse("log_loss", margin=0.01).kind
    'not_worse'
    """
    require_direction(metric)
    if margin < 0:
        message = f"not_worse({metric!r}) has margin {margin}; it must be at least 0"
        raise DeclarationError(message)
    return CheckSpec("not_worse", {"metric": metric, "margin": margin}, blocking)


def at_least(metric: str, limit: float, *, blocking: bool = True) -> CheckSpec:
    """Pass when the figure, held out by time or else on the golden set, is at least `limit`."""
    require_metric(metric)
    return CheckSpec("at_least", {"metric": metric, "limit": limit}, blocking)


def at_most(metric: str, limit: float, *, blocking: bool = True) -> CheckSpec:
    """Pass when the figure, held out by time or else on the golden set, is at most `limit`."""
    require_metric(metric)
    return CheckSpec("at_most", {"metric": metric, "limit": limit}, blocking)


def golden_change_between(low: float, high: float, *, blocking: bool = True) -> CheckSpec:
    """Pass when the answers to every golden set changed neither too little nor too much.

    Answers that do not change at all come from a model that learns nothing new; answers that all change come from
    one that has lost something.

    Args:
        low: Least change, a fraction of the answers.
        high: Most change.
        blocking: Whether it stands in the way, or only warns.
    """
    if not 0 <= low < high:
        message = f"golden_change_between({low}, {high}): the limits must rise from 0 or more"
        raise DeclarationError(message)
    return CheckSpec("golden_change_between", {"low": low, "high": high}, blocking)


def gap_at_most(metric: str, *, by: str, fraction: float, blocking: bool = True) -> CheckSpec:
    """Pass unless a slice is surely behind the whole by more than a fraction of the whole.

    Surely means its whole 95% interval; slices with fewer than 30 rows are left out. The slicing must be one of the
    definition's `sliced_by`, and the metric one that is measured per slice.
    """
    require_direction(metric)
    if not fraction >= 0:
        message = f"gap_at_most({metric!r}) has fraction {fraction}; it must be at least 0"
        raise DeclarationError(message)
    return CheckSpec("gap_at_most", {"metric": metric, "by": by, "fraction": fraction}, blocking)


def run_check(spec: CheckSpec, evidence: Evidence) -> CheckResult:
    """What one check of the policy finds in the evidence.

    Raises:
        NotFoundError: a kind of check that does not exist.
    """
    if spec.kind not in _CHECKS:
        raise NotFoundError.among("check", spec.kind, _CHECKS)
    name, finding = _CHECKS[spec.kind](spec.parameters, evidence)
    return CheckResult(name=name, blocking=spec.blocking, **finding)


Finding = dict[str, Any]


def _finding(verdict: Verdict, value: float | None, limit: str, reason: str, *, skipped: bool = False) -> Finding:
    return {"verdict": verdict, "value": value, "limit": limit, "reason": reason, "skipped": skipped}


def _not_worse(parameters: Mapping[str, Any], evidence: Evidence) -> tuple[str, Finding]:
    metric, margin = parameters["metric"], parameters["margin"]
    name, limit = f"not_worse {metric}", f"worse by at most {margin:g}"
    if evidence.against is None:
        return name, _finding(Verdict.UNDECIDED, None, limit, "skipped: nothing is in production", skipped=True)
    fits = [one for one in evidence.comparisons if (one.metric, one.other) == (metric, evidence.against)]
    found = next(iter(sorted(fits, key=lambda one: _least_fit(one.distribution))), None)
    if found is None or found.difference is None:
        return name, _finding(Verdict.UNDECIDED, None, limit, f"no comparison with {evidence.against} on {metric}")
    value = found.difference
    shown = f"{_number(found.value)} against {_number(found.other_value)} of {evidence.against}, {_rows(found.rows)}"
    if found.rows < LEAST_ROWS or found.low is None or found.high is None:
        return name, _finding(Verdict.UNDECIDED, value, limit, f"too few rows: {shown}")
    sign = require_direction(metric)
    shown += f", difference 95% in [{found.low:.4g}, {found.high:.4g}]"
    if sign * value >= -margin:
        return name, _finding(Verdict.PASS, value, limit, shown)
    surely = max(sign * found.low, sign * found.high) < 0
    if surely:
        return name, _finding(Verdict.FAIL, value, limit, f"worse: {shown}")
    return name, _finding(Verdict.UNDECIDED, value, limit, f"worse, but chance could do that: {shown}")


def _at_least(parameters: Mapping[str, Any], evidence: Evidence) -> tuple[str, Finding]:
    metric, limit = parameters["metric"], parameters["limit"]
    return f"at_least {metric}", _limited(metric, evidence, f"at least {limit:g}", lambda value: value >= limit)


def _at_most(parameters: Mapping[str, Any], evidence: Evidence) -> tuple[str, Finding]:
    metric, limit = parameters["metric"], parameters["limit"]
    return f"at_most {metric}", _limited(metric, evidence, f"at most {limit:g}", lambda value: value <= limit)


def _limited(metric: str, evidence: Evidence, limit: str, holds: Callable[[float], bool]) -> Finding:
    found = _whole(metric, evidence)
    if found is None or found.value is None:
        return _finding(Verdict.UNDECIDED, None, limit, f"{metric} was not measured on rows held out of training")
    shown = f"{_number(found.value)} on {found.distribution}, {_rows(found.rows)}"
    if found.rows < LEAST_ROWS:
        return _finding(Verdict.UNDECIDED, found.value, limit, f"too few rows: {shown}")
    return _finding(Verdict.PASS if holds(found.value) else Verdict.FAIL, found.value, limit, shown)


def _golden_change(parameters: Mapping[str, Any], evidence: Evidence) -> tuple[str, Finding]:
    low, high = parameters["low"], parameters["high"]
    name, limit = "golden_change_between", f"between {low:g} and {high:g}"
    measured = [one for one in evidence.evaluations if one.metric == GOLDEN_CHANGE and one.value is not None]
    if not measured and evidence.against is None:
        return name, _finding(Verdict.UNDECIDED, None, limit, "skipped: no earlier answers to compare", skipped=True)
    if not measured:
        return name, _finding(Verdict.UNDECIDED, None, limit, "no golden set was answered by both models")
    reasons: list[str] = []
    verdicts: list[Verdict] = []
    for one in measured:
        value = one.value or 0.0
        word = "too stable" if value < low else "too different" if value > high else "changed as expected"
        reasons.append(f"{one.distribution}: {word}, {value:.4g} of the answers differ from {one.reference}")
        verdicts.append(Verdict.PASS if low <= value <= high else Verdict.FAIL)
    furthest = max(measured, key=lambda one: max(low - (one.value or 0), (one.value or 0) - high))
    return name, _finding(Verdict.worst(verdicts), furthest.value, limit, "; ".join(reasons))


def _gap(parameters: Mapping[str, Any], evidence: Evidence) -> tuple[str, Finding]:
    metric, by, fraction = parameters["metric"], parameters["by"], parameters["fraction"]
    name, limit = f"gap_at_most {metric} by {by}", f"no slice behind by more than {fraction:g} of the whole"
    whole = _whole(metric, evidence)
    slices = [one for one in evidence.evaluations if one.metric == metric and (one.slice or "").startswith(f"{by}=")]
    judged = [(one, one.value) for one in slices if one.value is not None and one.low is not None]
    if whole is None or whole.value is None or not judged:
        return name, _finding(Verdict.UNDECIDED, None, limit, f"no slice by {by} has {LEAST_SLICE_ROWS} rows")
    sign, allowed = require_direction(metric), fraction * abs(whole.value)
    gaps = [(sign * (whole.value - value), one) for one, value in judged]
    gap, worst = max(gaps, key=lambda pair: pair[0])
    surely = [one for _, one in gaps if _best_end(one, sign) < sign * whole.value - allowed]
    text = f"furthest behind: {worst.slice} with {_number(worst.value)} against {_number(whole.value)}"
    if surely:
        named = ", ".join(str(one.slice) for one in surely[:5])
        return name, _finding(Verdict.FAIL, gap, limit, f"surely behind: {named}; {text}")
    return name, _finding(Verdict.PASS, gap, limit, f"{text}, {_rows(worst.rows)}; {len(judged)} slices judged")


def _best_end(one: Evaluation, sign: int) -> float:
    assert one.low is not None
    assert one.high is not None
    return max(sign * one.low, sign * one.high)


def _whole(metric: str, evidence: Evidence) -> Evaluation | None:
    """A metric over all rows, of the distribution that decides."""
    fits = [one for one in evidence.evaluations if one.metric == metric and one.slice is None]
    return next(iter(sorted(fits, key=lambda one: _least_fit(one.distribution))), None)


def _least_fit(distribution: str) -> bool:
    """Rows held out by time decide; golden sets, unseen too but old, do where nothing is held out by time."""
    return not distribution.startswith(HELD_OUT)


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.4g}"


def _rows(count: int) -> str:
    return f"{count:,} rows"


_CHECKS: dict[str, Callable[[Mapping[str, Any], Evidence], tuple[str, Finding]]] = {
    "at_least": _at_least,
    "at_most": _at_most,
    "gap_at_most": _gap,
    "golden_change_between": _golden_change,
    "not_worse": _not_worse,
}
