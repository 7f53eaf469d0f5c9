"""What to watch when nobody says otherwise: the usual monitors of a dataset and of a model, declared in one line."""

from collections.abc import Sequence

from steek.data import AnyDataset, DerivedDataset
from steek.models import ModelDefinition
from steek.monitoring.indicators import (
    data_age,
    expected_vs_observed,
    fallback_share,
    golden_change,
    join_matched,
    model_age,
    prediction_mean,
    volume,
)
from steek.monitoring.monitor import IndicatorSpec, Monitor, Purpose
from steek.monitoring.thresholds.declared import LearnedThreshold, Threshold, explicit, learned

# Answers of the golden set move a little with every training; not at all, or by most of their size, is no training.
_GOLDEN = explicit(lower=0.00001, upper=0.8)
_MOST_FALLBACKS = explicit(upper=0.05)


def dataset_monitors(dataset: AnyDataset, *, rule: LearnedThreshold | None = None) -> list[Monitor]:
    """Rows in all and for each slice that the dataset names; of a derived dataset, what its joins found.

    Args:
        dataset: Its declaration; needs an event time to be watched at all.
        rule: How bounds are learned; None means `learned()`.
    """
    if dataset.event_time is None:
        return []
    name, bounds = dataset.name, rule or learned()

    def watch(what: str, indicator: IndicatorSpec, threshold: Threshold = bounds) -> Monitor:
        return Monitor(f"{name}: {what}", indicator=indicator, threshold=threshold, on=name, owner=dataset.owner)

    found = [watch("rows", volume(name))]
    found += [watch(f"rows by {column}", volume(name, by=column)) for column in dataset.volume_by]
    if isinstance(dataset, DerivedDataset) and dataset.joins:
        found.append(watch("rows joined", join_matched(name)))
    return found


def model_monitors(
    model: str,
    *,
    owner: str,
    most_age_hours: float = 48,
    most_data_age_hours: float = 72,
    by: Sequence[str] = (),
    delay: str = "0s",
    rule: LearnedThreshold | None = None,
) -> list[Monitor]:
    """Age, golden answers, level of the answers, fallbacks, and what came of them.

    Args:
        model: Its name.
        owner: Who is asked.
        most_age_hours: How long ago the model in use may have been trained.
        most_data_age_hours: How old the newest of its data may be.
        by: Columns of the outcomes whose values are watched one by one, beside the whole.
        delay: How long outcomes take.
        rule: How bounds are learned; None means `learned()`.
    """
    bounds = rule or learned()

    def watch(
        what: str, indicator: IndicatorSpec, threshold: Threshold = bounds, purpose: Purpose = "alert"
    ) -> Monitor:
        return Monitor(
            f"{model}: {what}", indicator=indicator, threshold=threshold, on=model, owner=owner, purpose=purpose
        )

    return [
        watch("age of the model", model_age(model), explicit(upper=most_age_hours), "page"),
        watch("age of its data", data_age(model), explicit(upper=most_data_age_hours)),
        watch("golden set change", golden_change(model), _GOLDEN),
        watch("mean prediction", prediction_mean(model)),
        watch("fallback share", fallback_share(model), _MOST_FALLBACKS),
        watch("observed against expected", expected_vs_observed(model, delay=delay)),
        *(
            watch(f"observed against expected by {column}", expected_vs_observed(model, by=column, delay=delay))
            for column in by
        ),
    ]


def default_monitors(*declared: AnyDataset | ModelDefinition, rule: LearnedThreshold | None = None) -> list[Monitor]:
    """The usual monitors of datasets and models, named "<thing>: <what>".

    Args:
        declared: Declarations of datasets and models. Of a model, outcomes are awaited for as long as its labels take,
            and it may be as old as its freshness allows.
        rule: How bounds are learned; None means `learned()`.
    """
    found: list[Monitor] = []
    for one in declared:
        if not isinstance(one, ModelDefinition):
            found += dataset_monitors(one, rule=rule)
            continue
        hours = one.freshness.limit.total_seconds() / 3600
        label_s = one.examples.label_window.total_seconds()
        found += model_monitors(
            one.name, owner=one.owner, most_age_hours=hours, most_data_age_hours=hours + label_s / 3600,
            delay=f"{max(int(label_s), 0)}s", rule=rule,
        )  # fmt: skip
    return found
