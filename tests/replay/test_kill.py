"""A replay that is killed at any moment, and taken up each time, ends like one that nobody disturbed."""

import random
from pathlib import Path

import pytest
from end_state import differences, read_end_state
from small_store import LIMIT_S, Undisturbed, free_ports, moment_at, replaying

KILLS = 20
# A moment that the taken-up replay has passed already cannot be hit any more; so more are drawn than must be.
MOMENTS = 28
SEED = 20171003


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.covers("F1", "T3", "S7", "I11")
def test_a_replay_killed_at_random_moments_ends_like_one_that_was_not(undisturbed: Undisturbed, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    lasted_s = undisturbed.steps[-1][0]
    moments = [
        moment_at(second, undisturbed.steps) for second in sorted(chance.uniform(0, lasted_s) for _ in range(MOMENTS))
    ]
    data, port = tmp_path / "data", free_ports()
    kills = 0
    for moment in moments:
        with replaying(undisturbed.store, data, port) as run:
            if moment.wait_in(run, LIMIT_S):
                run.kill()
                kills += 1
    with replaying(undisturbed.store, data, port) as run:
        run.finish(LIMIT_S)
    assert kills >= KILLS
    found = differences(read_end_state(undisturbed.data), read_end_state(data))
    assert not found, "\n".join(found)
