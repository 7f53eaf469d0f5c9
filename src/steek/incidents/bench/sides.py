"""What is set side by side: a version of a model on a state of the data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from steek.kernel.errors import InputError, UnreadableError
from steek.serving.queries import parse_moment

MOST_SIDES = 8
_VERSION = re.compile(r"v?(\d{1,9})")
_PINNED = re.compile(r"([A-Za-z0-9_]+)=(\d{1,9})")
_EXAMPLE = (
    "17, or 17@2017-10-14T06:00:00Z for features as they stood then, or 17+products=1 for another version of data"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One column of a comparison.

    Args:
        version: Version of the trained model, whether it was ever deployed or not.
        as_of: Features as they stood at this moment; None takes those of each query's own moment.
        data: Versions of datasets from which features that read them are computed anew; empty takes what was kept.
    """

    version: int
    as_of: datetime | None = None
    data: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def label(self) -> str:
        """As people write it.

        >>> Side(17, data={"products": 1}).label
        'v17+products=1'
        """
        at = "" if self.as_of is None else f"@{self.as_of.isoformat().replace('+00:00', 'Z')}"
        return f"v{self.version}{at}" + "".join(f"+{name}={number}" for name, number in sorted(self.data.items()))


def parse_side(text: str) -> Side:
    """A side as people write it: "VERSION", with "@INSTANT" and "+DATASET=VERSION" after it where wanted.

    Raises:
        InputError: anything else.

    >>> parse_side("v17@2017-10-14T06:00:00Z").version
    17
    """
    # An instant may hold a plus in its offset, so data versions are told by their equals sign.
    head, *pins = re.split(r"\+(?=[A-Za-z_][A-Za-z0-9_]*=)", text.strip())
    version, at, moment = head.partition("@")
    found, pinned = _VERSION.fullmatch(version.strip()), [_PINNED.fullmatch(pin.strip()) for pin in pins]
    if found is None or any(pin is None for pin in pinned) or (at and not moment):
        raise InputError(f"{text[:100]!r} is no side of a comparison", next_step=f"Write {_EXAMPLE}.")
    try:
        as_of = parse_moment(moment.strip()) if at else None
    except UnreadableError as cause:
        raise InputError(f"{text[:100]!r} is no side of a comparison: {cause.message}") from cause
    return Side(int(found[1]), as_of, {pin[1]: int(pin[2]) for pin in pinned if pin is not None})


def parse_sides(texts: Iterable[str]) -> tuple[Side, ...]:
    """Sides in the order given, each once. Raises InputError for none and for more than eight."""
    found = {side.label: side for side in map(parse_side, texts)}
    if not 0 < len(found) <= MOST_SIDES:
        message = f"{len(found)} sides are given; 1 to {MOST_SIDES} are allowed"
        raise InputError(message, next_step=f"Write {_EXAMPLE}.")
    return tuple(found.values())
