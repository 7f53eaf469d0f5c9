"""docs/requirements.md: every requirement, its state, and the tests that show it."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_Test = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
STATES = ("shown", "partly", "not yet")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of requirements.toml."""

    id: str
    text: str
    state: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A test that carries the `covers` mark of a requirement."""

    requirement: str
    path: str
    line: int
    test: str


class TraceError(Exception):
    """Table and tests contradict each other."""


def read_groups(path: Path) -> dict[str, list[Requirement]]:
    """Requirements by the title of their group, in the order of the file."""
    groups = tomllib.loads(path.read_text(encoding="utf-8")).values()
    return {group["title"]: [Requirement(id, **row) for id, row in group.items() if id != "title"] for group in groups}


def collect(tests: Path, root: Path) -> list[Shown]:
    """All `covers` marks below a folder, read from the source, so nothing has to be importable."""
    found: list[Shown] = []
    for path in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(root).as_posix()
        of_module = [mark for node in tree.body for mark in _module_marks(node)]
        for test, outer in _tests(tree.body, of_module):
            marks = dict.fromkeys([*outer, *(mark for each in test.decorator_list for mark in _marks(each))])
            found += [Shown(mark, name, test.lineno, test.name) for mark in marks]
    return found


def render(groups: dict[str, list[Requirement]], shown: list[Shown]) -> str:
    """The page.

    Raises:
        TraceError: a mark names no requirement, or a state and the tests contradict each other.
    """
    by_id: dict[str, list[Shown]] = {}
    for each in shown:
        by_id.setdefault(each.requirement, []).append(each)
    rows = [row for group in groups.values() for row in group]
    if faults := _faults(rows, by_id):
        raise TraceError("\n".join(faults))
    counts = ", ".join(f"{sum(row.state == state for row in rows)} {state}" for state in STATES)
    lines = [
        "# What steek must do, and what shows that it does",
        "",
        "Written by `scripts/generate_docs.py` from `scripts/requirements.toml` and the `covers` marks of the tests;",
        "do not edit it by hand. *Shown*: the tests show all of it. *Partly*: they show a part. *Not yet*: none does.",
        "",
        f"{len(rows)} requirements: {counts}.",
    ]
    for title, group in groups.items():
        lines += ["", f"## {title}", "", "| Id | Requirement | State | Shown by |", "| --- | --- | --- | --- |"]
        lines += [f"| {row.id} | {row.text} | {row.state} | {_links(by_id.get(row.id, []))} |" for row in group]
    return "\n".join(lines) + "\n"


def _faults(rows: list[Requirement], by_id: dict[str, list[Shown]]) -> list[str]:
    known = {row.id for row in rows}
    faults = [
        f"{each.path}:{each.line}: {each.test} covers {id}, which is no requirement"
        for id, tests in by_id.items()
        for each in tests
        if id not in known
    ]
    for row in rows:
        if row.state not in STATES:
            faults.append(f"{row.id}: state is {row.state!r}, allowed: {', '.join(STATES)}")
        elif row.state == "not yet" and row.id in by_id:
            faults.append(f"{row.id} is 'not yet', but {by_id[row.id][0].test} covers it")
        elif row.state != "not yet" and row.id not in by_id:
            faults.append(f"{row.id} is {row.state!r}, but no test covers it")
    return faults


def _links(tests: list[Shown]) -> str:
    counts: dict[str, int] = {}
    for each in tests:
        counts[each.path] = counts.get(each.path, 0) + 1
    # Line numbers would make the page stale with every edit; files with their number of tests stay.
    named = [f"[{path.removeprefix('tests/')}](../{path}) ({count})" for path, count in sorted(counts.items())]
    return "<br>".join(named)


def _module_marks(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign) and any(isinstance(it, ast.Name) and it.id == "pytestmark" for it in node.targets):
        values = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
        return [mark for value in values for mark in _marks(value)]
    return []


def _tests(body: list[ast.stmt], outer: list[str]) -> Iterator[tuple[_Test, list[str]]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node, outer
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            own = [*outer, *(mark for each in node.decorator_list for mark in _marks(each))]
            inside = list(_tests(node.body, own))
            # A class without tests of its own runs a conformance suite that it inherits.
            yield from inside or [(node, own)]


def _marks(node: ast.expr) -> list[str]:
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("mark.covers"):
        return []
    return [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
