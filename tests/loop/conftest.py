"""A shop to open in the process of the test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from opened_shop import opened_stocked

from steek.platform import Platform


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Platform]:
    """Eleven days of sales, of which nothing was made yet."""
    with opened_stocked(tmp_path / "stocked") as platform:
        yield platform
