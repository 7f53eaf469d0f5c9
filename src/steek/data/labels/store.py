"""The label store: statements about examples, appended for ever, read as they were known."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from sqlalchemy import Connection, select

from steek.data.labels import batches as rows
from steek.data.labels.agreement import Agreement, agreement
from steek.data.labels.batches import LabelBatch
from steek.data.labels.declaration import ANNOTATOR, BATCH, LABEL, STATED_AT, Labels
from steek.data.labels.in_force import NUMBER, changed_examples, newest, with_maturity
from steek.data.labels.statements import read_statements
from steek.data.lake.lake import Lake, check_key
from steek.data.tables import table_versions
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.kernel.records import content_hash
from steek.ledger import Database, Draft, Ledger

_SEED = 1960


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A batch on its way in, with what it does to what held before."""

    declared: Labels
    frame: pl.DataFrame
    key: str
    hash: str
    reason: str
    actor: str
    at: datetime


class LabelStore:
    """Labels of a project, kept apart from features. Safe to share between threads and processes.

    Nothing is ever overwritten: a later statement about an example takes the place of an earlier one from the
    moment it is known, and who asks for an earlier moment gets what was known then.

    Args:
        lake: Holds one table `labels.<name>` per declaration; this service reads all of it.
        database: Where batches are recorded.
        ledger: Gets `labels.stated` and `labels.corrected`.
        clock: Processing time.
        declared: Declarations by name.
    """

    def __init__(
        self, lake: Lake, database: Database, ledger: Ledger, clock: Clock, declared: Mapping[str, Labels]
    ) -> None:
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._declared = declared

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all declared labels, in order of declaration."""
        return tuple(self._declared)

    def declaration(self, name: str) -> Labels:
        """What was declared. Raises NotFoundError with the nearest name."""
        if name not in self._declared:
            raise NotFoundError.among("labels", name, self._declared)
        return self._declared[name]

    def put(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        key: str,
        actor: str,
        textual: bool = False,
        reason: str = "",
        known_at: datetime | None = None,
    ) -> LabelBatch:
        """Add statements; what they correct is counted.

        Args:
            name: Whose labels.
            frame: The example's columns and `label`; `annotator` where a person said it; `stated_at` where it was
                said before it came.
            key: The caller's own name for the batch.
            actor: Who sends it.
            textual: Text may stand for numbers and moments.
            reason: Why labels change, where they do.
            known_at: Processing time where it was not now, as when a history is loaded.

        Raises:
            NotFoundError: no such labels.
            InputError: as for `read_statements`.
            ConflictError: the key was used for other statements.
        """
        return self._take(name, frame, key, actor, textual=textual, reason=reason, known_at=known_at, correcting=False)

    def correct(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        reason: str,
        key: str,
        actor: str,
        textual: bool = False,
        known_at: datetime | None = None,
    ) -> LabelBatch:
        """The same for statements that take earlier ones back; each must be about an example that has a label.

        Raises:
            InputError: no reason, or examples without a label; and as for `put`.
        """
        if not reason.strip():
            message = f"a correction of labels {name!r} without a reason"
            raise InputError(message, next_step="Say what was found out; those who learned from the labels will ask.")
        return self._take(name, frame, key, actor, textual=textual, reason=reason, known_at=known_at, correcting=True)

    def batch(self, batch_id: str) -> LabelBatch:
        """One batch. Raises NotFoundError."""
        with self._database.reading() as connection:
            found = rows.by_id(connection, batch_id)
        if found is None:
            message = f"no batch of labels {batch_id!r}"
            raise NotFoundError(message, next_step="'steek labels show NAME' lists the newest.")
        return found

    def batches(self, name: str, limit: int = 100) -> list[LabelBatch]:
        """Batches, newest first; [] before the first."""
        self.declaration(name)
        with self._database.reading() as connection:
            return rows.listed(connection, name, limit=limit)

    def version(self, name: str, known_at: datetime | None = None) -> int | None:
        """The version that a reader at `known_at` (now by default) learns from; None before the first batch."""
        places = self._places(name, known_at)
        return None if places.is_empty() else int(places[NUMBER].to_numpy().max())

    def statements(self, name: str, *, known_at: datetime | None = None, version: int | None = None) -> pl.LazyFrame:
        """Everything that was said, once per statement: the example, label, annotator, stated_at, batch_id, position,
        number of the batch and known_at.

        Args:
            name: Whose labels.
            known_at: Leave out what was not known at this processing time.
            version: Leave out what came after this version.

        Raises:
            NotFoundError: no such labels, or nothing was said yet.
        """
        places = self._places(name, known_at)
        if version is not None:
            places = places.filter(pl.col(NUMBER) <= version)
        # An erased table has newer versions than any batch, so always the newest is read and later batches left out.
        said = self._lake.scan(self.declaration(name).table).join(places.lazy(), on=BATCH, how="inner")
        return said.with_columns(pl.coalesce(STATED_AT, "known_at").alias(STATED_AT))

    def read(
        self,
        name: str,
        *,
        known_at: datetime | None = None,
        version: int | None = None,
        only_mature: bool = False,
        annotator: str | None = None,
    ) -> pl.LazyFrame:
        """One row per example with the label that held: the newest statement that was known.

        A reader at an earlier moment never gets a later correction. Besides the example and the label: annotator,
        stated_at, known_at, matures_at, is_late, statements (how many there were), changed (whether they differed).

        Args:
            name: Whose labels.
            known_at: Processing time of the reader; by default now.
            version: As of a version instead, e.g. the one a model learned from.
            only_mature: Leave out examples whose window had not ended by then.
            annotator: What this person said, instead of the newest word of anybody.

        Raises:
            NotFoundError: no such labels, or nothing was said yet.
        """
        declared = self.declaration(name)
        said = self.statements(name, known_at=known_at, version=version)
        if annotator is not None:
            said = said.filter(pl.col(ANNOTATOR) == annotator)
        held = with_maturity(declared, newest(declared, said))
        if only_mature:
            until = pl.lit(known_at or self._clock.now()).dt.cast_time_unit("us")
            held = held.filter(pl.col("matures_at") <= until)
        kept = [*declared.example, LABEL, ANNOTATOR, STATED_AT, "known_at", "matures_at", "is_late", "statements"]
        return held.select(*kept, "changed")

    def corrections(self, batch_id: str) -> pl.DataFrame:
        """Examples whose label a batch changed; empty where it changed nothing. Raises NotFoundError.

        Columns: those of the example, label_before, label, and wrong_from, the version from which readers were told
        the label that was taken back.
        """
        batch = self.batch(batch_id)
        said = self.statements(batch.name, version=batch.table_version).collect()
        before, own = said.filter(pl.col(BATCH) != batch_id), said.filter(pl.col(BATCH) == batch_id)
        return changed_examples(self.declaration(batch.name), before, own)

    def agreement(self, name: str, *, known_at: datetime | None = None) -> Agreement:
        """How far people agree on the examples that several of them labelled, by their newest statement each.

        Raises:
            NotFoundError: no such labels, or nothing was said yet.
        """
        declared = self.declaration(name)
        said = self.statements(name, known_at=known_at).filter(pl.col(ANNOTATOR).is_not_null())
        each = newest(declared, said, ANNOTATOR).select(*declared.example, ANNOTATOR, LABEL).collect()
        values = declared.values or tuple(each[LABEL].unique().sort())
        people = sorted(each[ANNOTATOR].unique())
        wide = each.pivot(on=ANNOTATOR, index=declared.example, values=LABEL, on_columns=people).select(people)
        number = {value: at for at, value in enumerate(values)}
        codes = [[-1 if value is None else number[value] for value in line] for line in wide.rows()]
        return agreement(
            np.asarray(codes, dtype=np.int64).reshape(len(codes), len(people)),
            people,
            len(values),
            least_shared=declared.least_shared,
            least_agreement=declared.least_agreement,
            generator=np.random.default_rng(_SEED),
        )

    def _take(
        self,
        name: str,
        frame: pl.DataFrame,
        key: str,
        actor: str,
        *,
        textual: bool,
        reason: str,
        known_at: datetime | None,
        correcting: bool,
    ) -> LabelBatch:
        check_key(key)
        declared, at = self.declaration(name), known_at or self._clock.now()
        stored = None if self._lake.latest_version(declared.table) is None else self._schema(declared)
        said = read_statements(declared, frame, textual=textual, stored=stored)
        # Of the rows as they came: the processing time of a repeated call is another one.
        arrival = _Arrival(declared, said, key, _identity(frame), reason, actor, at)
        with self._database.reading() as connection:
            known = rows.by_key(connection, name, key)
        if known is None:
            if correcting:
                self._refuse_unknown(arrival)
            self._append(arrival)
            with self._database.reading() as connection:
                known = rows.by_key(connection, name, key)
        assert known is not None
        if known.content_hash != arrival.hash:
            message = f"key {key!r} of labels {name!r} was used for other statements (batch {known.id})"
            raise ConflictError(
                message, next_step="Give each batch its own key; repeat a key only to repeat its batch."
            )
        return known

    def _append(self, arrival: _Arrival) -> None:
        declared = arrival.declared
        # Known before it is committed, and the same when a call that died is repeated: it names the rows in the lake.
        batch_id = content_hash([declared.name, arrival.key, arrival.hash])[:32]
        counts = self._counts(arrival)

        def record(connection: Connection, version: int) -> None:
            moments = arrival.frame[declared.moment]
            batch = LabelBatch(
                id=batch_id,
                name=declared.name,
                table_version=version,
                key=arrival.key,
                content_hash=arrival.hash,
                **counts,
                first_moment_at=_instant(moments.min()),
                last_moment_at=_instant(moments.max()),
                known_at=_known_at(connection, declared.table, version),
                reason=arrival.reason,
                actor=arrival.actor,
            )
            rows.write(connection, batch)
            self._ledger.append(connection, *_events(declared, batch, _before(connection, declared.name, version)))

        frame = arrival.frame.with_columns(pl.lit(batch_id).alias(BATCH))
        self._lake.append(declared.table, frame, key=arrival.key, connection_work=record, at=arrival.at)

    def _counts(self, arrival: _Arrival) -> dict[str, int]:
        declared, said = arrival.declared, arrival.frame
        arrived = pl.lit(arrival.at).dt.cast_time_unit("us")
        stated = said.lazy().with_columns(pl.coalesce(STATED_AT, arrived).alias(STATED_AT))
        mature = with_maturity(declared, stated).select(
            late=pl.col("is_late").sum(), early=(pl.col(STATED_AT) < pl.col("matures_at")).sum()
        )
        late, early = mature.collect().row(0)
        example = declared.example
        known = self._held(declared, said)
        met = said.join(known, on=example, how="inner")
        repeated = met.filter(pl.col(LABEL) == pl.col("held")).height
        return {
            "rows": said.height,
            "new_rows": said.height - met.height,
            "repeated_rows": repeated,
            "corrected_rows": met.height - repeated,
            "late_rows": late,
            "early_rows": early,
        }

    def _held(self, declared: Labels, said: pl.DataFrame) -> pl.DataFrame:
        if self._lake.latest_version(declared.table) is None:
            return said.select(*declared.example, pl.col(LABEL).alias("held")).clear()
        return self.read(declared.name).select(*declared.example, pl.col(LABEL).alias("held")).collect()

    def _refuse_unknown(self, arrival: _Arrival) -> None:
        declared = arrival.declared
        unknown = arrival.frame.join(self._held(declared, arrival.frame), on=declared.example, how="anti").height
        if unknown:
            message = f"{unknown} of {arrival.frame.height} corrections of labels {declared.name!r} correct nothing"
            raise InputError(message, next_step="Their examples have no label yet; send those with 'steek labels put'.")

    def _schema(self, declared: Labels) -> pl.Schema:
        return self._lake.scan(declared.table).collect_schema()

    def _places(self, name: str, known_at: datetime | None) -> pl.DataFrame:
        declared = self.declaration(name)
        with self._database.reading() as connection:
            found = rows.places(connection, declared.name)
        if known_at is None:
            return found
        return found.filter(pl.col("known_at") <= pl.lit(known_at).dt.cast_time_unit("us"))


def _identity(frame: pl.DataFrame) -> str:
    written = io.BytesIO()
    frame.rechunk().write_ipc(written, compat_level=pl.CompatLevel.oldest())
    return hashlib.sha256(written.getbuffer()).hexdigest()


def _instant(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _known_at(connection: Connection, table: str, version: int) -> datetime:
    query = select(table_versions.c.at).where(table_versions.c.name == table, table_versions.c.version == version)
    return connection.execute(query).scalar_one()


def _before(connection: Connection, name: str, version: int) -> int | None:
    earlier = [batch.table_version for batch in rows.listed(connection, name) if batch.table_version < version]
    return max(earlier, default=None)


def _events(declared: Labels, batch: LabelBatch, before: int | None) -> list[Draft]:
    urn = declared.urn(batch.table_version)
    counts = {name: getattr(batch, name) for name in LabelBatch.__dataclass_fields__ if name.endswith("_rows")}
    facts: dict[str, object] = {"batch": batch.id, "rows": batch.rows, **counts, "owner": declared.owner}
    edges = [(f"labelbatch:{batch.id}", urn), *([] if before is None else [(declared.urn(before), urn)])]
    stated = Draft("labels.stated", urn, batch.actor, facts, at=batch.known_at, edges=tuple(edges))
    if not batch.corrected_rows:
        return [stated]
    told: dict[str, object] = {"batch": batch.id, "corrected_rows": batch.corrected_rows, "reason": batch.reason}
    return [stated, Draft("labels.corrected", urn, batch.actor, told, at=batch.known_at)]
