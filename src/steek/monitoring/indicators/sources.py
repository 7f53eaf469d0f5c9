"""Where indicators read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from steek.data import AnyDataset, Derivation, Ingestion, Lake
from steek.evaluation.store import EvaluationStore
from steek.features import ExampleSets, FeatureService
from steek.kernel.clock import Clock
from steek.kernel.windows import Window
from steek.ledger import Database
from steek.models import ModelDefinition, Registry
from steek.monitoring.indicators.scans import Reads, Scans, rows_of
from steek.monitoring.profiles.profiles import Profiles
from steek.serving import Routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The rooms below, as far as indicators read them; nothing is written through it.

    Those with a default are missing where only a part of the house is used; their indicators say so.
    """

    lake: Lake
    ingestion: Ingestion
    derivation: Derivation
    registry: Registry
    routes: Routes
    evaluations: EvaluationStore
    clock: Clock
    database: Database | None = None
    features: FeatureService | None = None
    example_sets: ExampleSets | None = None
    profiles: Profiles | None = None
    datasets: Mapping[str, AnyDataset] = field(default_factory=dict[str, AnyDataset])
    definitions: Mapping[str, ModelDefinition] = field(default_factory=dict[str, ModelDefinition])
    scans: Scans | None = None

    def rows(self, reads: Reads, window: Window) -> pl.LazyFrame | None:
        """Rows of a table with an event time in the window; shared with others where the evaluation planned for it.

        Raises:
            InputError: the table lacks a column that is needed.
        """
        return rows_of(self.lake, reads, window) if self.scans is None else self.scans.rows(reads, window)
