"""Caps on size. There is no list of exemptions: what grows past a cap is cut in two."""

from house import ROOT, Function, Module, read_modules

MODULE_LINES = 400
FUNCTION_LINES = 50
PUBLIC_METHODS = 12
MEDIAN_LINES = 150


def all_modules(modules: list[Module]) -> list[Module]:
    others = [name for name in ("examples", "scripts", "benchmarks") if (ROOT / name).is_dir()]
    return [*modules, *(module for name in others for module in read_modules(ROOT / name))]


def test_no_module_is_longer_than_its_cap(modules: list[Module]) -> None:
    lengths = {module.where: len(module.text.splitlines()) for module in all_modules(modules)}
    assert {where: lines for where, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_its_cap(modules: list[Module]) -> None:
    long = [
        f"{module.where}:{function.lineno} {function.name} has {lines} lines"
        for module in all_modules(modules)
        for function in module.functions()
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_no_class_has_more_public_methods_than_its_cap(modules: list[Module]) -> None:
    wide: list[str] = []
    for module in all_modules(modules):
        for node in module.classes():
            methods = {each.name for each in node.body if isinstance(each, Function)}
            public = [name for name in methods if not name.startswith("_")]
            if len(public) > PUBLIC_METHODS:
                wide.append(f"{module.where}: {node.name} has {len(public)} public methods")
    assert not wide, "\n".join(wide)


def test_the_median_module_is_small(modules: list[Module]) -> None:
    lengths = sorted(len(module.text.splitlines()) for module in modules)
    assert lengths[len(lengths) // 2] <= MEDIAN_LINES
