"""Declaring while the database is read-only, and what becomes of it afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from steek.incidents import Incident, Incidents, KeptDeclaration, OfflineDeclarations, Said
from steek.incidents.kept.declarations import keep, waiting
from steek.kernel import ReplayClock
from steek.kernel.errors import InputError, ResourceError, StorageFullError
from steek.ledger import Database, Ledger, Lineage

SAID = Said("partner sales down", "partner_demand", "sev2", "ariel", True, "k1")


@pytest.fixture
def read_only(tmp_path: Path, database: Database, clock: ReplayClock) -> Iterator[Incidents]:
    """The same database, opened so that SQLite itself refuses to write."""
    engine = create_engine(f"sqlite:///file:{tmp_path / 'steek.db'}?mode=ro&uri=true")
    opened = Database(engine)
    yield Incidents(opened, Ledger(opened, clock), Lineage(opened), clock, {})
    opened.close()


def offline(incidents: Incidents, folders: list[Path], clock: ReplayClock, local: ReplayClock) -> OfflineDeclarations:
    return OfflineDeclarations(incidents, folders, clock=clock, local_clock=local)


@pytest.fixture
def local(tmp_path: Path, clock: ReplayClock) -> ReplayClock:
    """The clock of the machine, which goes three minutes ahead of the project's."""
    local = ReplayClock(tmp_path / "local clock")
    local.set(clock.now() + timedelta(minutes=3))
    return local


@pytest.mark.covers("I1")
def test_what_is_declared_on_a_read_only_database_is_kept_and_becomes_one_incident(
    tmp_path: Path, read_only: Incidents, incidents: Incidents, clock: ReplayClock, local: ReplayClock, ledger: Ledger
) -> None:
    folders = [tmp_path / "data"]
    kept = offline(read_only, folders, clock, local).declare(SAID)
    assert isinstance(kept, KeptDeclaration)
    assert (kept.name, kept.said, kept.said_at) == ("local-1", SAID, local.now())
    assert "readonly" in kept.reason
    assert offline(read_only, folders, clock, local).declare(SAID) == kept
    another = offline(read_only, folders, clock, local).declare(Said("also", "x", "sev3", "sam", False, "k2"))
    assert isinstance(another, KeptDeclaration)
    assert another.name == "local-2"
    with pytest.raises(ResourceError, match="readonly"):
        offline(read_only, folders, clock, local).sync()
    assert offline(read_only, folders, clock, local).sync_when_possible() == []
    assert len(waiting(folders)) == 2
    clock.set(clock.now() + timedelta(hours=1))
    local.set(clock.now() + timedelta(minutes=3))
    writable = offline(incidents, folders, clock, local)
    first, second = writable.sync()
    assert writable.sync() == []
    assert (first.incident.title, second.incident.title) == ("partner sales down", "also")
    assert (first.clock_ahead_s, first.incident.said_at) == (180.0, kept.said_at)
    declared = ledger.events(kinds=["incident.declared"])[0]
    assert declared.payload["clock_ahead_s"] == 180.0
    assert incidents.stories.read(first.incident.id).incident.declared_at == clock.now()
    assert [one.id for one in incidents.list()] == [second.incident.id, first.incident.id]
    assert isinstance(writable.declare(SAID), Incident)
    assert len(incidents.list()) == 2


@pytest.mark.covers("I1")
def test_the_next_folder_takes_it_where_the_first_cannot_and_nowhere_is_said_plainly(
    tmp_path: Path, clock: ReplayClock
) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    kept = keep([file, tmp_path / "home"], SAID, said_at=clock.now(), reason="full")
    assert Path(kept.path).is_relative_to(tmp_path / "home")
    with pytest.raises(StorageFullError, match="could be kept nowhere"):
        keep([file], SAID, said_at=clock.now(), reason="full")
    for wrong in (Said("", "x", "sev2", "a", True, "k"), Said("t", "x", "sev9", "a", True, "k")):
        with pytest.raises(InputError):
            keep([tmp_path / "home"], wrong, said_at=clock.now(), reason="full")


@pytest.mark.covers("I1")
def test_hostile_text_and_damage(tmp_path: Path, clock: ReplayClock) -> None:
    said = Said("<b>\u202e \n ../../etc", "../../x", "sev1", "'; --", True, "../k")
    assert keep([tmp_path], said, said_at=clock.now(), reason="\x1b[2J").said == said
    assert waiting([tmp_path])[0].said == said
    (tmp_path / "declarations" / "000002.json").write_text('{"half')
    with pytest.raises(ResourceError, match=r"000002.json cannot be read"):
        waiting([tmp_path])


KILLED = """
import os, signal, sys
from pathlib import Path
from steek.incidents import Incidents, OfflineDeclarations
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage

folder = Path(sys.argv[1])
database, clock = Database.open(f"sqlite:///{folder / 'steek.db'}"), ReplayClock(folder / "clock")
incidents = Incidents(database, Ledger(database, clock), Lineage(database), clock, {})
write = incidents.declare


def declare(*given, **named):
    incident = write(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
    return incident


incidents.declare = declare
OfflineDeclarations(incidents, [folder], clock=clock, local_clock=clock).sync()
"""


@pytest.mark.covers("I1")
def test_one_that_is_refused_and_a_damaged_file_keep_no_other_from_being_declared(
    tmp_path: Path, read_only: Incidents, incidents: Incidents, clock: ReplayClock
) -> None:
    # Where no database can be opened, nothing can say that it names no system.
    keep([tmp_path], Said("impossible", "a@b", "sev2", "ariel", True, "k1"), said_at=clock.now(), reason="away")
    (tmp_path / "declarations" / "000002.json").write_text("{broken")
    outage = offline(read_only, [tmp_path], clock, clock).declare(
        Said("real outage", "partner_demand", "sev1", "sam", True, "k3")
    )
    assert isinstance(outage, KeptDeclaration)
    for _ in range(2):
        with pytest.raises(InputError, match="'a@b' names no system"):
            offline(incidents, [tmp_path], clock, clock).sync()
    assert [one.title for one in incidents.list()] == ["real outage"]
    assert not Path(outage.path).exists()


@pytest.mark.covers("I1")
def test_killed_between_the_incident_and_the_file_it_is_still_one_incident(
    tmp_path: Path, incidents: Incidents, clock: ReplayClock
) -> None:
    keep([tmp_path], SAID, said_at=clock.now(), reason="read-only")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(incidents.list()) == 1
    assert len(waiting([tmp_path])) == 1
    [synced] = offline(incidents, [tmp_path], clock, clock).sync()
    assert [synced.incident.id] == [one.id for one in incidents.list()]
    assert waiting([tmp_path]) == []


@pytest.mark.covers("I1")
def test_two_who_keep_at_once_get_numbers_of_their_own(tmp_path: Path, clock: ReplayClock) -> None:
    children: list[int] = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            said = Said(f"declared {number}", "x", "sev2", "ariel", True, f"k{number}")
            keep([tmp_path], said, said_at=clock.now(), reason="full")
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    found = waiting([tmp_path])
    assert [kept.number for kept in found] == [1, 2, 3, 4]
    assert {kept.said.title for kept in found} == {f"declared {number}" for number in range(4)}
