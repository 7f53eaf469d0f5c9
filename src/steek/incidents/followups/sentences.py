"""What the timeline says of follow-ups."""

from collections.abc import Callable, Mapping

Payload = Mapping[str, object]


def _done(payload: Payload) -> str:
    shown = "its check passes" if payload.get("how") == "check" else f"by word: {payload.get('reason')}"
    return f"follow-up {payload.get('follow_up')} is done, {shown}"


def _escalated(payload: Payload) -> str:
    to, because = payload.get("to"), payload.get("because")
    told = f"nobody could be told: {because}" if to is None else f"{to} was told" + (f": {because}" if because else "")
    return f"follow-up {payload.get('follow_up')} is {payload.get('days')} days late; {told}"


FOLLOW_UP_SENTENCES: Mapping[str, Callable[[Payload], str]] = {
    "follow_up.created": lambda payload: (
        f"follow-up {payload.get('follow_up')} ({payload.get('priority')}) of {payload.get('owner')}: "
        f"{payload.get('text')}"
    ),
    "follow_up.changed": lambda payload: f"follow-up {payload.get('follow_up')} changed, {payload.get('state')}",
    "follow_up.done": _done,
    "follow_up.escalated": _escalated,
}
