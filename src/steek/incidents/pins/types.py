"""Records of what is pinned to an incident."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PinKind(StrEnum):
    """A chart as it was at that moment, or a file."""

    CHART = "chart"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Pin:
    """Something kept beside the timeline. It is never changed.

    `sha256` is of the file, or of the picture. `chart` has the monitor, slice, unit, bounds and points as they were;
    None for a file.
    """

    id: str
    incident_id: str
    kind: PinKind
    title: str
    sha256: str
    media_type: str
    size_bytes: int
    chart: Mapping[str, object] | None
    pinned_by: str
    pinned_at: datetime
