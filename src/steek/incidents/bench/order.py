"""What a run of the bench was asked to be, kept without what may name a person."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from steek.incidents.bench.asking import Asking
from steek.incidents.bench.runs import Run
from steek.incidents.bench.sides import Side
from steek.incidents.bench.veil import Hide
from steek.kernel.errors import ConflictError
from steek.kernel.records import content_hash, to_plain
from steek.models import ModelDefinition

_REQUEST = "request_sha256"


@dataclass(frozen=True, slots=True)
class Order:
    """What a run was asked to be; `named` are the sides as they were given, none where those that serve are meant."""

    definition: ModelDefinition
    sides: tuple[Side, ...]
    named: tuple[str, ...]
    asking: Asking
    slices: tuple[str, ...]
    incident: str | None
    hypothesis: int | None
    actor: str

    def said(self, hide: Hide) -> dict[str, Any]:
        """What was asked, as it is kept."""
        asking, named = self.asking, self.asking.slice
        if named is not None:
            column, _, value = named.partition("=")
            named = f"{column}={_hidden(hide, column, value)}"
        found: dict[str, object] = {"source": asking.source, "window": asking.window, "slice": named}
        found |= {"limit": asking.limit, "requests": len(asking.requests), "typed": len(asking.typed)}
        typed = [{name: _hidden(hide, name, value) for name, value in one.items()} for one in asking.typed]
        whole = (self.definition.name, self.named, self.incident, self.hypothesis, asking.requests, typed)
        plain: Any = to_plain({**found, "by": list(self.slices)})
        return {**plain, _REQUEST: content_hash(to_plain([*whole, plain]))}


def _hidden(hide: Hide, column: str, value: object) -> object:
    return hide(column, pl.Series(column, [value]))[0] if isinstance(value, str | int) else str(value)


def check_same(known: Run, said: dict[str, Any], key: str) -> Run:
    """The run that a key made, when it was asked for the same. Raises ConflictError."""
    if known.question.get(_REQUEST, said[_REQUEST]) != said[_REQUEST]:
        message = f"key {key!r} was already used for run {known.id} of {known.model}, which asked something else"
        raise ConflictError(message, next_step="Take a new key for a new run.")
    return known
