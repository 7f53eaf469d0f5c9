"""What the database knows of the spool: which files belong to which receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from steek.data.ingest.receipts import Receipt, to_receipt
from steek.data.ingest.spool_files import SpoolFile
from steek.data.ingest.tables import spool_entries
from steek.data.tables import receipts

_ADD = insert(spool_entries)


@dataclass(frozen=True, slots=True)
class Entry:
    """A receipt whose rows lie in a spool. `facts` are what its `batch.committed` will tell."""

    receipt: Receipt
    rows: SpoolFile
    quarantine: SpoolFile | None
    facts: dict[str, Any]

    @property
    def files(self) -> list[SpoolFile]:
        return [self.rows] if self.quarantine is None else [self.rows, self.quarantine]


def write(connection: Connection, receipt: Receipt, spool_id: str, files: Sequence[SpoolFile], facts: object) -> None:
    """Note the files of a receipt: its rows, and its quarantine if it has one."""
    row = {
        "receipt_id": receipt.id,
        "spool_id": spool_id,
        "dataset": receipt.dataset,
        "files": [file.to_json() for file in files],
        "size_bytes": sum(file.size_bytes for file in files),
        "facts": facts,
    }
    connection.execute(_ADD, row)


def next_group(connection: Connection, spool_id: str, dataset: str, most: int, most_bytes: int) -> list[Entry]:
    """The receipts that the next commit is of: a group that was begun, or the oldest that wait, in order."""
    query = select(receipts, spool_entries.c.files, spool_entries.c.facts, spool_entries.c.size_bytes.label("spooled"))
    query = query.join(spool_entries, spool_entries.c.receipt_id == receipts.c.id)
    query = query.where(spool_entries.c.spool_id == spool_id, spool_entries.c.dataset == dataset)
    query = query.where(receipts.c.state == "spooled").order_by(receipts.c.sequence)
    begun = connection.execute(query.where(receipts.c.group_id.is_not(None)).limit(1)).mappings().first()
    if begun is not None:
        group = query.where(receipts.c.group_id == begun["group_id"])
        return [_to_entry(row) for row in connection.execute(group).mappings()]
    found: list[Entry] = []
    size_bytes = 0
    for row in connection.execute(query.limit(most)).mappings():
        size_bytes += row["spooled"]
        if found and size_bytes > most_bytes:
            break
        found.append(_to_entry(row))
    return found


def datasets_waiting(connection: Connection, spool_id: str) -> list[str]:
    """Datasets with receipts that wait for their commit, sorted."""
    query = select(spool_entries.c.dataset).distinct()
    query = query.join(receipts, receipts.c.id == spool_entries.c.receipt_id)
    query = query.where(spool_entries.c.spool_id == spool_id, receipts.c.state == "spooled")
    return list(connection.execute(query.order_by(spool_entries.c.dataset)).scalars())


def newest_waiting(connection: Connection, spool_id: str) -> dict[str, str]:
    """The id of the newest receipt that waits for its commit, by dataset, sorted."""
    newest = select(spool_entries.c.dataset, func.max(receipts.c.sequence).label("sequence"))
    newest = newest.join(receipts, receipts.c.id == spool_entries.c.receipt_id)
    newest = newest.where(spool_entries.c.spool_id == spool_id, receipts.c.state == "spooled")
    found = newest.group_by(spool_entries.c.dataset).subquery()
    query = select(found.c.dataset, receipts.c.id).join(receipts, receipts.c.sequence == found.c.sequence)
    return {row.dataset: row.id for row in connection.execute(query.order_by(found.c.dataset))}


def count_waiting(connection: Connection, dataset: str) -> int:
    """Receipts of a dataset, on any machine, that are acknowledged and not committed."""
    query = select(func.count()).select_from(receipts)
    return connection.execute(query.where(receipts.c.dataset == dataset, receipts.c.state == "spooled")).scalar_one()


def assign(connection: Connection, ids: Sequence[str], group_id: str | None) -> None:
    """Decide, or take back, which commit receipts belong to."""
    connection.execute(update(receipts).where(receipts.c.id.in_(ids)).values(group_id=group_id))


def let_alone(connection: Connection, group: Sequence[Entry]) -> None:
    """Have each receipt of a group committed in a group of its own."""
    for entry in group:
        own = update(spool_entries).where(spool_entries.c.receipt_id == entry.receipt.id)
        connection.execute(own.values(facts={**entry.facts, "alone": True}))


def finish(connection: Connection, ids: Sequence[str], version: int, *, unchanged: bool) -> None:
    """Mark receipts as committed at a version, and forget their files."""
    done = {"state": "committed", "table_version": version, "unchanged": unchanged}
    connection.execute(update(receipts).where(receipts.c.id.in_(ids)).values(done))
    remove(connection, ids)


def remove(connection: Connection, ids: Sequence[str]) -> None:
    """Forget the files of receipts."""
    connection.execute(delete(spool_entries).where(spool_entries.c.receipt_id.in_(ids)))


def known_files(connection: Connection, spool_id: str) -> set[str]:
    """Names of all files that receipts of a spool know."""
    query = select(spool_entries.c.files).where(spool_entries.c.spool_id == spool_id)
    return {file["name"] for files in connection.execute(query).scalars() for file in files}


def rejected(connection: Connection, spool_id: str, dataset: str) -> dict[str, list[str]]:
    """Names of files by receipt, of receipts that a person rejected."""
    query = select(spool_entries.c.receipt_id, spool_entries.c.files)
    query = query.join(receipts, receipts.c.id == spool_entries.c.receipt_id)
    query = query.where(spool_entries.c.spool_id == spool_id, spool_entries.c.dataset == dataset)
    rows = connection.execute(query.where(receipts.c.state == "rejected"))
    return {row.receipt_id: [file["name"] for file in row.files] for row in rows}


def _to_entry(row: Any) -> Entry:
    files = [SpoolFile.from_json(file) for file in row["files"]]
    return Entry(to_receipt(row), files[0], files[1] if len(files) > 1 else None, row["facts"])
