"""The words in which a definition says what it is measured on and what it must beat."""

from datetime import UTC, datetime, timedelta

from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration
from steek.kernel.windows import Window
from steek.models import BaselineSpec, EvaluationSpec

HELD_OUT_BY_TIME = "held_out_by_time"
HELD_OUT = "held-out"
GOLDEN = "golden"
SLICED_BY = "sliced_by"

Baseline = BaselineSpec


def held_out_by_time(length: str, *, fraction: float = 1.0) -> EvaluationSpec:
    """Measure on the last stretch of examples, which training leaves out.

    Args:
        length: Duration of the stretch, e.g. "1d".
        fraction: Share of its queries, chosen by a stable hash, in (0, 1].

    >>> held_out_by_time("1d").parameters
    {'length': '1d', 'fraction': 1.0}
    """
    _require_positive("held_out_by_time", length)
    if not 0 < fraction <= 1:
        message = f"held_out_by_time has fraction {fraction}; allowed: above 0, at most 1"
        raise DeclarationError(message)
    return EvaluationSpec(HELD_OUT_BY_TIME, {"length": length, "fraction": fraction})


def golden(moment: str, *, length: str = "1d", queries: int = 400) -> EvaluationSpec:
    """Pin the examples of one moment with their features, and compare the answers of successive models on them.

    The moments of a golden set are never trained on.

    Args:
        moment: First instant, ISO 8601; without an offset it is UTC, e.g. "2017-09-25".
        length: How long from there, e.g. "1d".
        queries: Most queries (rows, for a regression) kept, evenly spread over the moments.

    >>> golden("2017-09-25").parameters["moment"]
    '2017-09-25T00:00:00+00:00'
    """
    _require_positive("golden", length)
    if queries < 1:
        message = f"golden has queries {queries}; at least 1 is needed"
        raise DeclarationError(message)
    try:
        start_at = datetime.fromisoformat(moment)
    except ValueError as cause:
        message = f"golden has moment {moment!r}, which is not a date or instant"
        raise DeclarationError(message, next_step="Write it as 2017-09-25 or 2017-09-25T06:00.") from cause
    aware = start_at.replace(tzinfo=UTC) if start_at.tzinfo is None else start_at.astimezone(UTC)
    return EvaluationSpec(GOLDEN, {"moment": aware.isoformat(), "length": length, "queries": queries})


def sliced_by(*columns: str) -> EvaluationSpec:
    """Measure the held-out examples per value of each of these columns, too.

    Args:
        columns: Columns of the examples, one value per query; each is a slicing of its own.

    >>> sliced_by("store_id", "product_category").parameters
    {'columns': ['store_id', 'product_category']}
    """
    if not columns:
        message = "sliced_by needs at least one column"
        raise DeclarationError(message)
    return EvaluationSpec(SLICED_BY, {"columns": list(columns)})


def golden_window(spec: EvaluationSpec) -> Window:
    """The moments that a golden set pins."""
    start_at = datetime.fromisoformat(spec.parameters["moment"])
    return Window(start_at, start_at + parse_duration(spec.parameters["length"]))


def distribution_name(spec: EvaluationSpec) -> str:
    """What a distribution is called in evaluations, the same for every version.

    >>> distribution_name(held_out_by_time("1d")), distribution_name(golden("2017-09-25"))
    ('held-out 1d', 'golden 2017-09-25')
    """
    if spec.kind == GOLDEN:
        start_at = datetime.fromisoformat(spec.parameters["moment"])
        whole_day = start_at.time() == datetime.min.time()
        return f"golden {start_at.date()}" if whole_day else f"golden {start_at:%Y-%m-%dT%H:%M}"
    return f"{HELD_OUT} {spec.parameters['length']}"


def _require_positive(what: str, length: str) -> None:
    if parse_duration(length) <= timedelta():
        message = f"{what} has length {length!r}; it must be longer than nothing"
        raise DeclarationError(message)
