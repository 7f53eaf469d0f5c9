"""docs/reference/events.md: every kind of event, who writes it, what it means."""

import ast
import re
import tomllib
from pathlib import Path

_KIND = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
# The surfaces read events and put them into words; they write none.
_READERS = {"console", "http", "cli"}
_FILE_ENDINGS = (".html", ".css", ".toml", ".yaml", ".json", ".vault")


class EventsError(Exception):
    """The table of kinds and the code contradict each other."""


def render(table: Path, source: Path) -> str:
    """The page.

    Raises:
        EventsError: a kind that the code writes has no line in the table, or the other way round.
    """
    lines_of: dict[str, str] = tomllib.loads(table.read_text(encoding="utf-8"))["kinds"]
    written, mentioned = find_kinds(source)
    nouns = {kind.partition(".")[0] for kind in lines_of}
    used = {kind for kind in mentioned if kind.partition(".")[0] in nouns}
    faults = [f"{kind}: the code names it, {table.name} has no line for it" for kind in sorted(used - set(lines_of))]
    faults += [
        f"{kind}: {table.name} has a line, but nobody writes it" for kind in sorted(set(lines_of) - set(written))
    ]
    if faults:
        raise EventsError("\n".join(faults))
    rows = [f"| `{kind}` | {', '.join(sorted(written[kind]))} | {line} |" for kind, line in sorted(lines_of.items())]
    lines = [
        "# Events",
        "",
        "Written by `scripts/generate_docs.py` from the code and `scripts/events.toml`. Everything that changes is an",
        "event in the ledger: a kind (noun and verb in the past tense), a subject, an actor, two times, its causes,",
        "its facts, and its place in the hash chain. `steek ledger list --kind KIND` shows them.",
        "",
        "| Kind | Written by | Meaning |",
        "| --- | --- | --- |",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def find_kinds(source: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Kinds with the rooms that write them, and with the rooms that name them at all.

    A kind is written where `Draft` gets it outright, or where it is named in a room that hands `Draft` a variable.
    """
    outright: dict[str, set[str]] = {}
    mentioned: dict[str, set[str]] = {}
    indirect: set[str] = set()
    for path in sorted(source.rglob("*.py")):
        room = path.relative_to(source).parts[0].removesuffix(".py")
        if room in _READERS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Draft" and node.args:
                for kind in _texts(node.args[0]):
                    outright.setdefault(kind, set()).add(room)
                if not isinstance(node.args[0], ast.Constant):
                    indirect.add(room)
            for kind in _texts(node):
                if _KIND.fullmatch(kind) and not kind.endswith(_FILE_ENDINGS):
                    mentioned.setdefault(kind, set()).add(room)
    written = {kind: outright.get(kind) or rooms & indirect for kind, rooms in mentioned.items()}
    return {kind: rooms for kind, rooms in written.items() if rooms}, mentioned


def _texts(node: ast.AST) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
