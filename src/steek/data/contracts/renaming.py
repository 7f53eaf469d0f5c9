"""Guessing which removed field came back under another name."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from steek.data.contracts.changes import Compatibility, ContractChange
from steek.data.contracts.contract import Field
from steek.data.contracts.field_changes import plain_words

# Names that share this much are more likely one thing than two ("sold_at" and "sale_at": 0.71).
_ALIKE = 0.6


def renamed_fields(removed: Sequence[Field], added: Sequence[Field]) -> list[ContractChange]:
    """A suspicion for each removed field that looks like an added one: same type, and same words or a similar name.

    A person decides: for steek a rename is a removal and an addition, which break whether the guess is right or not.
    """
    left = list(added)
    found: list[ContractChange] = []
    for field in removed:
        scored = [(score, other) for other in left if (score := _likeness(field, other)) >= _ALIKE]
        if scored:
            other = max(scored, key=lambda pair: pair[0])[1]
            left.remove(other)
            why = "Both have the same type and nearly the same words; readers of the old name must follow."
            found.append(ContractChange(field.name, "renamed", field.name, other.name, Compatibility.BREAKING, why))
    return found


def _likeness(field: Field, other: Field) -> float:
    if field.type != other.type or field.unit != other.unit:
        return 0.0
    if field.meaning and plain_words(field.meaning) == plain_words(other.meaning):
        return 1.0
    return SequenceMatcher(None, field.name, other.name).ratio()
