"""The rules that are measured: what a project gets that declares nothing but its datasets and models."""

from collections.abc import Sequence
from datetime import date

from benchmarks.detection.models import DEMAND, UPTAKE
from benchmarks.detection.store import TRANSACTIONS, partner_lines

from steek.monitoring import Monitor
from steek.monitoring.defaults import Defaults, dataset_monitors, model_monitors

HOLIDAYS = {
    "New Year": (date(2017, 1, 1), date(2018, 1, 1)),
    "Easter": (date(2017, 4, 16),),
    "Memorial Day": (date(2017, 5, 29),),
    "Independence Day": (date(2017, 7, 4),),
    "Labor Day": (date(2017, 9, 4),),
    "Thanksgiving": (date(2017, 11, 22), date(2017, 11, 23), date(2017, 11, 24)),
    "Christmas": (date(2017, 12, 23), date(2017, 12, 24), date(2017, 12, 25), date(2017, 12, 26)),
    "New Year's Eve": (date(2017, 12, 31),),
}


def default_rules() -> Sequence[Monitor]:
    """Of two datasets and two models; the holidays are those that a store of the United States declares."""
    rules = Defaults(holidays=HOLIDAYS)
    return [
        *dataset_monitors(TRANSACTIONS, rules),
        *dataset_monitors(partner_lines, rules),
        *model_monitors(UPTAKE, rules, owner="ranking@grocer", by=("store_id", "department"), delay="1d"),
        *model_monitors(DEMAND, rules, owner="partners@grocer", delay="1d"),
    ]
