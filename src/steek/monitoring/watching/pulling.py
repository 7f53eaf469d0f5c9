"""Taking what is new in a source into its dataset: planned first, then ingested under the plan's own key."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from sqlalchemy import Engine

from steek.data import Ingestion
from steek.kernel.clock import Clock
from steek.kernel.errors import UnreadableError
from steek.ledger import Database
from steek.monitoring.watching import spans as taken
from steek.monitoring.watching.declared import DeltaSource, FileSource, QuerySource, Source
from steek.monitoring.watching.delta_source import plan_delta, read_delta
from steek.monitoring.watching.file_source import plan_files, read_file
from steek.monitoring.watching.query_source import open_database, plan_query, read_query
from steek.monitoring.watching.spans import Span


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one look at a source brought: stretches, rows offered to ingestion, and rows that it accepted."""

    dataset: str
    stretches: int
    rows: int
    accepted: int


class Puller:
    """Takes sources in; safe to repeat and to kill at any moment.

    Args:
        ingestion: Takes the rows.
        database: Where stretches are written down.
        clock: Processing time.
        database_url: Of queries; "" where there are none.
        options: Object storage options of Delta tables.
    """

    def __init__(
        self, ingestion: Ingestion, database: Database, clock: Clock, database_url: str, options: Mapping[str, str]
    ) -> None:
        self._ingestion = ingestion
        self._database = database
        self._clock = clock
        self._database_url = database_url
        self._options = options

    def pull(self, dataset: str, source: Source, columns: tuple[str, ...], *, actor: str) -> Pulled:
        """Take everything that is new.

        Raises:
            InputError, UnreadableError, NotFoundError: the source cannot be read; stretches before stay taken.
            ContractViolationError: its rows do not have the columns of the contract.
        """
        engine = open_database(self._database_url) if isinstance(source, QuerySource) else None
        try:
            with self._database.transaction() as connection:
                reached = taken.reached(connection, dataset)
                if not taken.unfinished(connection, dataset):
                    taken.begin(connection, self._planned(source, dataset, reached, engine), self._clock.now())
                spans = taken.unfinished(connection, dataset)
            counts = [self._take(source, span, columns, engine, actor) for span in spans]
        finally:
            if engine is not None:
                engine.dispose()
        return Pulled(dataset, len(counts), sum(rows for rows, _ in counts), sum(accepted for _, accepted in counts))

    def commit(self, dataset: str) -> None:
        """Bring what waits in the spool, pulled or pushed, into the lake."""
        self._ingestion.drain(dataset)

    def _planned(self, source: Source, dataset: str, reached: Mapping[str, str], engine: Engine | None) -> list[Span]:
        if isinstance(source, FileSource):
            return plan_files(source, dataset, reached)
        if isinstance(source, DeltaSource):
            return plan_delta(source, dataset, reached, self._options)
        assert engine is not None
        return plan_query(source, dataset, reached, engine)

    def _take(
        self, source: Source, span: Span, columns: tuple[str, ...], engine: Engine | None, actor: str
    ) -> tuple[int, int]:
        with TemporaryDirectory(prefix="steek-watch-") as folder:
            receipts = [
                self._ingestion.ingest(
                    span.dataset, path, format=path.suffix[1:], key=f"watch:{span.id}:{number}", actor=actor, wait=False
                )
                for number, path in enumerate(self._written(source, span, columns, engine, Path(folder)))
            ]
        accepted = sum(receipt.accepted_rows for receipt in receipts)
        rows = accepted + sum(receipt.quarantined_rows for receipt in receipts)
        with self._database.transaction() as connection:
            first = receipts[0].id if receipts else None
            taken.finish(connection, span, receipt=first, rows=rows, at=self._clock.now())
        return rows, accepted

    def _written(
        self, source: Source, span: Span, columns: tuple[str, ...], engine: Engine | None, folder: Path
    ) -> Iterator[Path]:
        """The rows of a stretch as files for ingestion, each with rows.

        What came as text, or from a database that may keep moments as text, stays text for the contract to read.
        """
        kind = (
            "ndjson" if isinstance(source, QuerySource) else "csv" if span.part.lower().endswith(".csv") else "parquet"
        )
        for number, rows in enumerate(self._frames(source, span, columns, engine)):
            path = folder / f"{number}.{kind}"
            try:
                written = rows.collect(engine="streaming")
                _WRITERS[kind](written, path)
            except (pl.exceptions.PolarsError, OSError) as cause:
                message = f"rows of {span.part or span.dataset} cannot be read: {type(cause).__name__}"
                raise UnreadableError(message, next_step="Mend the source, then run again.") from cause
            if written.height:
                yield path

    def _frames(
        self, source: Source, span: Span, columns: tuple[str, ...], engine: Engine | None
    ) -> Iterator[pl.LazyFrame]:
        if isinstance(source, FileSource):
            yield read_file(span, columns)
        elif isinstance(source, DeltaSource):
            yield from read_delta(source, span, columns, self._options)
        else:
            assert engine is not None
            yield from (frame.lazy() for frame in read_query(source, span, columns, engine))


_WRITERS: Mapping[str, Callable[[pl.DataFrame, Path], object]] = {
    "csv": lambda rows, path: rows.write_csv(path),
    "ndjson": lambda rows, path: rows.write_ndjson(path),
    "parquet": lambda rows, path: rows.write_parquet(path),
}
