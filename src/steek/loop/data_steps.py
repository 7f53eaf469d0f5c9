"""Steps of a night that take in the day's data and what happened to earlier predictions."""

from datetime import date, timedelta
from typing import Any

from steek.data import DerivedDataset
from steek.kernel.errors import BusyError, ZeroMatchesError
from steek.kernel.units import parse_duration
from steek.kernel.waiting import wait_until
from steek.kernel.windows import Window
from steek.loop.calendar import actor, business_day, nightly_models
from steek.loop.feature_steps import derived_days_needed
from steek.loop.services import Services

Summary = dict[str, Any]

_DATA_WAIT_S = 3600.0


def wait_for_data(s: Services, day: date) -> Summary:
    """Wait until every dataset that a model's schedule names has rows of that day.

    Raises:
        BusyError: they did not come within an hour; the night stops and can be started again.
    """
    window = business_day(s, day)
    awaited = _awaited(s)
    if not wait_until(lambda: all(_rows(s, name, window) for name in awaited), s.clock, timeout_s=_DATA_WAIT_S):
        missing = ", ".join(name for name in awaited if _rows(s, name, window) == 0)
        message = f"no rows of {day.isoformat()} have arrived in {missing}"
        raise BusyError(message, next_step="Ingest the day's batch, then start the night again.")
    return {name: _rows(s, name, window) for name in awaited}


def collect_predictions(s: Services, day: date) -> Summary:
    """Take the prediction log into the lake."""
    return {"rows": s.predictions.collect(s.lake, key=f"night:{day}")}


def join_outcomes(s: Services, day: date, model: str) -> Summary:
    """Join predictions with what really happened, for the latest day whose answers are complete."""
    label_window = parse_duration(s.definitions[model].examples.label_window)
    # An answer that may come until midnight tomorrow is complete the day after; short windows are complete at once.
    back = timedelta(days=label_window // timedelta(days=1)) if label_window > timedelta(days=1) else timedelta()
    window = business_day(s, day - back)
    rows = s.outcomes.join(model, window, key=f"night:{day}:{model}")
    return {"day": window.start_at.date().isoformat(), "rows": rows}


def derived_datasets(s: Services) -> list[str]:
    """Names of the datasets this project extracts itself, in order of declaration."""
    return [name for name, declared in s.datasets.items() if isinstance(declared, DerivedDataset)]


def missing_derivations(s: Services, day: date, dataset: str) -> list[str]:
    """Days of a derived dataset that were never extracted, oldest first, this night's own day last."""
    days_back = derived_days_needed(s, day, dataset)
    tried = {report.window.start_at for report in s.derivation.reports(dataset)}
    days = [day - timedelta(days=back) for back in range(days_back, -1, -1)]
    first = _first_day(s, dataset)
    return [at.isoformat() for at in days if business_day(s, at).start_at not in tried and first and at >= first]


def derive(s: Services, night: date, dataset: str, day: str) -> Summary:
    """Extract one day of a derived dataset; a join that matches nothing is recorded and does not stop the night."""
    window = business_day(s, date.fromisoformat(day))
    try:
        report = s.derivation.derive(dataset, window, key=f"derive:{dataset}:{day}", actor=actor(night))
    except ZeroMatchesError as refusal:
        return {"refused": refusal.message}
    return {"rows": report.rows}


def derive_again(s: Services, dataset: str, day: str, key: str, by: str) -> Summary:
    """Extract one day again at a person's wish; a join that matches nothing is an error now."""
    window = business_day(s, date.fromisoformat(day))
    return {"rows": s.derivation.derive(dataset, window, key=f"{key}:{day}", actor=by).rows}


def _awaited(s: Services) -> list[str]:
    schedules = [s.definitions[model].schedule for model in nightly_models(s)]
    return sorted({name for schedule in schedules for name in s.datasets if f"after {name}" in schedule})


def _rows(s: Services, dataset: str, window: Window) -> int:
    return int(s.ingestion.volumes(dataset, window.start_at, window.end_at)["rows"].sum())


def _first_day(s: Services, dataset: str) -> date | None:
    """The first whole day for which all event-time inputs of a derived dataset have rows; None when one is empty."""
    derived = s.datasets[dataset]
    assert isinstance(derived, DerivedDataset)
    starts = [s.ingestion.first_event_at(name) for name in derived.inputs if s.datasets[name].event_time]
    if not starts or None in starts:
        return None
    return max(start for start in starts if start is not None).date() + timedelta(days=1)
