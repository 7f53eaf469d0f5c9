"""A document as it is walked: every part is asked for by name, and what nobody asked for is refused by name."""

from typing import Any, TypeVar, cast, overload

from steek.kernel.errors import UnreadableError

Kind = TypeVar("Kind")
_WORDS = {str: "a text", bool: "true or false", dict: "a mapping", list: "a list", float: "a number"}


class Part:
    """A mapping of a document, with its place in words.

    Args:
        value: As YAML gave it.
        place: Where it stands, e.g. "SLO answers: spec.indicator".

    Raises:
        UnreadableError: it is no mapping, or a key is no text.
    """

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in cast("dict[object, object]", value)):
            raise refused(place, "must be a mapping with texts as keys")
        self.place = place
        self._values = cast("dict[str, object]", value)
        self._asked: list[str] = []

    @overload
    def take(self, name: str, kind: type[Kind]) -> Kind: ...
    @overload
    def take(self, name: str, kind: type[Kind], default: Kind) -> Kind: ...
    def take(self, name: str, kind: type[Any], default: Any = ...) -> Any:
        """A value of a kind; whole numbers count as numbers. Without a default it must be there."""
        self._asked.append(name)
        value = self._values.get(name)
        if value is None and name not in self._values:
            if default is ...:
                raise refused(f"{self.place}.{name}", f"is missing; it must be {_WORDS[kind]}")
            return default
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, kind):
            raise refused(f"{self.place}.{name}", f"must be {_WORDS[kind]}, not {_shown(value)}")
        return value

    def part(self, name: str) -> "Part":
        """A mapping inside this one; it must be there."""
        return Part(cast("object", self.take(name, dict)), f"{self.place}.{name}")

    def parts(self, name: str) -> list["Part"]:
        """The mappings of a list inside this one; none when it is not there."""
        found = self.take(name, list, [])
        return [Part(value, f"{self.place}.{name}[{at}]") for at, value in enumerate(cast("list[object]", found))]

    def is_like(self, other: "Part", *, but: str) -> bool:
        """Whether both say the same, apart from one key."""
        mine, its = dict(self._values), dict(other._values)  # noqa: SLF001 - of its own class
        return (mine.pop(but, None), its.pop(but, None)) != (None, None) and mine == its

    def has(self, name: str) -> bool:
        return name in self._values

    def one_of(self, name: str, *allowed: str) -> str:
        """A text that must be one of some."""
        value = self.take(name, str)
        if value not in allowed:
            raise refused(f"{self.place}.{name}", f"is {_shown(value)}; steek knows: {', '.join(allowed)}")
        return value

    def end(self) -> None:
        """Refuse, by name, whatever was not asked for."""
        left = [name for name in self._values if name not in self._asked]
        if left:
            known = ", ".join(sorted(set(self._asked)))
            raise refused(f"{self.place}.{left[0]}", f"is a part that steek does not know; known here: {known}")


def refused(place: str, why: str) -> UnreadableError:
    """The one error of documents that cannot be taken in."""
    return UnreadableError(f"OpenSLO {place} {why}", next_step="Correct or remove it; nothing was taken in.")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
