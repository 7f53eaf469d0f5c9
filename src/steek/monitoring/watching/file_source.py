"""Files as a source: complete ones whole, text also while it grows, always up to its last whole line."""

from collections.abc import Collection, Mapping, Sequence
from glob import glob
from pathlib import Path

import polars as pl

from steek.kernel.errors import InputError, UnreadableError
from steek.monitoring.watching.declared import FileSource
from steek.monitoring.watching.spans import Span

_LINES = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
_WHOLE = {".parquet": "parquet", ".arrow": "arrow", ".ipc": "arrow"}
_BLOCK_BYTES = 1_000_000


def plan_files(
    source: FileSource, dataset: str, reached: Mapping[str, str], waiting: Collection[str] = ()
) -> tuple[list[Span], list[InputError]]:
    """New stretches of the files that match, in order of their names, and what is wrong with the others: of a kind
    that is not read, or shrunk.

    Args:
        source: The declaration.
        dataset: Where rows go.
        reached: How far each file was taken.
        waiting: Files of which a stretch is planned already.
    """
    spans: list[Span] = []
    refused: list[InputError] = []
    for name in sorted(glob(source.pattern, recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
        path = Path(name)
        if str(path) in waiting:
            continue
        try:
            found = _new_stretch(path, dataset, reached.get(str(path), "")) if path.is_file() else None
        except FileNotFoundError:
            # It went while it was looked at.
            continue
        except InputError as error:
            refused.append(error)
            continue
        spans += [found] if found else []
    return spans, refused


def is_there(span: Span) -> bool:
    """Whether the file still holds what was planned of it."""
    path = Path(span.part)
    try:
        end = _end(path)
    except FileNotFoundError:
        return False
    return int(end) >= int(span.end) if path.suffix.lower() in _LINES else end == span.end


def _new_stretch(path: Path, dataset: str, start: str) -> Span | None:
    end = _end(path)
    if end == start or end in {"", "0"}:
        return None
    _check_grown(path, start, end)
    return Span(dataset, str(path), start, end)


def read_file(span: Span, columns: Sequence[str]) -> pl.LazyFrame:
    """Rows of a stretch, with those of `columns` that it has. Values of CSV are text.

    Raises:
        UnreadableError: it is not what its name says, or it changed since it was planned.
    """
    path = Path(span.part)
    try:
        rows = _lines(path, span) if path.suffix.lower() in _LINES else _rows(path, span)
        known = rows.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as cause:
        message = f"{path.name} cannot be read: {type(cause).__name__}"
        raise UnreadableError(message, next_step="Mend or remove the file, then run again.") from cause
    return rows.select(name for name in columns if name in known)


def _end(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in _LINES:
        return str(_last_line_end(path))
    if suffix in _WHOLE:
        stat = path.stat()
        return f"{stat.st_size}:{stat.st_mtime_ns}"
    message = f"{path} is no kind of file that is read"
    raise InputError(message, next_step=f"Match only {', '.join(sorted([*_LINES, *_WHOLE]))}.")


def _check_grown(path: Path, start: str, end: str) -> None:
    if not start:
        return
    if path.suffix.lower() in _WHOLE:
        message = f"{path} was taken and has changed since; a complete file must stay as it is"
        raise InputError(message, next_step="Write new rows into new files.")
    if int(end) < int(start):
        message = f"{path} has {end} bytes of whole lines, but {start} were taken already"
        raise InputError(message, next_step="A log that is rotated must get a new name for its new rows.")


def _last_line_end(path: Path) -> int:
    """Bytes up to the end of the last whole line; the writer may be in the middle of the next one."""
    size = path.stat().st_size
    with path.open("rb") as file:
        end = size
        while end > 0:
            begin = max(0, end - _BLOCK_BYTES)
            file.seek(begin)
            found = file.read(end - begin).rfind(b"\n")
            if found >= 0:
                return begin + found + 1
            end = begin
    return 0


def _lines(path: Path, span: Span) -> pl.LazyFrame:
    start = int(span.start or 0)
    with path.open("rb") as file:
        header = file.readline() if _LINES[path.suffix.lower()] == "csv" else b""
        begin = max(start, len(header))
        file.seek(begin)
        content = file.read(int(span.end) - begin)
    if not content.strip():
        return pl.LazyFrame()
    if header:
        return pl.scan_csv(header + content, infer_schema=False)
    return pl.scan_ndjson(content, infer_schema_length=None)


def _rows(path: Path, span: Span) -> pl.LazyFrame:
    stat = path.stat()
    if f"{stat.st_size}:{stat.st_mtime_ns}" != span.end:
        message = f"{path} changed while it was taken"
        raise UnreadableError(message, next_step="Write a file under another name and rename it once it is complete.")
    # The pattern was matched already: what is left of brackets and stars belongs to the name.
    if _WHOLE[path.suffix.lower()] == "parquet":
        return pl.scan_parquet(path, glob=False, hive_partitioning=False)
    return pl.scan_ipc(path, glob=False, hive_partitioning=False)
