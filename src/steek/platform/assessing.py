"""How a project stands against failure: holes in a line, the map, readiness, what is to be done first."""

from dataclasses import dataclass

from steek.incidents.defences.defence_map import DefenceMap
from steek.incidents.followups.follow_up import FollowUp, Selection
from steek.incidents.readiness.scoring import ModelReadiness
from steek.incidents.reviews.reviews import ReviewState
from steek.platform.record import Platform

_FIRST = 5


@dataclass(frozen=True, slots=True)
class Assessment:
    """The map with its holes, readiness of the models (the least ready first), the review, the first follow-ups."""

    defences: DefenceMap
    readiness: tuple[ModelReadiness, ...]
    review: ReviewState
    follow_ups: tuple[FollowUp, ...]
    open_follow_ups: int
    overdue_follow_ups: int


def assess(platform: Platform, model: str | None = None) -> Assessment:
    """Assess one model, or all of a project.

    Raises:
        NotFoundError: no model by that name.
    """
    ready = platform.readiness.all() if model is None else (platform.readiness.of(model),)
    waiting = platform.follow_ups.list(Selection(open_only=True))
    now = platform.clock.now()
    return Assessment(
        defences=platform.defence_map.map(model),
        readiness=ready,
        review=platform.reviews.now(),
        follow_ups=waiting[:_FIRST],
        open_follow_ups=len(waiting),
        overdue_follow_ups=sum(one.is_overdue(now) for one in waiting),
    )
