"""A bound on slices: ten times as many overnight must neither blind the others nor fill the database. Pure."""

from collections.abc import Collection, Sequence

from steek.monitoring.judgement import Measurement
from steek.monitoring.kinds import Kind

OTHER = "(other)"


def bounded(
    measurements: Sequence[Measurement], known: Collection[str | None], *, most: int, kind: Kind
) -> tuple[list[Measurement], int]:
    """At most `most` slices: the whole, those known before, then the largest; the rest as one slice "(other)".

    Args:
        measurements: Of one window.
        known: Slices that were measured before; they stay, the largest of them where even they are too many.
        most: How many slices are kept.
        kind: Of the indicator; counts are added up, all else is the mean weighted by rows.

    Returns:
        What is kept, and how many slices were put together.

    >>> many = [Measurement(f"store={n}", float(n), n) for n in range(1, 6)]
    >>> kept, folded = bounded(many, {"store=1"}, most=2, kind=Kind.COUNT)
    >>> [(one.slice, one.value) for one in kept], folded
    ([('store=1', 1.0), ('store=5', 5.0), ('(other)', 9.0)], 3)
    """
    slices = [one for one in measurements if one.slice is not None]
    if len(slices) <= most:
        return list(measurements), 0
    ranked = sorted(slices, key=lambda one: (one.slice not in known, -one.rows, one.slice or ""))
    kept, rest = ranked[:most], ranked[most:]
    wholes = [one for one in measurements if one.slice is None]
    return [*wholes, *kept, _together(rest, kind)], len(rest)


def _together(rest: Sequence[Measurement], kind: Kind) -> Measurement:
    rows = sum(one.rows for one in rest)
    evidence: dict[str, object] = {"slices": len(rest)}
    valued = [one for one in rest if one.value is not None]
    if kind is Kind.COUNT:
        return Measurement(OTHER, sum(one.value or 0.0 for one in valued), rows, evidence)
    weight = sum(one.rows for one in valued)
    value = sum((one.value or 0.0) * one.rows for one in valued) / weight if weight else None
    return Measurement(OTHER, value, rows, evidence)
