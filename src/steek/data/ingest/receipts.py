"""Receipts: what was taken in, and where it went."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, insert, select, update

from steek.data.ingest.receipt_states import TRANSITIONS, ReceiptAction, ReceiptState
from steek.data.tables import receipts
from steek.kernel.errors import ConflictError, NotFoundError
from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition

# Asked for every batch: a statement that is kept is not put together and compiled again.
_BY_KEY = select(receipts).where(receipts.c.dataset == bindparam("dataset"), receipts.c.key == bindparam("key"))
_BY_ID = select(receipts).where(receipts.c.id == bindparam("id"))
_ADD = insert(receipts)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Acknowledgement of one durable batch.

    Args:
        id: 32 hexadecimal digits, the same for every try with the same dataset and key.
        dataset: Where the batch went.
        key: The client's name for it.
        accepted_rows: Rows in the table, or on their way to it.
        quarantined_rows: Rows held back, each with its reason.
        size_bytes: Bytes of the payload.
        content_hash: SHA-256 of the payload.
        contract_hash: The contract that it was validated by.
        table_version: Version of the table that holds its rows; None before they are committed.
        unchanged: The payload was the one the table already held, so no new version was written.
        received_at: Processing time.
        actor: Who sent it.
        state: One of the states of `receipt_states`.
        steps: What cleaning, sampling, protection and the checks of the feed report, by name; JSON.
        group_id: Batches of one commit share it; None before it is decided which commit that is.
    """

    id: str
    dataset: str
    key: str
    accepted_rows: int
    quarantined_rows: int
    size_bytes: int
    content_hash: str
    contract_hash: str
    table_version: int | None
    unchanged: bool
    received_at: datetime
    actor: str
    state: ReceiptState = "committed"
    steps: dict[str, object] = field(default_factory=dict[str, object])
    group_id: str | None = None

    @property
    def urn(self) -> str:
        """The receipt's name in the ledger and the lineage."""
        return f"receipt:{self.id}"


def receipt_id(dataset: str, key: str) -> str:
    """The id that a batch will have; rows carry it before the receipt exists, so it must not depend on the try."""
    return content_hash([dataset, key])[:32]


def find_by_key(connection: Connection, dataset: str, key: str) -> Receipt | None:
    """The receipt of a dataset and key."""
    return _first(connection, _BY_KEY, {"dataset": dataset, "key": key})


def find_by_id(connection: Connection, id: str) -> Receipt | None:
    """The receipt of an id."""
    return _first(connection, _BY_ID, {"id": id})


def find_latest(connection: Connection, dataset: str) -> Receipt | None:
    """The receipt of a dataset that was committed last."""
    query = select(receipts).where(receipts.c.dataset == dataset, receipts.c.state == "committed")
    return _first(connection, query.order_by(receipts.c.sequence.desc()).limit(1))


def list_receipts(connection: Connection, dataset: str | None, limit: int, *, newest_first: bool) -> list[Receipt]:
    """At most `limit` receipts, of one dataset or of all, in order of writing or the reverse."""
    query = select(receipts) if dataset is None else select(receipts).where(receipts.c.dataset == dataset)
    query = query.order_by(receipts.c.sequence.desc() if newest_first else receipts.c.sequence).limit(limit)
    return [to_receipt(row) for row in connection.execute(query).mappings()]


def write(connection: Connection, receipt: Receipt) -> None:
    """Store a receipt; its dataset and key must be new."""
    connection.execute(_ADD, {name: getattr(receipt, name) for name in Receipt.__dataclass_fields__})


def check_same(receipt: Receipt, payload_hash: str) -> None:
    """Refuse a payload that comes under the key of another.

    Raises:
        ConflictError: the receipt is of another payload.
    """
    if receipt.content_hash != payload_hash:
        message = (
            f"key {receipt.key!r} of dataset {receipt.dataset!r} was used for another payload (receipt {receipt.id})"
        )
        raise ConflictError(message, next_step="Give each batch its own key; repeat a key only to repeat its batch.")


def committed(receipt: Receipt, version: int, *, unchanged: bool) -> Receipt:
    """The receipt as it is once its rows are in the table at `version`."""
    state = transition(TRANSITIONS, receipt.state, "commit", what=f"receipt {receipt.id}")
    return replace(receipt, state=state, table_version=version, unchanged=unchanged)


def move(connection: Connection, id: str, action: ReceiptAction) -> Receipt:
    """Take a receipt to its next state, inside the caller's transaction; the receipt after it.

    Raises:
        NotFoundError: no such receipt.
        IllegalTransitionError: its state does not allow the action.
    """
    found = find_by_id(connection, id)
    if found is None:
        message = f"no receipt {id!r}"
        raise NotFoundError(message, next_step="'steek receipt list' shows the newest.")
    state = transition(TRANSITIONS, found.state, action, what=f"receipt {id}")
    connection.execute(update(receipts).where(receipts.c.id == id).values(state=state))
    return replace(found, state=state)


def _first(connection: Connection, query: Select[Any], values: dict[str, str] | None = None) -> Receipt | None:
    row = connection.execute(query, values).mappings().first()
    return None if row is None else to_receipt(row)


def to_receipt(row: RowMapping) -> Receipt:
    """A receipt from a row of the `receipts` table, or of a query that has all its columns."""
    return Receipt(**{name: row[name] for name in Receipt.__dataclass_fields__})
