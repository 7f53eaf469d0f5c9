"""Texts for outsiders and the pages that show them: how each stands, and what is read of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from steek.incidents.updates.records import OutsideState, Update

TRANSITIONS: Mapping[tuple[OutsideState, Literal["approve", "correct", "withdraw"]], OutsideState] = {
    ("proposed", "approve"): "approved",
    ("proposed", "withdraw"): "withdrawn",
    ("approved", "correct"): "approved",
    ("approved", "withdraw"): "withdrawn",
    ("withdrawn", "correct"): "approved",
}


@dataclass(frozen=True, slots=True)
class OutsideEntry:
    """One thing that outsiders were told; `corrected_at` is None unless it was changed, or taken back, afterwards.

    What was taken back has no text any more: that something stood here is all that is said.
    """

    at: datetime
    text: str
    corrected_at: datetime | None = None
    is_withdrawn: bool = False


def outside_entries(updates: Sequence[Update]) -> tuple[OutsideEntry, ...]:
    """What was approved for outsiders, in the given order; what never was is left out."""
    return tuple(
        OutsideEntry(
            one.approved_at,
            one.outside_text if one.outside_state == "approved" else "",
            one.corrected_at,
            one.outside_state == "withdrawn",
        )
        for one in updates
        if one.approved_at is not None
    )


def outside_promise(updates: Sequence[Update], *, is_open: bool, now: datetime) -> datetime | None:
    """When outsiders were promised more: of the latest text that they read, and only while it is still to come."""
    said = next((one for one in updates if one.outside_state == "approved"), None)
    at = None if said is None else said.outside_next_at
    return at if is_open and at is not None and at > now else None
