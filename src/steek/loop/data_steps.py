"""Steps of a night that take in the day's data and what happened to earlier predictions."""

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from steek.data import DerivedDataset
from steek.governance import attributed
from steek.kernel.errors import BusyError, SteekError, ZeroMatchesError
from steek.kernel.waiting import wait_until
from steek.kernel.windows import Window
from steek.loop.calendar import actor, business_day, nightly_models
from steek.loop.feature_steps import derived_days_needed
from steek.loop.services import Services

Summary = dict[str, Any]


def wait_for_data(s: Services, day: date) -> Summary:
    """Wait until every dataset that a model's schedule names has rows of that day.

    Raises:
        BusyError: they did not come within the setting data_wait_s; the night stops and can be started again.
    """
    window = business_day(s, day)
    awaited = _awaited(s)
    patience_s = float(s.settings.number("data_wait_s"))
    if not wait_until(lambda: all(_rows(s, name, window) for name in awaited), s.clock, timeout_s=patience_s):
        missing = ", ".join(name for name in awaited if _rows(s, name, window) == 0)
        message = f"no rows of {day.isoformat()} have arrived in {missing}"
        raise BusyError(message, next_step="Ingest the day's batch, then start the night again.")
    return {name: _rows(s, name, window) for name in awaited}


def collect_predictions(s: Services, day: date) -> Summary:
    """Take the prediction log into the lake."""
    collection = s.predictions.collect(key=f"night:{day}", actor=actor(day))
    return {"rows": collection.rows, "repeated": collection.repeated}


def keep_house(s: Services, day: date) -> Summary:
    """Empty the spool, enforce retention, erase who is due, join small files; {} where nothing was due."""
    return s.housekeeping.run(actor=actor(day))


def join_outcomes(s: Services, day: date, model: str) -> Summary:
    """Join predictions with what really happened, for the latest day whose answers are complete."""
    label_window = s.definitions[model].examples.label_window
    # An answer that may come until midnight tomorrow is complete the day after; short windows are complete at once.
    back = timedelta(days=label_window // timedelta(days=1)) if label_window > timedelta(days=1) else timedelta()
    window = business_day(s, day - back)
    with attributed(model=model):
        joined = s.outcomes.join(model, window, key=f"night:{day}:{model}", actor=actor(day))
    return {"day": window.start_at.date().isoformat(), "predictions": joined.predictions, "matched": joined.matched}


def derived_datasets(s: Services) -> list[str]:
    """Names of the datasets this project extracts itself, in order of declaration."""
    return [name for name, declared in s.datasets.items() if isinstance(declared, DerivedDataset)]


def missing_derivations(s: Services, day: date, dataset: str) -> list[str]:
    """Days of a derived dataset that were never extracted, oldest first, this night's own day last."""
    tried = {window.start_at for window in s.derivation.windows(dataset)}
    days = [day - timedelta(days=back) for back in range(derived_days_needed(s, day, dataset), -1, -1)]
    present = _days_with_rows(s, dataset, business_day(s, days[0]).start_at, business_day(s, day).end_at)
    return [at.isoformat() for at in days if business_day(s, at).start_at in present - tried]


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
    report = s.derivation.derive(
        dataset, window, key=f"{key}:{day}", actor=by, reference_at=max(s.clock.now(), window.end_at)
    )
    return {"rows": report.rows}


def watch_data(s: Services, night: date) -> Summary:
    """Evaluate the monitors of data before anything learns from them; {} without any."""
    names = s.monitoring.names("data")
    targets = [s.monitoring.monitors[name].indicator.target for name in names]
    for profile in sorted({target.name for target in targets if target.kind == "profile"}):
        s.profiles.catch_up(profile, actor=actor(night))
    if not names:
        return {}
    return {"alerts": len(s.monitoring.evaluate(business_day(s, night), key=f"night:{night}", only=names))}


def catch_up_profiles(s: Services, night: date) -> Summary:
    """Profile what came in since the last time; what was profiled to its rows, or why it could not be."""
    summary: Summary = {}
    for name in s.profiles.names():
        try:
            caught = s.profiles.catch_up(name, actor=actor(night))
        except SteekError as error:
            # A table that cannot be read must not keep the night from watching the others.
            summary[name] = {"failed": error.message}
            continue
        if caught:
            summary[name] = {"rows": sum(run.rows for run in caught)}
    return summary


def _awaited(s: Services) -> list[str]:
    schedules = [s.definitions[model].schedule for model in nightly_models(s)]
    return sorted({name for schedule in schedules for name in s.datasets if f"after {name}" in schedule})


def _rows(s: Services, dataset: str, window: Window) -> int:
    return int(s.ingestion.volumes(dataset, window.start_at, window.end_at)["rows"].sum())


def _days_with_rows(s: Services, dataset: str, since: datetime, until: datetime) -> set[datetime]:
    """Starts of the business days in which every event-time input of a derived dataset has rows."""
    derived = s.datasets[dataset]
    assert isinstance(derived, DerivedDataset)
    inputs = [name for name in derived.inputs if s.datasets[name].event_time]
    present = [_present(s.ingestion.volumes(name, since, until)) for name in inputs]
    return present[0].intersection(*present[1:]) if present else set()


def _present(volumes: pl.DataFrame) -> set[datetime]:
    return set(volumes.filter(pl.col("rows") > 0)["window_start"])
