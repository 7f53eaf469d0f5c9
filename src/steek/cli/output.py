"""Printing: tables for people, JSON for programs, from the same plain values."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import typer

from steek.kernel.records import to_plain


def show(value: object, *, as_json: bool, columns: Sequence[str] | None = None, title: str = "") -> None:
    """Print a record as name and value, or a list of records as a table.

    Args:
        value: Records, dictionaries, or a list of them.
        as_json: Print JSON, complete and without decoration.
        columns: Which fields a table shows; JSON always has all.
        title: Line above a table.
    """
    plain: Any = to_plain(value)
    if as_json:
        typer.echo(json.dumps(plain, ensure_ascii=False))
    elif isinstance(plain, list):
        _table([_mapping(row) for row in cast("list[object]", plain)], columns, title)
    else:
        _pairs(_mapping(plain), columns, title)


def _mapping(row: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", row) if isinstance(row, dict) else {"value": row}


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None, title: str) -> None:
    if title:
        typer.echo(title)
    if not rows:
        typer.echo("nothing yet")
        return
    names = list(columns or rows[0])
    cells = [[_text(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[at]) for line in cells)) for at, name in enumerate(names)]
    for line in (names, *cells):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _pairs(record: Mapping[str, Any], columns: Sequence[str] | None, title: str) -> None:
    if title:
        typer.echo(title)
    names = list(columns or record)
    width = max((len(name) for name in names), default=0)
    for name in names:
        typer.echo(f"{name.ljust(width)}  {_text(record.get(name))}")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
