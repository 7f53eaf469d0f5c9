"""docs/reference/transitions.md: every state machine as its table."""

import ast
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path


def render(source: Path) -> str:
    """The page: one table for each module of steek that holds TRANSITIONS."""
    lines = [
        "# State machines",
        "",
        "Written by `scripts/generate_docs.py` from the tables named `TRANSITIONS`. What is not in a table raises",
        "`IllegalTransitionError`, which names the actions that are possible.",
    ]
    for name in find_tables(source):
        module = import_module(name)
        first = (module.__doc__ or "").strip().splitlines()[0]
        lines += [
            "",
            f"## {name.removeprefix('steek.')}",
            "",
            first,
            "",
            "| State | Action | Next state |",
            "| --- | --- | --- |",
        ]
        table: Mapping[tuple[str, str], str] = module.TRANSITIONS
        lines += [f"| {state} | {action} | {after} |" for (state, action), after in table.items()]
    return "\n".join(lines) + "\n"


def find_tables(source: Path) -> list[str]:
    """Modules that assign TRANSITIONS, sorted."""
    return [
        ".".join(("steek", *path.relative_to(source).with_suffix("").parts))
        for path in sorted(source.rglob("*.py"))
        if any(_assigns(node) for node in ast.parse(path.read_text(encoding="utf-8")).body)
    ]


def _assigns(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == "TRANSITIONS" for target in targets)
