"""The rules that are measured: what a project gets that declares nothing but its datasets and models."""

from collections.abc import Sequence

from benchmarks.detection.models import DEMAND, UPTAKE
from benchmarks.detection.store import TRANSACTIONS, partner_lines

from steek.monitoring import Monitor
from steek.monitoring.defaults import dataset_monitors, model_monitors

OUTCOME_DELAY_DAYS = 1


def default_rules() -> Sequence[Monitor]:
    """Of two datasets and two models."""
    return [
        *dataset_monitors(TRANSACTIONS),
        *dataset_monitors(partner_lines),
        *model_monitors(UPTAKE, owner="ranking@grocer", by=("store_id", "department"), delay="1d"),
        *model_monitors(DEMAND, owner="partners@grocer", delay="1d"),
    ]
