"""Which snapshot a moment may see, and the values it saw: an equality join, never a look ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from steek.features.declarations import AS_OF, FeatureView
from steek.features.service import FeatureService
from steek.features.snapshots import Snapshot
from steek.kernel.errors import ConflictError, DeclarationError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INSTANT = pl.Datetime("us", "UTC")
_ROW = "_row"


@dataclass(frozen=True, slots=True)
class SnapshotChoice:
    """The snapshot of one view for each of many moments.

    Args:
        view: The view.
        used: Snapshots that at least one moment sees, in order of time.
        as_of: For each moment the instant of its snapshot; null where none is valid.
    """

    view: FeatureView
    used: tuple[Snapshot, ...]
    as_of: pl.Series


def choose_snapshots(features: FeatureService, view: FeatureView, moments: pl.Series) -> SnapshotChoice:
    """For each moment the latest snapshot with as_of <= moment < as_of + time_to_live.

    Args:
        features: Where snapshots are remembered.
        view: The view to choose from.
        moments: Datetimes in UTC and microseconds, without nulls.

    Raises:
        ConflictError: a chosen snapshot was made by another definition of the view than today's, so its values
            would not mean what serving's mean.
    """
    if moments.is_empty():
        return SnapshotChoice(view, (), pl.Series(AS_OF, [], dtype=_INSTANT))
    asked = moments.to_physical().to_numpy()
    since = _EPOCH + int(asked.min()) * _MICROSECOND - view.time_to_live
    until = _EPOCH + (int(asked.max()) + 1) * _MICROSECOND
    snapshots = features.snapshots(view.name, since=since, until=until)
    instants = np.array([(snapshot.as_of - _EPOCH) // _MICROSECOND for snapshot in snapshots], dtype=np.int64)
    latest = np.searchsorted(instants, asked, side="right") - 1
    chosen = np.append(instants, 0)[latest]
    valid = (latest >= 0) & (asked < chosen + view.time_to_live // _MICROSECOND)
    seen: list[int] = np.unique(latest[valid]).tolist()
    used = tuple(snapshots[position] for position in seen)
    _refuse_other_definitions(view, used)
    as_of = pl.DataFrame({"at": chosen, "valid": valid}).select(
        pl.when("valid").then(pl.col("at")).cast(_INSTANT).alias(AS_OF)
    )
    return SnapshotChoice(view, used, as_of.to_series())


def look_up(
    features: FeatureService, choice: SnapshotChoice, keys: pl.DataFrame, columns: Sequence[str]
) -> npt.NDArray[np.float32]:
    """Values of `columns` for each row of `keys`, float32 rows x columns; NaN where nothing is known.

    Args:
        features: Where snapshots are read.
        choice: Snapshots by row, as long as `keys`.
        keys: The view's entity columns.
        columns: Feature columns of the view.

    Raises:
        DeclarationError: an entity column has another type here than in the view.
    """
    values = np.full((keys.height, len(columns)), np.nan, np.float32)
    if not choice.used or not columns:
        return values
    entity = list(choice.view.entity)
    known = features.read(choice.used, columns)
    asked = keys.select(entity).with_columns(choice.as_of.alias(AS_OF)).with_row_index(_ROW).drop_nulls(AS_OF)
    check_types(choice.view, asked, known)
    # The snapshots are far larger than what is asked; an inner join builds its table from the smaller side.
    found = asked.lazy().join(known, on=[AS_OF, *entity], how="inner").select(_ROW, *columns).collect()
    numbers = found.select(pl.col(name).fill_null(float("nan")) for name in columns)
    values[found[_ROW].to_numpy()] = numbers.to_numpy()
    return values


def _refuse_other_definitions(view: FeatureView, used: Sequence[Snapshot]) -> None:
    other = [snapshot.as_of.isoformat() for snapshot in used if snapshot.definition_hash != view.definition_hash]
    if other:
        message = (
            f"{len(other)} snapshots of feature view {view.name} ({other[0]} to {other[-1]}) were made by another "
            "definition than today's; values of the two must not be mixed"
        )
        raise ConflictError(message, next_step="Materialise the view again as of these instants, with new keys.")


def check_types(view: FeatureView, asked: pl.DataFrame, known: pl.LazyFrame) -> None:
    """Refuse entity columns whose types differ between examples and view. Raises DeclarationError."""
    schema = known.collect_schema()
    for name, dtype in asked.schema.items():
        if name in schema and schema[name] != dtype:
            message = f"column {name} has type {dtype} in the examples, but {schema[name]} in feature view {view.name}"
            raise DeclarationError(message, next_step="Cast it in one of the two declared functions.")
