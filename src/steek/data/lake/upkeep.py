"""Upkeep of the lake: compaction, pins and vacuum, beside writers and readers that go on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select

from steek.data.lake.compacting import TARGET_BYTES, Rewriting, compact_once
from steek.data.lake.delta import open_table, storage_errors
from steek.data.lake.horizons import horizons
from steek.data.lake.lake import check_key, previous_version
from steek.data.lake.pins import Pin, find_pin, pinned_by_runs, read_pins, release_pin, write_pin
from steek.data.lake.tables import compactions, ended_versions, vacuums
from steek.data.lake.vacuuming import Recorded, VacuumPlan, delete_files, plan_vacuum
from steek.data.tables import table_versions
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Ledger


@dataclass(frozen=True, slots=True)
class Compaction:
    """One rewriting of a table's files; `version` is None where there was nothing to win."""

    key: str
    name: str
    version: int | None
    clustered_by: str | None
    files_before: int
    files_after: int
    size_bytes_before: int
    size_bytes_after: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Vacuum:
    """One clearing of a table: versions that can no longer be read, files that are gone.

    `despite_pins` is the reason for which pins did not count, None where they did.
    """

    key: str
    name: str
    kept_since: datetime
    ended_versions: tuple[int, ...]
    kept_versions: int
    deleted_files: int
    despite_pins: str | None
    at: datetime


class LakeUpkeep:
    """Keeps tables small and quick. Nothing here changes what a version holds that can be read afterwards.

    Safe beside writers, readers and other upkeep, in threads and processes; killed at any moment, it leaves whole
    versions, and doing it again with the same key finishes it.

    Args:
        location: Folder or object storage URI of the lake.
        options: Object storage options.
        database: Where versions, pins and what was done are recorded.
        ledger: Where events go.
        clock: Processing time.
    """

    def __init__(
        self, location: str | Path, options: dict[str, str], database: Database, ledger: Ledger, clock: Clock
    ) -> None:
        text = str(location)
        self._location = text.rstrip("/") if "://" in text else str(Path(text).resolve())
        self._options = options
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def compact(
        self,
        name: str,
        *,
        key: str,
        actor: str,
        cluster_by: str | None = None,
        target_bytes: int = TARGET_BYTES,
    ) -> Compaction:
        """Join small files into larger ones, as a new version with the same rows.

        Args:
            name: Table.
            key: The rewriting's own name; again with it, what was done then.
            actor: Who does it.
            cluster_by: Column of the subject: rewrites all rows in its order, so that taking out a subject rewrites
                one file or two.
            target_bytes: Size that files should have.

        Raises:
            NotFoundError: no such table.
            InputError: no such column.
            BusyError, StorageFullError, ResourceError: nothing was changed.
        """
        check_key(key)
        self._known(name)
        with self._database.reading() as connection:
            done = _compaction(connection, key)
        if done is not None:
            return done
        done = compact_once(self._uri(name), self._options, key=key, cluster_by=cluster_by, target_bytes=target_bytes)
        with self._database.transaction() as connection:
            return _compaction(connection, key) or self._compacted(connection, name, key, actor, cluster_by, done)

    def pin(self, name: str, version: int, *, reason: str, holder: str, key: str) -> Pin:
        """Keep a version readable until the pin is let go; the snapshot's name is its key.

        Raises:
            NotFoundError: no such version, or one that was ended already.
            ConflictError: the key names another pin.
            InputError: no reason.
        """
        check_key(key)
        if not reason.strip():
            message = f"a pin of {name}@{version} needs a reason"
            raise InputError(message, next_step="Say what it is kept for, so that others know when it may go.")
        self._known(name)
        with self._database.transaction() as connection:
            known = find_pin(connection, key)
            if known is None:
                # Decided under the writers' lock: a vacuum that runs now has either ended it or will see the pin.
                self._must_be_readable(connection, name, version)
                known = Pin(key, name, version, reason, holder, self._clock.now())
                write_pin(connection, known)
                facts: dict[str, object] = {"key": key, "reason": reason}
                self._ledger.append(connection, Draft("table.pinned", _urn(name, version), holder, facts))
        if (known.name, known.version) != (name, version):
            message = f"the key {key!r} is that of a pin of {known.name}@{known.version}"
            raise ConflictError(message, next_step="Choose another key.")
        return known

    def unpin(self, key: str, *, actor: str) -> Pin:
        """Let a pin go; a later vacuum may end its version. Again does nothing.

        Raises:
            NotFoundError: no pin with that key.
        """
        with self._database.transaction() as connection:
            known = find_pin(connection, key)
            if known is None:
                raise NotFoundError.among("pin", key, [pin.key for pin in read_pins(connection, None)])
            if known.released_at is None:
                release_pin(connection, key, by=actor, at=self._clock.now())
                self._ledger.append(
                    connection, Draft("table.unpinned", _urn(known.name, known.version), actor, {"key": key})
                )
            found = find_pin(connection, key)
        assert found is not None
        return found

    def pins(self, name: str | None = None) -> list[Pin]:
        """Pins of a table or of all that people hold now, oldest first."""
        with self._database.reading() as connection:
            return read_pins(connection, name)

    def plan(self, name: str, *, keep_for: timedelta, despite_pins: str | None = None) -> VacuumPlan:
        """What a vacuum would do now; nothing is touched."""
        self._known(name)
        with self._database.reading() as connection:
            return self._plan(connection, name, self._since(keep_for), despite_pins)

    def vacuum(
        self, name: str, *, keep_for: timedelta, key: str, actor: str, despite_pins: str | None = None
    ) -> Vacuum:
        """Delete the files that only ended versions need.

        Args:
            name: Table.
            keep_for: Every version that was the latest at any moment of this stretch stays readable.
            key: The vacuum's own name; again with it, what was done then.
            actor: Who does it.
            despite_pins: Reason for which pins, and versions that runs have read, do not count.

        Raises:
            NotFoundError: no such table.
            InputError: a stretch below zero.
        """
        check_key(key)
        self._known(name)
        with self._database.transaction() as connection:
            stored = _vacuum(connection, key)
            if stored is not None:
                return stored
            since = self._since(keep_for)
            plan = self._plan(connection, name, since, despite_pins)
            # They end before the first file goes: a reader is told so, and never stumbles over a missing file.
            now = self._clock.now()
            rows = [{"name": name, "version": version, "key": key, "at": now} for version in plan.ended]
            if rows:
                connection.execute(insert(ended_versions), rows)
        deleted = self._delete(name, plan)
        with self._database.transaction() as connection:
            return _vacuum(connection, key) or self._vacuumed(
                connection, Vacuum(key, name, since, (), 0, deleted, despite_pins, self._clock.now()), actor
            )

    def _delete(self, name: str, plan: VacuumPlan) -> int:
        with self._database.reading() as connection:
            below = table_versions.c.name.startswith(f"{name}/", autoescape=True)
            has_tables_below = connection.execute(select(table_versions.c.name).where(below)).first() is not None
        with storage_errors(self._uri(name)):
            table = open_table(self._uri(name), self._options)
            assert table is not None, "a recorded table exists"
            return delete_files(table, plan, orphans=not has_tables_below)

    def _plan(self, connection: Connection, name: str, since: datetime, despite_pins: str | None) -> VacuumPlan:
        query = select(table_versions.c.version, table_versions.c.at).where(table_versions.c.name == name)
        versions = [Recorded(*row) for row in connection.execute(query)]
        ended = set(connection.execute(select(ended_versions.c.version).where(ended_versions.c.name == name)).scalars())
        erased_before = horizons(self._database, [name]).get(name, 0)
        ended |= {each.version for each in versions if each.version < erased_before}
        pinned = set[int]()
        if despite_pins is None:
            pinned = {pin.version for pin in read_pins(connection, name)} | set(pinned_by_runs(connection, name))
        plan = plan_vacuum(versions, since=since, pinned=pinned, ended_already=ended)
        assert plan is not None, "a known table has versions"
        return plan

    def _since(self, keep_for: timedelta) -> datetime:
        if keep_for < timedelta(0):
            message = f"versions cannot be kept for {keep_for}"
            raise InputError(message, next_step="Give a stretch of zero or more; zero keeps the latest version only.")
        return self._clock.now() - keep_for

    def _compacted(
        self, connection: Connection, name: str, key: str, actor: str, cluster_by: str | None, done: Rewriting
    ) -> Compaction:
        now = self._clock.now()
        before, after = done.before, done.after
        sizes = before.count, after.count, before.size_bytes, after.size_bytes
        record = Compaction(key, name, done.version, cluster_by, *sizes, now)
        connection.execute(insert(compactions).values(_values(record)))
        if done.version is not None:
            self._record_version(connection, record, done.version)
            edges: tuple[tuple[str, str], ...] = ()
            earlier = previous_version(connection, name, done.version)
            if earlier is not None and "." not in name and "/" not in name:
                edges = ((_urn(name, earlier), _urn(name, done.version)),)
            facts: dict[str, object] = {field: value for field, value in _values(record).items() if field != "at"}
            draft = Draft("table.compacted", _urn(name, done.version), actor, facts, edges=edges)
            self._ledger.append(connection, draft)
        return record

    def _record_version(self, connection: Connection, record: Compaction, version: int) -> None:
        latest = select(func.max(table_versions.c.at))
        latest = latest.where(table_versions.c.name == record.name, table_versions.c.version < version)
        before: datetime | None = connection.execute(latest).scalar_one()
        row = {
            "name": record.name,
            "version": version,
            "key": record.key,
            "at": record.at if before is None else max(before, record.at),
            # It brought no rows.
            "rows": 0,
            "operation": "compact",
        }
        connection.execute(insert(table_versions).values(row))

    def _vacuumed(self, connection: Connection, done: Vacuum, actor: str) -> Vacuum:
        gone = select(ended_versions.c.version).where(ended_versions.c.name == done.name)
        query = select(func.count()).select_from(table_versions)
        query = query.where(table_versions.c.name == done.name, table_versions.c.version.not_in(gone))
        # Also those that ended when a process began this and died.
        ended = select(ended_versions.c.version).where(ended_versions.c.key == done.key)
        values = _values(done) | {
            "kept_versions": connection.execute(query).scalar_one(),
            "ended_versions": sorted(connection.execute(ended).scalars()),
        }
        connection.execute(insert(vacuums).values(values))
        facts: dict[str, object] = {field: value for field, value in values.items() if field not in ("at", "name")}
        self._ledger.append(connection, Draft("table.vacuumed", str(Urn("dataset", done.name)), actor, facts))
        stored = _vacuum(connection, done.key)
        assert stored is not None
        return stored

    def _must_be_readable(self, connection: Connection, name: str, version: int) -> None:
        where = table_versions.c.name == name, table_versions.c.version == version
        gone = ended_versions.c.name == name, ended_versions.c.version == version
        erased_before = horizons(self._database, [name]).get(name, 0)
        is_recorded = connection.execute(select(table_versions.c.key).where(*where)).first() is not None
        is_ended = connection.execute(select(ended_versions.c.at).where(*gone)).first() is not None
        if not is_recorded or is_ended or version < erased_before:
            message = f"table {name!r} has no version {version} that can be read"
            raise NotFoundError(message, next_step=f"'steek lake versions {name}' lists them.")

    def _known(self, name: str) -> None:
        with self._database.reading() as connection:
            known = connection.execute(select(table_versions.c.name).distinct()).scalars().all()
        if name not in known:
            raise NotFoundError.among("table with data", name, known)

    def _uri(self, name: str) -> str:
        return f"{self._location}/{name}"


def _urn(name: str, version: int) -> str:
    return str(Urn("dataset", name, str(version)))


def _values(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _compaction(connection: Connection, key: str) -> Compaction | None:
    row = connection.execute(select(compactions).where(compactions.c.key == key)).mappings().first()
    return None if row is None else Compaction(**row)


def _vacuum(connection: Connection, key: str) -> Vacuum | None:
    row = connection.execute(select(vacuums).where(vacuums.c.key == key)).mappings().first()
    if row is None:
        return None
    values: dict[str, Any] = {**row, "ended_versions": tuple(row["ended_versions"])}
    return Vacuum(**values)
