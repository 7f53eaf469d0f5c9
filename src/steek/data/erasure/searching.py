"""Searching Parquet files for persons, whether a table still refers to them or not."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from steek.data.erasure.matching import DIGEST, digest_of, texts_of
from steek.data.erasure.subjects import Wanted, with_digests
from steek.governance import SEALED_ROW

_PATH = "_searched_file"
_SAMPLED_ROWS = 50
# How a column of text begins that holds JSON objects, or such objects sealed.
_JSON_BEGINS = ("{", SEALED_ROW)
_OPENED = "_opened "
Searchable = Callable[[pl.Series], pl.Series]
"""Opens sealed rows in a column of text so that they can be searched, whether their keys are left or not."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search of files found.

    Args:
        rows: (file, digest of the person) to the number of rows; a row counts for the first person it names.
        texts: Column of text to the very texts that name somebody.
        files: Files that were opened.
        unreadable: Those of them that are no whole Parquet files: a writer is at them, or died.
    """

    rows: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    texts: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    files: set[str] = field(default_factory=set[str])
    unreadable: set[str] = field(default_factory=set[str])

    def within(self, paths: set[str]) -> "Hits":
        """The same of some files only; texts stay all, they do no harm."""
        rows = {key: count for key, count in self.rows.items() if key[0] in paths}
        return Hits(rows, self.texts, self.files & paths, self.unreadable & paths)

    def add(self, other: "Hits") -> None:
        """Take in what was found in other files."""
        self.rows.update(other.rows)
        for name, texts in other.texts.items():
            self.texts.setdefault(name, set()).update(texts)
        self.files.update(other.files - other.unreadable)
        self.unreadable.update(other.unreadable)


def search_files(
    paths: Iterable[str], looked_for: Wanted, options: Mapping[str, str], searchable: Searchable | None = None
) -> Hits:
    """Decode the columns that may name somebody in every file, and tell what they say.

    Columns of text whose first value begins like a JSON object are read as JSON, at whatever depth, as far as the
    first value under each name.

    Args:
        paths: Files, local or in object storage.
        looked_for: Column to its forms.
        options: Object storage options.
        searchable: Opens sealed rows; None where nothing is sealed.
    """
    storage = dict(options) or None
    looked_for = with_digests(looked_for)
    hits = Hits()
    groups: dict[tuple[tuple[str, pl.DataType], ...], list[str]] = {}
    for path in paths:
        hits.files.add(path)
        try:
            groups.setdefault(_relevant(path, looked_for, storage), []).append(path)
        except FileNotFoundError:
            # Vacuumed since it was listed.
            hits.files.discard(path)
        except (pl.exceptions.PolarsError, OSError):
            hits.unreadable.add(path)
    for columns, group in groups.items():
        if columns:
            _search_group(group, dict(columns), looked_for, storage, hits, searchable)
    return hits


def _relevant(path: str, looked_for: Wanted, storage: dict[str, str] | None) -> tuple[tuple[str, pl.DataType], ...]:
    """The columns of a file that can name somebody; of text beside those that are looked for, only JSON."""
    schema = (
        pl.read_parquet_schema(path)
        if storage is None
        else pl.scan_parquet(path, storage_options=storage).collect_schema()
    )
    named = {name: dtype for name, dtype in schema.items() if name in looked_for}
    others = [name for name, dtype in schema.items() if dtype == pl.String and name not in looked_for]
    if not others:
        return tuple(sorted(named.items()))
    sample = pl.scan_parquet(path, storage_options=storage).select(others).head(_SAMPLED_ROWS).collect()
    json_columns = [name for name in others if _is_json(sample[name])]
    return tuple(sorted((named | {name: pl.String() for name in json_columns}).items()))


def _is_json(values: pl.Series) -> bool:
    return any(values.drop_nulls().str.starts_with(begin).any() for begin in _JSON_BEGINS)


def _search_group(
    paths: Sequence[str],
    schema: dict[str, pl.DataType],
    looked_for: Wanted,
    storage: dict[str, str] | None,
    hits: Hits,
    searchable: Searchable | None,
) -> None:
    json_columns = tuple(name for name in schema if name not in looked_for)
    # What names somebody inside of a sealed row is told of the row as it is stored.
    opened = {f"{_OPENED}{name}": name for name in json_columns}
    digest = digest_of(schema, looked_for, tuple(opened))
    assert digest is not None
    texts = {opened.get(name, name): holds for name, holds in texts_of(schema, looked_for, tuple(opened)).items()}
    rows = (
        # Of what else the files hold, they may differ: a table gets columns over the years.
        pl.scan_parquet(
            list(paths), schema=schema, extra_columns="ignore", include_file_paths=_PATH, storage_options=storage
        )
        .select(*schema, _PATH)
        .with_columns(opened_text(name, searchable).alias(alias) for alias, name in opened.items())
        .with_columns(digest)
        .filter(pl.col(DIGEST).is_not_null())
    )
    counted = [rows.group_by(_PATH, DIGEST).len()]
    counted += [rows.filter(holds).select(pl.col(name).unique()) for name, holds in texts.items()]
    found, *told = pl.collect_all(counted)
    for path, person, count in found.iter_rows():
        hits.rows[(path, person)] = hits.rows.get((path, person), 0) + count
    for name, frame in zip(texts, told, strict=True):
        hits.texts.setdefault(name, set()).update(frame[name].to_list())


def opened_text(name: str, searchable: Searchable | None) -> pl.Expr:
    """A column of text as it is searched."""
    column = pl.col(name)
    if searchable is None:
        return column
    return column.map_batches(searchable, return_dtype=pl.String, is_elementwise=True)


def files_below(folder: Path, pattern: str = "*") -> list[Path]:
    """Files below a folder in order of their path; none where there is no folder."""
    return sorted(path for path in folder.rglob(pattern) if path.is_file()) if folder.is_dir() else []
