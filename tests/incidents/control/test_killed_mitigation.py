"""A process is killed in the middle of a mitigation; the next takes it up with the same key, and it is done once."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from steek.incidents import Incidents, Mitigation, MitigationCall, Outcome
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage

FORK = multiprocessing.get_context("fork")


def room(folder: Path, *, dies: bool) -> tuple[Incidents, Database]:
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    clock = ReplayClock(folder / "clock")

    def switch(call: MitigationCall) -> dict[str, object]:
        # As a route or a mask does: what this key did before is found, and not done again.
        done = folder / f"done {call.key}"
        if not done.exists():
            with (folder / "log").open("a") as log:
                log.write(f"{call.key}\n")
            done.touch()
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"switched": True}

    menu = {"switch": Mitigation("switch", risk="r", effect="e", undo="u", run=switch)}
    return Incidents(database, Ledger(database, clock), Lineage(database), clock, menu), database


def act_and_die(folder: Path, incident: str) -> None:
    incidents, _ = room(folder, dies=True)
    incidents.act(incident, "switch", {}, "sam", key="m1")


@pytest.mark.covers("I9", "T2")
def test_a_killed_mitigation_is_done_once(tmp_path: Path, database: Database, clock: ReplayClock) -> None:
    assert clock.now() is not None
    database.close()
    incidents, own = room(tmp_path, dies=False)
    incident = incidents.declare("down", on="x", severity="sev2", actor="ariel", key="d")
    own.close()
    process = FORK.Process(target=act_and_die, args=(tmp_path, incident.id))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    after, own = room(tmp_path, dies=False)
    [started] = after.stories.read(incident.id).actions
    assert started.outcome is Outcome.STARTED
    done = after.act(incident.id, "switch", {}, "sam", key="m1")
    assert (done.outcome, done.started_at) == (Outcome.DONE, started.started_at)
    assert after.act(incident.id, "switch", {}, "sam", key="m1") == done
    own.close()
    assert (tmp_path / "log").read_text() == "m1\n"
