"""How the batches of a dataset compared with those before them: a table of dots, and what asks for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from steek.data import FEED_CHECKS, FeedChecking, JudgedBatch

_BATCHES = 14
HEALTH: Mapping[str, str] = {"pass": "well", "warn": "watch", "hold": "broken", "undecided": "undecided"}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check over the batches: `dots` are states, oldest first; `asks` is its question."""

    name: str
    asks: str
    dots: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """What a check said of a batch beyond that all is as usual."""

    receipt: str
    at: datetime
    check: str
    health: str
    evidence: str


@dataclass(frozen=True, slots=True)
class QualityPart:
    """Checks by batches; `remarks` newest first; `held` wait for a person."""

    batches: tuple[JudgedBatch, ...]
    lines: tuple[CheckLine, ...]
    remarks: tuple[Remark, ...]
    held: tuple[JudgedBatch, ...]


def quality_part(feed: FeedChecking, dataset: str) -> QualityPart:
    """The newest batches of a dataset and what its checks said of them; empty without any."""
    held = tuple(feed.held(dataset))
    batches = tuple(feed.quality(dataset, None, None, _BATCHES))
    said = [{each.check: each for each in batch.verdicts} for batch in batches]
    names = [name for name in FEED_CHECKS if any(name in verdicts for verdicts in said)]
    lines = tuple(
        CheckLine(
            name.replace("_", " "),
            FEED_CHECKS[name],
            tuple(
                (HEALTH[verdicts[name].verdict], verdicts[name].evidence)
                if name in verdicts
                else ("undecided", "not made")
                for verdicts in said
            ),
        )
        for name in names
    )
    remarks = [remark for batch in reversed(batches) for remark in remarks_of(batch)]
    return QualityPart(batches, lines, tuple(remarks[:12]), held)


def remarks_of(batch: JudgedBatch) -> list[Remark]:
    """What warned or held, the gravest first."""
    loud = [each for each in batch.verdicts if each.verdict in ("warn", "hold")]
    ordered = sorted(loud, key=lambda each: each.verdict != "hold")
    return [
        Remark(batch.receipt_id, batch.arrived_at, each.check.replace("_", " "), HEALTH[each.verdict], each.evidence)
        for each in ordered
    ]
