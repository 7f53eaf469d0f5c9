"""Which kinds of safeguards are of use against which kind of failure, read from their data file."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

from steek.incidents.defences.layers import Layer
from steek.kernel.errors import InputError

_NOT_APPLICABLE = "not_applicable"
_PLAIN = "nothing of this layer can stop it"


@dataclass(frozen=True, slots=True)
class Means:
    """A kind of safeguard: its layer, what is said when it is there and when it is not, and how to get one.

    `effort` of setting one up is 1 (a line) to 5 (a project); `indicators` are those whose monitors are of this kind.
    `elsewhere`: only who trains and serves a model can have it, so that of a watched one it is not known.
    """

    id: str
    layer: Layer
    have: str
    lack: str
    add: str
    effort: int
    indicators: tuple[str, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole table; `covers[category][layer]` are ids of means, `reasons[category][layer]` why there are none."""

    version: int
    means: Mapping[str, Means]
    covers: Mapping[str, Mapping[Layer, tuple[str, ...]]]
    reasons: Mapping[str, Mapping[Layer, str]]
    everywhere: Mapping[Layer, tuple[str, ...]]

    def of(self, category: str, layer: Layer) -> tuple[Means, ...]:
        """Kinds of safeguards of one layer against a category; empty when the layer can do nothing."""
        named = (*self.covers.get(category, {}).get(layer, ()), *self.everywhere.get(layer, ()))
        return tuple(self.means[name] for name in named)

    def is_elsewhere(self, layer: Layer) -> bool:
        """Whether there are categories against which only who trains and serves a model can have this layer."""
        wanted = [self.of(category, layer) for category in self.covers]
        return any(means and all(one.elsewhere for one in means) for means in wanted)

    def reason(self, category: str, layer: Layer) -> str:
        """Why a layer can do nothing about a category."""
        return self.reasons.get(category, {}).get(layer, _PLAIN)

    def means_of_indicator(self, indicator: str) -> str | None:
        """Of which kind a monitor of an indicator is; None for one that covers nothing by itself."""
        return next((each.id for each in self.means.values() if indicator in each.indicators), None)


@cache
def load_coverage() -> Coverage:
    """The table that comes with steek."""
    return parse_coverage((resources.files(__package__ or __name__) / "coverage.toml").read_text("utf-8"))


def parse_coverage(text: str) -> Coverage:
    """Read and check a table in TOML.

    Raises:
        InputError: not TOML, a missing field, an unknown layer, or means that nobody described or of another layer.
    """
    try:
        table = tomllib.loads(text)
        means = {name: _means(name, entry) for name, entry in table["means"].items()}
        everywhere = _named(table["everywhere"], means)
        covers = {name: _named(entry, means) for name, entry in table["covers"].items()}
        reasons = {name: _reasons(entry) for name, entry in table["covers"].items()}
        return Coverage(int(table["version"]), means, covers, reasons, everywhere)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as cause:
        message = f"the table of safeguards cannot be read: {cause}"
        raise InputError(message, next_step="Compare it with coverage.toml of steek.") from cause


def _means(name: str, entry: Mapping[str, object]) -> Means:
    effort = entry["effort"]
    if not isinstance(effort, int) or not 1 <= effort <= 5:
        message = f"effort of {name} is {effort!r}; allowed: 1 to 5"
        raise ValueError(message)
    indicators = cast("Sequence[object]", entry.get("indicators", ()))
    return Means(
        id=name,
        layer=Layer(str(entry["layer"])),
        have=str(entry["have"]),
        lack=str(entry["lack"]),
        add=str(entry["add"]),
        effort=effort,
        indicators=tuple(str(each) for each in indicators),
        elsewhere=entry.get("elsewhere") is True,
    )


def _named(entry: Mapping[str, object], means: Mapping[str, Means]) -> dict[Layer, tuple[str, ...]]:
    found: dict[Layer, tuple[str, ...]] = {}
    for layer, names in entry.items():
        if layer == _NOT_APPLICABLE:
            continue
        listed = tuple(str(name) for name in cast("Sequence[object]", names))
        stray = [name for name in listed if means[name].layer != layer]
        if stray:
            message = f"{', '.join(stray)} are no means of the layer {layer}"
            raise ValueError(message)
        found[Layer(layer)] = listed
    return found


def _reasons(entry: Mapping[str, object]) -> dict[Layer, str]:
    said = cast("Mapping[str, object]", entry.get(_NOT_APPLICABLE, {}))
    return {Layer(layer): str(reason) for layer, reason in said.items()}
