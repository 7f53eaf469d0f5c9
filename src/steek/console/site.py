"""What every page and form of one console has at hand, and what it says after a form."""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment

from steek.console.drawings import Drawings
from steek.console.services import Services
from steek.console.stream import Live

# After a form the page says what happened; only these sentences, never text from the address.
DONE: Mapping[str, str] = {
    "acknowledged": "Written down. The change waits for whoever else was asked.",
    "applied": "Applied. Batches are judged by it from now on.",
    "attributed": "Compared. What was found stands below.",
    "cancelled": "Cancelled. Nothing was touched.",
    "discarded": "Given up, with your reason.",
    "erasing": "Requested. It can be cancelled until the delay is over.",
    "overridden": "Written down with your name and reason. It can be applied.",
    "rejected": "Turned away; its rows are in quarantine.",
    "released": "Let in; its rows come with the next commit.",
    "replayed": "Judged again. Rows that fit now are in; the rest stays here.",
    "acted": "Done, and written into the timeline.",
    "advanced": "The incident moved on.",
    "assigned": "The role is assigned.",
    "declared": "Declared. Name a commander first.",
    "failed": "It was tried and failed; what it said stands under 'Done so far'.",
    "excluded": "Agreed. That time does not count from the next check on.",
    "included": "Taken back. That time counts again.",
    "judged": "Written down. It counts for the rule that fired.",
    "seen": "It is yours. Everybody sees so.",
    "silenced": "Kept quiet until its time is over; what it hides stands below.",
    "unsilenced": "Ended. What still fires is told now.",
    "noted": "The note is in the timeline.",
    "resent": "Due again; it is sent in a moment, and what comes of it stands below.",
    "resolved": "Resolved and verified. A postmortem draft is written.",
    "test-failed": "The test did not arrive; why stands beside the target.",
    "tested": "The test arrived: that something is wrong, and that it is over.",
    "rolled-back": "Rolled back. The change is the newest line of the route.",
}


@dataclass(frozen=True, slots=True)
class Site:
    """Services, templates, charts and live readers of one console."""

    services: Services
    templates: Environment
    drawings: Drawings
    live: Live
