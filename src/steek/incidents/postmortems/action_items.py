"""Action items as people write them in lists: "[x] Add an alert (@bob, 2019-04-01)"."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

_BOX = re.compile(r"\[([ xX])\]\s+")
_TAIL = re.compile(r"\s*[(\[]([^()\[\]]{1,200})[)\]]\s*\.?$")
_OWNER = re.compile(
    r"(?:owner:?\s+|assigned to:?\s+)@?(\S[^,;]{0,100})|@([\w.+-]{1,100})|([\w.+-]{1,100}@[\w.-]{1,100})", re.IGNORECASE
)
_DUE = re.compile(r"(?:due:?|until|by)?\s*(\d{4}-\d{2}-\d{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ActionItem:
    """What is to be done, whether its box is ticked, who does it and until when, as far as the item says so."""

    text: str
    is_done: bool = False
    owner: str | None = None
    due_at: datetime | None = None


def read_action_item(text: str) -> ActionItem:
    """An item of a list; what stands in brackets at its end and is no owner and no day stays in the text.

    >>> item = read_action_item("[ ] Add alert (@bob, 2019-04-01)")
    >>> item.text, item.is_done, item.owner, item.due_at.date().isoformat()
    ('Add alert', False, 'bob', '2019-04-01')
    >>> read_action_item("[x] Drop it (see above)")
    ActionItem(text='Drop it (see above)', is_done=True, owner=None, due_at=None)
    """
    box, said = _BOX.match(text), text.strip()
    if box is not None:
        said = text[box.end() :].strip()
    is_done = box is not None and box.group(1) != " "
    tail = _TAIL.search(said)
    if tail is None or not said[: tail.start()].strip():
        return ActionItem(said, is_done)
    owner, due_at = None, None
    for part in (part.strip() for part in re.split(r"[,;]", tail.group(1))):
        day, person = _DUE.fullmatch(part), _OWNER.fullmatch(part)
        if day is not None and due_at is None and (due_at := _day(day.group(1))) is not None:
            continue
        if person is None or owner is not None:
            return ActionItem(said, is_done)
        owner = next(name for name in person.groups() if name)
    return ActionItem(said[: tail.start()].strip(), is_done, owner, due_at)


def tail_of(owner: str | None, due_at: datetime | None) -> str:
    """Owner and day as `read_action_item` reads them again; empty without both.

    >>> tail_of("bob@shop", datetime(2019, 4, 1, tzinfo=UTC))
    ' (owner bob@shop, due 2019-04-01)'
    """
    parts = [*([f"owner {owner}"] if owner else []), *([f"due {due_at:%Y-%m-%d}"] if due_at else [])]
    return f" ({', '.join(parts)})" if parts else ""


def _day(text: str) -> datetime | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(found.year, found.month, found.day, tzinfo=UTC)
