"""The table of a run, and the page with the figures of one."""

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from steek.kernel.clock import SystemClock

# Everything between these two marks is written by machine; the rest of the page is by hand and stays.
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEADS = ("benchmark", "ours", "peer", "ratio", "limit", "unit", "goal", "met")


@dataclass(frozen=True, slots=True)
class Measured:
    """One benchmark of a run: what it printed, and its last line; None when it crashed."""

    name: str
    lines: list[str]
    result: dict[str, Any] | None


def table(measured: Sequence[Measured]) -> str:
    """For a terminal."""
    rows = [_HEADS[:6] + _HEADS[7:], *(_cells(one)[:6] + _cells(one)[7:] for one in measured)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def write(page: Path, measured: Sequence[Measured]) -> None:
    """Replace the figures of a page by those of this run.

    Raises:
        ValueError: the page has not both marks, so nobody knows what may be replaced.
    """
    text = page.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        message = f"{page} needs the lines {BEGIN} and {END} once each"
        raise ValueError(message)
    before, rest = text.split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{figures(measured)}\n\n{END}{rest.split(END)[1]}")


def figures(measured: Sequence[Measured]) -> str:
    """Markdown: when and where, the table, and what each benchmark said."""
    day = SystemClock().now().date().isoformat()
    head = f"Measured on {day}: {_machine()}."
    rows = ["| " + " | ".join(_HEADS) + " |", "|" + "---|" * len(_HEADS)]
    rows += ["| " + " | ".join(_cells(one)) + " |" for one in measured]
    details = [f"### {one.name}\n\n{_about(one.name)}\n\n```text\n{_plain(one.lines)}\n```" for one in measured]
    return "\n\n".join([head, "\n".join(rows), *details])


def _machine() -> str:
    memory_gb = psutil.virtual_memory().total / 1e9
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {memory_gb:.0f} GB of memory, {platform.system()}, Python {python}"


def _cells(one: Measured) -> tuple[str, ...]:
    if one.result is None:
        return (one.name, "crashed", "", "", "", "", "", "")
    result = one.result
    met = {True: "yes", False: "no", None: ""}[result["met"]]
    numbers = [_number(result[name]) for name in ("figure", "peer_figure", "ratio", "limit_figure")]
    return (one.name, *numbers, result["unit"], result["goal"] or "", met)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _about(name: str) -> str:
    """What a benchmark says of itself, from its first string."""
    here = Path(__file__).resolve().parent
    single = here / f"{name}.py"
    source = (single if single.exists() else here / name / "__main__.py").read_text()
    found = re.match(r'"""(.*?)"""', source, re.DOTALL)
    return found.group(1).strip() if found else ""


def _plain(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if not line.lstrip().startswith("("))
