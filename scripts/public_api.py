"""Write the list of public names that a test holds: tests/docs/public_api.txt.

Whoever changes the list tells users about it in CHANGELOG.md.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "steek"


def main() -> None:
    """One name a line, sorted: the vocabulary of projects, then the face of every package."""
    names: list[str] = []
    for path in sorted(SOURCE.rglob("__init__.py")):
        package = ".".join(("steek", *path.relative_to(SOURCE).parent.parts))
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"__all__", "_HOMES"}:
                names += [f"{package}.{name}" for name in _names(node.value)]
    (ROOT / "tests" / "docs" / "public_api.txt").write_text("\n".join(sorted(names)) + "\n", encoding="utf-8")


def _names(value: ast.expr) -> list[str]:
    # The root package computes its __all__ from the table of homes, which is read instead.
    return list(ast.literal_eval(value)) if isinstance(value, ast.List | ast.Dict) else []


if __name__ == "__main__":
    main()
