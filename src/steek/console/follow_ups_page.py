"""Follow-ups as a list and as a picture of what they are worth and cost; one of them with everything about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.console.services import Services
from steek.incidents.followups.checks import CHECKS, Finding
from steek.incidents.followups.follow_up import FollowUp, Priority, Selection
from steek.incidents.followups.lateness import Digest
from steek.incidents.followups.lifecycle import FOLLOW_UP_TRANSITIONS, FollowUpAction
from steek.incidents.followups.scales import COST_WORDS, MUCH, VALUE_WORDS
from steek.ledger import Event

_CHEAP = 2


@dataclass(frozen=True, slots=True)
class GridCell:
    """What lies at one value and cost; `corner` names the two corners that matter."""

    corner: str
    found: tuple[FollowUp, ...]


@dataclass(frozen=True, slots=True)
class GridRow:
    """All costs at one value, cheap first."""

    value: str
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True)
class ShownFollowUp:
    """One line; `health` is how it stands, in shape and colour."""

    one: FollowUp
    is_late: bool
    health: str
    value: str
    cost: str


@dataclass(frozen=True, slots=True)
class FollowUpsView:
    """Open ones drawn and listed, the hard ones apart, the others below."""

    rows: tuple[ShownFollowUp, ...]
    over: tuple[ShownFollowUp, ...]
    hard: tuple[ShownFollowUp, ...]
    grid: tuple[GridRow, ...]
    costs: tuple[str, ...]
    values: tuple[str, ...]
    priorities: tuple[str, ...]
    checks: tuple[tuple[str, tuple[str, ...]], ...]
    digest: Digest
    late: int
    unheard: tuple[FollowUp, ...]
    form_key: str


@dataclass(frozen=True, slots=True)
class FollowUpView:
    """One, with what its check says now, what may be done to it, and its history, newest first."""

    row: ShownFollowUp
    finding: Finding | None
    moves: tuple[str, ...]
    history: tuple[Event, ...]
    costs: tuple[str, ...]
    values: tuple[str, ...]
    priorities: tuple[str, ...]
    form_key: str


def follow_ups_view(services: Services, owner: str | None, *, form_key: str) -> FollowUpsView:
    """All of them, or those of one owner."""
    now = services.clock.now()
    found = services.follow_ups.list(Selection(owner=owner))
    open_ones = [one for one in found if one.state.is_open]
    shown = tuple(shown_follow_up(one, now) for one in open_ones)
    return FollowUpsView(
        rows=shown,
        over=tuple(shown_follow_up(one, now) for one in found if not one.state.is_open),
        hard=tuple(row for row in shown if row.one.is_hard),
        grid=_grid(open_ones),
        costs=COST_WORDS,
        values=VALUE_WORDS,
        priorities=tuple(Priority),
        checks=tuple((name, (*kind.needs, *kind.may)) for name, kind in CHECKS.items()),
        digest=services.lateness.digest(),
        late=sum(row.is_late for row in shown),
        unheard=tuple(one.follow_up for one in services.lateness.unheard()),
        form_key=form_key,
    )


def follow_up_view(services: Services, follow_up: str, *, form_key: str) -> FollowUpView:
    """One of them. Raises NotFoundError when there is none by that id."""
    looked = services.follow_ups.look(follow_up)
    one = looked.follow_up
    moves = [action for state, action in FOLLOW_UP_TRANSITIONS if state is one.state]
    return FollowUpView(
        row=shown_follow_up(one, services.clock.now()),
        finding=looked.finding,
        moves=tuple(move.value for move in moves if move is not FollowUpAction.FINISH),
        history=tuple(services.ledger.events(subject=one.urn, newest_first=True, limit=50)),
        costs=COST_WORDS,
        values=VALUE_WORDS,
        priorities=tuple(Priority),
        form_key=form_key,
    )


def shown_follow_up(one: FollowUp, now: datetime) -> ShownFollowUp:
    """One line of a list."""
    late = one.is_overdue(now)
    if late:
        health = "broken"
    elif one.state.is_open:
        health = "watch" if one.priority is Priority.P0 else "undecided"
    else:
        health = "well" if one.ending is not None and one.ending.how != "dropped" else "undecided"
    return ShownFollowUp(one, late, health, VALUE_WORDS[one.value - 1], COST_WORDS[one.cost - 1])


def _grid(found: Sequence[FollowUp]) -> tuple[GridRow, ...]:
    """Value up, cost to the right."""
    rows: list[GridRow] = []
    for value in range(len(VALUE_WORDS), 0, -1):
        cells: list[GridCell] = []
        for cost in range(1, len(COST_WORDS) + 1):
            corner = "first" if value >= MUCH and cost <= _CHEAP else "hard" if value >= MUCH and cost >= MUCH else ""
            here = tuple(one for one in found if (one.value, one.cost) == (value, cost))
            cells.append(GridCell(corner, here))
        rows.append(GridRow(VALUE_WORDS[value - 1], tuple(cells)))
    return tuple(rows)
