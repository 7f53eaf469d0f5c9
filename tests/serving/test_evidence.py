"""The evidence of a canary, read from the log."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from steek.serving import PredictionLog, PredictionRecord
from steek.serving.evidence import canary_evidence

NOON = datetime(2017, 10, 2, 12, tzinfo=UTC)


def answer(request_id: str, version: int, asked_route: str, **changes: object) -> PredictionRecord:
    fields: dict[str, object] = {
        "request_id": request_id,
        "at": NOON,
        "logged_at": NOON,
        "model": "search_ranking",
        "version": version,
        "member": None,
        "route": asked_route,
        "fallback": None,
        "fallback_reason": None,
        "latency_ms": 2.0,
        "entity": "{}",
        "candidates": 2,
        "answers": [3, 1],
        "scores": [0.5, 0.25],
        "score_sum": 0.75,
        "score_mean": 0.375,
        "features": [],
        "feature_as_of": None,
        "asked_version": version,
        "asked_route": asked_route,
        "epoch": 5,
    }
    return PredictionRecord(**(fields | changes))  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("S3", "F1")
def test_evidence_is_the_same_for_a_server_that_died_in_between_and_was_asked_again(tmp_path: Path) -> None:
    one = PredictionLog(tmp_path / "one")
    one.append([answer("a", 16, "primary"), answer("b", 17, "candidate")])
    one.append([answer("c", 16, "primary", score_mean=0.5, latency_ms=4.0)])
    first, second = PredictionLog(tmp_path / "two"), PredictionLog(tmp_path / "two")
    first.append([answer("a", 16, "primary")])
    first.close()
    second.append([answer("c", 16, "primary", score_mean=0.5, latency_ms=4.0), answer("a", 16, "primary")])
    second.append([answer("b", 17, "candidate")])
    evidence = canary_evidence(one, "search_ranking", 5)
    assert canary_evidence(second, "search_ranking", 5) == evidence
    assert [(name, stats.version, stats.requests) for name, stats in evidence.items()] == [
        ("candidate", 17, 1),
        ("primary", 16, 2),
    ]
    assert evidence["primary"].score_mean == pytest.approx(0.4375)
    assert evidence["primary"].latency_p50_ms == pytest.approx(3.0)


@pytest.mark.covers("S3", "S4")
def test_only_answers_of_that_epoch_and_model_count_and_a_fallback_is_an_error_of_who_was_asked(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path / "log")
    fell = {"route": "fallback", "fallback": "previous_version@16"}
    log.append(
        [
            answer("old", 17, "candidate", epoch=4),
            answer("other", 17, "candidate", model="next_purchase"),
            answer("named", 17, "pinned"),
            answer("late", 17, "candidate", **fell, fallback_reason="deadline: 50 ms", score_mean=9.0),
            answer("nothing", 17, "candidate", **fell, fallback_reason="no_candidates: X", score_mean=None),
            answer("good", 17, "candidate"),
        ]
    )
    evidence = canary_evidence(log, "search_ranking", 5)
    assert list(evidence) == ["candidate"]
    assert (evidence["candidate"].requests, evidence["candidate"].errors) == (3, 1)
    assert evidence["candidate"].score_mean == 0.375
