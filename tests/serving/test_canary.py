"""The judge of canaries."""

from dataclasses import replace

import pytest

from steek.kernel import Verdict
from steek.models import Canary
from steek.serving import RouteStats, judge_canary

SPEC = Canary(steps=(0.1, 0.5), min_requests=100)
PRIMARY = RouteStats(16, "primary", 1000, 2, 1.0, 2.0, 0.30, 0.10)
CANDIDATE = RouteStats(17, "candidate", 200, 0, 1.0, 2.5, 0.32, 0.11)


@pytest.mark.covers("S3", "V8")
def test_a_candidate_like_the_primary_passes_with_three_reasons() -> None:
    decision = judge_canary(CANDIDATE, PRIMARY, SPEC, deadline_s=0.05)
    assert decision.verdict is Verdict.PASS
    assert [reason.partition(":")[0] for reason in decision.reasons] == ["errors", "latency p95", "scores"]


@pytest.mark.covers("S3", "V8")
@pytest.mark.parametrize(
    ("changes", "telling"),
    [
        ({"errors": 20}, "errors: 10.00% of 200 against 0.20%"),
        ({"latency_p95_ms": 8.1}, "latency p95: 8.10 ms against 2.00 ms, limit 8.00 ms"),
        ({"score_mean": 0.41}, "moved 0.11, limit 0.1"),
        ({"score_std": 0.0}, "the same score"),
    ],
)
def test_what_only_production_shows_fails_it(changes: dict[str, float], telling: str) -> None:
    decision = judge_canary(replace(CANDIDATE, **changes), PRIMARY, SPEC, deadline_s=0.05)
    assert decision.verdict is Verdict.FAIL
    assert any(telling in reason for reason in decision.reasons)


@pytest.mark.covers("S3")
@pytest.mark.parametrize("candidate", [None, replace(CANDIDATE, requests=99)])
def test_too_few_requests_are_undecided_and_say_so(candidate: RouteStats | None) -> None:
    decision = judge_canary(candidate, PRIMARY, SPEC, deadline_s=0.05)
    assert decision.verdict is Verdict.UNDECIDED
    assert "100 are needed" in decision.reasons[0]


@pytest.mark.covers("S3")
def test_a_candidate_that_crashes_fails_before_the_evidence_is_complete() -> None:
    decision = judge_canary(replace(CANDIDATE, requests=20, errors=20), PRIMARY, SPEC, deadline_s=0.05)
    assert decision.verdict is Verdict.FAIL


@pytest.mark.covers("S3")
def test_a_few_errors_on_little_traffic_are_chance() -> None:
    decision = judge_canary(
        replace(CANDIDATE, requests=100, errors=1), replace(PRIMARY, requests=100, errors=0), SPEC, deadline_s=0.05
    )
    assert decision.verdict is Verdict.PASS
