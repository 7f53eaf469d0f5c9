"""Features as they would be from other versions of the data: computed in memory, kept nowhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from steek.data import AnyDataset, Lake
from steek.features import FeatureService, FeatureView, OnlineStore
from steek.features.declarations import AS_OF
from steek.features.inputs import collect_from, visible_frames
from steek.features.snapshot_frame import to_snapshot_frame
from steek.features.snapshots import Snapshot
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.windows import Window
from steek.ledger import Database, Ledger

# Each snapshot is a whole computation of its view.
MOST_COMPUTED = 10


class ChosenData(FeatureService):
    """Reads features as the service does; views that read a chosen dataset are computed from that version of it.

    Args:
        lake: Where datasets and snapshots are read; nothing is written to it.
        database: State of the features.
        ledger: Never written to.
        clock: Processing time.
        datasets: Declared datasets by name.
        views: Declared views by name.
        online: Never asked.
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
        super().__init__(lake, database, ledger, clock, datasets, views, online)
        self._made_of = (lake, database, ledger, clock, datasets, views, online)
        self._chosen: Mapping[str, int] = {}
        self._computed: dict[tuple[str, datetime], pl.DataFrame] = {}

    def on(self, chosen: Mapping[str, int]) -> "ChosenData":
        """The same features on these versions of datasets.

        Raises:
            NotFoundError: an unknown dataset or version, or one that no view reads.
        """
        lake, _, _, _, datasets, views, _ = self._made_of
        for name, version in chosen.items():
            if name not in datasets:
                raise NotFoundError.among("dataset", name, datasets)
            if not any(name in view.inputs for view in views.values()):
                read = sorted({each for view in views.values() for each in view.inputs})
                message = f"no feature view reads {name} itself, so another version of it changes no feature"
                raise InputError(message, next_step=f"Views read {', '.join(read)}.")
            latest = lake.latest_version(name)
            if latest is None or version > latest:
                raise NotFoundError(f"dataset {name} has no version {version}; its latest is {latest}")
        other = ChosenData(*self._made_of)
        other._chosen = dict(chosen)
        return other

    def read(self, snapshots: Sequence[Snapshot], columns: Sequence[str]) -> pl.LazyFrame:
        """As the service reads; computed where the view reads a chosen dataset."""
        view = self.views[snapshots[0].view]
        if not self._chosen.keys() & set(view.inputs):
            return super().read(snapshots, columns)
        wanted = [(view.name, snapshot.as_of) for snapshot in snapshots]
        if len({*wanted, *self._computed}) > MOST_COMPUTED:
            message = f"{len(wanted)} snapshots of {view.name} would be computed anew; {MOST_COMPUTED} are allowed"
            raise InputError(message, next_step="Narrow the window, or give one moment with @.")
        frames = [self._compute_once(view, snapshot) for snapshot in snapshots]
        known = pl.concat(frames, how="diagonal")
        missing = [pl.lit(None, pl.Float64).alias(name) for name in columns if name not in known.columns]
        return known.lazy().with_columns(missing).select(AS_OF, *view.entity, *columns)

    def _compute_once(self, view: FeatureView, snapshot: Snapshot) -> pl.DataFrame:
        key = (view.name, snapshot.as_of)
        if key not in self._computed:
            chosen = {name: version for name, version in self._chosen.items() if name in view.inputs}
            lake, _, _, _, datasets, _, _ = self._made_of
            window = Window.before(snapshot.as_of, view.lookback)
            arguments: dict[str, object] = {**visible_frames(lake, datasets, {**snapshot.inputs, **chosen}, window)}
            if view.takes_as_of:
                arguments[AS_OF] = snapshot.as_of
            made = collect_from(f"feature view {view.name}", view.function, arguments)
            self._computed[key] = to_snapshot_frame(view, made, snapshot.as_of)[0]
        return self._computed[key]
