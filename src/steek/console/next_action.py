"""The next right action of an incident: one sentence that is always on screen, and what waits beside it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from steek.console.open_questions import OpenQuestions
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
    """What somebody should do next, for pages that know only the incident; as `next_actions` without questions."""
    return next_actions(incident, done=done, not_back=not_back)[0]


def next_actions(
    incident: Incident,
    *,
    done: Sequence[Done] = (),
    not_back: Sequence[str] = (),
    waiting: OpenQuestions | None = None,
    running: Sequence[str] = (),
) -> tuple[NextAction, ...]:
    """What somebody should do next, the most pressing first; never empty.

    Args:
        incident: As it stands.
        done: What was tried so far, in order.
        not_back: Indicators that are still out of bounds, as sentences.
        waiting: What the incident waits for; None where nobody looked.
        running: Names of mitigations that began and have not ended.
    """
    waiting = waiting or OpenQuestions()
    if not incident.state.is_open:
        return (*_answers(waiting), *_after(incident, waiting))
    lead = _lead(incident, waiting)
    return (*lead, *_answers(waiting), _stop_the_harm(done, not_back, running, waiting), *_ethics(waiting))


def _lead(incident: Incident, waiting: OpenQuestions) -> tuple[NextAction, ...]:
    if Role.COMMANDER in incident.roles:
        return ()
    text = "Nobody leads this incident yet. One person decides; it may be you."
    if waiting.paged:
        text = f"{', '.join(waiting.paged[:3])} was called and has not answered. One person decides; it may be you."
    return (NextAction("name a commander", text, "take"),)


def _answers(waiting: OpenQuestions) -> tuple[NextAction, ...]:
    """What other people wait for."""
    found: list[NextAction] = []
    if waiting.agreements:
        text = f"Waiting for the agreement of {waiting.agreements[0]}. Agree or decline; it is not done before."
        found.append(NextAction("answer the agreement", text, "agreements"))
    if waiting.is_update_overdue:
        due = f" since {waiting.update_due_at:%H:%M} UTC" if waiting.update_due_at is not None else ""
        text = f"An update is due{due}. 'Nothing new, next update at' is an update too."
        found.append(NextAction("write the update", text, "updates"))
    if waiting.questions:
        first, *others = waiting.questions
        text = f"Somebody outside asks: {first[:200]}" + (f" And {len(others)} more." if others else "")
        found.append(NextAction("answer the question", text, "updates"))
    return tuple(found)


def _stop_the_harm(
    done: Sequence[Done], not_back: Sequence[str], running: Sequence[str], waiting: OpenQuestions
) -> NextAction:
    if running:
        text = f"{running[-1].replace('-', ' ')} runs. Look at the indicators; its outcome appears under 'Done so far'."
        return NextAction("look at the indicators", text, "indicators")
    if not done or done[-1].error is not None or done[-1].member is not None:
        return _mitigate(done)
    if not_back:
        return NextAction("recover", f"Mitigated, not yet over: {not_back[0]}.", "do")
    if waiting.watched_until_at is not None:
        text = f"The indicators are back and watched until {waiting.watched_until_at:%d %b %H:%M} UTC."
        return NextAction("watch, then resolve", text, "resolve")
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


def _ethics(waiting: OpenQuestions) -> tuple[NextAction, ...]:
    if not waiting.emergencies:
        return ()
    count = len(waiting.emergencies)
    text = f"{count} emergency access{'' if count == 1 else 'es'} to data of people must be reviewed before closing."
    return (NextAction("review emergency access", text, "emergency"),)


def _after(incident: Incident, waiting: OpenQuestions) -> tuple[NextAction, ...]:
    if incident.state is State.CLOSED:
        return (NextAction("nothing", "This incident is closed; its postmortem stays.", "timeline"),)
    groups = ()
    if not waiting.groups_answered:
        text = "It cannot close before somebody says which groups of people were harmed; 'nobody' is an answer."
        groups = (NextAction("say who was harmed", text, "groups"),)
    if waiting.is_published:
        close = NextAction("close", "The postmortem is published. Close it when follow-ups have owners.", "advance")
        return (*_ethics(waiting), *groups, close)
    text = "It is over. Complete the draft, and close it when follow-ups have owners."
    return (NextAction("read the postmortem draft", text, "postmortem"), *_ethics(waiting), *groups)
