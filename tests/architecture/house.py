"""Reading the source without importing it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src" / "steek"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One file of Python: `name` is its dotted name, `where` its path from the root of the repository."""

    path: Path
    name: str
    text: str
    tree: ast.Module

    @property
    def where(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def room(self) -> str:
        """First part of the name below the root package; empty for the root itself."""
        return self.name.split(".")[1] if "." in self.name else ""

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


def read_modules(folder: Path, *, package: str = "") -> list[Module]:
    """All files of Python below a folder, sorted."""
    modules: list[Module] = []
    for path in sorted(folder.rglob("*.py")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join([part for part in (package, *parts) if part and part != "__init__"])
        text = path.read_text(encoding="utf-8")
        modules.append(Module(path, name, text, ast.parse(text)))
    return modules


def tracked_files() -> list[Path]:
    """Files under version control, in a checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def is_protocol(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).split("[")[0] == "Protocol" for base in node.bases)


def arguments(function: Function) -> list[ast.arg]:
    """All named arguments of a function."""
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]
