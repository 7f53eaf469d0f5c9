"""Who may see how much of a status: the team everything, stakeholders what their row says, others nothing."""

from collections.abc import Callable, Sequence

from steek.governance import MEMBER, OWNER, Actor
from steek.incidents.roles.stakeholders import Sees, Stakeholder
from steek.incidents.updates.status import Status
from steek.kernel.errors import NotFoundError, RefusedError

_TEAM = frozenset({OWNER, MEMBER})
_NARROWEST_FIRST = (Sees.OUTSIDER, Sees.SUMMARY, Sees.INTERNAL)


def is_of_team(actor: Actor | None) -> bool:
    """Whether somebody works here: whoever is at this machine, and tokens with the role owner or member."""
    return actor is None or actor.token is None or bool(_TEAM & set(actor.roles))


def view_of(actor: Actor | None, stakeholders: Sequence[Stakeholder]) -> Sees | None:
    """How much somebody may see, None for nothing.

    Args:
        actor: Who looks; None is somebody at this machine.
        stakeholders: Those of the incident's systems; of several rows of one person the widest counts.
    """
    if is_of_team(actor) or actor is None:
        return Sees.INTERNAL
    rows = {Sees(one.sees) for one in stakeholders if one.person == actor.principal}
    return max(rows, key=_NARROWEST_FIRST.index, default=None)


def narrowed(may: Sees, asked: Sees | None) -> Sees:
    """What is shown to somebody who asks for a narrower view than they may have; never a wider one."""
    return may if asked is None else min(may, asked, key=_NARROWEST_FIRST.index)


def status_for(
    actor: Actor | None,
    incident_id: str,
    *,
    status: Callable[[str], Status],
    stakeholders: Callable[..., Sequence[Stakeholder]],
    asked: Sees | None = None,
) -> tuple[Status, Sees]:
    """The status of an incident and how much of it is shown to somebody.

    To whom internals are not shown, an incident that was merged is the one that people work on.

    Args:
        actor: Who looks.
        incident_id: Which.
        status: The status of one incident.
        stakeholders: Those of some systems.
        asked: A narrower view than they may have; None shows what they may see.

    Raises:
        RefusedError: no stakeholder of its systems; they are not told whether there is such an incident either.
        NotFoundError: there is none; told to the team alone.
    """
    try:
        found = status(incident_id)
    except NotFoundError:
        if is_of_team(actor):
            raise
        raise _refused(actor) from None
    sees = view_of(actor, stakeholders(found.incident.subject, *found.incident.systems))
    if sees is None:
        raise _refused(actor)
    shown = narrowed(sees, asked)
    if shown is not Sees.INTERNAL and found.part_of is not None:
        found = status(found.part_of)
    return found, shown


def _refused(actor: Actor | None) -> RefusedError:
    name = "nobody" if actor is None else actor.principal
    message = f"{name!r} is no stakeholder of the systems of such an incident"
    return RefusedError(message, next_step="The team adds stakeholders with 'steek oncall add-stakeholder'.")
