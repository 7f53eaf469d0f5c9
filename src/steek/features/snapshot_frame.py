"""What a view's function returned, checked and brought into the one form in which snapshots are kept."""

from datetime import datetime

import polars as pl

from steek.features.declarations import AS_OF, FeatureView
from steek.kernel.errors import DeclarationError

_KEY_TYPES = "whole numbers or text"


def to_snapshot_frame(view: FeatureView, frame: pl.DataFrame, as_of: datetime) -> tuple[pl.DataFrame, int]:
    """Columns `as_of`, the entity, then features as float32; sorted by entity, one row each.

    Float32 is what models read, so training and serving see the same bits. Whole numbers above 2**24 lose digits.

    Returns:
        The frame, and how many rows were left out because a part of their entity was null: nobody could ask for them.

    Raises:
        DeclarationError: an entity column is missing or of a wrong type, a feature is not a number or a truth
            value, or an entity has several rows.
    """
    what = f"feature view {view.name}"
    missing = [name for name in view.entity if name not in frame.columns]
    if missing:
        message = f"{what} returned no column {', '.join(missing)}; it returned: {', '.join(frame.columns)}"
        raise DeclarationError(message, next_step="Return every entity column beside the features.")
    if AS_OF in frame.columns:
        message = f"{what} returned a column named as_of, which is the snapshot's own"
        raise DeclarationError(message, next_step="Leave it out.")
    check_keys(what, frame, view.entity)
    features = [name for name in frame.columns if name not in view.entity]
    for name in features:
        _check_feature(what, name, frame.schema[name])
    kept = frame.drop_nulls(view.entity).sort(view.entity)
    repeated = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in view.entity)
    doubles = kept.filter(repeated)
    if not doubles.is_empty():
        message = f"{what} returned several rows for {doubles.select(view.entity).row(0, named=True)}"
        raise DeclarationError(message, next_step=f"Group by {', '.join(view.entity)}.")
    instant = pl.lit(as_of).cast(pl.Datetime("us", "UTC")).alias(AS_OF)
    keys = [pl.col(name) if frame.schema[name] == pl.String else pl.col(name).cast(pl.Int64) for name in view.entity]
    return kept.select(
        instant, *keys, *(pl.col(name).cast(pl.Float32) for name in features)
    ), frame.height - kept.height


def check_keys(what: str, frame: pl.DataFrame, columns: tuple[str, ...]) -> None:
    """Refuse entity columns that are not whole numbers or text.

    Raises:
        DeclarationError: names the column and its type.
    """
    for name in columns:
        dtype = frame.schema[name]
        if not (dtype.is_integer() or dtype == pl.String):
            message = f"{what}: entity column {name} has type {dtype}; allowed: {_KEY_TYPES}"
            raise DeclarationError(message, next_step="Cast it in the declared function.")


def _check_feature(what: str, name: str, dtype: pl.DataType) -> None:
    if dtype.is_numeric() or dtype == pl.Boolean:
        return
    message = f"{what}: feature {name} has type {dtype}; allowed: numbers and truth values"
    raise DeclarationError(message, next_step="Turn it into a number, for example hours since, or a share.")
