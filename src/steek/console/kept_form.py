"""What somebody typed into a form that was turned away: kept, so that it can be sent again as it is or changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from steek.kernel.errors import StaleWriteError, SteekError

_ARGUMENT = "argument."
# Chosen by a click; sent again as they were.
_CHOSEN = frozenset({"mitigation", "action", "role", "severity", "on", "freeze", "unverified", "kind", "audience"})
_DROPPED = frozenset({"key", "version"})
# A form that decides on something else than a version cannot say that its sender has looked again.
_UNREPEATABLE = frozenset({"epoch"})
_LONG = 60


@dataclass(frozen=True, slots=True)
class KeptField:
    """One field; `is_long` asks for more than a line, `is_chosen` is shown and not typed."""

    name: str
    label: str
    value: str
    is_long: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form to send again: `version` is what its sender has seen now, None where it does not decide on one."""

    address: str
    fields: tuple[KeptField, ...]
    version: int | None
    is_conflict: bool


def kept_form(address: str, form: Mapping[str, str], error: SteekError) -> KeptForm | None:
    """The form to show again; None where nothing was typed, or where sending it again says too little.

    Args:
        address: Where it was sent.
        form: What was sent.
        error: Why it was turned away; a StaleWriteError says which version is the newest.
    """
    fields = tuple(
        KeptField(name, _label(name), value, len(value) > _LONG or "\n" in value, name in _CHOSEN)
        for name, value in form.items()
        if name not in _DROPPED and (value.strip() or name not in _CHOSEN)
    )
    is_conflict = isinstance(error, StaleWriteError)
    is_typed = any(not field.is_chosen and field.name != "actor" and field.value.strip() for field in fields)
    if _UNREPEATABLE & form.keys() or not (is_typed or is_conflict):
        return None
    version = error.details.get("version") if is_conflict else form.get("version")
    known = int(str(version)) if version is not None and str(version).isdecimal() else None
    return KeptForm(address, fields, known, is_conflict)


def _label(name: str) -> str:
    return {"actor": "You are"}.get(name, name.removeprefix(_ARGUMENT).replace("_", " ").capitalize())
