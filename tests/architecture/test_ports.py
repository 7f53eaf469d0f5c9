"""Seams are small protocols whose docstrings are the contract, each with a shipped conformance suite."""

import ast

from house import SOURCE, Function, Module, is_protocol

METHODS = 7


def protocols(modules: list[Module]) -> list[tuple[Module, ast.ClassDef]]:
    return [
        (module, node)
        for module in modules
        if module.path.name == "ports.py"
        for node in module.classes()
        if is_protocol(node)
    ]


def test_there_are_seams(modules: list[Module]) -> None:
    found = {node.name for _, node in protocols(modules)}
    assert found >= {"Engine", "KeyVault", "Learner", "ModelFormat", "Notifier", "OnlineStore"}


def test_a_seam_has_few_methods_without_open_ended_arguments_and_says_its_contract(modules: list[Module]) -> None:
    faults: list[str] = []
    for module, node in protocols(modules):
        where = f"{module.where}: {node.name}"
        methods = [each for each in node.body if isinstance(each, Function)]
        if len(methods) > METHODS:
            faults.append(f"{where} has {len(methods)} methods")
        faults += [f"{where}.{each.name} takes **{each.args.kwarg.arg}" for each in methods if each.args.kwarg]
        contract = ast.get_docstring(node) or ""
        faults += [
            f"{where}.{each.name} says nothing, nor does its class about it"
            for each in methods
            if not ast.get_docstring(each) and each.name not in contract
        ]
        if not contract:
            faults.append(f"{where} says nothing")
    assert not faults, "\n".join(faults)


def test_every_seam_with_several_implementations_ships_a_conformance_suite() -> None:
    shipped = " ".join(path.read_text(encoding="utf-8") for path in sorted((SOURCE / "testing").glob("*.py")))
    for seam in ("Engine", "KeyVault", "Learner", "ModelFormat", "Notifier", "OnlineStore"):
        assert f"class {seam}Conformance" in shipped or f"class {seam}Suite" in shipped, seam
