"""One undisturbed replay for all tests of a session, also when several processes share the session's tests."""

import fcntl
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "platform"))
sys.path.insert(0, str(Path(__file__).parent))

from small_store import LIMIT_S, Undisturbed, copy_of_the_store, free_ports, record_progress, replaying


@pytest.fixture(scope="session")
def undisturbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "undisturbed"
    folder.mkdir(exist_ok=True)
    store, data, steps = folder / "grocer", folder / "data", folder / "steps.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not steps.exists():
            copy_of_the_store(store)
            with replaying(store, data, free_ports()) as run:
                steps.write_text(json.dumps(record_progress(run, LIMIT_S)))
    return Undisturbed(store, data, [(at_s, reached) for at_s, reached in json.loads(steps.read_text())])
