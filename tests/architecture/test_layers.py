"""Imports point down: import-linter holds the contracts of pyproject.toml, and they do catch what they forbid."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from house import ROOT, SOURCE, Module


def lint_imports(folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts in `folder` over the package in `source`."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def test_imports_point_down() -> None:
    done = lint_imports(ROOT, ROOT / "src")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("kernel/units.py", "import steek.ledger", "imports point down"),
        ("ledger/events.py", "from steek.data import Lake", "imports point down"),
        ("training/rows.py", "from steek.evaluation import Gate", "imports point down"),
        ("monitoring/points.py", "def late():\n    from steek.incidents import Incidents", "imports point down"),
        (
            "models/trained.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import steek.serving",
            "imports",
        ),
        ("kernel/units.py", "import polars", "the kernel stands on the standard library"),
        ("measures/robust.py", "import random", "pure modules"),
        ("newcomer/__init__.py", "", "imports point down"),
    ],
)
def test_a_deliberate_violation_is_caught(tmp_path: Path, path: str, line: str, contract: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(SOURCE, tmp_path / "src" / "steek", ignore=shutil.ignore_patterns("__pycache__", "static"))
    victim = tmp_path / "src" / "steek" / path
    victim.parent.mkdir(exist_ok=True)
    before = victim.read_text(encoding="utf-8") if victim.is_file() else '"""A room that no layer names."""\n'
    victim.write_text(f"{before}\n{line}\n", encoding="utf-8")
    done = lint_imports(tmp_path, tmp_path / "src")
    assert done.returncode == 1
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN") or "exhaustive" in text.lower()]
    assert any(contract in text for text in broken), done.stdout


def test_the_contracts_grant_no_exceptions() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert [contract["name"] for contract in settings["contracts"] if "ignore_imports" in contract] == []
    layers = settings["contracts"][0]
    assert (layers["type"], layers["exhaustive"]) == ("layers", True)


def test_no_function_imports_steek_and_none_hides_behind_type_checking(modules: list[Module]) -> None:
    hidden: list[str] = []
    for module in modules:
        top = {id(node) for node in module.tree.body}
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if names and id(node) not in top and any(name.split(".")[0] == "steek" for name in names):
                hidden.append(f"{module.where}:{node.lineno}")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    assert not hidden, "\n".join(hidden)


def test_only_the_two_late_doors_load_rooms_by_name(modules: list[Module]) -> None:
    # `import steek as sk` and `steek --help` answer at once, because each name loads its room when it is used.
    found = {
        module.name
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("import_module")
        and any("steek" in ast.unparse(each) or "_HOMES" in ast.unparse(each) for each in node.args)
    }
    assert found == {"steek", "steek.cli.root"}
