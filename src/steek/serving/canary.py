"""The judge of a canary step: a pure decision from what both versions did, with its reasons."""

import math

from steek.kernel.verdict import Verdict
from steek.models import Canary
from steek.serving.types import CanaryDecision, RouteStats

# Differences that count, each on top of chance. They err on the side of promoting: offline quality was the gate's
# question, the canary looks for what only production shows (it crashes, it is slow, it answers something else).
_ERROR_MARGIN_FRACTION = 0.01
_Z = 2.326  # one-sided 99%
_LATENCY_RATIO = 1.5
# A step sees few requests, and one pause of the machine is in all that wait; what is far inside the deadline hurts
# nobody. For the default deadline of 50 ms this is 5 ms.
_LATENCY_SLACK_FRACTION = 0.1
_SCORE_SHIFT_STDS = 1.0

_Judged = tuple[Verdict, str]


def judge_canary(
    candidate: RouteStats | None, primary: RouteStats | None, spec: Canary, *, deadline_s: float
) -> CanaryDecision:
    """Whether a canary step may be taken.

    Errors: fail when the candidate's error fraction exceeds the primary's by more than 0.01 beyond what chance
    explains (two-proportion z, one-sided 99%). Latency: fail when its 95th percentile is above 1.5 times the
    primary's plus a tenth of the deadline. Scores: fail when the mean moved by more than one standard deviation of
    the primary's, or when the candidate's have no variance while the primary's have.

    Args:
        candidate: What the new version did on this step; None when it was never asked.
        primary: What the serving version did over the same time.
        spec: The definition's canary; either side with fewer than `min_requests` requests is undecided.
        deadline_s: The definition's deadline for one answer.

    Returns:
        The worst of the three verdicts with one reason each; UNDECIDED with the counts when evidence is missing.
    """
    short = [
        f"{name} answered {0 if stats is None else stats.requests} requests, {spec.min_requests} are needed"
        for name, stats in (("the candidate", candidate), ("the primary", primary))
        if stats is None or stats.requests < spec.min_requests
    ]
    if candidate is None or primary is None:
        return CanaryDecision(Verdict.UNDECIDED, tuple(short))
    judged = [_errors(candidate, primary), _latency(candidate, primary, deadline_s), _scores(candidate, primary)]
    if short:
        # Too few requests never pass, but a version that fails most of what it was asked need not wait for more.
        errors = judged[0]
        verdict = Verdict.FAIL if errors[0] is Verdict.FAIL else Verdict.UNDECIDED
        return CanaryDecision(verdict, (*short, errors[1]))
    return CanaryDecision(Verdict.worst([verdict for verdict, _ in judged]), tuple(reason for _, reason in judged))


def _errors(candidate: RouteStats, primary: RouteStats) -> _Judged:
    if not candidate.requests or not primary.requests:
        return Verdict.UNDECIDED, "errors cannot be compared without requests on both sides"
    ours, theirs = candidate.errors / candidate.requests, primary.errors / primary.requests
    pooled = (candidate.errors + primary.errors) / (candidate.requests + primary.requests)
    chance = _Z * math.sqrt(pooled * (1 - pooled) * (1 / candidate.requests + 1 / primary.requests))
    limit = theirs + max(_ERROR_MARGIN_FRACTION, chance)
    verdict = Verdict.FAIL if ours > limit else Verdict.PASS
    return verdict, f"errors: {ours:.2%} of {candidate.requests} against {theirs:.2%}, limit {limit:.2%}"


def _latency(candidate: RouteStats, primary: RouteStats, deadline_s: float) -> _Judged:
    ours, theirs = candidate.latency_p95_ms, primary.latency_p95_ms
    if ours is None or theirs is None:
        return Verdict.UNDECIDED, "latency was not measured on both sides"
    limit = _LATENCY_RATIO * theirs + _LATENCY_SLACK_FRACTION * deadline_s * 1000
    verdict = Verdict.FAIL if ours > limit else Verdict.PASS
    return verdict, f"latency p95: {ours:.2f} ms against {theirs:.2f} ms, limit {limit:.2f} ms"


def _scores(candidate: RouteStats, primary: RouteStats) -> _Judged:
    if candidate.score_mean is None or primary.score_mean is None or primary.score_std is None:
        return Verdict.UNDECIDED, "scores: too few answers to compare their distribution"
    shift = abs(candidate.score_mean - primary.score_mean)
    limit = _SCORE_SHIFT_STDS * primary.score_std
    if primary.score_std > 0 and candidate.score_std == 0:
        return Verdict.FAIL, "scores: the candidate answers every request with the same score"
    verdict = Verdict.FAIL if shift > limit and primary.score_std > 0 else Verdict.PASS
    means = f"mean {candidate.score_mean:.4g} against {primary.score_mean:.4g}"
    return verdict, f"scores: {means}, moved {shift:.4g}, limit {limit:.4g}"
