"""Changes of a contract, each with the class of what it does to those who rely on it."""

from dataclasses import dataclass
from enum import StrEnum


class Compatibility(StrEnum):
    """What a change asks of readers and senders.

    `COMPATIBLE`: all that was said of rows stays true, and nothing arrives that could not arrive before.
    `WIDENING`: values or rows may arrive that could not before. `BREAKING`: something that was said no longer holds,
    or rows that were good no longer are.
    """

    COMPATIBLE = "compatible"
    WIDENING = "widening"
    BREAKING = "breaking"

    @classmethod
    def worst(cls, found: "list[Compatibility]") -> "Compatibility":
        """BREAKING before WIDENING before COMPATIBLE; nothing at all is compatible.

        >>> Compatibility.worst([])
        <Compatibility.COMPATIBLE: 'compatible'>
        """
        if cls.BREAKING in found:
            return cls.BREAKING
        return cls.WIDENING if cls.WIDENING in found else cls.COMPATIBLE


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One thing that differs.

    Args:
        where: Name of the field; empty for the contract as a whole.
        what: What differs, e.g. "unit", or "added", "removed", "renamed" of a field.
        before: Value before; None where there was none.
        after: Value after; None where there is none.
        compatibility: Its class.
        why: One sentence on why it is of that class.
    """

    where: str
    what: str
    before: object
    after: object
    compatibility: Compatibility
    why: str

    @property
    def sentence(self) -> str:
        """The change in words, with its reason.

        >>> ContractChange("a", "unit", "USD", "EUR", Compatibility.BREAKING, "Numbers mean something else.").sentence
        "a: unit changes from 'USD' to 'EUR' (breaking). Numbers mean something else."
        """
        where = f"{self.where}: " if self.where else ""
        if self.what in ("added", "removed"):
            told = f"is {self.what}"
        elif self.what == "renamed":
            told = f"seems to be renamed to {self.after!r}"
        else:
            told = f"{self.what} changes from {_shown(self.before)} to {_shown(self.after)}"
        return f"{where}{told} ({self.compatibility}). {self.why}"


@dataclass(frozen=True, slots=True)
class ContractDiff:
    """All changes between two contracts of one dataset, worst first; no changes when they promise the same."""

    changes: tuple[ContractChange, ...]

    @property
    def compatibility(self) -> Compatibility:
        """The worst class of its changes."""
        return Compatibility.worst([change.compatibility for change in self.changes])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the fields that change, each once; nothing for changes of the contract as a whole."""
        return tuple(dict.fromkeys(change.where for change in self.changes if change.where))

    @property
    def breaking(self) -> tuple[ContractChange, ...]:
        """The changes that break something."""
        return tuple(change for change in self.changes if change.compatibility is Compatibility.BREAKING)


def _shown(value: object) -> str:
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return repr(value)
