"""The next right action of an incident: one sentence that is always on screen. A pure decision with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from steek.incidents import ActionTaken, Incident, Outcome, Role, State
from steek.ledger import Event


@dataclass(frozen=True, slots=True)
class NextAction:
    """`title` fits a banner, `text` says why and how; `target` is the part of the page where it is done."""

    title: str
    text: str
    target: str


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was tried; `member` None is all of them, `error` None means that it worked."""

    mitigation: str
    member: str | None
    error: str | None


def done_by_actions(actions: Sequence[ActionTaken]) -> tuple[Done, ...]:
    """What was tried and has ended, in order."""
    ended = [action for action in actions if action.outcome is not Outcome.STARTED]
    return tuple(Done(action.mitigation, _member(action.arguments), action.error) for action in ended)


def done_by_events(events: Sequence[Event]) -> tuple[Done, ...]:
    """The same from the incident's events of the kind incident.acted, for pages that only need the next step."""
    found: list[Done] = []
    for event in events:
        arguments, error = event.payload.get("arguments"), event.payload.get("error")
        member = _member(cast("Mapping[str, object]", arguments)) if isinstance(arguments, Mapping) else None
        found.append(Done(str(event.payload.get("mitigation")), member, None if error is None else str(error)))
    return tuple(found)


def _member(arguments: Mapping[str, object]) -> str | None:
    member = arguments.get("member")
    return None if member in {None, ""} else str(member)


def next_action(incident: Incident, *, done: Sequence[Done] = (), not_back: Sequence[str] = ()) -> NextAction:
    """What somebody should do next.

    Args:
        incident: As it stands.
        done: What was tried so far, in order.
        not_back: Indicators that are still out of bounds, as sentences.
    """
    if not incident.state.is_open:
        return _after(incident)
    if Role.COMMANDER not in incident.roles:
        text = "Nobody leads this incident yet. One person decides; it may be you."
        return NextAction("name a commander", text, "roles")
    if not done or done[-1].error is not None or done[-1].member is not None:
        return _mitigate(done)
    if not_back:
        return NextAction("recover", f"Mitigated, not yet over: {not_back[0]}.", "do")
    text = "Resolving asks the indicators that showed it whether they are back."
    return NextAction("verify and resolve", text, "resolve")


def _mitigate(done: Sequence[Done]) -> NextAction:
    if not done:
        text = "Stop the harm before the cause is certain: the menu says what each step does and how to undo it."
        return NextAction("mitigate, one first", text, "do")
    last = done[-1]
    if last.error is not None:
        text = f"{last.mitigation} failed: {last.error}. Choose another way, or mend what it names."
        return NextAction(f"{last.mitigation} failed", text, "do")
    text = f"{last.mitigation} was done for {last.member} first. Look whether it helped, then do the rest."
    return NextAction("look, then do the rest", text, "do")


def _after(incident: Incident) -> NextAction:
    if incident.state is State.CLOSED:
        return NextAction("nothing", "This incident is closed; its postmortem stays.", "timeline")
    return NextAction(
        "read the postmortem draft",
        "It is over. Complete the draft, and close it when follow-ups have owners.",
        "postmortem",
    )
