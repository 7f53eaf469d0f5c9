"""Who learned from labels that were taken back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import insert, select

from steek.data.labels.store import LabelStore
from steek.data.labels.tables import label_uses
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger, Lineage

MomentsOf = Callable[[str], Sequence[Window] | None]
# Golden sets and joined outcomes measure with labels; the lineage tells of them, but they learn nothing.
_LEARN_NOTHING = frozenset({"labels", "golden", "dataset"})


@dataclass(frozen=True, slots=True)
class Learned:
    """Something that was made from labels which a correction took back.

    Args:
        urn: What, e.g. "trained:coupon@3".
        version: The newest version of the labels that it was made from.
        examples: Corrected examples that it was told wrong; of a model, those with a moment that it learned from.
        is_sure: Whether its moments were known; without them every wrong example of the version counts.
        downstream: What was made from it in turn, nearest first.
    """

    urn: str
    version: int
    examples: int
    is_sure: bool
    downstream: tuple[str, ...]


class LabelUses:
    """Who read which version of labels. Safe to share between threads and processes.

    Args:
        store: The labels.
        database: Where uses are recorded.
        ledger: Gets `labels.used`, which draws the lineage from a version of labels to its reader.
        lineage: Answers what was made from what.
        clock: Processing time.
    """

    def __init__(self, store: LabelStore, database: Database, ledger: Ledger, lineage: Lineage, clock: Clock) -> None:
        self._store = store
        self._database = database
        self._ledger = ledger
        self._lineage = lineage
        self._clock = clock

    def note(self, name: str, version: int, urn: str, *, key: str, actor: str) -> None:
        """Write down that `urn`, e.g. a trained model, was made from a version of labels; again with the key, nothing.

        Raises:
            ConflictError: the key noted another use.
        """
        declared = self._store.declaration(name)
        with self._database.transaction() as connection:
            known = connection.execute(select(label_uses).where(label_uses.c.key == key)).mappings().first()
            if known is not None:
                if (known["name"], known["table_version"], known["urn"]) != (name, version, urn):
                    message = f"key {key!r} noted another use of labels ({known['name']}@{known['table_version']})"
                    raise ConflictError(message, next_step="Give each use its own key.")
                return
            row = {"key": key, "name": name, "table_version": version, "urn": urn, "at": self._clock.now()}
            connection.execute(insert(label_uses).values(**row))
            edge = (declared.urn(version), urn)
            self._ledger.append(connection, Draft("labels.used", edge[0], actor, {"by": urn}, edges=(edge,)))

    def learned_from(self, batch_id: str, moments_of: MomentsOf | None = None) -> tuple[Learned, ...]:
        """What was made from the labels that a batch of corrections took back, before it was known.

        Whatever learned from a version between the wrong statement and its correction is listed, unless the
        stretches of event time that it learned from are known and hold none of the wrong examples.

        Args:
            batch_id: The batch that corrects.
            moments_of: Stretches of event time that a URN learned from; None where unknown.

        Raises:
            NotFoundError: no such batch.
        """
        batch = self._store.batch(batch_id)
        declared = self._store.declaration(batch.name)
        wrong = self._store.corrections(batch_id)
        if wrong.is_empty():
            return ()
        versions = [each.table_version for each in self._store.batches(batch.name, limit=1_000_000)]
        found: dict[str, Learned] = {}
        for version in versions:
            told = wrong.filter(pl.col("wrong_from") <= version)
            if version >= batch.table_version or told.is_empty():
                continue
            for urn in self._readers(declared.urn(version)):
                learned = found.get(urn) or self._learned(urn, version, told[declared.moment], moments_of)
                if learned.examples:
                    found[urn] = learned
        return tuple(found.values())

    def _readers(self, urn: str) -> list[str]:
        near = self._lineage.downstream(urn, max_distance=1).distance
        return [each for each in near if Urn.parse(each).kind not in _LEARN_NOTHING]

    def _learned(self, urn: str, version: int, moments: pl.Series, moments_of: MomentsOf | None) -> Learned:
        below = tuple(self._lineage.downstream(urn).distance)[1:]
        stretches = None if moments_of is None else moments_of(urn)
        if stretches is None:
            return Learned(urn, version, len(moments), is_sure=False, downstream=below)
        inside = sum(
            int(moments.is_between(pl.lit(each.start_at), pl.lit(each.end_at), closed="left").sum())
            for each in stretches
        )
        return Learned(urn, version, inside, is_sure=True, downstream=below)
