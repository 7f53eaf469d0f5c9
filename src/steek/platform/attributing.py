"""The part of attributions: which slices explain a change."""

from dataclasses import dataclass

from steek.monitoring import Attributions
from steek.platform.parts import Ground


@dataclass(frozen=True, slots=True)
class AttributingPart:
    """Attributions."""

    attributions: Attributions


def attributing_part(base: Ground) -> AttributingPart:
    """Attributions of the project. They read as a service, to which what is personal is closed: an answer is shown to
    everybody who may see the page, whoever asked for it.
    """
    lake = base.lake_of("attribution", "monitoring")
    return AttributingPart(Attributions(lake, *base.state, base.project.datasets, base.project.monitors))
