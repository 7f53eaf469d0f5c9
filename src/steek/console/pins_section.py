"""Charts as they were and files, beside the timeline."""

from dataclasses import dataclass
from datetime import datetime

from steek.console.services import Services
from steek.incidents import PinKind, State, Story


@dataclass(frozen=True, slots=True)
class PinLine:
    """One pin; `address` is where a chart is seen or a file is saved from."""

    title: str
    is_chart: bool
    address: str
    kind: str
    size_bytes: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PinsView:
    """What is pinned, newest first, and the monitors whose charts can be."""

    pins: tuple[PinLine, ...]
    monitors: tuple[str, ...]
    most_bytes: int


def pins_section(services: Services, story: Story, _form_key: str) -> PinsView | None:
    """Pins of the incident; monitors that showed it come first in the form. None where none can be any more."""
    shown = dict.fromkeys(alert.monitor for alert in story.alerts if alert.monitor in services.monitoring.monitors)
    lines = tuple(
        PinLine(
            title=pin.title,
            is_chart=pin.kind is PinKind.CHART,
            address=f"/pins/{pin.id}/{'chart.svg' if pin.kind is PinKind.CHART else 'file'}",
            kind=pin.media_type,
            size_bytes=pin.size_bytes,
            by=pin.pinned_by,
            at=pin.pinned_at,
        )
        for pin in reversed(services.pins.list(story.incident.id))
    )
    if story.incident.state is State.CLOSED and not lines:
        return None
    return PinsView(
        lines, tuple(dict.fromkeys((*shown, *sorted(services.monitoring.monitors)))), services.pins.most_bytes
    )
