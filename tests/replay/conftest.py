"""One undisturbed replay for all tests of the session."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "platform"))
sys.path.insert(0, str(Path(__file__).parent))

from small_store import LIMIT_S, Undisturbed, copy_of_the_store, free_ports, record_progress, replaying


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    store = copy_of_the_store(folder / "grocer")
    with replaying(store, folder / "data", free_ports()) as run:
        steps = record_progress(run, LIMIT_S)
    return Undisturbed(store, folder / "data", steps)
