"""Events of pages, handovers, updates and questions in one sentence each."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

Payload = Mapping[str, object]


def _paged(payload: Payload) -> str:
    """Who was called and why; nobody is said to have been called whom no target reaches."""
    calls = cast("Sequence[Payload]", payload.get("calls") or ())
    said = [f"{call.get('person')} was called: {call.get('because')}" for call in calls if call.get("target")]
    silent = {
        f"no target reaches {call.get('person')}": f"no target reaches {call.get('person')} ({call.get('because')})"
        for call in calls
        if not call.get("target")
    }
    others = [gap for gap in map(str, cast("Sequence[object]", payload.get("gaps") or ())) if gap not in silent]
    missing = [*silent.values(), *others]
    if said:
        return "; ".join([*said, *missing])
    return f"nobody could be called: {'; '.join(missing) or 'nobody is on call'}"


def _delivered(payload: Payload) -> str:
    return f"the call reached {payload.get('person')} ({payload.get('target')})"


def _acknowledged(payload: Payload) -> str:
    reached = ", ".join(str(each) for each in cast("Sequence[object]", payload.get("reached") or ()))
    return f"answered; the call had reached {reached}" if reached else "took it on; no call had reached anybody"


def _handed_over(payload: Payload) -> str:
    before = payload.get("from") or "nobody"
    how = "" if payload.get("accepted") else f", without a handover: {payload.get('reason')}"
    return f"{payload.get('to')} is {payload.get('role')}, taking over from {before}{how}"


def _offered(payload: Payload) -> str:
    if payload.get("withdrawn"):
        return f"took the offer of {payload.get('role')} to {payload.get('to')} back"
    return f"offered {payload.get('role')} to {payload.get('to')}"


def _updated(payload: Payload) -> str:
    return f"update {payload.get('number')} to {payload.get('audience')}: {payload.get('text')}"


def _overdue(payload: Payload) -> str:
    return f"the update due at {str(payload.get('due_at'))[:16].replace('T', ' ')} UTC did not come"


def _approved(payload: Payload) -> str:
    return f"outsiders may read of update {payload.get('number')}: {payload.get('text')}{_meant(payload)}"


def _opened(payload: Payload) -> str:
    what = "gave the page for outsiders the title" if payload.get("was_open") else "opened a page for outsiders:"
    return f"{what} {payload.get('title')}{_meant(payload)}"


def _meant(payload: Payload) -> str:
    words = ", ".join(str(word) for word in cast("Sequence[object]", payload.get("meant") or ()))
    return f" (as plain words, not as names of ours: {words})" if words else ""


def _corrected(payload: Payload) -> str:
    said = f"outsiders read instead: {payload.get('text')}" if payload.get("text") else "it was taken back"
    what = f"what outsiders read of update {payload.get('number')} was wrong ({payload.get('reason')})"
    return f"{what}; {said}{_meant(payload)}"


PEOPLE_SENTENCES: Mapping[str, Callable[[Payload], str]] = {
    "incident.answered": lambda payload: f"answered question {payload.get('question')}: {payload.get('text')}",
    "incident.asked": lambda payload: f"question {payload.get('question')}: {payload.get('text')}",
    "incident.cadence_set": lambda payload: f"there is an update every {payload.get('every_minutes')} minutes",
    "incident.handed_over": _handed_over,
    "incident.handover_offered": _offered,
    "incident.outside_approved": _approved,
    "incident.outside_corrected": _corrected,
    "incident.outside_page_opened": _opened,
    "incident.outside_page_withdrawn": lambda payload: f"took {payload.get('links')} links for outsiders back",
    "incident.page_acknowledged": _acknowledged,
    "incident.page_delivered": _delivered,
    "incident.page_escalated": _paged,
    "incident.paged": _paged,
    "incident.shadow_left": lambda payload: f"{payload.get('person')} stopped shadowing",
    "incident.update_overdue": _overdue,
    "incident.updated": _updated,
}
