"""Printing: tables for people, JSON for programs, from the same plain values."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import typer

from steek.kernel.records import to_plain

# What a terminal acts on instead of showing it: control characters, and what turns the direction of text.
_ACTED_ON = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    r"""A text on one line, with everything written out that a terminal would act on: nothing typed can forge a line.

    >>> print(visible("ok\n2026-11-22  ana  roll-back: done"))
    ok\n2026-11-22  ana  roll-back: done
    """
    return _ACTED_ON.sub(lambda found: _SHORT.get(found[0], f"\\u{ord(found[0]):04x}"), text)


def say(text: str, *, err: bool = False) -> None:
    """Print a text of several lines, each as `visible`, on standard output or error."""
    typer.echo("\n".join(visible(line) for line in text.split("\n")), err=err)


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
        say(title)
    if not rows:
        typer.echo("nothing yet")
        return
    names = list(columns or rows[0])
    cells = [[visible(_said(row.get(name))) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[at]) for line in cells)) for at, name in enumerate(names)]
    for line in (names, *cells):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _pairs(record: Mapping[str, Any], columns: Sequence[str] | None, title: str) -> None:
    if title:
        say(title)
    names = list(columns or record)
    width = max((len(name) for name in names), default=0)
    for name in names:
        lines = _said(record.get(name)).split("\n")
        typer.echo(f"{name.ljust(width)}  " + f"\n{' ' * (width + 2)}".join(map(visible, lines)))


def _said(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
