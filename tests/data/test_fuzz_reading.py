"""Payloads that lie are read or refused: in bounded memory, in bounded time, and with words that quote nothing."""

import random
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.data.conftest import lines
from tests.data.lies import BOMBS, payloads, spoiled

from steek.data.ingest.reading import receive
from steek.kernel.errors import TooLargeError, UnreadableError

ROOT = Path(__file__).parents[2]
PAYLOADS = payloads(lines(count=20))
MEMORY_BYTES = 3_000_000_000
# Those that are read: they are no larger than they look.
READ = {
    "a row group of zeros": 150_000_000,
    "json, objects, deep": 1,
    "ndjson, objects, deep": 1,
    "ndjson, nested fields of their own": 60_000,
}


@pytest.mark.covers("D1", "N3")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_bounded_memory(name: str) -> None:
    words = [sys.executable, "-m", "tests.data.bomb_child", name, str(MEMORY_BYTES)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    told, _, what = done.stdout.strip().partition(" ")
    if name in READ:
        assert (told, int(what)) == ("rows", READ[name])
    else:
        assert told == "refused"
        assert len(what) < 400


@pytest.mark.covers("D1", "N3")
@pytest.mark.parametrize("number", range(len(PAYLOADS)), ids=lambda number: f"{PAYLOADS[number][1]} {number}")
def test_a_spoiled_payload_gives_rows_or_says_what_is_wrong(number: int) -> None:
    format, _, content = PAYLOADS[number]
    chance = random.Random(number)
    outcomes = {"read": 0, "refused": 0, "untold": 0}
    for _ in range(250):
        try:
            for chunk in receive(spoiled(content, chance), format, max_bytes=1_000_000).chunks(most_bytes=100_000_000):
                assert isinstance(chunk, pl.DataFrame)
            outcomes["read"] += 1
        except (TooLargeError, UnreadableError) as refusal:
            outcomes["refused" if refusal.message and refusal.next_step else "untold"] += 1
    assert outcomes["refused"]
    assert not outcomes["untold"]


# Kept from hours of fuzzing: what once ended otherwise than in a refusal.
CRASHES: list[tuple[str, str, bytes]] = [
    ("half a surrogate pair", "json", b'[{"a":"\\ud800"}]'),
    ("half a surrogate pair in a name", "json", b'[{"\\ud800":1}]'),
    ("half a surrogate pair beside a number", "json", b'[{"a":"\\ud800"},{"a":1}]'),
    ("UTF-16", "csv", "a,b\nJose,2\n".encode("utf-16")),
    ("Latin-1", "csv", "a,b\nJos\xe9,2\n".encode("latin-1")),
    ("a header with the byte 0", "csv", b"a\0,b\n1,2\n"),
    ("a schema that is no table", "parquet", b"PAR1\x15\x00\x29\x15\x02\x02\x02\x00\x08\x00\x00\x00PAR1"),
    ("not one byte", "csv", b""),
    ("spaces", "json", b"   "),
]


@pytest.mark.covers("D1", "N3")
@pytest.mark.parametrize(("format", "content"), [case[1:] for case in CRASHES], ids=[case[0] for case in CRASHES])
def test_what_once_broke_is_refused(format: str, content: bytes) -> None:
    with pytest.raises(UnreadableError) as refusal:
        list(receive(content, format, max_bytes=1_000_000).chunks(most_bytes=100_000_000))
    assert "Jos" not in refusal.value.message


@pytest.mark.covers("D1")
def test_a_line_separator_within_a_text_ends_no_line() -> None:
    content = '{"a":"x\u2028y"}\n{"a":1}\n'.encode()
    chunks = list(receive(content, "ndjson", max_bytes=1000).chunks(most_bytes=1000))
    assert [chunk["a"].to_list() for chunk in chunks] == [["x\u2028y", "1"]]
