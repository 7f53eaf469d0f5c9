"""The verdict of a gate: a pure function of what its checks found."""

from collections.abc import Sequence

from steek.evaluation.types import CheckResult
from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window

POLICY = "policy"
NEVER_TRAINED_ON = "golden sets were never trained on"


def decide(validity: Sequence[CheckResult], policy: Sequence[CheckResult]) -> tuple[Verdict, tuple[CheckResult, ...]]:
    """Verdict and all checks.

    Fail before undecided before pass, over the checks that block and were not skipped. A policy without a blocking
    check shows nothing and is undecided, however valid the artifact.

    >>> decide([CheckResult("loads", Verdict.PASS, None, "", "")], [])[0]
    <Verdict.UNDECIDED: 'undecided'>
    """
    checks = [*validity, *policy]
    if not any(check.blocking for check in policy):
        reason = "the definition's gate has no check that blocks; an empty policy never passes"
        checks.append(CheckResult(POLICY, Verdict.UNDECIDED, None, "at least one blocking check", reason))
    counted = [check.verdict for check in checks if check.blocking and not check.skipped]
    return Verdict.worst(counted), tuple(checks)


def in_the_way(checks: Sequence[CheckResult]) -> tuple[str, ...]:
    """Names of the checks that keep a model from passing."""
    names = [
        check.name for check in checks if check.blocking and not check.skipped and check.verdict is not Verdict.PASS
    ]
    return tuple(dict.fromkeys(names))


def never_trained_on(golden: Sequence[Window], trained: Window, left_out: Sequence[Window]) -> CheckResult:
    """Whether the moments of the golden sets lie outside what a model learned from.

    Args:
        golden: Moments of the golden sets.
        trained: Moments the model learned from.
        left_out: Parts of `trained` that its training left out.
    """
    seen = [one for one in golden if one.start_at < trained.end_at and trained.start_at < one.end_at]
    seen = [one for one in seen if one not in left_out]
    limit = "no moment in common"
    if not seen:
        return CheckResult(NEVER_TRAINED_ON, Verdict.PASS, 0.0, limit, f"{len(golden)} golden sets, none seen")
    named = ", ".join(f"{one.start_at:%Y-%m-%d %H:%M}" for one in seen)
    reason = f"the training window holds the golden moments of {named}"
    return CheckResult(NEVER_TRAINED_ON, Verdict.FAIL, float(len(seen)), limit, reason)
