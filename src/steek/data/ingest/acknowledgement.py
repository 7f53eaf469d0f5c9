"""The moment from which a batch is not lost any more: its receipt is written."""

from sqlalchemy import Connection, update

from steek.data.cleaning.surprises import changed_events, unexpected_events
from steek.data.contracts.log import note_contract
from steek.data.ingest import entries, receipts
from steek.data.ingest.acknowledging import Work
from steek.data.ingest.batches import commit_facts
from steek.data.ingest.intake import Taken
from steek.data.ingest.receipts import Receipt
from steek.data.tables import receipts as receipts_table
from steek.ledger import Draft


def acknowledge(taken: Taken, spool_id: str) -> Work[tuple[Receipt, bool]]:
    """Work for an `Acknowledger`: the receipt, and whether it knows the files of `taken`; they go when it does not.

    The work raises ConflictError where somebody used the key for another payload meanwhile.
    """
    receipt = _receipt_of(taken)
    facts = commit_facts(taken.contract, taken.reasons, taken.missing_columns) | {"mode": taken.dataset.mode}

    def work(connection: Connection) -> tuple[tuple[Receipt, bool], list[Draft]]:
        known = receipts.find_by_key(connection, receipt.dataset, receipt.key)
        if known is not None:
            receipts.check_same(known, receipt.content_hash)
            if known.state != "damaged":
                return (known, False), []
            again = receipts.move(connection, known.id, "resend")
            connection.execute(
                update(receipts_table).where(receipts_table.c.id == known.id).values(group_id=None, steps=receipt.steps)
            )
            entries.write(connection, again, spool_id, taken.files, facts)
            return (again, True), []
        changed = changed_events(connection, receipt)
        receipts.write(connection, receipt)
        entries.write(connection, receipt, spool_id, taken.files, facts)
        drafts = note_contract(connection, taken.contract, actor=taken.attempt.actor, at=taken.attempt.received_at)
        if taken.feed is not None:
            drafts = [*drafts, *taken.feed.record(connection)]
        return (receipt, True), [*drafts, *changed, *unexpected_events(receipt)]

    return work


def _receipt_of(taken: Taken) -> Receipt:
    attempt = taken.attempt
    return Receipt(
        id=attempt.receipt_id,
        dataset=attempt.dataset,
        key=attempt.key,
        accepted_rows=taken.rows.rows,
        quarantined_rows=0 if taken.quarantine is None else taken.quarantine.rows,
        size_bytes=attempt.payload.size_bytes,
        content_hash=attempt.payload.content_hash,
        contract_hash=taken.contract.hash,
        table_version=None,
        unchanged=False,
        received_at=attempt.received_at,
        actor=attempt.actor,
        state="spooled" if taken.feed is None else taken.feed.state,
        steps=taken.steps,
    )
