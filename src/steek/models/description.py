"""A definition as plain content: what its identity is the hash of, and what a diff between two of them shows."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from steek.features import FeatureRef, FeatureView, MomentFeatures
from steek.kernel.code_identity import describe_code
from steek.kernel.errors import DeclarationError, describe_unknown
from steek.kernel.records import content_hash, to_plain
from steek.models.definition import ModelDefinition

# Declarations of features keep their own content; here only their identity counts.
_BY_REFERENCE = {"examples", "candidates", "features", "baselines"}


Views = Mapping[str, FeatureView | MomentFeatures]


def describe(definition: ModelDefinition, views: Views | None = None) -> dict[str, Any]:
    """The content of a definition as JSON values, code by its hash.

    Two definitions with the same description learn the same from the same data.

    Args:
        definition: What to describe.
        views: Declared views by name, so that the code behind single features counts too; None leaves it out.

    Raises:
        DeclarationError: a feature of a view that `views` does not hold.
    """
    content = {
        field.name: to_plain(_plain(getattr(definition, field.name)))
        for field in fields(definition)
        if field.name not in _BY_REFERENCE
    }
    content["features"] = [_feature_name(ref) for ref in definition.columns()]
    content["baselines"] = [
        {"name": spec.name, "code": content_hash(describe_code(spec.score))} for spec in definition.baselines
    ]
    content["candidates"] = None if definition.candidates is None else definition.candidates.name
    content["examples"] = definition.examples.name
    content["code"] = _code(definition, views)
    return content


def definition_hash(definition: ModelDefinition, views: Views | None = None) -> str:
    """Identity of a definition: 64 hexadecimal digits over its description."""
    return content_hash(describe(definition, views))


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Fields in which two descriptions differ, each with both values; a field that one lacks is None there.

    >>> difference({"seed": 7, "owner": "a"}, {"seed": 8, "owner": "a"})
    {'seed': {'before': 7, 'after': 8}}
    """
    names = sorted(before.keys() | after.keys())
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return {name: {"before": old, "after": new} for name, old, new in pairs if old != new}


def _code(definition: ModelDefinition, views: Views | None) -> dict[str, str]:
    """Hash of every declaration whose code shapes what is learned, by kind and name."""
    declared = {choice.name: choice for choice in definition.features if not isinstance(choice, tuple | FeatureRef)}
    if definition.candidates is not None:
        declared[definition.candidates.name] = definition.candidates
    if views is not None:
        declared |= {name: _among(views, name, definition) for name in _view_names(definition)}
    code = {f"view {name}": view.definition_hash for name, view in sorted(declared.items())}
    return code | {f"examples {definition.examples.name}": definition.examples.definition_hash}


def _view_names(definition: ModelDefinition) -> set[str]:
    return {ref if isinstance(ref, str) else ref.view for ref in definition.columns()}


def _among(views: Views, name: str, definition: ModelDefinition) -> FeatureView | MomentFeatures:
    if name not in views:
        message, hint = describe_unknown("feature view", name, views)
        raise DeclarationError(f"model definition {definition.name!r}: {message}", next_step=hint)
    return views[name]


def _feature_name(ref: FeatureRef | str) -> str:
    return ref if isinstance(ref, str) else ref.name


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in cast("Mapping[str, object]", value).items()}
    return value
