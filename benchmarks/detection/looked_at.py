"""What the rows say of alerts of the untouched year: which of them told of something real."""

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.detection.judging import Fired
from benchmarks.detection.quiet import date_of

# By day, rule and slice: what really happened.
REAL: Mapping[tuple[str, str, str | None], str] = MappingProxyType(
    {
        ("2017-05-22", "promotion_uptake: observed against expected by department", "department=GARDEN CENTER"): (
            "a promotion of the garden center began on that day: discounted lines went from 0 to 40%"
        ),
        ("2017-07-20", "transactions: new values of store_id", None): (
            "store 34011 opened, with 167 lines in 12 baskets on its first day"
        ),
        ("2017-07-23", "transactions: rows by store_id", "store_id=414"): "the store closed: no line ever after",
        ("2017-10-08", "transactions: rows by store_id", "store_id=354"): "the store closed: no line ever after",
        ("2017-11-18", "transactions: rows by store_id", "store_id=361"): "the store closed: no line ever after",
    }
)


def was_real(fired: Fired) -> str | None:
    """What an alert told of; None where nothing was wrong, or nobody knows of anything."""
    return REAL.get((date_of(fired.day).isoformat(), fired.monitor, fired.slice))
