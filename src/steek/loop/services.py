"""What the loop works with: the services of the rooms below, handed over by the platform."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from steek.data import Dataset, Derivation, DerivedDataset, Ingestion, Lake
from steek.evaluation import Evaluator, Gate, Outcomes
from steek.features import FeatureService, FeatureView
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.ledger import Database, Ledger
from steek.loop.housekeeping import Housekeeping
from steek.models import ModelDefinition, Registry
from steek.monitoring import Monitoring, Objectives, Profiles
from steek.serving import PredictionCollector, Routes
from steek.serving.client import ServingClient
from steek.training import Trainer


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Services by role; `deliver` hands new events to their subscribers."""

    settings: Settings
    clock: Clock
    database: Database
    ledger: Ledger
    lake: Lake
    ingestion: Ingestion
    derivation: Derivation
    features: FeatureService
    trainer: Trainer
    registry: Registry
    evaluator: Evaluator
    gate: Gate
    routes: Routes
    outcomes: Outcomes
    predictions: PredictionCollector
    serving: ServingClient
    monitoring: Monitoring
    objectives: Objectives
    profiles: Profiles
    housekeeping: Housekeeping
    datasets: Mapping[str, Dataset | DerivedDataset]
    views: Mapping[str, FeatureView]
    definitions: Mapping[str, ModelDefinition]
    deliver: Callable[[], int]
