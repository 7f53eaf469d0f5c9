"""Declaring while the database is read-only, and what becomes of it afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from tests.incidents.conftest import Loop, joins

from steek.incidents import Incident, Incidents, KeptDeclaration, OfflineDeclarations, Said, Signals, Triage
from steek.incidents.impact.severity import SeverityRules
from steek.incidents.kept.declarations import SyncReport, keep, waiting
from steek.kernel import ReplayClock
from steek.kernel.errors import InputError, NotFoundError, ResourceError, StorageFullError
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
    desk = incidents.stories._desk  # pyright: ignore[reportPrivateUsage] - the same database
    triage = Triage(desk, incidents.stories, lambda _: (), SeverityRules())
    signals = Signals(desk, within=timedelta(hours=24))
    return OfflineDeclarations(incidents, triage, signals, folders, clock=clock, local_clock=local)


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
    assert offline(read_only, folders, clock, local).sync_when_possible() == ()
    assert len(waiting(folders).declarations) == 2
    assert waiting(folders).words == "2 declarations wait on this machine: nobody was paged"
    clock.set(clock.now() + timedelta(hours=1))
    local.set(clock.now() + timedelta(minutes=3))
    writable = offline(incidents, folders, clock, local)
    first, second = writable.sync().declared
    assert writable.sync() == SyncReport((), ())
    assert waiting(folders).words == ""
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
    for wrong in (
        Said("", "x", "sev2", "a", True, "k"),
        Said("t", "x", "sev9", "a", True, "k"),
        Said("t", "a@b", "sev2", "a", True, "k"),
        Said("t", "", "sev2", "a", True, "k"),
        Said("t", "x", "sev2", "a", True, "k", impacts=("users=many",)),
    ):
        with pytest.raises(InputError):
            keep([tmp_path / "home"], wrong, said_at=clock.now(), reason="full")


@pytest.mark.covers("I1")
def test_hostile_text_and_damage(tmp_path: Path, clock: ReplayClock) -> None:
    said = Said("<b>\u202e \n ../../etc", "../../x", "sev1", "'; --", True, "../k")
    assert keep([tmp_path], said, said_at=clock.now(), reason="\x1b[2J").said == said
    assert waiting([tmp_path]).declarations[0].said == said
    (tmp_path / "declarations" / "000002.json").write_text('{"half')
    (tmp_path / "declarations" / "000003.json").mkdir()  # to root too, what it cannot read
    found = waiting([tmp_path])
    assert [one.path[-11:] for one in found.unreadable] == ["000002.json", "000003.json"]
    assert "000002.json cannot be read" in found.unreadable[0].reason
    third = Said("third", "x", "sev1", "ariel", True, "k3")
    assert keep([tmp_path], third, said_at=clock.now(), reason="away").number == 4
    assert [one.said for one in waiting([tmp_path]).declarations] == [said, third]


KILLED = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from steek.incidents import Incidents, OfflineDeclarations, Signals, Triage
from steek.incidents.desk import Desk
from steek.incidents.impact.severity import SeverityRules
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage

folder = Path(sys.argv[1])
database, clock = Database.open(f"sqlite:///{folder / 'steek.db'}"), ReplayClock(folder / "clock")
ledger, lineage = Ledger(database, clock), Lineage(database)
incidents = Incidents(database, ledger, lineage, clock, {})
desk = Desk(database, ledger, lineage, clock, incidents.menu)
more = Triage(desk, incidents.stories, lambda _: (), SeverityRules()), Signals(desk, within=timedelta(hours=1))
write = incidents.declare


def declare(*given, **named):
    incident = write(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
    return incident


incidents.declare = declare
OfflineDeclarations(incidents, *more, [folder], clock=clock, local_clock=clock).sync()
"""


@pytest.mark.covers("I1")
def test_one_that_is_refused_and_a_damaged_file_keep_no_other_from_being_declared(
    tmp_path: Path, read_only: Incidents, incidents: Incidents, clock: ReplayClock
) -> None:
    nowhere = Said("on an alert that is none", "", "sev2", "ariel", True, "k1", alert="a-none")
    keep([tmp_path], nowhere, said_at=clock.now(), reason="away")
    (tmp_path / "declarations" / "000002.json").write_text("{broken")
    outage = offline(read_only, [tmp_path], clock, clock).declare(
        Said("real outage", "partner_demand", "sev1", "sam", True, "k3")
    )
    assert isinstance(outage, KeptDeclaration)
    report = offline(incidents, [tmp_path], clock, clock).sync()
    assert [one.incident.title for one in report.declared] == ["real outage"]
    assert [one.path[-11:] for one in report.left] == ["000001.json", "000002.json"]
    with pytest.raises(NotFoundError, match="no alert"):
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
    assert len(waiting([tmp_path]).declarations) == 1
    [synced] = offline(incidents, [tmp_path], clock, clock).sync().declared
    assert [synced.incident.id] == [one.id for one in incidents.list()]
    assert waiting([tmp_path]).words == ""


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
    found = waiting([tmp_path]).declarations
    assert [kept.number for kept in found] == [1, 2, 3, 4]
    assert {kept.said.title for kept in found} == {f"declared {number}" for number in range(4)}


@pytest.mark.covers("I1", "I2")
def test_all_that_is_known_is_said_in_one_go_once_and_also_through_an_outage(
    tmp_path: Path, read_only: Incidents, incidents: Incidents, clock: ReplayClock, loop: Loop
) -> None:
    loop.history()
    now = loop.at(1, 1)
    alert, _ = loop.fire(joins(declare=None))
    at_desk = offline(incidents, [tmp_path], clock, clock)
    signals = at_desk._signals  # pyright: ignore[reportPrivateUsage]
    signal = signals.file("basket is odd", on="search_ranking", kind="support", actor="kim", key="s")
    said = Said(
        "partners",
        "",
        "sev2",
        "ariel",
        True,
        "k1",
        alert=alert.id,
        note="Kim rang",
        impacts=("users=100..250: tickets", "money=0..40,000 EUR"),
        signals=(signal.id,),
    )
    assert isinstance(offline(read_only, [tmp_path], clock, clock).declare(said), KeptDeclaration)
    [synced] = at_desk.sync().declared
    again = at_desk.declare(said)
    assert (again, len(incidents.list())) == (incidents.get(synced.incident.id), 1)
    story = incidents.stories.read(synced.incident.id)
    assert [one.alert_id for one in story.alerts] == [alert.id]
    assert [impact.words for impact in story.impacts if impact.known] == ["100 to 250 users", "0 to 40,000 EUR"]
    assert [entry.payload["text"] for entry in story.timeline if entry.kind == "incident.noted"] == ["Kim rang"]
    assert signals.get(signal.id).incident_id == synced.incident.id
    assert synced.incident.said_at == now


@pytest.mark.covers("I1")
def test_two_keep_a_declaration_on_one_alert_and_it_is_one_incident(
    tmp_path: Path, read_only: Incidents, incidents: Incidents, clock: ReplayClock, loop: Loop
) -> None:
    loop.history()
    loop.at(1, 1)
    alert, event = loop.fire(joins())
    for number in (1, 2):
        said = Said("partners", "", "sev2", f"person {number}", True, f"k{number}", alert=alert.id)
        assert isinstance(offline(read_only, [tmp_path], clock, clock).declare(said), KeptDeclaration)
    incidents.consider_alert(event)
    assert len(offline(incidents, [tmp_path], clock, clock).sync().declared) == 2
    assert len(incidents.list()) == 1


@pytest.mark.covers("I1")
def test_what_one_keeps_the_group_of_the_project_may_read(tmp_path: Path, clock: ReplayClock) -> None:
    project = tmp_path / "shared"
    project.mkdir()
    project.chmod(0o770)
    kept = Path(keep([project], SAID, said_at=clock.now(), reason="away").path)
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o660, 0o770)
    project.chmod(0o700)
    other = Path(keep([project], replace(SAID, key="k9"), said_at=clock.now(), reason="away").path)
    assert other.stat().st_mode & 0o777 == 0o600
