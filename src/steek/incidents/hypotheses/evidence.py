"""What a verdict rests on: a run of the test bench, an event, a pinned chart, or a page elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from steek.incidents.text import checked
from steek.kernel.errors import InputError

EvidenceKind = Literal["bench", "event", "pin", "link"]
MOST_LINKS = 50
_INSIDE: tuple[EvidenceKind, ...] = ("bench", "event", "pin")
_REFERENCE_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """One link. `reference` is the id of a run, of an event or of a pin, or an http address."""

    kind: EvidenceKind
    reference: str

    def __str__(self) -> str:
        return self.reference if self.kind == "link" else f"{self.kind}:{self.reference}"


def parse_evidence(text: str) -> Evidence:
    """Evidence as people write it: "bench:ID", "event:ID", "pin:ID", or an address that begins with http.

    Raises:
        InputError: anything else.

    >>> parse_evidence("bench:b-12")
    Evidence(kind='bench', reference='b-12')
    """
    said = checked(text, what="evidence", most=_REFERENCE_CHARACTERS).strip()
    kind, colon, reference = said.partition(":")
    for known in _INSIDE:
        if colon and kind == known and reference.strip():
            return Evidence(known, reference.strip())
    if kind in {"http", "https"} and _has_host(said):
        return Evidence("link", said)
    message = f"{said[:80]!r} is no evidence; allowed: bench:ID, event:ID, pin:ID, or an http address"
    raise InputError(message, next_step="'steek bench list' has runs, the timeline has events.")


def parse_all(texts: Iterable[str]) -> tuple[Evidence, ...]:
    """Each link once, in the order given. Raises InputError for more than 50."""
    found = tuple(dict.fromkeys(parse_evidence(text) for text in texts if text.strip()))
    if len(found) > MOST_LINKS:
        raise InputError(f"{len(found)} links are given as evidence; {MOST_LINKS} are allowed")
    return found


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
