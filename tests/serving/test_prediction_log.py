"""The prediction log on disk."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from steek.kernel.errors import UnreadableError
from steek.serving import PredictionLog, PredictionRecord
from steek.serving.prediction_record import SCHEMA, to_frame

NOON = datetime(2017, 10, 2, 12, tzinfo=UTC)


def record(request_id: str, **changes: Any) -> PredictionRecord:
    fields: dict[str, Any] = {
        "request_id": request_id,
        "at": NOON,
        "logged_at": NOON,
        "model": "search_ranking",
        "version": 17,
        "member": None,
        "route": "primary",
        "fallback": None,
        "fallback_reason": None,
        "latency_ms": 0.8,
        "entity": '{"household_id":900}',
        "candidates": 2,
        "answers": [3, 1],
        "scores": [0.5, 0.25],
        "score_sum": 0.75,
        "score_mean": 0.375,
        "features": [1.0, None],
        "feature_as_of": NOON,
    }
    return PredictionRecord(**(fields | changes))


def read(log: PredictionLog) -> list[str | None]:
    return [
        None if one is None else one.request_id
        for segment in log.segments()
        for one in log.read(segment.name, 0, segment.end)
    ]


@pytest.mark.covers("S7")
def test_what_was_appended_is_read_back_the_same(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path / "log")
    written = [record("a"), record("b", version=None, answers=[], scores=[], score_sum=None, feature_as_of=None)]
    log.append(written)
    (segment,) = log.segments()
    assert list(log.read(segment.name, 0, segment.end)) == written
    assert not segment.closed
    log.close()
    assert log.segments()[0].closed


@pytest.mark.covers("S7")
def test_a_line_cut_off_by_a_kill_is_not_read_and_the_next_process_begins_a_segment_of_its_own(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path)
    log.append([record("a")])
    log.close()
    path = tmp_path / log.segments()[0].name
    with path.open("ab") as file:
        file.write(b'{"request_id":"torn","at":"2017-')
    after = PredictionLog(tmp_path)
    after.append([record("b")])
    torn, whole = after.segments()
    assert read(after) == ["a", "b"]
    assert torn.size_bytes - torn.end == len(b'{"request_id":"torn","at":"2017-')
    assert whole.size_bytes == whole.end


@pytest.mark.covers("S7")
def test_a_full_segment_is_followed_by_a_new_one(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, max_segment_bytes=800)
    for number in range(6):
        log.append([record(str(number))])
    assert len(log.segments()) == 3
    assert read(log) == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.covers("S7", "N3")
def test_a_disk_that_fills_in_mid_line_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = PredictionLog(tmp_path)
    log.append([record("a")])
    write = os.write

    def full_disk(descriptor: int, data: bytes) -> int:
        if len(data) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:-50])

    monkeypatch.setattr(os, "write", full_disk)
    with pytest.raises(OSError, match="No space left"):
        log.append([record("lost")])
    monkeypatch.undo()
    log.append([record("b")])
    assert read(log) == ["a", "b"]


@pytest.mark.covers("S7", "N3")
def test_a_segment_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "00000001-x.jsonl").write_text('{"format":"steek.predictions","version":2}\n{}\n')
    with pytest.raises(UnreadableError, match="not b'"):
        read(PredictionLog(tmp_path))


@pytest.mark.covers("S7")
def test_rows_have_the_types_of_the_lake_and_missing_features_are_nan() -> None:
    frame = to_frame([record("a", features=[1.5, None])])
    assert frame.schema == SCHEMA
    values = frame["features"].item().to_list()
    assert values[0] == 1.5
    assert values[1] != values[1]
    assert frame["answers"].to_list() == [["3", "1"]]
    assert to_frame([]).schema == SCHEMA
    evidence = {"asked_version", "asked_route", "epoch"}
    assert set(SCHEMA) | evidence == set(record("a").__struct_fields__)
