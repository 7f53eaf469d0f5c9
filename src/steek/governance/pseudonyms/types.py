"""Records of pseudonyms."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Method = Literal["keyed", "prefix"]


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether somebody may undo pseudonyms, and the rule that said so."""

    allowed: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """A pseudonym undone. `value` is None when it was forgotten since; it is never stored nor printed by repr."""

    scope: str
    pseudonym: str
    actor: str
    reason: str
    at: datetime
    value: str | None = field(repr=False)
