"""Telling people and other systems: chat, mail, pagers, Alertmanager, signed webhooks.

Flows in: notices of the rooms above, and what other systems say is wrong.
Flows out: deliveries, tried again until they arrive, and what became of each.
"""

from steek.notify.notice import Notice, Receipt
from steek.notify.notices import Notices
from steek.notify.opening import OpenTargets, open_notifier, open_targets
from steek.notify.outside_alerts import OutsideAlert, OutsideAlerts, ToldAlert
from steek.notify.plain_text import plain_line
from steek.notify.ports import Notifier
from steek.notify.pruning import NoticePruning
from steek.notify.records import Delivery, TargetState, Tested
from steek.notify.signing import is_genuine, signature
from steek.notify.states import DELIVERY_TRANSITIONS, NOTICE_TRANSITIONS
from steek.notify.targets import Target, read_target

__all__ = [
    "DELIVERY_TRANSITIONS",
    "NOTICE_TRANSITIONS",
    "Delivery",
    "Notice",
    "NoticePruning",
    "Notices",
    "Notifier",
    "OpenTargets",
    "OutsideAlert",
    "OutsideAlerts",
    "Receipt",
    "Target",
    "TargetState",
    "Tested",
    "ToldAlert",
    "is_genuine",
    "open_notifier",
    "open_targets",
    "plain_line",
    "read_target",
    "signature",
]
