"""Searching the entries of a Delta log for persons: bounds of columns, values of partitions, predicates; pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from steek.data.erasure.matching import json_pattern
from steek.data.erasure.subjects import Wanted, tells

# Bounds of texts are cut off after so many characters.
_BOUND_CHARACTERS = 32
_BOUNDS = ("minValues", "maxValues")


class LogSearch:
    """Looks for the same persons in many entries.

    Args:
        looked_for: Column to its forms.
    """

    def __init__(self, looked_for: Wanted) -> None:
        self._looked_for = looked_for
        self._pairs = [(re.compile(json_pattern(name)), forms) for name, forms in looked_for.items()]
        self._predicates = [
            (re.compile(rf"\b{re.escape(name)}\b\W{{1,4}}=\W{{0,4}}'?([^'\s\")]+)"), forms)
            for name, forms in looked_for.items()
        ]
        self._telling = {form: who for forms in looked_for.values() for form, who in forms.items() if tells(form)}

    def persons(self, content: str) -> set[str]:
        """Digests of the persons that an entry, JSON lines of actions, tells of."""
        found: set[str] = set()
        for line in content.splitlines():
            if line.strip():
                found |= self._in_action(json.loads(line))
        return found

    def _in_action(self, action: Mapping[str, Any]) -> set[str]:
        found: set[str] = set()
        for kind, body in action.items():
            if kind == "commitInfo":
                found |= self._in_commit(json.dumps(body))
            elif isinstance(body, dict):
                for name, value in _bounds(body):  # pyright: ignore[reportUnknownArgumentType]
                    found |= self._in_bound(name, value)
        return found

    def _in_bound(self, name: str, value: Any) -> set[str]:
        forms = self._looked_for.get(name)
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        if forms is not None:
            cut = len(text) >= _BOUND_CHARACTERS
            start = text[: _BOUND_CHARACTERS - 1]
            return {who for form, who in forms.items() if form == text or (cut and form.startswith(start))}
        if not isinstance(value, str):
            return set()
        return {forms[told] for pattern, forms in self._pairs for told in pattern.findall(value) if told in forms}

    def _in_commit(self, text: str) -> set[str]:
        found = {who for form, who in self._telling.items() if form in text}
        for pattern, forms in [*self._predicates, *self._pairs]:
            found |= {forms[told] for told in pattern.findall(text) if told in forms}
        return found


def _bounds(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every bound and partition value of one action, by column."""
    yield from (body.get("partitionValues") or {}).items()
    stats = body.get("stats")
    if not stats:
        return
    try:
        told = json.loads(stats)
    except ValueError:
        return
    for side in _BOUNDS:
        yield from _flat(told.get(side) or {})


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value)  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield name, value
