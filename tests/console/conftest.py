"""A console over a small project: quiet for a fortnight, then broken on its last night."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from console_world import NIGHTS, World, break_key, night, open_world
from visitor import Visitor, visit

from steek.testing.notifier import notice

INCIDENT = "2017-001"


@pytest.fixture(scope="session")
def broken_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder after the night on which every key changed; copied, never written to."""
    folder = tmp_path_factory.mktemp("grocer")
    world = open_world(folder)
    for number in range(NIGHTS - 1):
        night(world, number)
    assert break_key(world) == INCIDENT
    world.platform.profiles.catch_up("transactions")
    world.platform.notices.post(notice("open", title="One that nobody heard of"))
    world.platform.notices.deliver()
    world.database.close()
    return folder


@pytest.fixture(scope="session")
def broken(broken_folder: Path) -> Iterator[World]:
    """The broken project, for reading only."""
    world = open_world(broken_folder)
    yield world
    world.database.close()


@pytest.fixture
def world(broken_folder: Path, tmp_path: Path) -> Iterator[World]:
    """A copy of the broken project, for writing."""
    folder = tmp_path / "grocer"
    shutil.copytree(broken_folder, folder)
    world = open_world(folder)
    yield world
    world.database.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """A project in which nothing has happened yet."""
    folder = tmp_path / "empty"
    folder.mkdir()
    world = open_world(folder)
    yield world
    world.database.close()


@pytest.fixture(scope="session")
def reader(broken: World) -> Visitor:
    return visit(broken.platform)


@pytest.fixture
def client(world: World) -> Visitor:
    return visit(world.platform)
