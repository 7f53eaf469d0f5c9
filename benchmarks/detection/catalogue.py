"""All that is planted: each kind of fault in several sizes, and changes that are no faults."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from benchmarks.detection import data_faults as data
from benchmarks.detection import model_faults as models
from benchmarks.detection.days import Tables
from benchmarks.detection.models import DEMAND, UPTAKE
from benchmarks.detection.nightly import Nights
from benchmarks.detection.planted import Ground, Planted

LARGE, SMALL, TINY = (0, 9), (50, 75), (100, 110)
# Earlier days have too little past; from the later ones a slow fault would reach into Thanksgiving.
FIRST_DAY, LAST_DAY = 140, 270
GOAL_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Kind:
    """One fault in one size.

    Args:
        fault: What goes wrong, in words.
        size: How large, in words.
        plant: Chooses the place.
        slow: It grows over weeks, so that its first windows show nothing.
        harmless: It is no fault: every alert is a false one.
    """

    fault: str
    size: str
    plant: Callable[[Ground], Planted]
    slow: bool = False
    harmless: bool = False

    @property
    def name(self) -> str:
        return f"{self.fault}, {self.size}"

    def at(self, tables: Tables, nights: Nights, seed: int) -> Planted:
        """The fault at the place that a seed gives; kinds are independent of each other's order."""
        chance = np.random.default_rng([seed, *self.name.encode()])
        day = int(chance.integers(FIRST_DAY, LAST_DAY))
        return self.plant(Ground(tables, nights, day, chance))


CATALOGUE = (
    Kind("slice vanished", "large store", lambda at: data.vanished(at, "store_id", *LARGE)),
    Kind("slice vanished", "small store", lambda at: data.vanished(at, "store_id", *SMALL)),
    Kind("slice vanished", "tiny store", lambda at: data.vanished(at, "store_id", *TINY, windows=14)),
    Kind("slice vanished", "small department", lambda at: data.vanished(at, "department", 7, 10)),
    Kind("batch duplicated", "whole day", lambda at: data.duplicated(at, 1.0)),
    Kind("batch duplicated", "a fifth of the rows", lambda at: data.duplicated(at, 0.2)),
    Kind("batch duplicated", "one in a hundred rows", lambda at: data.duplicated(at, 0.01)),
    Kind("batch duplicated", "one large store", lambda at: data.duplicated(at, 1.0, LARGE)),
    Kind("time bucket shifted", "8 h, everywhere", lambda at: data.shifted(at, 8, 0.37)),
    Kind("time bucket shifted", "8 h, one large store", lambda at: data.shifted(at, 8, 0.37, LARGE)),
    Kind("time bucket shifted", "1 h, everywhere", lambda at: data.shifted(at, 1, 0.03)),
    Kind("unit changed", "all rows", lambda at: data.rescaled(at, ("sales_value", "retail_disc"), 100)),
    Kind("unit changed", "a fifth of the rows", lambda at: data.rescaled(at, ("sales_value",), 100, 0.2)),
    Kind("unit changed", "quantity, dozens", lambda at: data.rescaled(at, ("quantity",), 12)),
    Kind("category renamed", "large department", lambda at: data.renamed(at, 0, 3)),
    Kind("category renamed", "small department", lambda at: data.renamed(at, 7, 10)),
    Kind("category renamed", "a fifth of a large one", lambda at: data.renamed(at, 0, 3, 0.2)),
    Kind("nulls rising", "to 40% everywhere", lambda at: data.nulls_rising(at, 0.4), slow=True),
    Kind("nulls rising", "to 5% everywhere", lambda at: data.nulls_rising(at, 0.05), slow=True),
    Kind("nulls rising", "to 40% in a large store", lambda at: data.nulls_rising(at, 0.4, LARGE), slow=True),
    Kind("join key changed", "large partner", lambda at: data.key_changed(at, 0, 9)),
    Kind("join key changed", "small partner", lambda at: data.key_changed(at, 50, 80)),
    Kind("join key changed", "tiny partner", lambda at: data.key_changed(at, 200, 300, windows=14)),
    Kind("not a number", "one in 10,000", lambda at: data.not_numbers(at, 0.0001)),
    Kind("not a number", "one in 100", lambda at: data.not_numbers(at, 0.01)),
    Kind("model stale", UPTAKE, lambda at: models.stale(at, UPTAKE)),
    Kind("model stale", DEMAND, lambda at: models.stale(at, DEMAND)),
    Kind("golden answers frozen", UPTAKE, lambda at: models.frozen_golden(at, UPTAKE)),
    Kind("golden answers frozen", DEMAND, lambda at: models.frozen_golden(at, DEMAND)),
    Kind("label delay growing", "10% more a day", lambda at: models.labels_late(at, UPTAKE, 0.1, 1.0)),
    Kind("label delay growing", "2% more a day", lambda at: models.labels_late(at, UPTAKE, 0.02, 0.28), slow=True),
    Kind("price x100 in one store", "large store", lambda at: data.rescaled(at, ("sales_value",), 100, store=LARGE)),
    Kind("price x100 in one store", "small store", lambda at: data.rescaled(at, ("sales_value",), 100, store=SMALL)),
    Kind("price x100 in one store", "tiny store", lambda at: data.rescaled(at, ("sales_value",), 100, store=TINY)),
    Kind("discounted rows dropped", "everywhere", lambda at: data.discounted_dropped(at, 1.0)),
    Kind("discounted rows dropped", "a fifth of them", lambda at: data.discounted_dropped(at, 0.2)),
    Kind("discounted rows dropped", "in a large store", lambda at: data.discounted_dropped(at, 1.0, LARGE)),
    Kind("predictions collapsed", "large store", lambda at: models.collapsed(at, "store_id", *LARGE)),
    Kind("predictions collapsed", "small store", lambda at: models.collapsed(at, "store_id", *SMALL)),
    Kind("predictions collapsed", "one department", lambda at: models.collapsed(at, "department", 2, 6)),
    Kind(
        "predictions collapsed", "to one value, large store",
        lambda at: models.collapsed(at, "store_id", *LARGE, constant=True),
    ),
    Kind("slow decay", "to -40%", lambda at: models.decaying(at, UPTAKE, 0.4), slow=True),
    Kind("slow decay", "to -20%", lambda at: models.decaying(at, UPTAKE, 0.2), slow=True),
    Kind("slow decay", "demand, to -40%", lambda at: models.decaying(at, DEMAND, 0.4), slow=True),
    Kind("promotion, announced", "large department", lambda at: data.promotion(at, (0, 3), told=True), harmless=True),
    Kind("promotion, announced", "small department", lambda at: data.promotion(at, (5, 8), told=True), harmless=True),
    Kind("promotion, not told", "large department", lambda at: data.promotion(at, (0, 3), told=False), harmless=True),
)  # fmt: skip


def in_goal(planted: Planted) -> bool:
    """Whether the goal of recall speaks of it: at least a fifth of some slice is touched."""
    return planted.share >= GOAL_SHARE
