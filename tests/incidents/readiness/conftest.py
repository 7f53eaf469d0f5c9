"""A project whose defences are known, on an empty database."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "defences"))

from defence_world import opened

from steek.platform import Platform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    yield from opened(tmp_path)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One for all tests of a module that do not mind what others wrote."""
    yield from opened(tmp_path_factory.mktemp("standing"))
