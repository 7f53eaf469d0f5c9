"""Fields of a follow-up as people give them, read and checked."""

from collections.abc import Callable, Mapping
from datetime import datetime

from steek.incidents.followups.checks import read_check, write_check
from steek.incidents.followups.follow_up import Aim, Priority
from steek.incidents.followups.lifecycle import FollowUpAction
from steek.incidents.followups.scales import COST_WORDS, VALUE_WORDS, place
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.kernel.errors import InputError

_KEY_CHARACTERS = 300
CHANGEABLE = ("text", "kind", "priority", "value", "cost", "owner", "due_at", "done_means", "check", "category")


def to_values(given: Mapping[str, object]) -> dict[str, object]:
    """Columns and their new values, each checked as when it is created."""
    stray = sorted(set(given) - set(CHANGEABLE))
    if stray:
        message = f"a follow-up has no field {', '.join(stray)} to change"
        raise InputError(message, next_step=f"There are: {', '.join(CHANGEABLE)}.")
    return {_COLUMNS.get(name, name): _READ[name](value) for name, value in given.items()}


def _text(what: str, most: int) -> Callable[[object], str]:
    return lambda value: checked(str(value), what=what, most=most)


def _moment(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return to_aware(value)
    raise InputError(f"{str(value)[:40]!r} is no instant", next_step="Give an instant with an offset, or none.")


def _stored_check(value: object) -> dict[str, str]:
    if value is None or isinstance(value, Mapping):
        return write_check(read_check(value))  # pyright: ignore[reportUnknownArgumentType]
    raise InputError("a check is a mapping with a kind", next_step='For example {"kind": "canary_set", "model": "m"}.')


_COLUMNS = {"check": "done_check"}
_READ: Mapping[str, Callable[[object], object]] = {
    "text": _text("text", NOTE_CHARACTERS),
    "kind": lambda value: to_kind(str(value)).value,
    "priority": lambda value: to_priority(str(value)).value,
    "value": lambda value: place(str(value), what="value", words=VALUE_WORDS),
    "cost": lambda value: place(str(value), what="cost", words=COST_WORDS),
    "owner": _text("owner", NAME_CHARACTERS),
    "due_at": _moment,
    "done_means": lambda value: to_optional(str(value), "meaning of done"),
    "check": _stored_check,
    "category": _text("category", 80),
}


def to_kind(text: str) -> Aim:
    if text not in set(Aim):
        message = f"a follow-up is no {text[:40]!r}; allowed: {', '.join(Aim)}"
        raise InputError(message, next_step="A fix repairs what broke; an improvement makes the next one less likely.")
    return Aim(text)


def to_priority(text: str) -> Priority:
    if text not in set(Priority):
        message = f"the priority is {text[:40]!r}; allowed: {', '.join(Priority)}"
        raise InputError(message)
    return Priority(text)


def to_action(text: str) -> FollowUpAction:
    allowed = [action for action in FollowUpAction if action is not FollowUpAction.FINISH]
    if text not in allowed:
        message = f"no action {text[:40]!r} on a follow-up; allowed: {', '.join(allowed)}"
        raise InputError(message, next_step="To finish one, say that it is done: steek follow-up done.")
    return FollowUpAction(text)


def to_optional(text: str, what: str) -> str:
    return checked(text, what=what, most=NOTE_CHARACTERS) if text.strip() else ""


def to_aware(at: datetime | None) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise InputError("the day it is due has no offset", next_step="Write it as 2017-10-15T00:00Z.")
    return at


def to_actor(actor: str) -> str:
    return checked(actor, what="actor", most=NAME_CHARACTERS)


def to_key(key: str) -> str:
    return checked(key, what="key", most=_KEY_CHARACTERS)
