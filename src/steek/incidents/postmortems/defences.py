"""Which layers of defence held, and which had a hole, told from what the ledger shows of one incident."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from steek.incidents.mitigations import ActionTaken, Outcome
from steek.incidents.phases import TRIGGER_SCORE, Phase
from steek.incidents.stories import Story

_CONTRACT_KINDS = frozenset({"contract.changed", "dataset.replaced"})


class DefenceState(StrEnum):
    """`NOT_TRIED`: the incident never reached it, or nothing is recorded of it; that is no praise.

    `ABSENT`: it was reached for, and there was none.
    """

    HELD = "held"
    HOLE = "hole"
    ABSENT = "absent"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Defence:
    """One layer and what it did in this incident."""

    layer: str
    state: DefenceState
    sentence: str


def defences(story: Story) -> tuple[Defence, ...]:
    """The layers in the order in which trouble meets them; the counted join is a layer of its own within contracts."""
    return (
        _contract(story),
        _join_check(story),
        _gate(story),
        _canary(story),
        _monitor(story),
        _fallback(story),
        _rollback(story.actions),
        _access(story),
        _process(story),
    )


def _count(story: Story, kind: str, **expected: object) -> int:
    """Entries of one kind while the outage surely lasted: from the end of the onset to the first mitigation."""
    began = story.changed.onset.latest_at or story.changed.searched_until
    starts = [one.start.earliest_at for one in story.phases if one.phase in (Phase.MITIGATION, Phase.RESOLUTION)]
    ended = min((at for at in [*starts, story.incident.resolved_at] if at is not None), default=None)
    return sum(
        1
        for entry in story.timeline
        if entry.kind == kind
        and began <= entry.at
        and (ended is None or entry.at < ended)
        and all(entry.payload.get(name) == value for name, value in expected.items())
    )


def _contract(story: Story) -> Defence:
    strong = [one for one in story.changed.suspects if one.score >= TRIGGER_SCORE]
    let_through = next((one for one in strong if one.event.kind in _CONTRACT_KINDS), None)
    if let_through is not None:
        sentence = f"raised no objection: {let_through.what}"
        return Defence("contract", DefenceState.HOLE, sentence)
    held = _count(story, "batch.held") + _count(story, "batch.refused")
    if held:
        return Defence("contract", DefenceState.HELD, f"kept {_batches(held)} out")
    return Defence("contract", DefenceState.NOT_TRIED, "no change of data or contract is a strong suspect")


def _join_check(story: Story) -> Defence:
    failed = _count(story, "join.failed")
    if failed:
        return Defence("join check", DefenceState.HELD, f"refused a join without matches {_times(failed)}")
    return Defence("join check", DefenceState.NOT_TRIED, "no join failed")


def _gate(story: Story) -> Defence:
    refused, passed = _count(story, "gate.decided", verdict="fail"), _count(story, "gate.decided", verdict="pass")
    overridden = _count(story, "gate.overridden")
    if overridden:
        return Defence("gate", DefenceState.HOLE, f"people let {_models(overridden)} through in spite of it")
    if refused and not passed:
        return Defence("gate", DefenceState.HELD, f"refused {_models(refused)} during the outage")
    if passed:
        return Defence("gate", DefenceState.HOLE, f"passed {_models(passed)} during the outage; were they good?")
    return Defence("gate", DefenceState.NOT_TRIED, "no model came to it during the outage")


def _canary(story: Story) -> Defence:
    aborted, promoted = _count(story, "canary.aborted"), _count(story, "canary.promoted")
    if aborted:
        return Defence("canary", DefenceState.HELD, f"stopped {_models(aborted)}")
    if promoted:
        return Defence(
            "canary", DefenceState.HOLE, f"let {_models(promoted)} through during the outage; were they good?"
        )
    return Defence("canary", DefenceState.NOT_TRIED, "no model was rolled out during the outage")


def _monitor(story: Story) -> Defence:
    if story.incident.machine:
        return Defence("monitor", DefenceState.HELD, f"{story.alerts[0].monitor} noticed before any person did")
    if story.alerts:
        return Defence("monitor", DefenceState.HELD, f"{story.alerts[0].monitor} showed it, a person declared")
    return Defence("monitor", DefenceState.HOLE, "no monitor showed it; a person noticed")


def _fallback(story: Story) -> Defence:
    used = _count(story, "fallback.used")
    if used:
        return Defence("fallback", DefenceState.HELD, "answers fell back during the outage")
    return Defence("fallback", DefenceState.NOT_TRIED, "no answer fell back")


def _rollback(actions: Iterable[ActionTaken]) -> Defence:
    rolled = [action for action in actions if "roll" in action.mitigation and "back" in action.mitigation]
    failed = [action for action in rolled if action.outcome is Outcome.FAILED]
    if failed:
        return Defence("rollback", _failed(failed[0]), f"failed {_times(len(failed))}: {failed[0].error}")
    if rolled:
        return Defence("rollback", DefenceState.HELD, f"was used {_times(len(rolled))}")
    return Defence("rollback", DefenceState.NOT_TRIED, "was not used")


def _failed(action: ActionTaken) -> DefenceState:
    """With no version to go back to there was no rollback at all; any other failure is a hole in it."""
    return DefenceState.ABSENT if "no earlier" in (action.error or "") else DefenceState.HOLE


def _access(story: Story) -> Defence:
    refused, opened = _count(story, "access.refused"), _count(story, "access.policy_changed")
    if opened:
        return Defence(
            "access", DefenceState.HOLE, f"policies changed {_times(opened)} during the outage; were they right?"
        )
    if refused:
        return Defence("access", DefenceState.HELD, f"refused a read {_times(refused)}")
    return Defence("access", DefenceState.NOT_TRIED, "nobody was refused and no policy changed")


def _process(story: Story) -> Defence:
    """What people did in time: whether a call reached anybody, was answered, and whether somebody took a role."""
    kinds = {entry.kind for entry in story.timeline}
    if not kinds.isdisjoint({"incident.paged", "incident.page_escalated"}) and not _reached(story):
        taken = "; somebody took it on all the same" if story.incident.roles else ""
        return Defence("process", DefenceState.HOLE, f"no call reached anybody{taken}")
    if "incident.page_acknowledged" in kinds:
        return Defence("process", DefenceState.HELD, "a page reached somebody, and was answered")
    if "incident.page_escalated" in kinds:
        return Defence("process", DefenceState.HOLE, "nobody answered the page")
    if story.incident.roles:
        return Defence("process", DefenceState.HELD, "somebody took it on")
    return Defence("process", DefenceState.NOT_TRIED, "nobody was called, and nobody took a role")


def _reached(story: Story) -> bool:
    return any(entry.kind == "incident.page_delivered" or entry.payload.get("reached") for entry in story.timeline)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _models(count: int) -> str:
    return "one model" if count == 1 else f"{count} models"


def _batches(count: int) -> str:
    return "one batch" if count == 1 else f"{count} batches"
