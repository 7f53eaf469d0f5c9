"""Something that is set up, and something that happened which shows that it works."""

from dataclasses import dataclass
from datetime import datetime

from steek.incidents.defences.layers import Layer


@dataclass(frozen=True, slots=True)
class Safeguard:
    """One thing in the configuration that can stop, show or undo a failure.

    Args:
        means: Of which kind it is, as coverage.toml names it.
        subject: URN of what it is set up on.
        text: It in a few words, e.g. "monitor lines with makers (join_matched)".
        models: Whom it protects; None for every model.
        link: Page that shows it; empty where there is none.
        gap: What keeps it from working, e.g. "no target reaches ana"; empty where nothing is known to.
    """

    means: str
    subject: str
    text: str
    models: frozenset[str] | None
    link: str = ""
    gap: str = ""

    def concerns(self, model: str) -> bool:
        """Whether it is set up for `model`."""
        return self.models is None or model in self.models

    def protects(self, model: str) -> bool:
        """Whether it is of use to `model`."""
        return not self.gap and self.concerns(model)


@dataclass(frozen=True, slots=True)
class LayerSaid:
    """What people said of a layer that nothing here can see: whether a watched model has it; who wrote it down when."""

    has: bool
    text: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Exercise:
    """A time at which a safeguard was really needed or rehearsed, and did what it is there for.

    Args:
        layer: That was exercised.
        at: When.
        text: By what, e.g. "the gate refused shop_demand 3".
        link: Page that shows it.
        means: Kinds of safeguards it exercised; empty for all of the layer.
        models: Whose; None for every model.
        categories: Against which kinds of failure; empty for all that these means cover.
        by_draft: Only a draft says so, which nobody confirmed and published: it is shown, and counts for nothing.
    """

    layer: Layer
    at: datetime
    text: str
    link: str
    means: frozenset[str] = frozenset()
    models: frozenset[str] | None = None
    categories: frozenset[str] = frozenset()
    by_draft: bool = False

    def concerns(self, means: frozenset[str], category: str, model: str | None) -> bool:
        """Whether it says something of safeguards of these kinds, against a category, for a model (None: any)."""
        return (
            (not self.means or bool(self.means & means))
            and (not self.categories or category in self.categories)
            and (model is None or self.models is None or model in self.models)
        )
