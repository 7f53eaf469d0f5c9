"""Every room says what it is for and what its public face is; the list of all faces is kept."""

import ast

from house import ROOT, SOURCE, Module

SNAPSHOT = ROOT / "tests" / "docs" / "public_api.txt"


def packages(modules: list[Module]) -> list[Module]:
    return [module for module in modules if module.is_package and module.name != "steek"]


def listed(module: Module) -> list[str] | None:
    """What `__all__` holds; None where there is none."""
    for node in module.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and target and ast.unparse(target) == "__all__":
            return ast.literal_eval(node.value)
    return None


def order(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions, each by the alphabet."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_every_folder_of_python_is_a_package_but_migrations(modules: list[Module]) -> None:
    folders = {module.path.parent for module in modules} - {SOURCE / "ledger" / "migrations" / "versions"}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_every_room_says_what_flows_in_and_out(modules: list[Module]) -> None:
    silent: list[str] = []
    for module in packages(modules):
        words = (ast.get_docstring(module.tree) or "").lower()
        of_room = module.name.count(".") == 1
        if not words or (of_room and not ("flows in" in words and "flows out" in words)):
            silent.append(module.where)
    assert not silent, "\n".join(silent)


def test_the_face_of_a_package_is_docstring_imports_and_sorted_list(modules: list[Module]) -> None:
    faults: list[str] = []
    for module in packages(modules):
        names = listed(module)
        imports = [node for node in module.tree.body if isinstance(node, ast.ImportFrom)]
        imported = {alias.asname or alias.name for node in imports for alias in node.names}
        if len(module.tree.body) != 1 + len(imports) + (names is not None):
            faults.append(f"{module.where}: holds more than docstring, imports and __all__")
        names = names or []
        if sorted(names) != sorted(imported):
            faults.append(f"{module.where}: __all__ and imports differ: {sorted(imported ^ set(names))}")
        if names != sorted(names, key=order):
            faults.append(f"{module.where}: __all__ is not sorted")
    assert not faults, "\n".join(faults)


def test_every_module_and_public_class_says_what_it_is(modules: list[Module]) -> None:
    silent = [module.where for module in modules if module.text.strip() and not ast.get_docstring(module.tree)]
    silent += [
        f"{module.where}: {node.name}"
        for module in modules
        if module.name != "steek.kernel.errors"  # its tree is drawn at the top of the file
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(silent)


def test_the_vocabulary_of_projects_is_the_same_for_people_and_type_checkers(modules: list[Module]) -> None:
    stub = ast.parse((SOURCE / "__init__.pyi").read_text(encoding="utf-8"))
    told = {alias.asname: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert vocabulary(modules) == told


def vocabulary(modules: list[Module]) -> dict[str, str]:
    """Names of `import steek as sk` and their homes."""
    root = next(module for module in modules if module.name == "steek")
    homes = next(
        node.value
        for node in root.tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES"
    )
    return ast.literal_eval(homes)


def test_the_public_face_is_the_kept_list(modules: list[Module]) -> None:
    names = [f"steek.{name}" for name in vocabulary(modules)]
    names += [f"{module.name}.{name}" for module in packages(modules) for name in listed(module) or []]
    kept = SNAPSHOT.read_text(encoding="utf-8").split() if SNAPSHOT.is_file() else []
    new, gone = sorted(set(names) - set(kept)), sorted(set(kept) - set(names))
    assert (new, gone) == ([], []), "run scripts/public_api.py, and tell users in CHANGELOG.md"
