"""What suspects name and nothing on the menu takes back by itself: measures in words, for people to carry out."""

from collections.abc import Mapping

from steek.incidents.changes import WhatChanged
from steek.incidents.phases import TRIGGER_SCORE
from steek.incidents.suspects import Suspect

_MOST = 3
# A model goes back by roll-back; nobody takes the world back.
_WORDS: Mapping[str, str] = {
    "data": "put the contents of {system} back to what they were before",
    "schema": "take the change of the contract of {system} back",
    "config": "set back what was configured before",
    "feature code": "put the code of {system} back to what it was before, and compute its features again",
    "binary": "start the program again that ran before",
    "infrastructure": "take the change of the infrastructure back",
}


def manual_rollbacks(changed: WhatChanged) -> tuple[str, ...]:
    """One sentence for each strong suspect that can only be taken back by hand, the strongest first; () for none."""
    strong = [one for one in changed.suspects if one.score >= TRIGGER_SCORE and one.verdict != "rejected"]
    return tuple(dict.fromkeys(_say(one) for one in strong if one.category in _WORDS))[:_MOST]


def _say(suspect: Suspect) -> str:
    system = suspect.system.partition(":")[2] or suspect.system
    words = _WORDS[suspect.category].format(system=system)
    return f"{words[0].upper()}{words[1:]} ({suspect.what}, {suspect.event.at:%Y-%m-%d %H:%M} UTC)"
