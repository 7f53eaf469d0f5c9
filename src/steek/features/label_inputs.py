"""Labels as an input of examples: as they were known, and only those that had become final."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from steek.data import LabelStore
from steek.features.example_declaration import Examples
from steek.kernel.windows import Window

# Batches are counted from 0.
_BEFORE_ALL = -1


@dataclass(frozen=True, slots=True)
class KnownLabels:
    """Labels as examples may see them: one row per example; `urn` of their version is None where none was known."""

    frame: pl.LazyFrame
    urn: str | None


def labels_among(examples: Examples, labels: LabelStore | None) -> tuple[str, ...]:
    """The inputs of examples that name labels; the others name datasets."""
    names = () if labels is None else labels.names
    return tuple(name for name in examples.inputs if name in names)


def final_after(examples: Examples, labels: LabelStore | None) -> timedelta:
    """How long after its moment an answer may be learned from: after the longest window of those that decide it."""
    if labels is None:
        return examples.label_window
    lengths = [labels.declaration(name).length for name in labels_among(examples, labels)]
    return max([examples.label_window, *lengths])


def known_labels(labels: LabelStore, name: str, span: Window, known_at: datetime) -> KnownLabels:
    """The newest word on every example with its moment in `span`, as it was known at `known_at`.

    Examples whose label window had not ended by then are left out, and no later correction is seen.

    Raises:
        NotFoundError: nothing was ever said of these labels.
    """
    declared, version = labels.declaration(name), labels.version(name, known_at)
    # By its version too: a batch that arrives while this is read is not in the lineage.
    bound = _BEFORE_ALL if version is None else version
    held = labels.read(name, known_at=known_at, version=bound, only_mature=True)
    moment = pl.col(declared.moment)
    frame = held.filter((moment >= span.start_at) & (moment < span.end_at))
    return KnownLabels(frame, None if version is None else declared.urn(version))
