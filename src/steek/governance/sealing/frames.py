"""Sealing columns of frames, and opening them again."""

from collections.abc import Mapping, Sequence

import polars as pl

from steek.governance.sealing.cells import close_cells, open_cells
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.subject_keys import subject_key_name, subject_key_names
from steek.kernel.errors import InputError

SEALED = "_sealed"


def seal(
    frame: pl.DataFrame, subject_column: str, columns: Sequence[str], vault: KeyVault, *, kind: str, dataset: str
) -> pl.DataFrame:
    """The frame with `columns` gone into one binary column `_sealed`, row by row.

    Args:
        frame: Rows; `subject_column` still has the value itself, not its pseudonym.
        subject_column: Names the person that a row is about. Rows where it is null are sealed under a key of the
            dataset that belongs to nobody.
        columns: What to seal: text, numbers, truth values, dates, instants, binary. Null comes back as null.
        vault: Makes a key for every person it does not know.
        kind: Kind of person, as `Field.subject` says it.
        dataset: Authenticated: cells moved to another dataset do not open.
    """
    subjects = frame[subject_column].cast(pl.String)
    unique = subjects.drop_nulls().unique(maintain_order=True).to_list()
    names: dict[str | None, str] = dict(zip(unique, subject_key_names(vault, kind, unique), strict=True))
    if subjects.null_count():
        names[None] = subject_key_name(vault, "nobody", dataset)
    keys = vault.keys(list(names.values()))
    texts = frame.select(pl.struct(_portable(frame[name]) for name in columns).struct.json_encode()).to_series()
    plain = [text.encode() for text in texts]
    cells = close_cells(plain, [names[subject] for subject in subjects], keys, dataset)
    return frame.drop(columns).with_columns(pl.Series(SEALED, cells, dtype=pl.Binary))


def unseal(
    frame: pl.DataFrame, columns: Mapping[str, pl.DataType | type[pl.DataType]], vault: KeyVault, *, dataset: str
) -> pl.DataFrame:
    """The frame with sealed columns back in the place of `_sealed`, at its end.

    Args:
        frame: Any rows of a dataset whose `_sealed` was read along, in any order.
        columns: Which of the sealed columns to open, with their types.
        vault: Nothing is made in it.
        dataset: As it was when they were sealed.

    Returns:
        null in rows whose key was shredded, or that hold no such column.

    Raises:
        InputError: the frame has no column `_sealed`.
        DamagedArtifactError: a cell is not what was sealed, or is another dataset's.
    """
    if SEALED not in frame.columns:
        message = f"rows of {dataset!r} were read without their column {SEALED}"
        raise InputError(message, next_step="Read it with technical=True.")
    opened = _opened(frame[SEALED], columns, vault, dataset).struct.unnest()
    return frame.drop(SEALED, *columns, strict=False).hstack(opened)


def unsealed(
    frame: pl.LazyFrame, columns: Mapping[str, pl.DataType | type[pl.DataType]], vault: KeyVault, *, dataset: str
) -> pl.LazyFrame:
    """As `unseal`, row by row when it is collected; `_sealed` stays. Nothing is opened that nobody selects.

    Where a column is stored plain too, from before it was sealed, that value stands.
    """
    plain = frame.collect_schema()
    if SEALED not in plain:
        return frame
    kind = pl.Struct(dict(columns))

    def opened(cells: pl.Series) -> pl.Series:
        return _opened(cells, columns, vault, dataset)

    together = pl.col(SEALED).map_batches(opened, return_dtype=kind, is_elementwise=True)
    return frame.with_columns(
        pl.coalesce(pl.col(name), together.struct.field(name)).alias(name)
        if name in plain
        else together.struct.field(name).alias(name)
        for name in columns
    )


def _opened(
    cells: pl.Series, columns: Mapping[str, pl.DataType | type[pl.DataType]], vault: KeyVault, dataset: str
) -> pl.Series:
    texts = open_cells(cells.to_list(), vault, dataset)
    types = {name: _portable(pl.Series(dtype=kind)).dtype for name, kind in columns.items()}
    encoded = pl.Series("text", [None if text is None else text.decode() for text in texts], dtype=pl.String)
    plain = encoded.str.json_decode(pl.Struct(types)).struct.unnest()
    return plain.select(_restored(plain[name], kind).alias(name) for name, kind in columns.items()).to_struct(
        cells.name
    )


def _portable(values: pl.Series) -> pl.Series:
    """Values in a type that JSON holds exactly."""
    if values.dtype.is_temporal():
        return values.to_physical().cast(pl.Int64)
    if values.dtype == pl.Binary:
        return values.bin.encode("base64")
    if values.dtype.is_integer() or values.dtype == pl.Boolean or values.dtype == pl.String:  # noqa: PLR1714
        return values
    return values.cast(pl.String)


def _restored(values: pl.Series, kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    wanted = pl.Series(dtype=kind)
    if wanted.dtype == pl.Binary:
        return values.str.decode("base64")
    if wanted.dtype.is_temporal():
        return values.cast(wanted.to_physical().dtype).cast(wanted.dtype)
    return values.cast(wanted.dtype)
