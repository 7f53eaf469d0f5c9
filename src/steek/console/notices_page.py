"""Notices: who is told of what, what waits, what was given up, and what every target said last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from steek.console.services import Services
from steek.console.words import time_tag
from steek.ledger import Event
from steek.notify import Delivery, TargetState

_SHOWN = 50
_NOTICES = 100
_TESTS = 200
_GONE = "(no such target)"
_FOUND = {"delivered": "arrived", "failed": "failed", "refused": "was refused"}


@dataclass(frozen=True, slots=True)
class TestLine:
    """What came of the last test of a target."""

    at: datetime
    actor: str
    said: str


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target; `is_declared` is False where its table was taken out and something still waits for it."""

    state: TargetState
    health: str
    said: str
    is_declared: bool
    test: TestLine | None


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice with every target's delivery; none where nobody is told of it."""

    first: Delivery
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class NoticesView:
    """Targets, dead letters, what waits, and the latest notices. `now` is the time of the world outside."""

    health: str
    said: str
    targets: tuple[TargetLine, ...]
    dead: tuple[Delivery, ...]
    waiting: tuple[Delivery, ...]
    notices: tuple[NoticeLine, ...]
    now: datetime
    form_key: str

    @property
    def declared(self) -> frozenset[str]:
        """Names of targets that can be sent to."""
        return frozenset(line.state.name for line in self.targets if line.is_declared)

    def since(self, at: datetime | None) -> Markup:
        """An instant beside how long ago it was: notices live in the world's time, also where a project replays."""
        return time_tag(at, self.now, relative=True)


def notices_view(services: Services, *, form_key: str) -> NoticesView:
    """Everything about telling people; secrets of targets are nowhere in it."""
    tests = _last_tests(services.ledger.events(kinds=["notice.tested"], limit=_TESTS, newest_first=True))
    targets = tuple(_target(state, tests.get(state.name)) for state in services.notices.targets())
    health, said = _summary(targets)
    return NoticesView(
        health=health,
        said=said,
        targets=targets,
        dead=tuple(services.notices.deliveries("dead", limit=_SHOWN)),
        waiting=tuple(services.notices.deliveries("waiting", limit=_SHOWN)),
        notices=_by_notice(services.notices.deliveries(limit=_NOTICES)),
        now=services.notices.now(),
        form_key=form_key,
    )


def _target(state: TargetState, test: TestLine | None) -> TargetLine:
    is_declared = state.kind != _GONE
    is_failing = state.failed_at is not None and (state.delivered_at is None or state.failed_at > state.delivered_at)
    if not is_declared:
        health, said = "watch", "not in steek.toml any more; nothing of this is sent"
    elif state.dead:
        health, said = "broken", "notices were given up"
    elif is_failing:
        health, said = "watch", "the last attempt failed"
    elif state.delivered_at is None:
        health, said = "undecided", "nothing was sent yet: test it"
    else:
        health, said = "well", "the last attempt arrived"
    return TargetLine(state, health, said, is_declared, test)


def _summary(targets: Sequence[TargetLine]) -> tuple[str, str]:
    dead = sum(line.state.dead for line in targets)
    waiting = sum(line.state.waiting for line in targets)
    healths = {line.health for line in targets}
    health = next((each for each in ("broken", "watch", "undecided") if each in healths), "well")
    left = f"{dead:,} given up, {waiting:,} waiting"
    failing = [line.state.name for line in targets if line.health in ("broken", "watch")]
    if failing:
        return health, f"{left}; look at {', '.join(failing)}."
    unknown = [line.state.name for line in targets if line.health == "undecided"]
    return health, f"{left}; nothing was ever sent to {', '.join(unknown)}." if unknown else f"{left}."


def _last_tests(events: Sequence[Event]) -> Mapping[str, TestLine]:
    found: dict[str, TestLine] = {}
    for event in events:
        outcome, reason = str(event.payload.get("outcome")), str(event.payload.get("reason") or "")
        said = f"{_FOUND.get(outcome, outcome)}{f': {reason}' if reason else ''}"
        found.setdefault(event.subject.removeprefix("target:"), TestLine(event.at, event.actor, said))
    return found


def _by_notice(found: Sequence[Delivery]) -> tuple[NoticeLine, ...]:
    grouped: dict[str, list[Delivery]] = {}
    for each in found:
        grouped.setdefault(each.notice, []).append(each)
    return tuple(NoticeLine(own[0], tuple(each for each in own if each.target is not None)) for own in grouped.values())
