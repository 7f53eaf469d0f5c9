"""Taking what is new in a source into its dataset: planned first, then ingested under the plan's own key."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from sqlalchemy import Connection, Engine, select

from steek.data import Ingestion
from steek.data.tables import receipts
from steek.kernel.clock import Clock
from steek.kernel.errors import SteekError, UnreadableError
from steek.ledger import Database
from steek.monitoring.watching import spans as taken
from steek.monitoring.watching.declared import DeltaSource, FileSource, QuerySource, Source
from steek.monitoring.watching.delta_source import plan_delta, read_delta, refuse_own
from steek.monitoring.watching.file_source import is_there, plan_files, read_file
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
        lake_uri: Where the tables of this project are, which only their own doors open.
    """

    def __init__(
        self,
        ingestion: Ingestion,
        database: Database,
        clock: Clock,
        database_url: str,
        options: Mapping[str, str],
        lake_uri: str,
    ) -> None:
        self._ingestion = ingestion
        self._database = database
        self._clock = clock
        self._database_url = database_url
        self._options = options
        self._lake_uri = lake_uri

    def pull(self, dataset: str, source: Source, columns: tuple[str, ...], *, actor: str) -> Pulled:
        """Take everything that is new.

        What can be read is taken although something else of the source cannot; the first error comes at the end.

        Raises:
            InputError, UnreadableError, NotFoundError: something of the source cannot be read.
            ContractViolationError: its rows do not have the columns of the contract.
        """
        engine = open_database(self._database_url) if isinstance(source, QuerySource) else None
        counts: list[tuple[int, int]] = []
        try:
            spans, errors = self._plan(source, dataset, engine)
            for span in spans:
                try:
                    counts.append(self._take(source, span, columns, engine, actor))
                except SteekError as error:
                    errors.append(error)
        finally:
            if engine is not None:
                engine.dispose()
        if errors:
            raise errors[0]
        return Pulled(dataset, len(counts), sum(rows for rows, _ in counts), sum(accepted for _, accepted in counts))

    def commit(self, dataset: str) -> None:
        """Bring what waits in the spool, pulled or pushed, into the lake."""
        self._ingestion.drain(dataset)

    def _plan(self, source: Source, dataset: str, engine: Engine | None) -> tuple[list[Span], list[SteekError]]:
        """Stretches that were begun and those that are new, and what is wrong with the rest."""
        errors: list[SteekError] = []
        with self._database.transaction() as connection:
            waiting = taken.unfinished(connection, dataset)
            if isinstance(source, FileSource):
                self._forget_gone(connection, waiting)
                waiting = taken.unfinished(connection, dataset)
                reached, parts = taken.reached(connection, dataset), {span.part for span in waiting}
                new, refused = plan_files(source, dataset, reached, parts)
                errors += refused
            else:
                new = [] if waiting else self._planned(source, dataset, taken.reached(connection, dataset), engine)
            taken.begin(connection, new, self._clock.now())
            return taken.unfinished(connection, dataset), errors

    def _forget_gone(self, connection: Connection, waiting: Sequence[Span]) -> None:
        """Let go of files that vanished or changed before they were taken; one whose rows came in is done."""
        for span in waiting:
            if is_there(span):
                continue
            query = select(receipts).where(
                receipts.c.dataset == span.dataset, receipts.c.key.startswith(_key(span), autoescape=True)
            )
            found = connection.execute(query).first()
            if found is None:
                taken.forget(connection, span)
            else:
                rows = found.accepted_rows + found.quarantined_rows
                taken.finish(connection, span, receipt=found.id, rows=rows, at=self._clock.now())

    def _planned(
        self, source: DeltaSource | QuerySource, dataset: str, reached: Mapping[str, str], engine: Engine | None
    ) -> list[Span]:
        if isinstance(source, DeltaSource):
            refuse_own(source, self._lake_uri)
            return plan_delta(source, dataset, reached, self._options)
        assert engine is not None
        return plan_query(source, dataset, reached, engine)

    def _take(
        self, source: Source, span: Span, columns: tuple[str, ...], engine: Engine | None, actor: str
    ) -> tuple[int, int]:
        with (
            TemporaryDirectory(prefix="steek-watch-") as folder,
            closing(self._written(source, span, columns, engine, Path(folder))) as paths,
        ):
            # Rows that a query finds at the second try, and did not at the first, are another batch.
            got = [
                self._ingestion.ingest(
                    span.dataset,
                    path,
                    format=path.suffix[1:],
                    key=f"{_key(span)}{number}:{_hash_of(path)}",
                    actor=actor,
                    wait=False,
                )
                for number, path in enumerate(paths)
            ]
        accepted = sum(receipt.accepted_rows for receipt in got)
        rows = accepted + sum(receipt.quarantined_rows for receipt in got)
        with self._database.transaction() as connection:
            first = got[0].id if got else None
            taken.finish(connection, span, receipt=first, rows=rows, at=self._clock.now())
        return rows, accepted

    def _written(
        self, source: Source, span: Span, columns: tuple[str, ...], engine: Engine | None, folder: Path
    ) -> Generator[Path]:
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


def _key(span: Span) -> str:
    return f"watch:{span.id}:"


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()[:16]


_WRITERS: Mapping[str, Callable[[pl.DataFrame, Path], object]] = {
    "csv": lambda rows, path: rows.write_csv(path),
    "ndjson": lambda rows, path: rows.write_ndjson(path),
    "parquet": lambda rows, path: rows.write_parquet(path),
}
