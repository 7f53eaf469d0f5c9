"""Series from outside: revenue, calls to support, stock; fed by value, sliced as they come."""

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from sqlalchemy import select

from steek.kernel.errors import DeclarationError, InputError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.slicing import By, columns_of, sliced_by
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.indicators.tables import series_values
from steek.monitoring.judgement import Measurement
from steek.monitoring.kinds import Kind
from steek.monitoring.monitor import IndicatorSpec

OUTSIDE_SERIES = "outside_series"
Combine = Literal["sum", "mean", "last"]


def outside_series(
    name: str, *, unit: str, by: By = None, combine: Combine = "sum", kind: Literal["amount", "count"] = "amount"
) -> IndicatorSpec:
    """A series that others measure and feed: `steek monitor feed NAME FILE`, or `POST /v1/series/NAME`.

    Args:
        name: Name of the series, under which it is fed.
        unit: Of its values, e.g. "USD".
        by: What its values are told apart by, e.g. "category"; every value that is fed names all of these.
        combine: What becomes of several values of one window and slice.
        kind: "count" for numbers of things, "amount" for any other number.

    Raises:
        DeclarationError: no name or unit, or a way to combine that there is not.
    """
    if not name or not unit or combine not in get_args(Combine) or kind not in ("amount", "count"):
        message = f"outside_series({name!r}, unit={unit!r}, combine={combine!r}, kind={kind!r}) cannot be fed"
        raise DeclarationError(message, next_step=f"combine= takes {', '.join(get_args(Combine))}.")
    parameters: dict[str, object] = {"unit": unit, "by": columns_of(by), "combine": combine, "kind": kind}
    return IndicatorSpec(OUTSIDE_SERIES, Urn("series", name), parameters)


def measure_outside_series(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Values whose moment is in the window, combined per slice; the whole of slices where they can be summed."""
    if sources.database is None:
        message = "no series are fed here"
        raise InputError(message)
    c = series_values.c
    query = select(c.slice, c.value).where(c.series == spec.target.name, c.at >= window.start_at, c.at < window.end_at)
    values: dict[str, list[float]] = {}
    with sources.database.reading() as connection:
        for slice_, value in connection.execute(query.order_by(c.at)):
            values.setdefault(slice_, []).append(value)
    combine = str(spec.parameters["combine"])
    found = [_combined(name or None, listed, combine) for name, listed in sorted(values.items())]
    if not sliced_by(spec):
        return found or [Measurement(None, None, 0)]
    if combine == "sum" and found:
        whole = sum(one.value for one in found if one.value is not None)
        found.insert(0, Measurement(None, whole, sum(one.rows for one in found), {"slices": len(found)}))
    return found


def slice_of(spec: IndicatorSpec, by: Mapping[str, str]) -> str:
    """The slice that a fed value belongs to, "" for the whole.

    Raises:
        InputError: it names other columns than were declared.
    """
    columns = sliced_by(spec)
    if set(by) != set(columns):
        declared = ", ".join(columns) or "nothing"
        message = f"a value of series {spec.target.name!r} is told apart by {', '.join(sorted(by)) or 'nothing'}"
        raise InputError(f"{message}; declared is {declared}")
    return ", ".join(f"{column}={by[column]}" for column in columns)


def _combined(name: str | None, values: list[float], combine: str) -> Measurement:
    if combine == "last":
        return Measurement(name, values[-1], len(values))
    total = float(np.sum(values))
    if combine == "sum":
        return Measurement(name, total, len(values))
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Measurement(name, total / len(values), len(values), {"standard_deviation": deviation})


# What a project may call the kind of a fed series.
KINDS: Mapping[str, Kind] = {"amount": Kind.AMOUNT, "count": Kind.COUNT}
