"""The gate's checks and verdict as pure functions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.evaluation import (
    CheckResult,
    Comparison,
    Evaluation,
    at_least,
    at_most,
    gap_at_most,
    golden,
    golden_change_between,
    held_out_by_time,
    not_worse,
    sliced_by,
)
from steek.evaluation.checks import Evidence, run_check
from steek.evaluation.decision import decide, in_the_way, never_trained_on
from steek.kernel import Verdict, Window
from steek.kernel.errors import DeclarationError, NotFoundError
from steek.models import CheckSpec

DAY = Window(datetime(2017, 10, 1, tzinfo=UTC), datetime(2017, 10, 2, tzinfo=UTC))
OLD = "trained:m@1"


def measured(
    metric: str, value: float | None, *, rows: int = 800, slice: str | None = None, **more: object
) -> Evaluation:
    base = Evaluation(
        trained="trained:m@2",
        distribution="held-out 1d",
        window=DAY,
        slice=slice,
        metric=metric,
        value=value,
        low=None if value is None else value - 0.02,
        high=None if value is None else value + 0.02,
        rows=rows,
    )
    return replace(base, **more)  # pyright: ignore[reportArgumentType] - fields by name


def beside(difference: float, half: float, *, rows: int = 800, metric: str = "hit_rate_at_5") -> Evidence:
    comparison = Comparison(
        trained="trained:m@2",
        distribution="held-out 1d",
        metric=metric,
        other=OLD,
        value=0.4 + difference,
        other_value=0.4,
        difference=difference,
        low=difference - half,
        high=difference + half,
        rows=rows,
    )
    return Evidence([], [comparison], OLD)


@pytest.mark.covers("Q10", "Q8")
@pytest.mark.parametrize(
    ("difference", "half", "rows", "verdict"),
    [
        (0.02, 0.03, 800, Verdict.PASS),
        (-0.009, 0.03, 800, Verdict.PASS),
        (-0.05, 0.02, 800, Verdict.FAIL),
        (-0.05, 0.09, 800, Verdict.UNDECIDED),
        (0.02, 0.03, 99, Verdict.UNDECIDED),
    ],
)
def test_not_worse_weighs_margin_chance_and_rows(difference: float, half: float, rows: int, verdict: Verdict) -> None:
    found = run_check(not_worse("hit_rate_at_5", margin=0.01), beside(difference, half, rows=rows))
    assert found.verdict is verdict
    assert found.value == difference
    assert OLD in found.reason


@pytest.mark.covers("Q10")
def test_not_worse_knows_that_less_loss_is_better() -> None:
    check = not_worse("log_loss", margin=0.01)
    assert run_check(check, beside(-0.1, 0.01, metric="log_loss")).verdict is Verdict.PASS
    assert run_check(check, beside(0.1, 0.01, metric="log_loss")).verdict is Verdict.FAIL


@pytest.mark.covers("Q10")
def test_not_worse_is_skipped_with_a_reason_when_nothing_is_in_production() -> None:
    found = run_check(not_worse("hit_rate_at_5", margin=0.01), Evidence())
    assert (found.skipped, found.reason) == (True, "skipped: nothing is in production")
    assert decide([], [found, run_check(at_least("mae", 0), Evidence([measured("mae", 1.0)]))])[0] is Verdict.PASS


@pytest.mark.covers("Q10")
def test_not_worse_without_a_comparison_is_undecided_and_not_skipped() -> None:
    found = run_check(not_worse("hit_rate_at_5", margin=0.01), Evidence(against=OLD))
    assert (found.verdict, found.skipped) == (Verdict.UNDECIDED, False)


@pytest.mark.covers("Q10")
@pytest.mark.parametrize(("value", "rows", "verdict"), [(0.7, 800, "pass"), (0.6, 800, "fail"), (0.9, 20, "undecided")])
def test_limits_need_rows(value: float, rows: int, verdict: str) -> None:
    evidence = Evidence([measured("roc_auc", value, rows=rows)])
    assert run_check(at_least("roc_auc", 0.7), evidence).verdict == verdict
    assert run_check(at_most("roc_auc", 0.1), Evidence()).verdict is Verdict.UNDECIDED


@pytest.mark.covers("Q10", "Q1")
def test_rows_held_out_by_time_decide_before_golden_ones() -> None:
    old = measured("mae", 9.0, distribution="golden 2017-09-25")
    assert run_check(at_most("mae", 2), Evidence([old, measured("mae", 1.0)])).value == 1.0
    assert run_check(at_most("mae", 2), Evidence([old])).verdict is Verdict.FAIL


@pytest.mark.covers("Q5", "Q10")
@pytest.mark.parametrize(("change", "word"), [(0.0, "too stable"), (0.9, "too different"), (0.1, "as expected")])
def test_golden_answers_may_be_too_stable_and_too_different(change: float, word: str) -> None:
    golden_change = measured("golden_change", change, distribution="golden 2017-09-25", reference=OLD)
    found = run_check(golden_change_between(0.0005, 0.5), Evidence([golden_change], [], OLD))
    assert word in found.reason
    assert found.verdict is (Verdict.PASS if word == "as expected" else Verdict.FAIL)
    assert found.value == change


@pytest.mark.covers("Q5")
def test_the_first_version_has_no_golden_change_to_judge() -> None:
    check = golden_change_between(0.0005, 0.5)
    assert run_check(check, Evidence()).skipped
    assert not run_check(check, Evidence(against=OLD)).skipped


@pytest.mark.covers("Q7", "Q10")
def test_a_slice_that_is_surely_behind_fails_and_one_that_may_be_does_not() -> None:
    check = gap_at_most("hit_rate_at_5", by="store_id", fraction=0.1)
    whole = measured("hit_rate_at_5", 0.40)
    near = measured("hit_rate_at_5", 0.35, slice="store_id=1", rows=60)
    far = measured("hit_rate_at_5", 0.30, slice="store_id=2", rows=60)
    pooled = measured("hit_rate_at_5", 0.0, slice="store_id: 9 values with fewer than 30 rows")
    assert run_check(check, Evidence([whole, near, pooled])).verdict is Verdict.PASS
    failed = run_check(check, Evidence([whole, near, far, pooled]))
    assert failed.verdict is Verdict.FAIL
    assert "store_id=2" in failed.reason
    assert failed.value == pytest.approx(0.1)
    assert run_check(check, Evidence([whole, pooled])).verdict is Verdict.UNDECIDED


def result(verdict: Verdict, *, blocking: bool = True, skipped: bool = False) -> CheckResult:
    return CheckResult("check", verdict, None, "", "", blocking, skipped)


@pytest.mark.covers("Q10")
@pytest.mark.parametrize("policy", [[], [result(Verdict.PASS, blocking=False)]])
def test_a_policy_that_blocks_nothing_never_passes(policy: list[CheckResult]) -> None:
    verdict, checks = decide([result(Verdict.PASS)], policy)
    assert verdict is Verdict.UNDECIDED
    assert in_the_way(checks) == ("policy",)


@pytest.mark.covers("Q10")
@given(st.lists(st.sampled_from(list(Verdict)), min_size=1), st.lists(st.sampled_from(list(Verdict))))
def test_fail_wins_over_undecided_and_warnings_never_count(blocking: list[Verdict], warning: list[Verdict]) -> None:
    policy = [result(one) for one in blocking] + [result(one, blocking=False) for one in warning]
    verdict, checks = decide([result(Verdict.PASS)], policy)
    assert verdict is Verdict.worst(blocking)
    assert len(checks) == 1 + len(policy)
    assert bool(in_the_way(checks)) == (verdict is not Verdict.PASS)


@pytest.mark.covers("Q5")
def test_a_model_that_learned_from_golden_moments_fails() -> None:
    learned = Window(DAY.start_at - timedelta(days=7), DAY.end_at)
    assert never_trained_on([DAY], learned, []).verdict is Verdict.FAIL
    assert never_trained_on([DAY], learned, [DAY]).verdict is Verdict.PASS
    before = Window(learned.start_at, DAY.start_at)
    assert never_trained_on([DAY], before, []).verdict is Verdict.PASS


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: not_worse("hit_rate", margin=0.1), "no metric named 'hit_rate'"),
        (lambda: not_worse("bias", margin=0.1), "no better direction"),
        (lambda: not_worse("mae", margin=-1), "at least 0"),
        (lambda: at_least("roc", 0.1), "roc_auc"),
        (lambda: golden_change_between(0.5, 0.1), "must rise"),
        (lambda: gap_at_most("mae", by="x", fraction=-1), "at least 0"),
        (lambda: held_out_by_time("1d", fraction=0), "above 0"),
        (lambda: golden("soon"), "not a date"),
        (lambda: golden("2017-09-25", queries=0), "at least 1"),
        (sliced_by, "at least one column"),
        (lambda: held_out_by_time("0d"), "longer than nothing"),
    ],
)
def test_impossible_declarations_are_refused(declare: object, message: str) -> None:
    assert callable(declare)
    with pytest.raises(DeclarationError, match=message):
        declare()


def test_an_unknown_kind_of_check_is_named() -> None:
    with pytest.raises(NotFoundError, match="not_worse"):
        run_check(CheckSpec("not_wors"), Evidence())
