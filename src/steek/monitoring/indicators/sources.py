"""Where indicators read."""

from dataclasses import dataclass

from steek.data import Derivation, Ingestion, Lake
from steek.evaluation.store import EvaluationStore
from steek.kernel.clock import Clock
from steek.models import Registry
from steek.serving import Routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The rooms below, as far as indicators read them; nothing is written through it."""

    lake: Lake
    ingestion: Ingestion
    derivation: Derivation
    registry: Registry
    routes: Routes
    evaluations: EvaluationStore
    clock: Clock
