"""Looks for a household in every file of a data folder, with nothing of the product but the bundles it can open.

A Parquet file is decoded whether a table refers to it or not, a log of Delta read as text, a database row by row; and
every file whatsoever is searched byte by byte for what tells a household among others.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import polars as pl

NAMED = "household_id"


@dataclass(frozen=True)
class Wanted:
    """One household: its number, and the pseudonyms under which it was stored."""

    household: int
    pseudonyms: Sequence[str]

    @cached_property
    def pair(self) -> "re.Pattern[bytes]":
        """Its number beside its name in JSON, however often that was put into JSON again, or in a predicate."""
        quote = rb"[\\\"'`]*"
        return re.compile(
            quote + NAMED.encode() + quote + rb"\s*[:=]+\s*" + quote + str(self.household).encode() + rb"(?![\d.])"
        )

    @cached_property
    def telling(self) -> list[bytes]:
        """Pseudonyms as text and as bytes."""
        texts = [pseudonym.encode() for pseudonym in self.pseudonyms]
        return [*texts, *(bytes.fromhex(pseudonym) for pseudonym in self.pseudonyms)]

    def in_bytes(self, content: bytes) -> bool:
        return self.pair.search(content) is not None or any(word in content for word in self.telling)

    def in_value(self, value: Any, *, named: bool) -> bool:
        """Whether a cell holds it; `named`: the column is about households, so that the bare number counts."""
        if isinstance(value, bytes):
            return self.in_bytes(value)
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        return (named and text.strip('"[]') == str(self.household)) or self.in_bytes(text.encode())

    def in_frame(self, frame: pl.DataFrame) -> int:
        """Rows that hold it."""
        found = pl.Series([False] * len(frame), dtype=pl.Boolean)
        for column in frame.get_columns():
            if NAMED in column.name and column.dtype.is_integer():
                found |= (column == self.household).fill_null(value=False)
            elif isinstance(column.dtype, pl.String | pl.Binary) or column.dtype.is_nested():
                distinct = column.unique().drop_nulls()
                hits = [self.in_value(value, named=NAMED in column.name) for value in distinct.to_list()]
                if any(hits):
                    found |= column.is_in(distinct.filter(pl.Series(hits)).implode()).fill_null(value=False)
        return int(found.sum())


def search(data: Path, wanted: Wanted) -> Counter[str]:
    """Place to how often it is there; a place is a table of the lake, a table of a database, or a file."""
    found: Counter[str] = Counter()
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        for place, times in _in_file(path, path.relative_to(data), wanted):
            found[place] += times
    return Counter({place: times for place, times in found.items() if times})


def _in_file(path: Path, name: Path, wanted: Wanted) -> Iterator[tuple[str, int]]:
    content = path.read_bytes()
    if path.suffix == ".parquet":
        yield str(name.parent), wanted.in_frame(pl.read_parquet(path))
    elif content.startswith(b"ARROW1"):
        yield str(name.parent), wanted.in_frame(pl.scan_ipc(path).collect())
    elif content.startswith(b"SQLite format 3"):
        for table, times in _in_database(path, wanted):
            yield f"{name} {table}", times
    yield f"bytes of {name.parent if 'lake' in name.parts else name}", int(wanted.in_bytes(content))


def _in_database(path: Path, wanted: Wanted) -> Iterator[tuple[str, int]]:
    connection = sqlite3.connect(path)
    try:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            cursor = connection.execute(f'select * from "{table}"')
            columns = [name for name, *_ in cursor.description]
            for row in cursor:
                record = cast("dict[str, Any]", dict(zip(columns, row, strict=True)))
                # Online entries are named by their key alone, in views of households.
                about = str(record.get("view", "")).startswith("household")
                named = {name: about and name == "key" for name in columns}
                held = any(
                    wanted.in_value(value, named=named[name]) for name, value in record.items() if value is not None
                )
                yield f"{table} {record['view']}" if about else table, int(held)
    finally:
        connection.close()
