"""What was done about an incident, said as what it was: the deed itself, on what, and who carries it out."""

from collections.abc import Mapping

from steek.incidents.mitigations import ActionTaken, Outcome

_DONE: Mapping[Outcome, str] = {
    Outcome.STARTED: "is being done",
    Outcome.DONE: "was done",
    Outcome.FAILED: "was tried and failed",
}
# Said in the record of the action; what it is about says the rest.
_NOT_SAID = frozenset({"model", "dataset", "text", "owner", "expected", "reason"})


def deed(action: ActionTaken) -> str:
    """One action in plain words.

    A measure in words is its own words with who carries it out, everything else its name, what it was done to, and how.

    >>> from dataclasses import replace
    >>> from datetime import UTC, datetime
    >>> at = datetime(2024, 3, 25, 8, tzinfo=UTC)
    >>> given = {"model": "store_sales", "to": 12, "reason": "wrong unit"}
    >>> told = ActionTaken("k", "2024-001", 1, "roll-back", given, "ana", Outcome.DONE, {}, {}, {}, None, None, at, at)
    >>> deed(told)
    'roll back of store_sales (to 12) was done'
    >>> given = {"text": "Purchasing stops the orders by hand", "owner": "ben", "expected": "no wrong order"}
    >>> deed(replace(told, mitigation="measure", arguments=given))
    'Purchasing stops the orders by hand (ben)'
    """
    given = {name: str(value) for name, value in action.arguments.items() if value not in (None, "")}
    if "text" in given:
        said = given["text"].rstrip(". ")
        said += f" ({given['owner']})" if "owner" in given else ""
        return said if action.outcome is Outcome.DONE else f"{said}: {_DONE[action.outcome]}"
    about = given.get("model") or given.get("dataset")
    how = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in given.items() if name not in _NOT_SAID)
    what = action.mitigation.replace("-", " ") + (f" of {about}" if about else "") + (f" ({how})" if how else "")
    return f"{what} {_DONE[action.outcome]}"
