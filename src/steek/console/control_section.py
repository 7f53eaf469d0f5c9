"""What may change in an incident: held changes that wait, and agreements to mitigations."""

from dataclasses import dataclass
from datetime import datetime

from steek.console.event_words import argument_words
from steek.console.phases_section import label
from steek.console.services import Services
from steek.incidents import Role, State, Story
from steek.incidents.control.agreements import Agreement, AgreementState
from steek.incidents.control.change_control import DECIDERS
from steek.kernel.state_machine import legal_actions
from steek.models.held_changes import TRANSITIONS, ChangeState, HeldChange

_SHOWN = 30
_HEALTHS = {
    ChangeState.HELD: "watch",
    ChangeState.ASKED: "broken",
    ChangeState.APPROVED: "well",
    ChangeState.RELEASED: "watch",
    ChangeState.REFUSED: "undecided",
    ChangeState.PASSED: "well",
}
_WORDS = {
    ChangeState.HELD: "held",
    ChangeState.ASKED: "somebody asks for it",
    ChangeState.APPROVED: "approved, not made yet",
    ChangeState.RELEASED: "not held any more: still wanted?",
    ChangeState.REFUSED: "refused",
    ChangeState.PASSED: "made",
}
_AGREEMENT_HEALTHS = {
    AgreementState.ASKED: "watch",
    AgreementState.AGREED: "well",
    AgreementState.DECLINED: "broken",
    AgreementState.EXPIRED: "undecided",
}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One held change; `can` are the decisions it allows."""

    change: HeldChange
    health: str
    word: str
    told: str
    can: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """One agreement; `is_open` while it waits or serves, `answerers` may answer, "" when nobody does yet; they are
    `people`.
    """

    agreement: Agreement
    health: str
    what: str
    given: str
    is_open: bool
    answerers: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlView:
    """Held changes, those that wait first, and agreements; `more` held changes are not shown."""

    changes: tuple[ChangeLine, ...]
    more: int
    agreements: tuple[AgreementLine, ...]
    deciders: str
    held_since: datetime | None
    frozen: tuple[str, ...]
    scheduled: tuple[str, ...]


def control_section(services: Services, story: Story, _form_key: str) -> ControlView | None:
    """None when nothing is held, was held, or was asked."""
    incident = story.incident
    changes = services.change_control.held(incident.id, waiting_only=False)
    asked = services.agreements.list(incident.id)
    freezes = services.change_control.freezes(incident.id)
    if not (changes or asked or freezes):
        return None
    ordered = sorted(changes, key=lambda one: _ORDER.index(one.state))
    is_closed = incident.state is State.CLOSED
    return ControlView(
        changes=tuple(_change(one, is_closed=is_closed) for one in ordered[:_SHOWN]),
        more=max(len(ordered) - _SHOWN, 0),
        agreements=tuple(_agreement(services, one) for one in asked),
        deciders=", ".join(f"{role} ({_person(story, role)})" for role in DECIDERS),
        held_since=min((one.started_at for one in freezes), default=None),
        scheduled=tuple(
            f"{one.action} {one.subject}: {one.what}" for one in services.change_control.scheduled(incident.id)
        ),
        frozen=tuple(f"{' and '.join(one.actions)} of {one.subject}, because {one.reason}" for one in freezes),
    )


_ORDER = (
    ChangeState.ASKED,
    ChangeState.RELEASED,
    ChangeState.HELD,
    ChangeState.APPROVED,
    ChangeState.REFUSED,
    ChangeState.PASSED,
)


def _person(story: Story, role: Role) -> str:
    return story.incident.roles.get(role, "nobody yet")


def _change(change: HeldChange, *, is_closed: bool) -> ChangeLine:
    by = {
        ChangeState.ASKED: f"{change.asked_by}: {change.asked_reason}",
        ChangeState.APPROVED: f"{change.decided_by}: {change.decided_reason}",
        ChangeState.REFUSED: f"{change.decided_by}: {change.decided_reason}",
        ChangeState.PASSED: f"by {change.passed_by}",
    }
    can = () if is_closed else tuple(legal_actions(TRANSITIONS, change.state))
    told = by.get(change.state, f"tried by {change.held_by}")
    return ChangeLine(change, _HEALTHS[change.state], _WORDS[change.state], told, can)


def asked_of(services: Services, incident: str, person: str) -> tuple[AgreementLine, ...]:
    """What waits for the word of one person, or rests on it and was not done yet."""
    lines = (_agreement(services, one) for one in services.agreements.list(incident))
    return tuple(line for line in lines if line.is_open and person in line.people)


def _agreement(services: Services, agreement: Agreement) -> AgreementLine:
    is_open = agreement.state in {AgreementState.ASKED, AgreementState.AGREED}
    given = argument_words(dict(agreement.arguments))
    found = services.agreements.answerers(agreement.incident_id, agreement.of) if is_open else ()
    answerers = "; ".join(
        f"{one.person}, {one.because}" + ("" if one.targets else ", whom no target reaches: call them") for one in found
    )
    health, what = _AGREEMENT_HEALTHS[agreement.state], label(agreement.mitigation)
    people = tuple(one.person for one in found)
    return AgreementLine(agreement, health, what, given, is_open, answerers, people)
