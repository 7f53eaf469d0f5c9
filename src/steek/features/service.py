"""Materialising views into the lake and publishing them to the online store."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import Connection, insert, select

from steek.data import AnyDataset, Lake
from steek.features.blocks import pack
from steek.features.declarations import AS_OF, FeatureView
from steek.features.inputs import check_inputs, collect_from, versions_known, visible_frames
from steek.features.ports import OnlineStore
from steek.features.snapshot_frame import to_snapshot_frame
from steek.features.snapshots import (
    FeatureDefinition,
    Snapshot,
    add_definition,
    current_snapshots,
    lake_table,
    latest_definition,
    snapshot_by_key,
)
from steek.features.tables import feature_definitions, feature_pins, feature_publications, feature_snapshots
from steek.kernel.clock import Clock
from steek.kernel.code_identity import source_of
from steek.kernel.errors import NotFoundError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger

_TICK = timedelta(microseconds=1)


class FeatureService:
    """Keeps the snapshots of a project's views.

    Args:
        lake: Where datasets are read and snapshots are kept.
        database: State of this room.
        ledger: Its events.
        clock: Processing time.
        datasets: Declared datasets by name.
        views: Declared views by name.
        online: Where serving reads from.

    Raises:
        DeclarationError: a view reads a dataset that is not declared.
    """

    def __init__(
        self,
        lake: Lake,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        datasets: Mapping[str, AnyDataset],
        views: Mapping[str, FeatureView],
        online: OnlineStore,
    ) -> None:
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self.views = views
        self._online = online
        for view in views.values():
            check_inputs(f"feature view {view.name}", view.inputs, datasets)

    def materialise(self, view: str, as_of: datetime, *, key: str, actor: str) -> Snapshot:
        """Compute the view from rows with event time before `as_of`, and keep it. The same key gives the same result.

        With a new key the values of that instant are computed again and replace the old ones.

        Raises:
            NotFoundError: no such view, or an input without data.
            UserCodeError: the view's function raised.
            DeclarationError: it returned something that is not one row of numbers per entity.
        """
        declared = self._view(view)
        done = self._by_key(key)
        if done is not None:
            return done
        # The commit is found again by key and definition, so code that changed after a crash is computed anew.
        commit_key = f"{key}:{declared.definition_hash[:16]}"
        inputs = self._pinned_inputs(declared, as_of, commit_key)
        frame, left_out = self._compute(declared, as_of, inputs)

        def remember(connection: Connection, version: int) -> None:
            snapshot = Snapshot(
                view=view,
                as_of=as_of,
                rows=frame.height,
                columns=tuple(frame.columns[1 + len(declared.entity) :]),
                table_version=version,
                definition_hash=declared.definition_hash,
                inputs=inputs,
                materialised_at=self._clock.now(),
                key=key,
            )
            self._remember(connection, declared, snapshot, left_out, actor)

        table, instant = lake_table(view), Window(as_of, as_of + _TICK)
        self._lake.replace_window(table, frame, column=AS_OF, window=instant, key=commit_key, connection_work=remember)
        made = self._by_key(key)
        assert made is not None
        return made

    def publish(self, view: str, as_of: datetime, *, key: str) -> None:
        """Put the snapshot of `as_of` into the online store, in place of what was there.

        Raises:
            NotFoundError: no such view or snapshot.
            StorageFullError: the old content stays served.
        """
        with self._database.reading() as connection:
            if _is_published(connection, key):
                return
        declared = self._view(view)
        found = self.snapshots(view, since=as_of, until=as_of + _TICK)
        if not found:
            message = f"feature view {view} has no snapshot as of {as_of.isoformat()}"
            raise NotFoundError(message, next_step="Materialise it first.")
        snapshot = found[0]
        frame = self.read(found, snapshot.columns).sort(declared.entity).collect()
        blobs = pack(frame, entity=declared.entity, columns=snapshot.columns, as_of=as_of)
        self._online.put(view, as_of, blobs)
        row = {"key": key, "view": view, "as_of": as_of, "table_version": snapshot.table_version}
        draft = Draft("features.published", snapshot.urn, "steek", {"view": view, "rows": snapshot.rows})
        with self._database.transaction() as connection:
            if _is_published(connection, key):
                return
            connection.execute(insert(feature_publications).values(**row, published_at=self._clock.now()))
            self._ledger.append(connection, draft)

    def snapshots(self, view: str, since: datetime | None = None, until: datetime | None = None) -> list[Snapshot]:
        """The current snapshot of every `as_of` in [since, until), in order of time."""
        with self._database.reading() as connection:
            return current_snapshots(connection, view, since=since, until=until)

    def table_version(self, view: str) -> int | None:
        """Latest version of the lake table that holds the view's snapshots, None before the first."""
        return self._lake.latest_version(lake_table(view))

    def read(self, snapshots: Sequence[Snapshot], columns: Sequence[str]) -> pl.LazyFrame:
        """Rows of snapshots of one view: `as_of`, the entity, and the given columns; in no order.

        All come from one table version, the latest among theirs, which holds each of them unchanged.
        """
        view = self._view(snapshots[0].view)
        version = max(snapshot.table_version for snapshot in snapshots)
        version = self._lake.readable_version(lake_table(view.name), version)
        wanted = [snapshot.as_of for snapshot in snapshots]
        # Bounds beside the exact list let the reader skip files by their statistics.
        instants = pl.col(AS_OF).is_between(min(wanted), max(wanted))
        if len(wanted) > 1:
            instants &= pl.col(AS_OF).is_in(pl.Series(wanted, dtype=pl.Datetime("us", "UTC")).implode())
        frame = self._lake.scan(lake_table(view.name), version=version)
        return frame.filter(instants).select(AS_OF, *view.entity, *columns)

    def definitions(self, view: str) -> list[FeatureDefinition]:
        """All versions of a view's definition that were used, oldest first."""
        query = select(feature_definitions).where(feature_definitions.c.view == view)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(feature_definitions.c.version)).mappings()
            return [FeatureDefinition(**row) for row in rows]

    def _view(self, name: str) -> FeatureView:
        if name not in self.views:
            raise NotFoundError.among("feature view", name, self.views)
        return self.views[name]

    def _compute(self, view: FeatureView, as_of: datetime, inputs: dict[str, int]) -> tuple[pl.DataFrame, int]:
        """The snapshot's rows, and how many were left out for lack of an entity."""
        window = Window.before(as_of, view.lookback)
        arguments: dict[str, object] = {**visible_frames(self._lake, self._datasets, inputs, window)}
        if view.takes_as_of:
            arguments[AS_OF] = as_of
        made = collect_from(f"feature view {view.name}", view.function, arguments)
        return to_snapshot_frame(view, made, as_of)

    def _pinned_inputs(self, view: FeatureView, as_of: datetime, commit_key: str) -> dict[str, int]:
        """The input versions chosen for this commit, by this run or by one that died before it could say so."""
        query = select(feature_pins.c.inputs).where(feature_pins.c.key == commit_key)
        with self._database.reading() as connection:
            pinned = connection.execute(query).scalar_one_or_none()
        if pinned is not None:
            return pinned
        inputs = versions_known(self._lake, self._datasets, view.inputs, as_of)
        with self._database.transaction() as connection:
            pinned = connection.execute(query).scalar_one_or_none()
            if pinned is not None:
                return pinned
            connection.execute(insert(feature_pins).values(key=commit_key, inputs=inputs))
        return inputs

    def _remember(
        self, connection: Connection, view: FeatureView, snapshot: Snapshot, left_out: int, actor: str
    ) -> None:
        """Write the snapshot and its events in the transaction that makes its table version visible."""
        payload: dict[str, object] = {
            "view": view.name,
            "as_of": snapshot.as_of,
            "rows": snapshot.rows,
            "rows_without_entity": left_out,
            "table_version": snapshot.table_version,
            "definition_hash": snapshot.definition_hash,
            "inputs": snapshot.inputs,
        }
        edges = tuple(
            (str(Urn("dataset", name, str(version))), snapshot.urn) for name, version in snapshot.inputs.items()
        )
        made = Draft("features.materialised", snapshot.urn, actor, payload, edges=edges)
        columns = {name: getattr(snapshot, name) for name in Snapshot.__dataclass_fields__ if name != "columns"}
        connection.execute(insert(feature_snapshots).values(**columns, columns=list(snapshot.columns)))
        changed = self._note_definition(connection, view, snapshot.materialised_at, actor)
        self._ledger.append(connection, *changed, made)

    def _by_key(self, key: str) -> Snapshot | None:
        with self._database.reading() as connection:
            return snapshot_by_key(connection, key)

    def _note_definition(self, connection: Connection, view: FeatureView, at: datetime, actor: str) -> list[Draft]:
        before = latest_definition(connection, view.name)
        if before is not None and before.definition_hash == view.definition_hash:
            return []
        version = 1 if before is None else before.version + 1
        add_definition(connection, view, version=version, source=source_of(view.function), at=at)
        if before is None:
            return []
        payload: dict[str, object] = {
            "version": version,
            "definition_hash": view.definition_hash,
            "previous_hash": before.definition_hash,
            "owner": view.owner,
        }
        return [Draft("feature.changed", str(Urn("features", view.name)), actor, payload)]


def _is_published(connection: Connection, key: str) -> bool:
    query = select(feature_publications.c.sequence).where(feature_publications.c.key == key)
    return connection.execute(query).first() is not None
