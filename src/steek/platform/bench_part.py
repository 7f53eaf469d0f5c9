"""Hypotheses of incidents, and the bench on which they are tested."""

from dataclasses import dataclass

from steek.incidents import Hypotheses
from steek.platform.parts import Ground


@dataclass(frozen=True, slots=True)
class BenchPart:
    """How people find out."""

    hypotheses: Hypotheses


def bench_part(base: Ground) -> BenchPart:
    """Hypotheses and bench of one project."""
    return BenchPart(Hypotheses(*base.state))
