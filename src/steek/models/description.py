"""A definition as plain content: what its identity is the hash of, and what a diff between two of them shows."""

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, cast

from steek.kernel.records import content_hash, to_plain
from steek.models.definition import ModelDefinition

# Declarations of features keep their own content; here only their identity counts.
_BY_REFERENCE = {"examples", "candidates", "features", "baselines"}


def describe(definition: ModelDefinition) -> dict[str, Any]:
    """The content of a definition as JSON values, code by its hash.

    Two definitions with the same description learn the same from the same data.
    """
    content = {
        field.name: to_plain(_plain(getattr(definition, field.name)))
        for field in fields(definition)
        if field.name not in _BY_REFERENCE
    }
    content["features"] = [ref if isinstance(ref, str) else f"{ref.view}.{ref.column}" for ref in definition.columns()]
    content["baselines"] = [{"name": spec.name, "code": _code_hash(spec.score)} for spec in definition.baselines]
    content["candidates"] = None if definition.candidates is None else definition.candidates.name
    content["examples"] = definition.examples.name
    content["code"] = _code(definition)
    return content


def definition_hash(definition: ModelDefinition) -> str:
    """Identity of a definition: 64 hexadecimal digits over its description."""
    return content_hash(describe(definition))


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Fields in which two descriptions differ, each with both values; a field that one lacks is None there.

    >>> difference({"seed": 7, "owner": "a"}, {"seed": 8, "owner": "a"})
    {'seed': {'before': 7, 'after': 8}}
    """
    names = sorted(before.keys() | after.keys())
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return {name: {"before": old, "after": new} for name, old, new in pairs if old != new}


def _code(definition: ModelDefinition) -> dict[str, str]:
    """Identity of every declaration whose code shapes what is learned, by name."""
    declared = [definition.examples, *(choice for choice in definition.features if not isinstance(choice, tuple))]
    if definition.candidates is not None:
        declared.append(definition.candidates)
    return {item.name: item.definition_hash for item in declared if hasattr(item, "definition_hash")}


def _code_hash(function: Callable[..., object]) -> str:
    return content_hash(textwrap.dedent(inspect.getsource(function)))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in cast("Mapping[str, object]", value).items()}
    return value
