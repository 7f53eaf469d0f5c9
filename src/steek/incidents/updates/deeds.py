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

    A measure in words is its own words with who carries it out; everything else its name, what it was done to, and
    how: "roll back of store_sales (to 12) was done".
    """
    given = {name: str(value) for name, value in action.arguments.items() if value not in (None, "")}
    if "text" in given:
        said = given["text"].rstrip(". ")
        owner = f"; {given['owner']} carries it out" if "owner" in given and action.outcome is Outcome.DONE else ""
        return f"{said}{owner}" if action.outcome is Outcome.DONE else f"{said}: {_DONE[action.outcome]}"
    about = given.get("model") or given.get("dataset")
    how = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in given.items() if name not in _NOT_SAID)
    what = action.mitigation.replace("-", " ") + (f" of {about}" if about else "") + (f" ({how})" if how else "")
    return f"{what} {_DONE[action.outcome]}"
