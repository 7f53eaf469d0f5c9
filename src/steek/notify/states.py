"""States of a notice and of its delivery to one target."""

from typing import Literal

from steek.notify.notice import NoticeState

NoticeAction = Literal["acknowledge", "resolve"]
DeliveryState = Literal["waiting", "delivered", "dead"]
DeliveryAction = Literal["deliver", "give up", "renew"]

NOTICE_TRANSITIONS: dict[tuple[NoticeState, NoticeAction], NoticeState] = {
    ("open", "acknowledge"): "acknowledged",
    ("open", "resolve"): "resolved",
    ("acknowledged", "resolve"): "resolved",
}
DELIVERY_TRANSITIONS: dict[tuple[DeliveryState, DeliveryAction], DeliveryState] = {
    ("waiting", "deliver"): "delivered",
    ("waiting", "give up"): "dead",
    ("waiting", "renew"): "waiting",
    ("delivered", "renew"): "waiting",
    ("dead", "renew"): "waiting",
}
_ACTIONS: dict[NoticeState, NoticeAction] = {"acknowledged": "acknowledge", "resolved": "resolve"}


def moved(state: NoticeState, told: NoticeState) -> NoticeState:
    """The state after hearing of `told`; what was heard before, or comes too late, changes nothing.

    >>> moved("open", "acknowledged"), moved("resolved", "acknowledged"), moved("acknowledged", "open")
    ('acknowledged', 'resolved', 'acknowledged')
    """
    action = _ACTIONS.get(told)
    return state if action is None else NOTICE_TRANSITIONS.get((state, action), state)
