"""An erasure that is killed at any moment, and run again, ends as one that was not."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.data.erasure_world import NOW, busiest, fill, open_world, rows_of

from steek.kernel import ReplayClock
from steek.ledger import Database, metadata

CHILD = Path(__file__).with_name("erasure_child.py")


def run(folder: Path, dies_at: int = 0) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, str(CHILD), str(folder), str(dies_at)]
    return subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=120)


def outcome(folder: Path) -> tuple[object, ...]:
    """What must not depend on whether it was killed."""
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    world = open_world(folder, database, ReplayClock(folder / "clock"))
    states = [(erasure.kind, erasure.state, erasure.findings) for erasure in world.erasures.list()]
    kinds = [event.kind for event in world.ledger.events() if event.kind.startswith("erasure.")]
    heights = {name: world.lake.scan(name).collect().height for name in world.tables.tables()}
    left = [rows_of(world, home) for home in busiest(2)]
    assert world.ledger.verify() == world.ledger.count()
    database.close()
    return states, kinds, heights, left


@pytest.mark.covers("D15", "N3")
def test_killed_at_every_moment_and_run_again_equals_uninterrupted(tmp_path: Path) -> None:
    begin = tmp_path / "begin"
    begin.mkdir()
    clock = ReplayClock(begin / "clock")
    clock.set(NOW)
    database = Database.open(f"sqlite:///{begin / 'steek.db'}")
    metadata.create_all(database.engine)
    fill(open_world(begin, database, clock))
    database.close()

    whole = shutil.copytree(begin, tmp_path / "whole")
    done = run(whole)
    assert done.returncode == 0, done.stderr
    moments, expected = int(done.stdout), outcome(whole)
    assert expected[0] == [("household", "certified", ())] * 2
    assert expected[3] == [{}, {}]
    assert moments > 20
    # Two deaths for each copy, one after the other: the second meets what the first left half done.
    for first in range(1, moments + 1, 4):
        folder = shutil.copytree(begin, tmp_path / f"killed-at-{first}")
        for dies_at in (first, 3):
            killed = run(folder, dies_at)
            assert killed.returncode in {-signal.SIGKILL, 0}, killed.stderr
        again = run(folder)
        assert again.returncode == 0, again.stderr
        assert outcome(folder) == expected, first
