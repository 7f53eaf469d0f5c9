"""What to watch when nobody says otherwise: the usual monitors of a dataset and of a model, declared in one line."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from steek.data import AnyDataset, Contract, DerivedDataset
from steek.models import ModelDefinition
from steek.monitoring.indicators.ages import data_age, model_age
from steek.monitoring.indicators.arrivals import new_value_share, outcomes_known
from steek.monitoring.indicators.golden import golden_change
from steek.monitoring.indicators.joins import join_matched
from steek.monitoring.indicators.outcomes import expected_vs_observed
from steek.monitoring.indicators.predictions import fallback_share, prediction_mean, prediction_statistic
from steek.monitoring.indicators.user_defined import KindName, indicator
from steek.monitoring.indicators.values import odd_hours_share, value_size
from steek.monitoring.indicators.volumes import volume
from steek.monitoring.monitor import IndicatorSpec, Monitor, Purpose
from steek.monitoring.thresholds.declared import LearnedThreshold, Season, Threshold, explicit, learned
from steek.monitoring.watching.declared import WatchedModel

# Answers of the golden set move a little with every training; not at all, or by most of their size, is no training.
_GOLDEN = explicit(lower=0.00001, upper=0.8)
_NEVER = explicit(upper=0.0)
_FEW = explicit(upper=0.05)


def _no_days() -> Mapping[str, Sequence[date]]:
    return {}


@dataclass(frozen=True, slots=True)
class Defaults:
    """How the usual monitors judge; every number was chosen on quiet weeks and planted faults of a real year.

    Args:
        holidays: Days of their own by name, that are not judged; see `learned`.
        rows: Half-width for numbers of rows, in spreads.
        whole: For shares and sizes of all rows.
        slices: For shares and sizes of each slice; these are widened further by the tail of what all slices did.
        least_slice: How many rows a slice must have for its number of rows, and its silence, to be judged.
        least_rows: How many it must have for its shares and sizes to be judged.
        budget_per_week: How often one of these monitors may cry wolf; there are dozens of them.
    """

    holidays: Mapping[str, Sequence[date]] = field(default_factory=_no_days)
    rows: float = 6.0
    whole: float = 8.0
    slices: float = 6.0
    least_slice: float = 3.0
    least_rows: float = 20.0
    budget_per_week: float = 0.005

    def of_rows(self, by: str | None) -> LearnedThreshold:
        """The rule for numbers of rows, which know the days of the week."""
        least = 0.0 if by is None else self.least_slice
        return self._learned(self.rows, season="week", least_rows=least, drifts=by is None)

    def of_values(self, by: str | None, *, drifts: bool = False) -> LearnedThreshold:
        """The rule for shares and sizes, of the whole or of each slice."""
        if by is None:
            return self._learned(self.whole, season="week", least_rows=0.0, drifts=drifts)
        return self._learned(self.slices, season=None, least_rows=self.least_rows, drifts=False)

    def _learned(self, width: float, *, season: Season | None, least_rows: float, drifts: bool) -> LearnedThreshold:
        """From eight of each day of the week; slow drift is looked for where the seasons of a business are no drift."""
        rule = learned(
            width, season=season, windows=56, min_volume=least_rows, holidays=self.holidays,
            budget_per_week=self.budget_per_week,
        )  # fmt: skip
        return rule if drifts else replace(rule, drift_weeks=None)


@dataclass(frozen=True, slots=True)
class _Watched:
    """A dataset or model, and how its monitors are named."""

    name: str
    owner: str

    def monitor(
        self, what: str, measured: IndicatorSpec, threshold: Threshold, *, by: str | None = None,
        purpose: Purpose = "alert",
    ) -> Monitor:  # fmt: skip
        title = f"{self.name}: {what}" if by is None else f"{self.name}: {what} by {by}"
        return Monitor(title, indicator=measured, threshold=threshold, on=self.name, owner=self.owner, purpose=purpose)


def default_monitors(
    *declared: AnyDataset | ModelDefinition | WatchedModel, judged: Defaults | None = None
) -> list[Monitor]:
    """The usual monitors of datasets and models, named "<thing>: <what>", "by <column>" where slices are watched.

    Of a dataset with an event time: rows, shares of duplicates, nulls, numbers that are none and values that are new,
    size and presence of its measures, the hour of its events; of a derived one what its joins found. The columns are
    those of its contract, where that is given as a `Contract`; its slices are those of `volume_by`.
    Of a model: its age and that of its data, the golden answers, fallbacks, level and variety of the answers, outcomes
    that are not known in time, and observed against expected; of a watched model only what its log can tell.

    Args:
        declared: Declarations of datasets and models. Of a model, outcomes are awaited for as long as its labels take,
            and it may be as old as its freshness allows.
        judged: How they judge; None means `Defaults()`.
    """
    found: list[Monitor] = []
    for one in declared:
        if isinstance(one, WatchedModel):
            found += watched_monitors(one, judged)
            continue
        if not isinstance(one, ModelDefinition):
            found += dataset_monitors(one, judged)
            continue
        hours, label_s = one.freshness.limit.total_seconds() / 3600, one.examples.label_window.total_seconds()
        found += model_monitors(
            one.name, judged, owner=one.owner, most_age_hours=hours, most_data_age_hours=hours + label_s / 3600,
            delay=f"{math.ceil(label_s)}s",
        )  # fmt: skip
    return found


def dataset_monitors(dataset: AnyDataset, judged: Defaults | None = None) -> list[Monitor]:
    """The usual monitors of a dataset; none for one without event time. See `default_monitors`."""
    if dataset.event_time is None:
        return []
    rules, watched, name = judged or Defaults(), _Watched(dataset.name, dataset.owner), dataset.name
    each = (None, *dataset.volume_by)
    found = [watched.monitor("rows", volume(name, by=by), rules.of_rows(by), by=by) for by in each]
    # Values and hours of a derived dataset are those of what it is made from, and watched there.
    if not isinstance(dataset, DerivedDataset):
        found.append(watched.monitor("rows at odd hours", odd_hours_share(name), rules.of_values(None)))
        for column in dataset.volume_by:
            new = new_value_share(name, column)
            found.append(watched.monitor(f"new values of {column}", new, rules.of_values(None)))
    if isinstance(dataset, DerivedDataset) and dataset.joins:
        found.append(watched.monitor("rows joined", join_matched(name), rules.of_values(None, drifts=True)))
    if isinstance(dataset.contract, Contract):
        found += _of_columns(watched, dataset.contract, dataset.volume_by, rules)
    return found


def model_monitors(
    model: str,
    judged: Defaults | None = None,
    *,
    owner: str,
    most_age_hours: float = 48,
    most_data_age_hours: float = 72,
    by: Sequence[str] = (),
    delay: str = "0s",
) -> list[Monitor]:
    """The usual monitors of a model. See `default_monitors`.

    Args:
        model: Its name.
        judged: How they judge; None means `Defaults()`.
        owner: Who is asked.
        most_age_hours: How long ago the model in use may have been trained.
        most_data_age_hours: How old the newest of its data may be.
        by: Columns of the entities, and of the outcomes, whose values are watched one by one beside the whole.
        delay: How long outcomes take.
    """
    rules, watched = judged or Defaults(), _Watched(model, owner)
    wrong = prediction_statistic(model, "non-finite share")
    found = [
        watched.monitor("age of the model", model_age(model), explicit(upper=most_age_hours), purpose="page"),
        watched.monitor("age of its data", data_age(model), explicit(upper=most_data_age_hours)),
        watched.monitor("golden set change", golden_change(model), _GOLDEN),
        watched.monitor("fallback share", fallback_share(model), _FEW),
        watched.monitor("answers that are no number", wrong, _NEVER),
        watched.monitor("outcomes known", outcomes_known(model, delay=delay), rules.of_values(None, drifts=True)),
    ]
    return [*found, *_of_answers(watched, by, delay, rules)]


def watched_monitors(model: WatchedModel, judged: Defaults | None = None) -> list[Monitor]:
    """The usual monitors of a model that others train and serve: of its answers, and of its outcomes where known."""
    rules, watched = judged or Defaults(), _Watched(model.name, model.owner)
    delay = None if model.outcomes is None else model.outcome_delay
    found: list[Monitor] = []
    if delay is not None:
        known = outcomes_known(model.name, delay=delay)
        found.append(watched.monitor("outcomes known", known, rules.of_values(None)))
    return [*found, *_of_answers(watched, model.slices, delay, rules)]


def _of_answers(watched: _Watched, by: Sequence[str], delay: str | None, rules: Defaults) -> Iterator[Monitor]:
    """Level and variety of the answers, and how they fit; without a delay there are no outcomes."""
    model = watched.name
    for column in (None, *by):
        rule, fits = rules.of_values(column), rules.of_values(column, drifts=True)
        same = prediction_statistic(model, "commonest share", by=column)
        yield watched.monitor("mean answer", prediction_mean(model, by=column), rule, by=column)
        yield watched.monitor("share of the commonest answer", same, rule, by=column)
        if column is None:
            spread = prediction_statistic(model, "variance")
            yield watched.monitor("variance of the answers", spread, rule)
        if delay is not None:
            fit = expected_vs_observed(model, by=column, delay=delay)
            yield watched.monitor("observed against expected", fit, fits, by=column)


def _of_columns(watched: _Watched, contract: Contract, slices: Sequence[str], rules: Defaults) -> Iterator[Monitor]:
    """Monitors of the values of rows: as many as the contract gives reason for."""
    name, fields = watched.name, contract.fields
    numbers = [one.name for one in fields if one.type == "number"]
    everything = pl.struct([one.name for one in fields])
    twice = _share("rows that came twice", name, everything.is_duplicated() & ~everything.is_first_distinct())
    yield watched.monitor("rows that came twice", twice, rules.of_values(None))
    if numbers:
        wrong = pl.any_horizontal(~pl.col(column).is_finite() for column in numbers)
        yield watched.monitor("numbers that are none", _share("numbers that are none", name, wrong), _NEVER)
    holes = [one.name for one in fields if one.nullable]
    for column in holes:
        absent = _share(f"{column} missing", name, pl.col(column).is_null())
        yield watched.monitor(f"{column} missing", absent, rules.of_values(None, drifts=True))
    for by in slices if holes else ():
        absent = pl.any_horizontal(pl.col(column).is_null() for column in holes if column != by)
        told = _share("rows with something missing", name, absent, by)
        yield watched.monitor("rows with something missing", told, rules.of_values(by), by=by)
    for one in fields:
        # Whole numbers without a unit are names of things, not measures.
        if one.name in numbers or (one.type == "integer" and one.unit):
            present = _share(f"{one.name} other than 0", name, pl.col(one.name) != 0)
            yield watched.monitor(f"{one.name} other than 0", present, rules.of_values(None))
            for by in (None, *slices):
                yield watched.monitor(f"size of {one.name}", value_size(name, one.name, by), rules.of_values(by), by=by)


def _share(title: str, dataset: str, rows: pl.Expr, by: str | None = None) -> IndicatorSpec:
    kind: KindName = "share"
    return indicator(title, of=dataset, value=rows.mean(), kind=kind, by=by)
