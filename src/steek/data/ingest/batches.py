"""One batch on its way in: the attempt, what became of it, and the events that tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from steek.data.contracts.contract import Contract
from steek.data.ingest.reading import Payload
from steek.data.ingest.receipts import Receipt, receipt_id
from steek.data.tables import refused_batches
from steek.kernel.errors import SteekError
from steek.kernel.records import content_hash
from steek.ledger import Draft

_REASONS_TOLD = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of `ingest`, before anything was parsed."""

    dataset: str
    payload: Payload
    key: str
    actor: str
    received_at: datetime

    @property
    def receipt_id(self) -> str:
        """The id of the receipt that it will have, should it succeed."""
        return receipt_id(self.dataset, self.key)


def committed_event(receipt: Receipt, facts: Mapping[str, object], edges: tuple[tuple[str, str], ...]) -> Draft:
    """`batch.committed`, with counts and reasons but no values of rows; `facts` are those kept since the intake."""
    told: dict[str, object] = {
        "receipt": receipt.id,
        "key": receipt.key,
        "accepted_rows": receipt.accepted_rows,
        "quarantined_rows": receipt.quarantined_rows,
        "reasons": facts["reasons"],
        "missing_columns": facts["missing_columns"],
        "size_bytes": receipt.size_bytes,
        "content_hash": receipt.content_hash,
        "contract_version": facts["contract_version"],
        "table_version": receipt.table_version,
        "unchanged": receipt.unchanged,
    }
    urn = f"dataset:{receipt.dataset}@{receipt.table_version}"
    return Draft("batch.committed", urn, receipt.actor, told, at=receipt.received_at, edges=edges)


def commit_facts(contract: Contract, reasons: Mapping[str, int], missing_columns: tuple[str, ...]) -> dict[str, object]:
    """What the event of the commit will tell, kept from the intake on: the contract may be another one by then."""
    return {
        "reasons": dict(list(reasons.items())[:_REASONS_TOLD]),
        "missing_columns": list(missing_columns),
        "contract_version": contract.version,
    }


def note_refusal(connection: Connection, attempt: Attempt, refusal: SteekError) -> Draft | None:
    """Write down that a batch was refused; its `batch.refused`, or None where the same refusal is known already.

    Must run inside `Database.transaction`. The key stays free for a mended payload. The error's message may quote
    the payload and the ledger takes no personal values, so only names of columns go in.
    """
    row = {
        "id": content_hash([attempt.dataset, attempt.key, attempt.payload.content_hash])[:32],
        "dataset": attempt.dataset,
        "key": attempt.key,
        "content_hash": attempt.payload.content_hash,
        "code": refusal.code,
        "at": attempt.received_at,
    }
    known = select(refused_batches.c.id).where(refused_batches.c.id == row["id"])
    if connection.execute(known).first() is not None:
        return None
    connection.execute(insert(refused_batches).values(row))
    facts: dict[str, object] = {
        "key": attempt.key,
        "code": refusal.code,
        "format": attempt.payload.format,
        "size_bytes": attempt.payload.size_bytes,
        "content_hash": attempt.payload.content_hash,
        **refusal.details,
    }
    return Draft("batch.refused", f"dataset:{attempt.dataset}", attempt.actor, facts, at=attempt.received_at)
