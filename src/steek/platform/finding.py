"""Finding what a project declares, with a message that names what there is."""

from steek.data import DerivedDataset
from steek.kernel.errors import InputError, NotFoundError
from steek.models import ModelDefinition
from steek.platform.record import Platform


def find_definition(platform: Platform, model: str) -> ModelDefinition:
    """The definition of a model by name. Raises NotFoundError with the nearest name."""
    if model not in platform.project.definitions:
        raise NotFoundError.among("model", model, platform.project.definitions)
    return platform.project.definitions[model]


def find_derived(platform: Platform, dataset: str) -> DerivedDataset:
    """A derived dataset by name.

    Raises:
        NotFoundError: nothing has that name.
        InputError: it arrives from outside and cannot be extracted.
    """
    datasets = platform.project.datasets
    if dataset not in datasets:
        raise NotFoundError.among("dataset", dataset, datasets)
    found = datasets[dataset]
    if not isinstance(found, DerivedDataset):
        message = f"dataset {dataset!r} arrives from outside; only derived datasets are extracted"
        raise InputError(message, next_step=f"Bring it in with 'steek ingest {dataset} FILE'.")
    return found
