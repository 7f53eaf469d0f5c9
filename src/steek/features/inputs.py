"""The cut: which rows of which versions a project's function may see."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from steek.data import AnyDataset, Lake
from steek.kernel.errors import DeclarationError, NotFoundError, describe_unknown, user_code
from steek.kernel.windows import Window


def check_inputs(what: str, inputs: Sequence[str], datasets: Mapping[str, AnyDataset]) -> None:
    """Refuse a declaration that reads a dataset which the project does not have.

    Raises:
        DeclarationError: names the nearest dataset.
    """
    for name in inputs:
        if name not in datasets:
            message, hint = describe_unknown("dataset", name, datasets)
            raise DeclarationError(f"{what}: {message}", next_step=hint)


def versions_known(
    lake: Lake, datasets: Mapping[str, AnyDataset], inputs: Sequence[str], at: datetime
) -> dict[str, int]:
    """The table version of each input to read for what was true at `at`.

    Growing datasets are read in their latest version, because event time cuts them and late rows belong to their
    own moment. Tables that are replaced as a whole are read as they stood at `at`; where the first version came
    later, as when a year is loaded at once, in that first version.

    Raises:
        NotFoundError: a dataset holds no data yet.
    """
    return {name: _version(lake, datasets[name], at) for name in inputs}


def visible_frames(
    lake: Lake, datasets: Mapping[str, AnyDataset], versions: Mapping[str, int], window: Window
) -> dict[str, pl.LazyFrame]:
    """One LazyFrame per input: rows with event time in `window`; whole tables where rows have no event time."""
    frames: dict[str, pl.LazyFrame] = {}
    for name, version in versions.items():
        frame = lake.scan(name, version=lake.readable_version(name, version))
        column = datasets[name].event_time
        if column is not None:
            frame = frame.filter((pl.col(column) >= window.start_at) & (pl.col(column) < window.end_at))
        frames[name] = frame
    return frames


def collect_from(what: str, function: Callable[..., Any], arguments: Mapping[str, object]) -> pl.DataFrame:
    """Run a project's function and collect what it returns; its errors become UserCodeError.

    Raises:
        DeclarationError: it returned something else than a frame.
    """
    with user_code(what):
        made = function(**arguments)
        if isinstance(made, pl.LazyFrame):
            return made.collect()
    if isinstance(made, pl.DataFrame):
        return made
    message = f"{what} returned {type(made).__name__}; it must return a polars LazyFrame"
    raise DeclarationError(message)


def _version(lake: Lake, dataset: AnyDataset, at: datetime) -> int:
    latest = lake.latest_version(dataset.name)
    if latest is None:
        message = f"dataset {dataset.name} has no data yet"
        raise NotFoundError(message, next_step=f"Ingest a batch first: steek ingest {dataset.name} FILE")
    if dataset.mode == "append":
        return latest
    known = lake.version_at(dataset.name, at)
    return lake.first_version(dataset.name) if known is None else known
