"""What outsiders may read has nothing private in it: found by searching for every word that is internal."""

import re
from collections.abc import Collection

from steek.kernel.errors import InputError

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)*")
_PHONE = re.compile(r"(?<!\d)\+?\d[\d ()/-]{7,}\d(?!\d)")
_ADDRESS = re.compile(r"https?://\S+|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_URN = re.compile(
    r"\b(?:dataset|model|features|trained|deployment|incident|external|system|definition|receipt):\S+", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?")
_SHORTEST = 3


def private_parts(text: str, internal: Collection[str]) -> tuple[str, ...]:
    """What outsiders must not read: internal names, people, mail addresses, phone numbers, URLs, URNs.

    Args:
        text: What outsiders would read.
        internal: Names of systems, people, monitors and the like; found as words of their own, in upper or lower case.

    >>> private_parts("Ada works on partner_demand, call +49 30 1234567", ["partner_demand", "ada", "core"])
    ('ada', 'partner_demand', '+49 30 1234567')
    """
    plain = text.casefold()
    names = {name.strip() for name in internal if len(name.strip()) >= _SHORTEST}
    named = [name for name in sorted(names) if _stands_in(name.casefold(), plain)]
    without_days = _DAY.sub(" ", text)
    patterns = (_MAIL, _ADDRESS, _URN)
    found = [match.group(0) for pattern in patterns for match in pattern.finditer(text)]
    found += [match.group(0) for match in _PHONE.finditer(without_days)]
    return tuple(dict.fromkeys([*named, *found]))


def check_for_outsiders(text: str, internal: Collection[str]) -> None:
    """Raises InputError when a text for outsiders has anything private in it; the message names what."""
    found = private_parts(text, internal)
    if found:
        message = f"outsiders would read what is internal: {', '.join(each[:60] for each in found[:10])}"
        raise InputError(message, next_step="Say it without names of systems and people, addresses and numbers.")


def _stands_in(name: str, text: str) -> bool:
    """As a word of its own; underscores and dashes belong to the words around them."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
