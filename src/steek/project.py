"""Loading a project: its settings, and the declarations in its Python modules."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

from steek.data import Dataset, DerivedDataset, Labels, load_contracts
from steek.features import FeatureView, MomentFeatures
from steek.governance import Policy, Role
from steek.incidents import MitigationAgreement, Stakeholder
from steek.kernel.errors import DeclarationError, SettingsError, where_raised
from steek.kernel.settings import Settings
from steek.models import ModelDefinition
from steek.monitoring import Monitor, Objective, Profiled, WatchedModel

Declared = TypeVar("Declared")


@dataclass(frozen=True, slots=True)
class Project:
    """Everything a project declares, by name, in order of declaration; policies have no names."""

    datasets: Mapping[str, Dataset | DerivedDataset]
    views: Mapping[str, FeatureView]
    moments: Mapping[str, MomentFeatures]
    definitions: Mapping[str, ModelDefinition]
    monitors: Mapping[str, Monitor]
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    policies: tuple[Policy, ...] = ()
    labels: Mapping[str, Labels] = field(default_factory=dict[str, Labels])
    watched: Mapping[str, WatchedModel] = field(default_factory=dict[str, WatchedModel])
    objectives: Mapping[str, Objective] = field(default_factory=dict[str, Objective])
    profiled: Mapping[str, Profiled] = field(default_factory=dict[str, Profiled])
    stakeholders: Mapping[str, Stakeholder] = field(default_factory=dict[str, Stakeholder])
    agreements: Mapping[str, MitigationAgreement] = field(default_factory=dict[str, MitigationAgreement])


def load_project(settings: Settings) -> Project:
    """Import the project's modules and gather what they declare at their top level, alone or in lists.

    Raises:
        SettingsError: a module cannot be found.
        DeclarationError: a module fails to import, or two different things have the same name.
    """
    declared = [thing for module in _modules(settings) for thing in _top_level(module)]
    # Both kinds of a pair are asked for by the same names.
    datasets = _by_name(declared, "dataset", Dataset, DerivedDataset)
    features = _by_name(declared, "feature declaration", FeatureView, MomentFeatures)
    # And examples ask for datasets and labels by the same parameters.
    _by_name(declared, "dataset or labels declaration", Dataset, DerivedDataset, Labels)
    models = _by_name(declared, "model", ModelDefinition, WatchedModel)
    return Project(
        datasets=load_contracts(datasets, settings.project_path),
        views={name: found for name, found in features.items() if isinstance(found, FeatureView)},
        moments={name: found for name, found in features.items() if isinstance(found, MomentFeatures)},
        definitions={name: found for name, found in models.items() if isinstance(found, ModelDefinition)},
        monitors=_by_name(declared, "monitor", Monitor),
        roles=_by_name(declared, "role", Role),
        policies=_policies(declared),
        labels=_by_name(declared, "labels declaration", Labels),
        watched={name: found for name, found in models.items() if isinstance(found, WatchedModel)},
        objectives=_by_name(declared, "objective", Objective),
        profiled=_by_name(declared, "profile declaration", Profiled),
        stakeholders=_by_name(declared, "stakeholder", Stakeholder),
        agreements=_by_name(declared, "agreement to mitigations", MitigationAgreement),
    )


def _modules(settings: Settings) -> list[ModuleType]:
    root = str(settings.project_path)
    if root not in sys.path:
        sys.path.insert(0, root)
    return [_import(name) for name in settings.modules]


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as cause:
        if cause.name and name.startswith(cause.name):
            message = f"the project's module {name!r} does not exist"
            raise SettingsError(message, next_step="Correct 'modules' in steek.toml.") from cause
        raise _failed(name, cause) from cause
    except Exception as cause:
        raise _failed(name, cause) from cause


def _failed(name: str, cause: Exception) -> DeclarationError:
    message = f"the project's module {name!r} cannot be imported: {type(cause).__name__}: {cause}"
    return DeclarationError(message, next_step=f"See {where_raised(cause)}.")


def _top_level(module: ModuleType) -> Iterator[Any]:
    for value in vars(module).values():
        if isinstance(value, list | tuple):
            yield from value  # pyright: ignore[reportUnknownVariableType]
        else:
            yield value


def _policies(declared: list[Any]) -> tuple[Policy, ...]:
    """Each policy once, also where a second module imports it."""
    return tuple({policy.hash: policy for policy in declared if isinstance(policy, Policy)}.values())


def _by_name(declared: list[Any], what: str, *kinds: type[Declared]) -> dict[str, Declared]:
    found: dict[str, Declared] = {}
    for thing in declared:
        if isinstance(thing, kinds):
            name: str = getattr(thing, "name")  # noqa: B009 - every declaration has a name, their union type has not
            if found.setdefault(name, thing) is not thing:
                message = f"two {what}s are named {name!r}"
                raise DeclarationError(message, next_step="Rename one of them.")
    return found
