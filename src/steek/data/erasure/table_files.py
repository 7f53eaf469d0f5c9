"""The files of lake tables: deleting rows, and destroying everything that told of them."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from steek.data.erasure.redaction import redact_commit
from steek.data.erasure.searching import files_below
from steek.data.lake.delta import open_table, storage_errors
from steek.kernel.errors import BusyError, ResourceError
from steek.kernel.plugins import require

_ATTEMPTS = 50
_LOG = "_delta_log"
_CHANGES = "_change_data"
# Longer than any writer takes between a file and the commit that refers to it.
ORPHAN_GRACE_S = 3600


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What one delete did: rows taken out, files replaced, rows copied into new files."""

    rows: int
    files: int
    copied_rows: int


class TableFiles:
    """Tables below one location, as files.

    Args:
        location: Folder or object storage URI of the lake.
        options: Object storage options.
        orphan_grace_s: Files that no table refers to are left alone for so long: a writer may be about to commit
            them. The age is that of the storage's own clock.
    """

    def __init__(self, location: str, options: dict[str, str], *, orphan_grace_s: int = ORPHAN_GRACE_S) -> None:
        self._location = location.rstrip("/") if "://" in location else str(Path(location).resolve())
        self.options = options
        self._grace_h = math.ceil(orphan_grace_s / 3600)

    @property
    def is_local(self) -> bool:
        return "://" not in self._location

    def uri(self, name: str) -> str:
        """Where a table lies."""
        return f"{self._location}/{name}"

    def schema(self, name: str) -> dict[str, pl.DataType]:
        """Columns of the table as it is now; empty where there is no table."""
        table = open_table(self.uri(name), self.options)
        if table is None:
            return {}
        return dict(pl.scan_delta(table, storage_options=self.options or None).collect_schema())

    def data_files(self, name: str) -> list[str]:
        """Every Parquet file of the table, whether it is still referred to or not; checkpoints are not among them."""
        if self.is_local:
            folder = Path(self.uri(name))
            return [str(path) for path in files_below(folder, "*.parquet") if _LOG not in path.parts]
        table = open_table(self.uri(name), self.options)
        if table is None:
            return []
        left = table.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False, full=True)
        return [*table.file_uris(), *(f"{self.uri(name)}/{path}" for path in left)]

    def current_files(self, name: str) -> list[str]:
        """The files that the table is made of now."""
        table = open_table(self.uri(name), self.options)
        return [] if table is None else table.file_uris()

    def log_entries(self, name: str) -> Iterator[tuple[str, str]]:
        """Name and text of every entry of the log, and of every checkpoint what it tells of files."""
        if self.is_local:
            for path in files_below(Path(self.uri(name)) / _LOG):
                if path.suffix in {".json", ".parquet"}:
                    yield path.name, _text_of(path)
            return
        storage = self._storage(name)
        table = open_table(self.uri(name), self.options)
        for version in range(-1 if table is None else table.version(), -1, -1):
            with suppress(OSError):
                file = storage.open_input_file(f"{_LOG}/{_entry(version)}")
                yield _entry(version), bytes(file.read(file.size())).decode()

    def delete(self, name: str, predicate: str, *, cause: str) -> Rewritten:
        """Rewrite the files that hold rows which the SQL condition selects; other files are not touched.

        Raises:
            BusyError: other writers won every race.
        """
        with storage_errors(self.uri(name)):
            for _ in range(_ATTEMPTS):
                table = open_table(self.uri(name), self.options)
                if table is None:
                    return Rewritten(0, 0, 0)
                commit = CommitProperties(max_commit_retries=0, custom_metadata={"steek_key": cause})
                try:
                    told = table.delete(predicate, commit_properties=commit)
                except CommitFailedError:
                    continue
                except DeltaError as cause_:
                    # Its text quotes the condition, and with it the person.
                    message = f"rows of {name} could not be deleted ({type(cause_).__name__})"
                    raise ResourceError(message, next_step="Check its storage and run it again.") from None
                return Rewritten(told["num_deleted_rows"], told["num_removed_files"], told["num_copied_rows"])
        message = f"{_ATTEMPTS} deletes from {name} lost the race against other writers"
        raise BusyError(message, next_step="Try again; nothing is half done.")

    def end_history(self, name: str) -> int:
        """Destroy files that the table does not refer to, and what its log tells of rows; the number of files.

        Afterwards only the present version and later ones can be read. May be repeated, also after a crash.
        """
        with storage_errors(self.uri(name)):
            table = open_table(self.uri(name), self.options)
            if table is None:
                return 0
            # What took the place of old files must outlive a loss of power before the old ones go.
            self._flush(name, table)
            gone = table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
            if not self._has_tables_below(name):
                # Files of writers that died; those that the log has forgotten.
                gone += table.vacuum(
                    retention_hours=self._grace_h, dry_run=False, enforce_retention_duration=False, full=True
                )
            table.update_incremental()
            table.create_checkpoint()
            self._flush(name, table)
            return len(gone) + self._clear_log(name, table)

    def _has_tables_below(self, name: str) -> bool:
        return self.is_local and any(path.parent.name == _LOG for path in Path(self.uri(name)).glob("*/**/*.json"))

    def _flush(self, name: str, table: DeltaTable) -> None:
        if self.is_local:
            folder = Path(self.uri(name))
            files = [folder / unquote(path.removeprefix(f"{self.uri(name)}/")) for path in table.file_uris()]
            _fsync([*files, *files_below(folder / _LOG), folder, folder / _LOG])

    def _clear_log(self, name: str, table: DeltaTable) -> int:
        if self.is_local:
            return _clear_local_log(Path(self.uri(name)), table.version())
        storage = self._storage(name)
        cleared = 0
        for version in range(table.version() - 1, -1, -1):
            with suppress(OSError):
                storage.delete_file(f"{_LOG}/{version:020}.checkpoint.parquet")
                cleared += 1
            with suppress(OSError):
                path = f"{_LOG}/{_entry(version)}"
                file = storage.open_input_file(path)
                content = redact_commit(bytes(file.read(file.size())).decode())
                if content is not None:
                    stream = storage.open_output_stream(path)
                    stream.write(content.encode())
                    stream.close()
                    cleared += 1
        return cleared

    def _storage(self, name: str) -> Any:
        # The library's own way to its object stores; its public face asks for a package that is not needed here.
        module = require("deltalake._internal", extra="lake")
        return module.DeltaFileSystemHandler(self.uri(name), self.options or None)


def _fsync(paths: list[Path]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _clear_local_log(folder: Path, checkpoint: int) -> int:
    log = folder / _LOG
    cleared = 0
    for path in files_below(log):
        number = path.name.partition(".")[0]
        if not number.isdecimal():
            continue
        if int(number) < checkpoint and path.suffix in {".parquet", ".crc"}:
            path.unlink(missing_ok=True)
            cleared += 1
        elif int(number) < checkpoint and path.name == _entry(int(number)):
            cleared += _redact_file(path)
    for path in files_below(folder / _CHANGES):
        path.unlink(missing_ok=True)
        cleared += 1
    return cleared


def _redact_file(path: Path) -> int:
    content = redact_commit(path.read_text(encoding="utf-8"))
    if content is None:
        return 0
    waiting = path.with_name(f".{path.name}.redacted")
    waiting.write_text(content, encoding="utf-8")
    waiting.replace(path)
    return 1


def _text_of(path: Path) -> str:
    """The text of an entry; of a checkpoint its statistics, as the log would say them."""
    if path.suffix != ".parquet":
        return path.read_text(encoding="utf-8", errors="replace")
    added = pl.read_parquet(path, columns=["add"]).select(pl.col("add").struct.field("stats")).to_series().drop_nulls()
    return "\n".join(json.dumps({"add": {"stats": stats}}) for stats in added)


def _entry(version: int) -> str:
    return f"{version:020}.json"
