"""The embedded engine: where it works, and what it says when a worker dies."""

import os
from pathlib import Path

import pytest

from steek.engines import LocalEngine, RayEngine, open_engine
from steek.kernel import load_settings
from steek.kernel.errors import InputError, ResourceError


def test_little_work_stays_in_this_process() -> None:
    engine = LocalEngine(workers=2)
    assert engine.map(lambda item: os.getpid() + item, [0, 0]) == [os.getpid()] * 2


def test_much_work_goes_to_other_processes_that_import_what_they_run() -> None:
    engine = LocalEngine(workers=2)
    sizes = engine.map(os.path.getsize, ["/"] * 20)
    assert sizes == [os.path.getsize("/")] * 20  # noqa: PTH202 - the function that the workers ran
    engine.close()


@pytest.mark.covers("N3")
def test_a_dead_worker_is_an_error_with_a_next_step_and_not_a_hang() -> None:
    engine = LocalEngine(workers=2)
    with pytest.raises(ResourceError, match="worker process died") as caught:
        engine.map(os._exit, [1] * 10)
    assert "engine_workers" in caught.value.next_step
    assert engine.map(abs, [-1] * 10) == [1] * 10
    engine.close()


def test_an_engine_without_workers_is_refused() -> None:
    with pytest.raises(InputError, match="0 workers"):
        LocalEngine(workers=0)


@pytest.mark.covers("N1")
def test_the_setting_chooses_the_engine(tmp_path: Path) -> None:
    assert isinstance(open_engine(load_settings(tmp_path, environment={})), LocalEngine)
    settings = load_settings(tmp_path, overrides={"engine": "ray"}, environment={})
    assert isinstance(open_engine(settings), RayEngine)
