"""What an attribution says: explanations, and the whole they explain."""

from dataclasses import dataclass
from typing import Literal

Metric = Literal["sum", "ratio"]
Effect = Literal["amount", "rate", "mix"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One slice that stands out.

    Args:
        dimensions: What it is sliced by, one to a few columns.
        values: Its value in each, as text.
        effect: "amount" of a sum; of a ratio "rate", its own ratio changed, or "mix", its share of the whole changed.
        before: Its amount as expected from the windows before, or its ratio then; None where it had none.
        after: The same now.
        share_before: Its part of the whole before (of the denominator, for a ratio), 0 to 1.
        share_after: The same now.
        moved: What it moved the whole by, in the unit of the metric.
        contribution: That as a part of the change of the whole; parts of overlapping slices overlap, and others may
            move against it. None when the whole did not move.
        surprise: Its term of the Jensen-Shannon divergence, nats; None where shares have no meaning.
        evidence: Nats by which it stands out after all other slices that were looked at are paid for; 3 is 1 in 20.
        sentence: All that in words.
    """

    dimensions: tuple[str, ...]
    values: tuple[str, ...]
    effect: Effect
    before: float | None
    after: float | None
    share_before: float
    share_after: float
    moved: float
    contribution: float | None
    surprise: float | None
    evidence: float
    sentence: str = ""

    @property
    def slice(self) -> str:
        """The slice as monitors write it, "store_id=367, brand=Private"."""
        return ", ".join(f"{column}={value}" for column, value in zip(self.dimensions, self.values, strict=True))


@dataclass(frozen=True, slots=True)
class Attribution:
    """Which slices explain a change.

    Args:
        metric: Sum or ratio.
        dimensions: What was sliced by.
        windows: How many windows were compared with.
        total_before: What was expected of the whole, from those windows; None for a ratio without denominator.
        total_after: What it is.
        explained: Slices that stand out and matter to the whole, the strongest first; they overlap in at most half.
        also: Slices that stand out, but move the whole too little to explain it.
        undecided: Why nothing is explained; None when something is.
        dimension: For a ratio, the dimension that `rate` and `mix` are told of; None for a sum.
        rate: What the slices' own ratios moved the whole by, in its unit; None for a sum.
        mix: What their shares moved it by; with `rate` it makes the whole change.
        sentence: The outcome in words.
    """

    metric: Metric
    dimensions: tuple[str, ...]
    windows: int
    total_before: float | None
    total_after: float | None
    explained: tuple[Explanation, ...]
    also: tuple[Explanation, ...]
    undecided: str | None
    dimension: str | None
    rate: float | None
    mix: float | None
    sentence: str
