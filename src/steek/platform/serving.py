"""The serving application of an opened project."""

from steek.data import Dataset, contract_of
from steek.features import FeatureReader
from steek.platform.record import Platform
from steek.project import Project
from steek.serving import PredictionLog
from steek.serving.app import ServingApp, build_app
from steek.serving.queries import ColumnType

_COLUMN_TYPES: dict[str, ColumnType] = {"integer": "INT64", "string": "BYTES"}


def serving_app(platform: Platform) -> ServingApp:
    """What the serving process runs."""
    project = platform.project
    return build_app(
        platform.settings,
        platform.registry,
        platform.routes,
        FeatureReader(platform.online, project.views, project.moments),
        project.definitions,
        PredictionLog(platform.settings.data_path / "predictions"),
        platform.clock,
        _column_types(project),
        platform.database,
    )


def _column_types(project: Project) -> dict[str, ColumnType]:
    """Types of entity columns as the contracts state them; derived datasets have none."""
    types: dict[str, ColumnType] = {}
    for dataset in project.datasets.values():
        contract = contract_of(dataset) if isinstance(dataset, Dataset) else None
        for field in contract.fields if contract else ():
            if field.type in _COLUMN_TYPES:
                types[field.name] = _COLUMN_TYPES[field.type]
    return types
