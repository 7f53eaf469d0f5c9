"""Snapshots: the values of one view as of one instant, as they are remembered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from steek.features.declarations import FeatureView
from steek.features.tables import feature_definitions, feature_snapshots
from steek.kernel.urn import Urn


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One materialised state of a view.

    Args:
        view: Name of the view.
        as_of: Values were computed from rows with event time before this instant.
        rows: Number of entities.
        columns: Names of the feature columns.
        table_version: Version of the lake table `features.<view>` that holds it.
        definition_hash: The view's definition that computed it.
        inputs: Dataset name to the table version that was read.
        materialised_at: Processing time.
        key: The key it was asked for with.
    """

    view: str
    as_of: datetime
    rows: int
    columns: tuple[str, ...]
    table_version: int
    definition_hash: str
    inputs: dict[str, int]
    materialised_at: datetime
    key: str

    @property
    def urn(self) -> str:
        return str(Urn("features", self.view, self.as_of.isoformat()))


@dataclass(frozen=True, slots=True)
class FeatureDefinition:
    """One version of a view's definition, as first used; versions count from 1 for each view."""

    view: str
    version: int
    definition_hash: str
    owner: str
    description: str
    parameters: dict[str, object]
    source: str
    registered_at: datetime


def lake_table(view: str) -> str:
    """Name of the lake table that holds a view's snapshots."""
    return f"features.{view}"


def snapshot_by_key(connection: Connection, key: str) -> Snapshot | None:
    """The snapshot that was made for `key`, or None."""
    row = connection.execute(select(feature_snapshots).where(feature_snapshots.c.key == key)).mappings().first()
    return None if row is None else to_snapshot(row)


def current_snapshots(
    connection: Connection, view: str, *, since: datetime | None, until: datetime | None
) -> list[Snapshot]:
    """The last made snapshot of every `as_of` in [since, until), in order of `as_of`."""
    query = select(feature_snapshots).where(feature_snapshots.c.view == view)
    if since is not None:
        query = query.where(feature_snapshots.c.as_of >= since)
    if until is not None:
        query = query.where(feature_snapshots.c.as_of < until)
    rows = connection.execute(query.order_by(feature_snapshots.c.sequence)).mappings()
    latest = {row["as_of"]: to_snapshot(row) for row in rows}
    return [latest[as_of] for as_of in sorted(latest)]


def to_snapshot(row: RowMapping) -> Snapshot:
    """A snapshot from a row of its table."""
    values: dict[str, Any] = {**row, "columns": tuple(row["columns"])}
    del values["sequence"]
    return Snapshot(**values)


def latest_definition(connection: Connection, view: str) -> FeatureDefinition | None:
    """The newest version of a view's definition, or None when it was never used."""
    query = select(feature_definitions).where(feature_definitions.c.view == view)
    row = connection.execute(query.order_by(feature_definitions.c.version.desc()).limit(1)).mappings().first()
    return None if row is None else FeatureDefinition(**row)


def add_definition(connection: Connection, view: FeatureView, *, version: int, source: str, at: datetime) -> None:
    """Remember a new version of a view's definition."""
    connection.execute(
        insert(feature_definitions).values(
            view=view.name,
            version=version,
            definition_hash=view.definition_hash,
            owner=view.owner,
            description=view.description,
            parameters=view.parameters(),
            source=source,
            registered_at=at,
        )
    )
