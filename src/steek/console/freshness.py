"""Until when what serves keeps its freshness objective."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.kernel.units import format_duration
from steek.models import ModelDefinition, TrainedModel

_LONG_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FreshLine:
    """How long what serves keeps its freshness objective; instants are None while nothing serves."""

    name: str
    objective: str
    data_until: datetime | None
    stale_at: datetime | None
    health: str


def fresh_line(definition: ModelDefinition, serving: TrainedModel | None, now: datetime) -> FreshLine:
    """One model; `serving` None while nothing serves, which is undecided."""
    objective = objective_words(definition)
    if serving is None:
        return FreshLine(definition.name, objective, None, None, "undecided")
    until = stale_at(definition, serving)
    return FreshLine(definition.name, objective, serving.data_until, until, "broken" if until < now else "well")


def stale_at(definition: ModelDefinition, serving: TrainedModel) -> datetime:
    """When what serves misses its objective; the time that answers take to be known is added, nobody can shorten it."""
    return serving.data_until + definition.examples.label_window + definition.freshness.limit


def objective_words(definition: ModelDefinition) -> str:
    """The objective, with what is added for answers that are known days later: "48h + 7 d until answers are known"."""
    objective, wait = definition.freshness.objective, definition.examples.label_window
    return f"{objective} + {format_duration(wait)} until answers are known" if wait >= _LONG_WAIT else objective
