"""A function in a process of its own: results come back, deaths are told apart."""

import sys
from pathlib import Path

import pytest

from steek.engines import run_limited
from steek.kernel.errors import ResourceError, UserCodeError

MODULE = """
import os, time

def double(argument):
    print("chatter on standard output")
    return {"doubled": 2 * argument["value"]}

def abort(argument):
    os.abort()

def wait(argument):
    time.sleep(60)

def refuse(argument):
    raise ValueError(f"no {argument}")

def fill(argument):
    return len(bytearray(argument))
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "limited_functions.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])


def test_the_result_comes_back_despite_chatter() -> None:
    result = run_limited("limited_functions:double", {"value": 21}, timeout_s=30, memory_bytes=2_000_000_000)
    assert result == {"doubled": 42}


@pytest.mark.covers("V2", "N3")
def test_a_process_that_aborts_is_an_error_that_names_the_signal() -> None:
    with pytest.raises(ResourceError, match="limited_functions:abort was ended by SIGABRT"):
        run_limited("limited_functions:abort", None, timeout_s=30, memory_bytes=2_000_000_000)


def test_a_process_that_hangs_is_ended() -> None:
    with pytest.raises(ResourceError, match=r"did not end within 1 s"):
        run_limited("limited_functions:wait", None, timeout_s=1.0, memory_bytes=2_000_000_000)


@pytest.mark.covers("V2")
def test_a_process_that_wants_too_much_memory_is_refused_it() -> None:
    with pytest.raises(ResourceError, match=r"needs more than the 300 MB"):
        run_limited("limited_functions:fill", 1_000_000_000, timeout_s=30, memory_bytes=300_000_000)


def test_an_error_of_the_function_keeps_its_words() -> None:
    with pytest.raises(UserCodeError, match="limited_functions:refuse raised ValueError: no thanks"):
        run_limited("limited_functions:refuse", "thanks", timeout_s=30, memory_bytes=2_000_000_000)
