"""Lake tables as a holder: every table with a column, or JSON text, that names a person of the kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import select

from steek.data.datasets import AnyDataset
from steek.data.erasure.log_search import LogSearch
from steek.data.erasure.matching import condition, digest_of
from steek.data.erasure.ports import Exposure, Finding
from steek.data.erasure.rewriting import Rewriting
from steek.data.erasure.searching import Hits, Searchable, search_files
from steek.data.erasure.subjects import Trace, Wanted, wanted
from steek.data.lake.lake import Lake
from steek.data.tables import table_versions
from steek.ledger import Database

_DIGEST = "_digest"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found in which tables when these persons were looked for."""

    looked_for: Wanted
    hits: dict[str, Hits]


class LakeTables:
    """A `Holder` of everything in the lake.

    Deleting rewrites only files that hold rows of the persons, all persons of a pass at once. Afterwards the table
    gets one more version, from which on it can be read: earlier ones are ended, their files and what the log told
    of them destroyed.

    Args:
        rewriting: Takes rows out of tables.
        lake: The tables as versions.
        database: Names of the tables.
        datasets: Declarations by name.
        searchable: Opens sealed rows; None where nothing is sealed.
    """

    name = "lake"

    def __init__(
        self,
        rewriting: Rewriting,
        lake: Lake,
        database: Database,
        datasets: Mapping[str, AnyDataset],
        searchable: Searchable | None = None,
    ) -> None:
        self._rewriting = rewriting
        self._files = rewriting.files
        self._lake = lake
        self._database = database
        self._datasets = datasets
        self._searchable = searchable
        self._seen = _Seen({}, {})

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        """Rows in every file on disk, and entries of logs whose statistics or predicates tell of a person."""
        looked_for = wanted(traces)
        findings: list[Finding] = []
        for name in self.tables():
            hits = self._hits(name, looked_for, afresh=True)
            findings += [
                Finding(trace.digest, f"{name} (files that cannot be read)", len(hits.unreadable), "files")
                for trace in traces
                if hits.unreadable
            ]
            current = {_file_name(path) for path in self._files.current_files(name)}
            counts: dict[tuple[str, str], int] = {}
            for (path, digest), rows in hits.rows.items():
                where = name if _file_name(path) in current else f"{name} (old files)"
                counts[(where, digest)] = counts.get((where, digest), 0) + rows
            findings += [Finding(digest, where, rows) for (where, digest), rows in sorted(counts.items())]
            told = self._told_by_log(name, looked_for)
            findings += [Finding(digest, f"{name} (log)", count, "entries") for digest, count in sorted(told.items())]
        return findings

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:
        """Delete the rows of all persons from every table, and end the versions that held them."""
        looked_for = wanted(traces)
        return sum(self._erase_from(name, looked_for, cause) for name in self.tables())

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        """Destroy what the tables do not refer to any more, wherever a file or the log still tells of a person."""
        looked_for = wanted(traces)
        touched = [name for name in self.tables() if self._is_told(name, looked_for)]
        return sum(self._rewriting.end(name) for name in touched)

    def exposures(self, traces: Sequence[Trace]) -> list[Exposure]:
        """Where rows of the persons lie now, and from when to when, for declared datasets."""
        looked_for = wanted(traces)
        found: list[Exposure] = []
        for name in self.tables():
            if name in self._datasets:
                found += self._exposures_in(name, looked_for)
        return found

    def tables(self) -> list[str]:
        """Names of all tables that were ever written."""
        with self._database.reading() as connection:
            return sorted(connection.execute(select(table_versions.c.name).distinct()).scalars())

    def _hits(self, name: str, looked_for: Wanted, *, afresh: bool = False) -> Hits:
        """What the files of a table hold. Files never change, so those that were read in this pass are not read again
        to delete and to clear, but all of them are `afresh` where the answer is what gets certified.
        """
        if self._seen.looked_for != looked_for:
            self._seen = _Seen(looked_for, {})
        paths = set(self._files.data_files(name))
        known = Hits() if afresh else self._seen.hits.get(name, Hits())
        known.add(search_files(sorted(paths - known.files), looked_for, self._files.options, self._searchable))
        self._seen.hits[name] = known
        return known.within(paths)

    def _erase_from(self, name: str, looked_for: Wanted, cause: str) -> int:
        hits = self._hits(name, looked_for)
        if not hits.rows and not self._told_by_log(name, looked_for):
            return 0
        selected = condition(self._files.schema(name), looked_for, hits.texts)
        return self._rewriting.take_out(name, selected, cause=cause)

    def _is_told(self, name: str, looked_for: Wanted) -> bool:
        hits = self._hits(name, looked_for)
        return bool(hits.rows or hits.unreadable or self._told_by_log(name, looked_for))

    def _told_by_log(self, name: str, looked_for: Wanted) -> dict[str, int]:
        """Person to the number of log entries whose statistics or predicates name them."""
        told: dict[str, int] = {}
        search = LogSearch(looked_for)
        for _, content in self._files.log_entries(name):
            for digest in search.persons(content):
                told[digest] = told.get(digest, 0) + 1
        return told

    def _exposures_in(self, name: str, looked_for: Wanted) -> list[Exposure]:
        files, schema = self._files.current_files(name), self._files.schema(name)
        digest = digest_of(schema, looked_for, ())
        if digest is None or not files:
            return []
        moment = self._datasets[name].event_time
        hour = pl.lit(None, pl.Datetime("us", "UTC")) if moment is None else pl.col(moment).dt.truncate("1h")
        rows = self._lake.scan(name).with_columns(digest).filter(pl.col(_DIGEST).is_not_null())
        hours = hour.unique().drop_nulls().sort().alias("hours")
        told = rows.group_by(_DIGEST).agg(pl.len(), hours).sort(_DIGEST).collect()
        return [Exposure(person, name, count, tuple(hours)) for person, count, hours in told.iter_rows()]


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]
