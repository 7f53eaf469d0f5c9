"""Steps of a night that make feature snapshots: the new one for serving, and those that training still lacks."""

from datetime import date, datetime, timedelta
from typing import Any

from steek.loop.calendar import business_day, lookback_days, memory_days, nightly_models
from steek.loop.services import Services
from steek.models import ModelDefinition

Summary = dict[str, Any]

_HASH_DIGITS = 12
# A Monday, so that weekly views are made when a week begins.
_FIRST_MONDAY = date(1970, 1, 5)


def nightly_views(s: Services) -> list[str]:
    """Views that some nightly model reads, in order of declaration."""
    return [view for view in s.views if models_reading(s, view)]


def missing_for_nights(s: Services, night: date, view: str) -> list[str]:
    """What `missing_snapshots` says for the models of the night."""
    return missing_snapshots(s, night, view, models_reading(s, view))


def missing_snapshots(s: Services, night: date, view: str, models: list[str]) -> list[str]:
    """Moments whose snapshot these models need and nobody made with today's definition, oldest first.

    The first is early enough to be valid at the oldest example; the last is the night's own when one is due then.
    A view that was edited lacks all of them: models must not learn from two definitions at once.
    """
    as_of = business_day(s, night).end_at
    definition = s.views[view].definition_hash
    made = s.features.snapshots(view)
    have = {snapshot.as_of for snapshot in made if snapshot.definition_hash == definition}
    days_back = max((memory_days(s, model, night) for model in models), default=0)
    every_days = max(s.views[view].every // timedelta(days=1), 1)
    needed = [as_of - timedelta(days=back) for back in range(days_back + every_days - 1, -1, -1)]
    return [at.isoformat() for at in needed if _is_due(at, every_days) and at not in have]


def make_missing(s: Services, night: date, model: str, by: str) -> Summary:
    """Compute the snapshots that one model needs and nobody made; serving gets the newest if none is later."""
    made: Summary = {}
    for view in sorted(views_of(s.definitions[model]) & set(s.views)):
        missing = missing_snapshots(s, night, view, [model])
        for as_of in missing:
            materialise(s, view, as_of, by)
        newest = s.features.snapshots(view)[-1].as_of
        if newest.isoformat() in missing:
            publish(s, night, view)
        made[view] = len(missing)
    return made


def materialise(s: Services, view: str, as_of: str, by: str) -> Summary:
    """Compute one snapshot of a view; an edited view is another snapshot of the same moment."""
    key = f"snapshot:{view}:{as_of}:{_definition_digits(s, view)}"
    snapshot = s.features.materialise(view, datetime.fromisoformat(as_of), key=key, actor=by)
    return {"rows": snapshot.rows}


def recompute(s: Services, view: str, first_day: str, key: str, by: str) -> Summary:
    """Make every snapshot later than the beginning of a day anew, and publish the newest."""
    since = business_day(s, date.fromisoformat(first_day)).end_at
    moments = [snapshot.as_of for snapshot in s.features.snapshots(view) if snapshot.as_of >= since]
    for moment in moments:
        s.features.materialise(view, moment, key=f"{key}:{view}:{moment.isoformat()}", actor=by)
    if moments:
        s.features.publish(view, moments[-1], key=f"{key}:publish:{view}")
    return {"snapshots": len(moments)}


def publish(s: Services, night: date, view: str) -> Summary:
    """Put the newest snapshot that the night may know into the online store."""
    until = business_day(s, night).end_at + timedelta(microseconds=1)
    as_of = s.features.snapshots(view, until=until)[-1].as_of
    key = f"publish:{view}:{as_of.isoformat()}:{_definition_digits(s, view)}"
    s.features.publish(view, as_of, key=key)
    return {"as_of": as_of.isoformat()}


def models_reading(s: Services, view: str) -> list[str]:
    """Nightly models whose features or candidates come from a view."""
    return [model for model in nightly_models(s) if view in views_of(s.definitions[model])]


def views_of(definition: ModelDefinition) -> set[str]:
    """Names of the views a definition reads, its moment features included."""
    names = {column if isinstance(column, str) else column.view for column in definition.columns()}
    return names | ({definition.candidates.name} if definition.candidates else set())


def derived_days_needed(s: Services, night: date, dataset: str) -> int:
    """How many days before the night a derived dataset must reach, for features and for examples."""
    through_views = [
        lookback_days(s, view) + max((memory_days(s, model, night) for model in models_reading(s, view)), default=0)
        for view, declared in s.views.items()
        if dataset in declared.inputs
    ]
    through_examples = [
        memory_days(s, model, night) for model in nightly_models(s) if dataset in s.definitions[model].examples.inputs
    ]
    return max([*through_views, *through_examples], default=0)


def _is_due(as_of: datetime, every_days: int) -> bool:
    return (as_of.date() - _FIRST_MONDAY).days % every_days == 0


def _definition_digits(s: Services, view: str) -> str:
    return s.views[view].definition_hash[:_HASH_DIGITS]
