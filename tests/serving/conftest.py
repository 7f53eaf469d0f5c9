"""The store that serving is tested on."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from steek.kernel import ReplayClock

# The world is also run as a program, and importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from serving_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty store with published features; its clock stands at noon of 2 October 2017."""
    ReplayClock(tmp_path / "clock").set(datetime(2017, 10, 2, 12, tzinfo=UTC))
    world = World.open(tmp_path)
    world.publish()
    yield world
    world.close()
