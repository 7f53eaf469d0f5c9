"""The corner shop, stocked or open, to read from or to write to."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "platform"))

from shop_world import Shell, copy_of, open_shop, stocked_shop


@pytest.fixture
def stocked(tmp_path: Path) -> Shell:
    """A terminal in a shop with data and nothing made of it."""
    return Shell(copy_of(stocked_shop(), tmp_path / "stocked"))


@pytest.fixture
def shop(tmp_path: Path) -> Shell:
    """A terminal in a shop after two nights."""
    return Shell(copy_of(open_shop(), tmp_path / "open"))


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A terminal in a shop after two nights, for commands that change nothing."""
    return Shell(copy_of(open_shop(), tmp_path_factory.mktemp("reading") / "open"))
