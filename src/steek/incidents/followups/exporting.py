"""Follow-ups as CSV, for spreadsheets; as JSON they are records already."""

import csv
import io
from collections.abc import Sequence

from steek.incidents.followups.checks import write_check
from steek.incidents.followups.follow_up import FollowUp
from steek.kernel.records import canonical_json

COLUMNS = (
    "id",
    "priority",
    "kind",
    "state",
    "value",
    "cost",
    "owner",
    "due_at",
    "text",
    "done_means",
    "check",
    "postmortem",
    "category",
    "created_at",
    "done_how",
    "done_because",
    "tracker",
    "tracker_id",
)
# A spreadsheet takes what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(found: Sequence[FollowUp]) -> str:
    """One line each, with a head; what a spreadsheet would run as a formula is quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        tracked, ending = one.tracked, one.ending
        writer.writerow(
            _safe(value)
            for value in (
                one.id,
                one.priority.value,
                one.kind.value,
                one.state.value,
                one.value,
                one.cost,
                one.owner,
                "" if one.due_at is None else one.due_at.isoformat(),
                one.text,
                one.done_means,
                "" if one.check is None else canonical_json(write_check(one.check)),
                one.postmortem or "",
                one.category or "",
                one.created_at.isoformat(),
                "" if ending is None else ending.how,
                "" if ending is None else ending.reason,
                "" if tracked is None else tracked.tracker,
                "" if tracked is None else tracked.outside_id,
            )
        )
    return out.getvalue()


def _safe(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
