"""Changes of one field: what its values are, mean, identify, and how they are protected."""

from collections.abc import Callable, Iterator

from steek.data.contracts.changes import Compatibility, ContractChange
from steek.data.contracts.contract import Field
from steek.data.contracts.limits import limit_changes

_SAME, _WIDER, _BREAKING = Compatibility.COMPATIBLE, Compatibility.WIDENING, Compatibility.BREAKING
Judged = tuple[Compatibility, str]


def field_changes(before: Field, after: Field) -> Iterator[ContractChange]:
    """Changes between two fields of one name; none when they are equal."""
    for what, judge in _JUDGES.items():
        old, new = getattr(before, what), getattr(after, what)
        if old != new:
            compatibility, why = judge(before, after)
            yield ContractChange(after.name, what, old, new, compatibility, why)
    yield from limit_changes(before, after)


def added_field(field: Field) -> ContractChange:
    """The change of a field that was not there."""
    if field.key:
        why = "It is part of the key: what one row is about changes."
        return ContractChange(field.name, "added", None, field.type, _BREAKING, why)
    if field.nullable:
        why = "It may be absent, so senders that do not know it go on, and readers need not look at it."
        return ContractChange(field.name, "added", None, field.type, _SAME, why)
    why = "It is required: batches of senders that do not know it are refused."
    return ContractChange(field.name, "added", None, field.type, _BREAKING, why)


def removed_field(field: Field) -> ContractChange:
    """The change of a field that is no longer there."""
    why = "Readers of it find nothing, and batches that still bring it are refused."
    return ContractChange(field.name, "removed", field.type, None, _BREAKING, why)


def plain_words(text: str) -> str:
    """Text without case, punctuation and spacing: two sentences that differ in these alone say the same.

    >>> plain_words("What the store received,  per line.")
    'what the store received per line'
    """
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())


def meaning_change(before: str, after: str, about: str) -> Judged:
    """How a changed description of `about` (e.g. "one value") is to be taken."""
    if plain_words(before) == plain_words(after):
        return _SAME, "The words are the same."
    if not before:
        return _SAME, "Nothing was said before; nothing that was said is taken back."
    return _BREAKING, f"Equal types do not make {about} say the same; every reader must look whether it still fits."


def _type(before: Field, after: Field) -> Judged:
    if (before.type, after.type) == ("integer", "number"):
        return (
            _BREAKING,
            "Every whole number is a number, but the stored column and joins over it change.",
        )
    return _BREAKING, "Stored rows and the code of readers have the other type."


def _unit(before: Field, after: Field) -> Judged:
    if not before.unit:
        return _BREAKING, "Readers took the numbers for some unit; only they know whether it was this one."
    if not after.unit:
        return _BREAKING, "Nobody says any longer what the numbers measure."
    return _BREAKING, "The same number means another amount, and no type check can see it."


def _meaning(before: Field, after: Field) -> Judged:
    return meaning_change(before.meaning, after.meaning, "one value")


def _key(before: Field, after: Field) -> Judged:  # noqa: ARG001 - judges look alike
    if after.key:
        return (
            _BREAKING,
            "The key grows: several rows can stand for what was one thing, and joins multiply.",
        )
    return _BREAKING, "The key shrinks: rows that were different things repeat each other, and joins match otherwise."


def _sensitivity(before: Field, after: Field) -> Judged:
    if "personal" in (before.sensitivity, after.sensitivity):
        if after.sensitivity == "personal":
            return _BREAKING, "Personal columns are closed: whoever reads it today cannot, unless a policy says so."
        return _BREAKING, "What was protected as personal is open then; those who answer for it must agree."
    return _WIDER, "The class of protection is another one."


def _subject(before: Field, after: Field) -> Judged:
    if not before.subject:
        return _SAME, f"Rows of a {after.subject} can now be found and erased by it."
    return _BREAKING, f"Erasure and sealing no longer find the rows of a {before.subject} by it."


def _pseudonym(before: Field, after: Field) -> Judged:  # noqa: ARG001 - judges look alike
    return _BREAKING, "New rows carry other values for the same thing than stored ones; joins over it stop matching."


def _scope(before: Field, after: Field) -> Judged:
    if before.pseudonym or after.pseudonym:
        return _BREAKING, "Pseudonyms of another scope are other values; joins with old rows and other datasets stop."
    return _SAME, "Without a pseudonym the scope says nothing."


def _sealed(before: Field, after: Field) -> Judged:  # noqa: ARG001 - judges look alike
    if after.sealed:
        return _BREAKING, "The column is encrypted then; readers without the keys find nothing."
    return _BREAKING, "The value is stored open, and shredding a key no longer makes it unreadable."


_JUDGES: dict[str, Callable[[Field, Field], Judged]] = {
    "type": _type,
    "unit": _unit,
    "meaning": _meaning,
    "key": _key,
    "sensitivity": _sensitivity,
    "subject": _subject,
    "pseudonym": _pseudonym,
    "scope": _scope,
    "sealed": _sealed,
}
