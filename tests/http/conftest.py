"""The control API over the corner shop."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "platform"))

from api_world import Api
from shop_world import copy_of, open_shop


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API for requests that change nothing."""
    with Api.over(copy_of(open_shop(), tmp_path_factory.mktemp("reading") / "open")) as api:
        yield api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """An API over a shop after two nights, for writing."""
    with Api.over(copy_of(open_shop(), tmp_path / "open")) as api:
        yield api
