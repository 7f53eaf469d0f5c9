"""An incident holds a dataset's batches, whatever they are like, and lets them in again."""

from pathlib import Path

import pytest
from tests.data.conftest import Shop, lines

from steek.data import FeedChecking, Ingestion, IngestOptions, Spool
from steek.incidents import MitigationCall
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger
from steek.models import Freezes
from steek.platform.data_holds import data_holds


@pytest.mark.covers("I9", "D4")
def test_batches_wait_while_an_incident_holds_them(
    shop: Shop, tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    freezes = Freezes(database, ledger, clock)
    feed = FeedChecking(
        database, ledger, clock, shop.datasets, held_because=lambda name: freezes.reason(f"dataset:{name}", "ingest")
    )
    options = IngestOptions(Spool(tmp_path / "spool", 1_000_000_000, clock), feed=feed.watch)
    ingestion = Ingestion(shop.lake, database, ledger, clock, shop.datasets, 50_000_000, options)
    hold, release = data_holds(freezes, feed)
    call = MitigationCall("2017-001", {"dataset": "lines"}, "sam", "h")
    assert hold.run(call) == {"held": "lines", "batches_waiting": 0}
    assert hold.run(call) == {"held": "lines", "batches_waiting": 0}
    held = ingestion.ingest("lines", lines(), key="a", actor="till")
    assert (held.state, held.table_version) == ("held", None)
    [said] = [one for one in feed.verdicts(held.id).verdicts if one.verdict == "hold"]
    assert (said.check, said.evidence) == (
        "held_by_people",
        "incident:2017-001 holds it: data held in incident 2017-001",
    )
    twin = ingestion.ingest("lines", lines(), key="b", actor="till")
    assert hold.observe is not None
    assert hold.observe({"dataset": "lines"})["batches_waiting"] == 2
    let_in = release.run(MitigationCall("2017-001", {"dataset": "lines"}, "sam", "r"))
    ingestion.drain("lines")
    assert let_in["batches_let_in"] == [held.id]
    # The second is a duplicate by the feed's own check, and waits for a person.
    assert [batch.receipt_id for batch in feed.held("lines")] == [twin.id]
    assert ingestion.receipt(held.id).state == "committed"
    again = release.run(MitigationCall("2017-001", {"dataset": "lines"}, "sam", "r"))
    assert again["batches_let_in"] == []
