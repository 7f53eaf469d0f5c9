"""There is one door to the data: nothing else opens a table of the lake."""

import ast
from pathlib import Path

import pytest

import steek

SOURCE = Path(steek.__file__).parent
# The lake, and those who rewrite what it stores until a person is gone from it.
KEEPERS = ("data/lake/", "data/erasure/", "data/retention/")
# Reads the tables of others, whose models are watched; `watching` refuses those of the lake.
GUESTS = ("monitoring/watching/",)
OPENERS = {"scan_delta", "read_delta", "DeltaTable", "write_deltalake"}


def modules() -> dict[str, ast.Module]:
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    }


@pytest.mark.covers("D13", "I12")
def test_only_the_lake_knows_how_tables_are_stored() -> None:
    found: list[str] = []
    for name, tree in modules().items():
        for node in ast.walk(tree):
            imported = isinstance(node, ast.Import) and any(
                each.name.split(".")[0] == "deltalake" for each in node.names
            )
            taken = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "deltalake"
            called = isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node).rpartition(".")[2] in OPENERS
            if (imported or taken or called) and not name.startswith((*KEEPERS, *GUESTS)):
                found.append(f"{name}:{node.lineno}")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    assert found == []


@pytest.mark.covers("D13", "I12")
def test_only_the_wiring_makes_a_lake_and_names_services() -> None:
    makers: dict[str, set[str]] = {"Lake": set(), "service": set()}
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
                makers[node.func.id].add(name)
    assert makers["Lake"] - {"data/lake/lake.py"} == {"platform/parts.py"}
    outside = {name for name in makers["service"] if not name.startswith("platform/")}
    assert outside == {"governance/access/actors.py"}
