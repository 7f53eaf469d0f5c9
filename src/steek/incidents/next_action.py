"""The next right action of an incident: one sentence that is always on screen, and what waits beside it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.incidents.acting import is_interrupted
from steek.incidents.lifecycle import State
from steek.incidents.mitigations import Outcome
from steek.incidents.open_questions import OpenQuestions, open_questions
from steek.incidents.stories import Story
from steek.incidents.timeline import TimelineEntry
from steek.incidents.types import Incident, Role
from steek.ledger import Event


@dataclass(frozen=True, slots=True)
class NextAction:
    """`title` fits a banner, `text` says why and how; `target` is the part of the page where it is done, or the address
    of another page.
    """

    title: str
    text: str
    target: str


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was tried to stop the harm; `member` None is all of them, `error` None means that it was done.

    `verdict` is what the indicators say of it, "helped", "no change" or "worse"; "" while they say nothing.
    """

    mitigation: str
    member: str | None
    error: str | None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What stops harm and was tried, in order; whether harm has stopped, and whether an indicator can tell at all."""

    done: tuple[Done, ...] = ()
    is_mitigated: bool = False
    can_tell: bool = True


# What pages that know only the incident's events ask the ledger for.
TRIED_KINDS = (
    "incident.declared",
    "incident.alert_attached",
    "incident.advanced",
    "incident.acted",
    "incident.mitigation_verified",
)


def tried(entries: Sequence[TimelineEntry | Event]) -> Tried:
    """What was tried, from the incident's own events of `TRIED_KINDS`, oldest first.

    What holds something still, tells people or is done elsewhere counts only when the indicators saw it help.
    """
    verdicts = {
        str(one.payload.get("action")): str(one.payload.get("verdict"))
        for one in entries
        if one.kind == "incident.mitigation_verified"
    }
    said = any(one.kind == "incident.advanced" and one.payload.get("action") == "mitigate" for one in entries)
    found: list[Done] = []
    for entry in entries:
        verdict = verdicts.get(str(entry.payload.get("action")), "").replace("undecided", "")
        if entry.kind == "incident.acted" and (entry.payload.get("advances") is not None or verdict == "helped"):
            arguments, error = entry.payload.get("arguments"), entry.payload.get("error")
            member = _member(cast("Mapping[str, object]", arguments)) if isinstance(arguments, Mapping) else None
            name = str(entry.payload.get("mitigation")).replace("-", " ")
            found.append(Done(name, member, None if error is None else str(error), verdict))
    shown = any(
        one.kind == "incident.alert_attached" or (one.kind == "incident.declared" and one.payload.get("alert"))
        for one in entries
    )
    return Tried(tuple(found), said or any(one.verdict == "helped" for one in found), shown)


def _member(arguments: Mapping[str, object]) -> str | None:
    member = arguments.get("member")
    return None if member in {None, ""} else str(member)


def steps_of(story: Story, now: datetime, *, not_back: Sequence[str] | None = None) -> tuple[NextAction, ...]:
    """What somebody should do next in an incident, the most pressing first; never empty.

    Args:
        story: The incident.
        now: The present.
        not_back: Indicators that are still out of bounds, in the words of a page; None takes those of the story.
    """
    left = [action for action in story.actions if is_interrupted(action, now)]
    return next_actions(
        story.incident,
        tried=tried([entry for entry in story.timeline if entry.own]),
        not_back=[one.sentence for one in story.verification.not_back()] if not_back is None else not_back,
        waiting=open_questions(story.timeline, now),
        running=[one.mitigation for one in story.actions if one.outcome is Outcome.STARTED and one not in left],
        interrupted=[action.mitigation for action in left],
    )


def next_action(incident: Incident, *, tried: Tried | None = None, not_back: Sequence[str] = ()) -> NextAction:
    """What somebody should do next, for pages that know only the incident; as `next_actions` without questions."""
    return next_actions(incident, tried=tried, not_back=not_back)[0]


def next_actions(
    incident: Incident,
    *,
    tried: Tried | None = None,
    not_back: Sequence[str] = (),
    waiting: OpenQuestions | None = None,
    running: Sequence[str] = (),
    interrupted: Sequence[str] = (),
) -> tuple[NextAction, ...]:
    """What somebody should do next, the most pressing first; never empty.

    Args:
        incident: As it stands.
        tried: What was tried so far to stop the harm; None for nothing.
        not_back: Indicators that are still out of bounds, as sentences.
        waiting: What the incident waits for; None where nobody looked.
        running: Names of mitigations that began and have not ended.
        interrupted: Names of those that nobody carries on, because their process died.
    """
    waiting = waiting or OpenQuestions()
    if incident.merged_into is not None:
        return _after(incident, waiting)
    if not incident.state.is_open:
        return (*_answers(waiting), *_after(incident, waiting))
    lead = (*_lead(incident, waiting), *_left(interrupted))
    return (*lead, *_answers(waiting), _stop_the_harm(tried or Tried(), not_back, running, waiting), *_ethics(waiting))


def _lead(incident: Incident, waiting: OpenQuestions) -> tuple[NextAction, ...]:
    if Role.COMMANDER in incident.roles:
        return ()
    text = "Nobody leads this incident yet. One person decides; it may be you."
    if waiting.paged:
        text = f"{', '.join(waiting.paged[:3])} was called and has not answered. One person decides; it may be you."
    return (NextAction("name a commander", text, "take"),)


def _left(interrupted: Sequence[str]) -> tuple[NextAction, ...]:
    if not interrupted:
        return ()
    name = interrupted[0].replace("-", " ")
    text = f"{name.capitalize()} was interrupted halfway: its process died. Take it up; nothing is done twice by that."
    return (NextAction(f"take up {name}", text, "actions"),)


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
    if waiting.proposed:
        text = f"Outsiders read nothing of update {waiting.proposed[0]} before communications approves their text."
        found.append(NextAction("approve the text for outsiders", text, "updates"))
    return tuple(found)


def _stop_the_harm(tried: Tried, not_back: Sequence[str], running: Sequence[str], waiting: OpenQuestions) -> NextAction:
    if running:
        text = f"{running[-1].replace('-', ' ')} runs. Look at the indicators; its outcome appears under 'Done so far'."
        return NextAction("look at the indicators", text, "indicators")
    last = tried.done[-1] if tried.done else None
    if last is None and not tried.is_mitigated:
        text = "Stop the harm before the cause is certain: the menu says what each step does and how to undo it."
        return NextAction("mitigate, one first", text, "do")
    if last is not None and (last.error is not None or last.member is not None):
        return _try_on(last)
    if not tried.can_tell:
        return _nobody_can_tell(tried)
    return _not_over(tried, last, not_back[0]) if not_back else _back(waiting)


def _back(waiting: OpenQuestions) -> NextAction:
    if waiting.watched_until_at is not None:
        text = f"The indicators are back and watched until {waiting.watched_until_at:%d %b %H:%M} UTC."
        return NextAction("watch, then resolve", text, "resolve")
    text = "Resolving asks the indicators that showed it whether they are back."
    return NextAction("verify and resolve", text, "resolve")


def _not_over(tried: Tried, last: Done | None, not_back: str) -> NextAction:
    if last is not None and last.verdict in {"no change", "worse"}:
        text = f"The indicators say of {last.mitigation}: {last.verdict}. Undo it if it hurts, and choose another way."
        return NextAction(f"{last.mitigation} did not help", text, "do")
    if tried.is_mitigated:
        return NextAction("recover", f"Mitigated, not yet over: {not_back}.", "do")
    what = "It" if last is None else last.mitigation.capitalize()
    text = f"{what} was done. Whether it helped shows in the next windows of the indicators: {not_back}."
    return NextAction("look whether it helped", text, "indicators")


def _nobody_can_tell(tried: Tried) -> NextAction:
    if tried.is_mitigated:
        text = "Mitigated, as people say. No indicator showed this incident, so resolving needs your word and a reason."
        return NextAction("resolve with a reason", text, "resolve")
    text = (
        f"{tried.done[-1].mitigation.capitalize()} was done, and no indicator showed this incident, so none can tell "
        "whether it helped. Look for yourself, and write down since when the harm has stopped (phase: mitigation)."
    )
    return NextAction("say whether it helped", text, "correct")


def _try_on(last: Done) -> NextAction:
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
    if incident.merged_into is not None:
        text = f"This is part of {incident.merged_into}. People work there, and everything new belongs there."
        return (NextAction(f"go to {incident.merged_into}", text, f"/incidents/{incident.merged_into}"),)
    if incident.state is State.CLOSED:
        text = "Closed. What was learned from it stands in its postmortem."
        if not waiting.is_published:
            text = "Closed, but its postmortem is not published: nobody else can learn from it."
        return (NextAction("read the postmortem", text, "postmortem"),)
    told = ()
    if waiting.is_end_untold:
        text = "People were told of the outage and not of its end: a last update says what it was and what was done."
        told = (NextAction("tell that it is over", text, "updates"),)
    groups = ()
    if not waiting.groups_answered:
        text = "It cannot close before somebody says which groups of people were harmed; 'nobody' is an answer."
        groups = (NextAction("say who was harmed", text, "groups"),)
    if waiting.is_published:
        text = "The postmortem is published. Close it when follow-ups have owners."
        if waiting.watched_until_at is not None:
            until = f"{waiting.watched_until_at:%d %b %H:%M} UTC"
            text = f"Watched until {until}; then close it, when follow-ups have owners. Closing sooner needs a reason."
        close = NextAction("close", text, "advance")
        return (*told, *_ethics(waiting), *groups, close)
    text = "It is over. Complete the draft, and close it when follow-ups have owners."
    return (*told, NextAction("read the postmortem", text, "postmortem"), *_ethics(waiting), *groups)
