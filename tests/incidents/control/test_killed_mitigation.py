"""A process is killed in the middle of a mitigation; the next takes it up with the same key, and it is done once."""

import multiprocessing
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from steek.incidents import Incidents, Menu, Mitigation, MitigationCall, Outcome
from steek.incidents.control.interruptions import InterruptedActions
from steek.incidents.desk import Desk
from steek.incidents.tables import actions
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, NotFoundError
from steek.kernel.processes import this_process
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


def interruptions(database: Database, folder: Path, incidents: Incidents) -> InterruptedActions:
    clock = ReplayClock(folder / "clock")
    menu = Menu(incidents.menu.mitigations)
    return InterruptedActions(Desk(database, Ledger(database, clock), Lineage(database), clock, menu))


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
    left = interruptions(own, tmp_path, after)
    assert [one.key for one in left.list(incident.id)] == ["m1"]
    # Whoever runs the worker takes it up by itself, once.
    assert (left.take_up_all(), left.take_up_all()) == (1, 0)
    [done] = after.stories.read(incident.id).actions
    assert (done.outcome, done.actor, done.started_at) == (Outcome.DONE, "sam", started.started_at)
    assert left.list(incident.id) == ()
    assert left.take_up(incident.id, 1, actor="ariel") == done == after.act(incident.id, "switch", {}, "sam", key="m1")
    [event] = Ledger(own, ReplayClock(tmp_path / "clock")).events(kinds=["incident.action_taken_up"])
    assert (event.actor, event.payload["was"]) == ("steek", started.process)
    own.close()
    assert (tmp_path / "log").read_text() == "m1\n"


@pytest.mark.covers("I9", "T2")
def test_what_still_runs_is_not_taken_up_and_a_lost_host_only_by_people(
    tmp_path: Path, database: Database, clock: ReplayClock
) -> None:
    assert clock.now() is not None
    database.close()
    incidents, own = room(tmp_path, dies=False)
    incident = incidents.declare("down", on="x", severity="sev2", actor="ariel", key="d")
    incidents.act(incident.id, "switch", {}, "sam", key="m1")
    left = interruptions(own, tmp_path, incidents)

    def carried_on_by(process: str | None) -> None:
        with own.transaction() as connection:
            connection.execute(update(actions).values(outcome="started", ended_at=None, process=process))

    carried_on_by(this_process())
    assert (left.list(incident.id), left.take_up_all()) == ((), 0)
    with pytest.raises(ConflictError, match="switch still runs"):
        left.take_up(incident.id, 1, actor="ariel")
    carried_on_by("another-host:17:1")
    assert (left.list(incident.id), left.take_up_all()) == ((), 0)
    own_clock = ReplayClock(tmp_path / "clock")
    own_clock.set(own_clock.now() + timedelta(minutes=16))
    assert len(left.list(incident.id)) == 1
    assert left.take_up_all() == 0
    assert left.take_up(incident.id, 1, actor="ariel").outcome is Outcome.DONE
    with pytest.raises(NotFoundError, match="has no action 7"):
        left.take_up(incident.id, 7, actor="ariel")
    # A process that lives on but could not finish gave it up.
    carried_on_by(None)
    assert left.take_up_all() == 1
    own.close()
