"""What outsiders may read has nothing private in it: found by searching for every word that is internal."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

from steek.kernel.errors import InputError

_SHORTEST = 3
_SHOWN = 10
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?")
_PHONE = re.compile(r"(?<!\d)\+?\d[\d ()/-]{7,}\d(?!\d)")
_GROUPS_OF_EIGHT = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:%\w+)?(?![\w:])", re.IGNORECASE)
# A time zone, a standard or an illness is written as tickets are.
_TICKET = re.compile(r"(?<![\w-])(?!(?:UTC|GMT|ISO|UTF|RFC|SHA|COVID)-)[A-Z][A-Z0-9]{1,9}-\d{1,7}(?![\w-])")
_PATTERNS = (
    re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)*"),
    re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE),
    re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    re.compile(r"(?<![\w.@/-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9](?![\w-])", re.IGNORECASE),
    re.compile(r"(?<![\w.-])[a-z]+(?:-[a-z0-9]+)*-[a-z]+-?\d+(?![\w-])", re.IGNORECASE),
    re.compile(r"(?<![\w/.])(?:~?/[\w.+@-]+){2,}/?|(?<!\w)~/[\w.+@-]+|\b[a-z]:\\\S+|\\\\[\w.-]+", re.IGNORECASE),
    re.compile(
        r"\b(?:dataset|model|features|trained|deployment|incident|external|system|definition|receipt|monitor|alert|"
        r"objective|pin|rotation|stakeholder):[^\s:]\S*",
        re.IGNORECASE,
    ),
    _TICKET,
    re.compile(r"(?<![\w#])#\d{2,}\b|\b(?:INC|CHG|REQ|TASK|PRB)\d{4,}\b"),
    # Numbers of incidents.
    re.compile(r"(?<![\w-])\d{4}-\d{3}(?![\w-])"),
)


@dataclass(frozen=True, slots=True)
class InternalNames:
    """Names that outsiders must not read.

    Args:
        people: Principals and display names; also what stands before the @ is searched for.
        names: Systems, monitors, rotations, slices and their values, partners.
        fields: Columns and features. They are searched for as code writes them and not as plain words, for "price"
            says nothing of a house that has prices.
    """

    people: frozenset[str] = field(default_factory=frozenset[str])
    names: frozenset[str] = field(default_factory=frozenset[str])
    fields: frozenset[str] = field(default_factory=frozenset[str])

    def __or__(self, other: "InternalNames") -> "InternalNames":
        return InternalNames(self.people | other.people, self.names | other.names, self.fields | other.fields)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something internal in a text for outsiders, as it is written there.

    `is_plain` says that it reads like words of a dictionary: it may be meant as such, which people must say.
    """

    text: str
    is_plain: bool


def private_parts(text: str, internal: InternalNames) -> tuple[Finding, ...]:
    """What outsiders must not read: internal names, people, addresses of any kind, paths, tickets, phone numbers.

    Names are equal up to `_`, `-`, spaces and case.

    >>> names = InternalNames(people=frozenset({"ada@shop"}), names=frozenset({"partner_demand"}))
    >>> [one.text for one in private_parts("Ada works on PartnerDemand, call +49 30 1234567", names)]
    ['Ada', 'PartnerDemand', '+49 30 1234567']
    """
    said = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")
    found = [*_named(said, internal), *_shaped(said)]
    strong = {one.text.casefold() for one in found if not one.is_plain}
    known: dict[str, Finding] = {}
    for one in found:
        if not (one.is_plain and one.text.casefold() in strong):
            known.setdefault(one.text.casefold(), one)
    return tuple(known.values())


def plain_words(text: str, internal: InternalNames, meant: Collection[str] = ()) -> tuple[str, ...]:
    """Words of a text for outsiders that are names here, and that nobody said are meant as plain words.

    Raises:
        InputError: something internal that no plain word is; the message names what.
    """
    found = private_parts(text, internal)
    strong = [one.text for one in found if not one.is_plain]
    if strong:
        message = f"outsiders would read what is internal: {', '.join(each[:60] for each in strong[:_SHOWN])}"
        raise InputError(message, next_step="Say it without names of systems and people, addresses and numbers.")
    known = {_folded(each) for each in meant}
    return tuple(one.text for one in found if _folded(one.text) not in known)


def check_for_outsiders(text: str, internal: InternalNames, meant: Collection[str] = ()) -> None:
    """Raises InputError when a text for outsiders has anything private in it, or a word that may be a name here.

    Args:
        text: What outsiders would read.
        internal: What they must not.
        meant: Words that whoever decides said are meant as plain words.
    """
    asked = plain_words(text, internal, meant)
    if asked:
        listed = ", ".join(each[:60] for each in asked[:_SHOWN])
        message = f"outsiders would read what is a name here: {listed}"
        next_step = f"Say it otherwise; or say that the plain word is meant, which is recorded: {listed}."
        raise InputError(message, next_step=next_step, details={"words": list(asked)})


def _named(text: str, internal: InternalNames) -> Iterator[Finding]:
    glued = "".join(_BETWEEN_WORDS.split(text)).casefold()
    for person in sorted(internal.people):
        local = person.partition("@")[0]
        # First and family name together are no plain words, whatever each of them means.
        yield from (
            Finding(said, is_plain=False)
            for name in (person, local)
            if len(_words(name)) > 1
            for said, _ in _written(name, text, glued)
        )
        yield from (Finding(*found) for word in _words(local) for found in _written(word, text, glued))
    for name in sorted(internal.names):
        yield from (Finding(*found) for part in (name, *_parts_of(name)) for found in _written(part, text, glued))
    for name in sorted(internal.fields):
        written = (each for part in (name, name.rpartition(".")[2]) for each in _written(part, text, glued))
        yield from (Finding(said, is_plain=False) for said, is_plain in written if not is_plain)


def _shaped(text: str) -> Iterator[Finding]:
    """What is private by how it is written."""
    for pattern in _PATTERNS:
        yield from (Finding(match.group(0), is_plain=False) for match in pattern.finditer(text))
    for match in _GROUPS_OF_EIGHT.finditer(text):
        if _is_address(match.group(0)):
            yield Finding(match.group(0), is_plain=False)
    yield from (Finding(match.group(0).strip(), is_plain=False) for match in _PHONE.finditer(_DAY.sub(" ", text)))


def _is_address(text: str) -> bool:
    try:
        return any(each.isalnum() for each in text) and bool(IPv6Address(text))
    except AddressValueError:
        return False


def _parts_of(name: str) -> Iterable[str]:
    """What of a name is one too: behind a ":" what a monitor or URN is called, behind a "=" the value of a slice."""
    behind = name.rpartition(":")[2].partition("@")[0]
    return (behind, name.rpartition("=")[2]) if "=" in name else (behind,)


def _written(name: str, text: str, glued: str) -> Iterator[tuple[str, bool]]:
    """Where a name stands in a text as a word of its own, however its words are joined; and whether as plain words.

    Too short a name, or one of digits alone, is not looked for. `glued` is the text without all that joins words.
    """
    words = _words(name)
    letters = "".join(words).casefold()
    if len(letters) < _SHORTEST or letters.isdecimal() or letters not in glued:
        return
    joined = r"[\W_]{0,3}".join(re.escape(word) for word in words)
    for match in re.finditer(rf"(?<![^\W_]){joined}(?![^\W_])", text, re.IGNORECASE):
        said = match.group(0)
        around = text[max(0, match.start() - 1) : match.start()] + text[match.end() : match.end() + 1]
        yield said, "_" not in around and _is_plain(said, words)


def _is_plain(said: str, words: Collection[str]) -> bool:
    """Whether a name stands there as words of a dictionary would: letters alone, one word for each of its words."""
    return said.replace(" ", "").isalpha() and len(said.split()) == len(words)


@lru_cache(maxsize=8_192)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in _BETWEEN_WORDS.split(_HUMP.sub(" ", unicodedata.normalize("NFKC", name))) if word)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
