"""Figures of one column from its stored profile: drift, shares without a value, different values, quantiles."""

from datetime import timedelta
from typing import Literal

from steek.kernel.errors import DeclarationError, InputError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec
from steek.monitoring.profiles.comparing import compare
from steek.monitoring.profiles.profile import ColumnSummary, Profile
from steek.monitoring.profiles.profiles import Profiles

DRIFT = "drift"
COLUMN_FIGURE = "column_figure"
Figure = Literal["null share", "non-finite share", "distinct", "quantile", "mean"]
_SHARES = ("null share", "non-finite share")
# Profiles call the whole so where slices are named.
_WHOLE = ""


def drift(what: str, column: str, *, against: str = "28d", per_slice: bool = False) -> IndicatorSpec:
    """Population stability index of a column against the time before; 0 is the same distribution.

    Args:
        what: "transactions", "features.VIEW", "predictions.MODEL" or "inputs.MODEL", as profiles name it.
        column: Its column.
        against: How long the stretch before the window is, as "28d"; whole days.
        per_slice: Also one slice for each slice of the profile.

    Raises:
        DeclarationError: `against` is no number of whole days.
    """
    days = against.removesuffix("d")
    if not days.isdigit() or int(days) < 1:
        message = f"drift of {column} has against={against!r}; write days, such as '28d'"
        raise DeclarationError(message)
    parameters: dict[str, object] = {"column": column, "days": int(days), "per_slice": per_slice}
    return IndicatorSpec(DRIFT, Urn("profile", what), parameters)


def null_share(what: str, column: str, *, per_slice: bool = False) -> IndicatorSpec:
    """Share of rows without a value in a column. Arguments as `drift`."""
    return _figure(what, column, "null share", per_slice=per_slice)


def non_finite_share(what: str, column: str, *, per_slice: bool = False) -> IndicatorSpec:
    """Share of rows with NaN or infinity in a column. Arguments as `drift`."""
    return _figure(what, column, "non-finite share", per_slice=per_slice)


def distinct(what: str, column: str) -> IndicatorSpec:
    """How many different values a column has, within the bounds of its sketch; of the whole only."""
    return _figure(what, column, "distinct", per_slice=False)


def column_mean(what: str, column: str, *, per_slice: bool = False) -> IndicatorSpec:
    """Mean of the finite values of a column. Arguments as `drift`."""
    return _figure(what, column, "mean", per_slice=per_slice)


def column_quantile(what: str, column: str, quantile: float, *, per_slice: bool = False) -> IndicatorSpec:
    """The value below which this share of a column's values lies. Arguments as `drift`.

    Raises:
        DeclarationError: a quantile outside 0 to 1.
    """
    if not 0 <= quantile <= 1:
        message = f"column_quantile of {column} is asked for {quantile}; allowed: 0 to 1"
        raise DeclarationError(message)
    return _figure(what, column, "quantile", per_slice=per_slice, quantile=quantile)


def measure_drift(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """No value where either stretch has no profile of the column, or where its values cannot be compared."""
    column, days = str(spec.parameters["column"]), spec.parameters["days"]
    assert isinstance(days, int)
    after = _read(sources, spec, window)
    before = _read(sources, spec, Window.before(window.start_at, timedelta(days=days)))
    return [_drifted(name, before.get(name), profile, column) for name, profile in _ordered(after)] or [_NOTHING]


def measure_column(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """No value where the window has no profile of the column."""
    found = _read(sources, spec, window)
    return [_told(name, profile, spec) for name, profile in _ordered(found)] or [_NOTHING]


_NOTHING = Measurement(None, None, 0)


def _figure(what: str, column: str, figure: Figure, *, per_slice: bool, quantile: float | None = None) -> IndicatorSpec:
    kind = "share" if figure in _SHARES else "amount"
    parameters: dict[str, object] = {"column": column, "figure": figure, "per_slice": per_slice, "kind": kind}
    if quantile is not None:
        parameters["quantile"] = quantile
    return IndicatorSpec(COLUMN_FIGURE, Urn("profile", what), parameters)


def _profiles(sources: Sources) -> Profiles:
    if sources.profiles is None:
        message = "nothing is profiled here"
        raise InputError(message)
    return sources.profiles


def _read(sources: Sources, spec: IndicatorSpec, window: Window) -> dict[str | None, Profile]:
    """Profiles of a window by slice, read once for all indicators of one evaluation."""
    slices = None if spec.parameters["per_slice"] else [_WHOLE]
    profiles, what = _profiles(sources), spec.target.name
    if sources.scans is None:
        return profiles.read_slices(what, window, slices)
    name = ("profile", what, window, slices is None)
    return sources.scans.once(name, lambda: profiles.read_slices(what, window, slices))


def _ordered(found: dict[str | None, Profile]) -> list[tuple[str | None, Profile]]:
    return sorted(found.items(), key=lambda item: item[0] or "")


def _drifted(name: str | None, before: Profile | None, after: Profile, column: str) -> Measurement:
    if before is None or column not in before.columns or column not in after.columns:
        return Measurement(name, None, after.rows)
    change = next((one for one in compare(before, after) if one.column == column), None)
    if change is None or change.psi is None:
        return Measurement(name, None, after.rows)
    evidence: dict[str, object] = {
        "verdict": change.verdict.value,
        "reason": change.reason,
        "mean_before": change.mean_before,
        "mean_after": change.mean_after,
    }
    return Measurement(name, max(change.psi, 0.0), after.columns[column].count, evidence)


def _told(name: str | None, profile: Profile, spec: IndicatorSpec) -> Measurement:
    column = profile.columns.get(str(spec.parameters["column"]))
    if column is None:
        known = ", ".join(sorted(profile.columns))
        message = f"the profile of {spec.target.name} has no column {spec.parameters['column']}; there are: {known}"
        raise InputError(message, next_step=f"Correct the indicator of {spec.target.name}.")
    evidence: dict[str, object] = {}
    if spec.parameters["figure"] == "mean":
        evidence["standard_deviation"] = column.deviation
    return Measurement(name, _value(column, spec), column.rows, evidence)


def _value(column: ColumnSummary, spec: IndicatorSpec) -> float | None:
    figure = spec.parameters["figure"]
    if figure == "null share":
        return column.null_fraction if column.rows else None
    if figure == "non-finite share":
        return column.non_finite_fraction if column.rows else None
    if figure == "mean":
        return column.mean
    if figure == "distinct":
        return None if column.distinct is None else float(column.distinct.value)
    quantile = spec.parameters["quantile"]
    assert isinstance(quantile, int | float)
    return column.quantile(float(quantile))
