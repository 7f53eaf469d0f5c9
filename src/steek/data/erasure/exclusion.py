"""Rows of erased persons that arrive later: not taken in."""

from collections.abc import Mapping, Sequence

import polars as pl
from sqlalchemy import func, select

from steek.data.contracts.contract import Contract
from steek.data.erasure.identity import Identities
from steek.data.erasure.tables import erased_subjects
from steek.ledger import Database


class Exclusion:
    """Who was erased, as keyed hashes; asked once for each batch.

    Args:
        identities: Hashes values as erasures did.
        database: Holds the list.
    """

    def __init__(self, identities: Identities, database: Database) -> None:
        self._identities = identities
        self._database = database

    def steps(self, contract: Contract) -> tuple["RefuseErased", ...]:
        """The step for a batch under a contract; none where nobody of its kinds was ever erased.

        It belongs behind validation, where values have their type, and before they are pseudonymised.
        """
        fields = {item.name: item.subject for item in contract.fields if item.subject}
        erased = {kind: self._erased(kind) for kind in sorted(set(fields.values()))}
        named = {name: kind for name, kind in fields.items() if erased[kind]}
        return (RefuseErased(self._identities, named, erased),) if named else ()

    def count(self) -> int:
        """How many persons are on the list."""
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(erased_subjects)).scalar_one()

    def _erased(self, kind: str) -> frozenset[str]:
        query = select(erased_subjects.c.digest).where(erased_subjects.c.kind == kind)
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())


class RefuseErased:
    """A step of ingestion that leaves out rows of erased persons, and counts them."""

    name = "refuse_erased"

    def __init__(
        self, identities: Identities, columns: Mapping[str, str], erased: Mapping[str, frozenset[str]]
    ) -> None:
        self._identities = identities
        self._columns = columns
        self._erased = erased
        self._rows_before = 0
        self._rows_after = 0

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that name nobody who was erased."""
        kept = rows
        for column, kind in self._columns.items():
            if column in kept.columns:
                refused = self._refused(kept[column], kind)
                kept = kept.filter(~pl.col(column).is_in(refused.implode())) if len(refused) else kept
        self._rows_before += rows.height
        self._rows_after += kept.height
        return kept

    def reports(self) -> dict[str, object]:
        """Rows of the batch before and after; nothing tells whose they were."""
        return {"rows_before": self._rows_before, "rows_after": self._rows_after}

    def _refused(self, values: pl.Series, kind: str) -> pl.Series:
        known = values.drop_nulls().unique()
        texts: Sequence[str] = known.cast(pl.String).to_list()
        erased = self._erased[kind]
        return known.filter(
            pl.Series([digest in erased for digest in self._identities.digests(kind, texts)], dtype=pl.Boolean)
        )
