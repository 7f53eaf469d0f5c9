"""Sides of a question for which nobody names one: what served when it was asked, and what serves now. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from steek.incidents.bench.sides import Side
from steek.kernel.errors import NotFoundError
from steek.models import ModelDefinition
from steek.serving import RouteChange
from steek.serving.queries import parse_moment


def serving_sides(
    definition: ModelDefinition,
    typed: Sequence[Mapping[str, object]],
    changes: Sequence[RouteChange],
    *,
    now: datetime,
) -> tuple[Side, ...]:
    """What answers now; for one question of the past what answered it then, and what answers now with features of now.

    Args:
        definition: Of the model.
        typed: Questions that somebody typed in; of more than one, none is looked at.
        changes: Of the route of the model, newest first.
        now: The present.

    Raises:
        NotFoundError: nothing served then, and nothing serves now.
        UnreadableError: the moment of the question is none.
    """
    alone: Mapping[str, object] = typed[0] if len(typed) == 1 else {}
    by, given = definition.partition_by, alone.get(definition.examples.moment)
    member = str(alone[by]) if by is not None and by in alone else None
    moment = given if isinstance(given, datetime) else None if given is None else parse_moment(given)
    current = _version(changes, member, now)
    is_past = moment is not None and moment < now
    then = _version(changes, member, moment) if moment is not None and is_past else None
    found = [] if then is None else [Side(then)]
    if current is not None:
        found.append(Side(current, as_of=now) if is_past else Side(current))
    if not found:
        raise NotFoundError(f"nothing serves {definition.name}", next_step="Name the versions to ask, for example 17.")
    return tuple(found)


def _version(changes: Sequence[RouteChange], member: str | None, at: datetime) -> int | None:
    route = next((change.route for change in changes if change.at <= at), None)
    return None if route is None else route.version_of(member)
