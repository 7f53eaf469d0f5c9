"""Names: the field's words, with their units, and no drawers for odds and ends."""

import ast
import re

import pytest
from house import Function, Module, arguments, tracked_files

DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "stuff", "base_classes"}
# A number of any of these means nothing without its unit; a timedelta carries its own.
NEEDS_UNIT = {
    "timeout",
    "interval",
    "delay",
    "age",
    "ttl",
    "duration",
    "latency",
    "size",
    "elapsed",
    "deadline",
    "memory",
}
NUMBERS = re.compile(r"\b(int|float)\b")
# What an instant may be called that does not end in _at: the ends of windows and the words of point-in-time reading.
INSTANTS = re.compile(r"(.*_)?(at|since|until|as_of|moment|now)|(window_)?(start|end)|origin|deadline")


def numbers_and_instants(module: Module) -> list[tuple[int, str, str]]:
    """Line, name and annotation of every annotated argument and field."""
    found = [
        (argument.lineno, argument.arg, ast.unparse(argument.annotation))
        for function in module.functions()
        for argument in arguments(function)
        if argument.annotation
    ]
    fields = (each for node in module.classes() for each in node.body if isinstance(each, ast.AnnAssign))
    return found + [
        (field.lineno, field.target.id, ast.unparse(field.annotation))
        for field in fields
        if isinstance(field.target, ast.Name)
    ]


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    assert [str(path) for path in tracked_files() if path.stem in DRAWERS] == []


def test_numbers_carry_their_unit_in_their_name(modules: list[Module]) -> None:
    bare = [
        f"{module.where}:{line} {name}: {annotation}"
        for module in modules
        for line, name, annotation in numbers_and_instants(module)
        if name.split("_")[-1] in NEEDS_UNIT and NUMBERS.search(annotation)
    ]
    assert not bare, "\n".join(bare)


def test_instants_are_named_as_instants(modules: list[Module]) -> None:
    odd = [
        f"{module.where}:{line} {name}: {annotation}"
        for module in modules
        for line, name, annotation in numbers_and_instants(module)
        if re.fullmatch(r"datetime( \| None)?", annotation) and not INSTANTS.fullmatch(name) and name != "value"
    ]
    assert not odd, "\n".join(odd)


def test_absent_is_none_and_never_minus_one(modules: list[Module]) -> None:
    def is_minus_one(node: ast.AST | None) -> bool:
        return node is not None and ast.unparse(node) == "-1"

    found = [
        f"{module.where}:{node.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Return) and is_minus_one(node.value))
        or (
            isinstance(node, Function)
            and any(is_minus_one(each) for each in node.args.defaults + node.args.kw_defaults)
        )
    ]
    assert found == []


@pytest.mark.covers("N3")
def test_every_exception_of_steek_is_in_the_one_tree(modules: list[Module]) -> None:
    stray = [
        f"{module.where}: {node.name}"
        for module in modules
        if module.name != "steek.kernel.errors"
        for node in module.classes()
        if any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
    ]
    assert not stray, "\n".join(stray)
