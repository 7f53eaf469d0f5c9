"""What is asked of an attribution: a metric of a table, over some of its rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from steek.evaluation import OUTCOMES
from steek.kernel.errors import InputError
from steek.measures.attribution.explanation import Metric
from steek.monitoring.indicators.outcomes import EXPECTED_VS_OBSERVED, OUTCOME_HIT_RATE
from steek.monitoring.indicators.predictions import FALLBACK_SHARE, PREDICTION_MEAN
from steek.monitoring.indicators.volumes import VOLUME
from steek.monitoring.monitor import IndicatorSpec
from steek.serving import PREDICTIONS

_METRIC = re.compile(r"count|(sum|mean|present):\w+|ratio:\w+/\w+")


@dataclass(frozen=True, slots=True)
class Amount:
    """What is added up: the columns of a metric.

    `kind` is "count" of rows, "sum" or "mean" of `above`, "present", the share of rows that have `above`, or "ratio",
    the sum of `above` over the sum of `below`.
    """

    kind: str
    above: str = ""
    below: str = ""

    @property
    def metric(self) -> Metric:
        return "sum" if self.kind in {"count", "sum"} else "ratio"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in (self.above, self.below) if name)


@dataclass(frozen=True, slots=True)
class Question:
    """A metric of a table, such as "sum:sales_value" of "transactions", over rows that have these values as text."""

    table: str
    metric: str
    where: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def amount(self) -> Amount:
        return parse_metric(self.metric)


def parse_metric(text: str) -> Amount:
    """A metric as people write it.

    Raises:
        InputError: it is none.

    >>> parse_metric("ratio:observed/expected")
    Amount(kind='ratio', above='observed', below='expected')
    """
    if not _METRIC.fullmatch(text):
        message = f"{text[:80]!r} is not a metric"
        allowed = "count, sum:COLUMN, mean:COLUMN, present:COLUMN or ratio:COLUMN/COLUMN"
        raise InputError(message, next_step=f"Write it as {allowed}, for example sum:sales_value.")
    kind, _, columns = text.partition(":")
    above, _, below = columns.partition("/")
    return Amount(kind, above, below)


def question_of(spec: IndicatorSpec, slice: str | None) -> Question | None:
    """What an indicator measures, as a question about rows; None for ages and others that add nothing up.

    Args:
        spec: The indicator.
        slice: One slice of it, "store_id=367"; None for the whole.
    """
    where = parse_slices(slice)
    if spec.name == VOLUME:
        return Question(spec.target.name, "count", where)
    of_model = {"model": spec.target.name, **where}
    asked = {
        OUTCOME_HIT_RATE: (OUTCOMES, "mean:hit"),
        EXPECTED_VS_OBSERVED: (OUTCOMES, "ratio:observed/expected"),
        PREDICTION_MEAN: (PREDICTIONS, "mean:score_mean"),
        FALLBACK_SHARE: (PREDICTIONS, "present:fallback"),
    }.get(spec.name)
    return None if asked is None else Question(*asked, of_model)


def parse_slices(slice: str | None) -> dict[str, str]:
    """A slice as monitors write it, by column.

    >>> parse_slices("store_id=367, brand=Private")
    {'store_id': '367', 'brand': 'Private'}
    """
    parts = (part.partition("=") for part in re.split(r", (?=\w+=)", slice or "") if part)
    return {column: value for column, mark, value in parts if mark}
