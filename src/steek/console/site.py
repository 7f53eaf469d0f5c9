"""What every page and form of one console has at hand, and what it says after a form."""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment

from steek.console.drawings import Drawings
from steek.console.services import Services
from steek.console.stream import Live

# After a form the page says what happened; only these sentences, never text from the address.
DONE: Mapping[str, str] = {
    "attached": "The alerts are as you said.",
    "assessed": "Written down. The severity follows by rule while nobody has set it.",
    "corrected": "Written down. Your word counts for that time from now on.",
    "dismissed": "Dismissed, with your reason.",
    "filed": "Filed. When somebody else notices something near it, a declaration is prompted.",
    "kept": "The database cannot be written now. What you declared is kept on this machine and becomes an incident "
    "by itself when it can. Nobody was paged: tell them yourself.",
    "merged": "Merged. This is the incident that goes on.",
    "unmerged": "It stands by itself again, as it stood before.",
    "near-miss": "Written down as a near miss.",
    "pinned": "Pinned, as it is now.",
    "rated": "The severity is as you said.",
    "touched": "The systems are as you said.",
    "follow-up-agreed": "Agreed, and written down with its owner.",
    "follow-up-changed": "Changed.",
    "follow-up-done": "Done, and written down how that is known.",
    "follow-up-reviewed": "Written down. It stays on the list for leaders.",
    "answered": "Written down. It counts until it expires.",
    "architecture-reviewed": "Written down. The next review shows what changed.",
    "finding-added": "Added.",
    "finding-settled": "Written down. It is no finding any more.",
    "acknowledged": "Written down. The change waits for whoever else was asked.",
    "considered": "Written down: who was harmed, by what is known now.",
    "asked-raw": "Asked. Nothing is open before a second person grants it.",
    "opened-raw": "Open to who asked, for their minutes; the owner of privacy is told.",
    "refused-raw": "Refused; nothing was opened.",
    "ended-raw": "Closed. Somebody who had no part in it reviews it now.",
    "reviewed-raw": "Reviewed, and written into the timeline.",
    "refused": "Written down. Nobody holds it against you; what you refused waits for another person.",
    "refusal-decided": "Decided, with your name and reason.",
    "concern-acknowledged": "Who raised it can see that it was read.",
    "concern-answered": "Answered; who has the ticket can see it.",
    "doubted": "Open again. The verdict stays in the timeline.",
    "found-out": "Written down. The suspect, if it was one, moved.",
    "replayed-questions": "Asked. What came out is kept under this address.",
    "supposed": "Written down. Say how it is found out, and by whom.",
    "applied": "Applied. Batches are judged by it from now on.",
    "attributed": "Compared. What was found stands below.",
    "cancelled": "Cancelled. Nothing was touched.",
    "discarded": "Given up, with your reason.",
    "erasing": "Requested. It can be cancelled until the delay is over.",
    "overridden": "Written down with your name and reason. It can be applied.",
    "rejected": "Turned away; its rows are in quarantine.",
    "released": "Let in; its rows come with the next commit.",
    "replayed": "Judged again. Rows that fit now are in; the rest stays here.",
    "change-asked": "Asked. Commander or operations decide.",
    "change-approved": "Approved. It is let through once when it is tried again.",
    "change-refused": "Refused. Whoever tries it again is told why.",
    "agreement-asked": "It waits for the agreement of others, who were asked. Do it again when they agreed.",
    "agreement-answered": "Written down.",
    "answerer-named": "They may answer now; tell them.",
    "estimated": "Estimated from what its steps took before.",
    "watched": "Watched from now on.",
    "acted": "Done, and written into the timeline.",
    "advanced": "The incident moved on.",
    "assigned": "The role is assigned.",
    "declared": "Declared. Name a commander first.",
    "failed": "It was tried and failed; what it said stands under 'Done so far'.",
    "excluded": "Agreed. That time does not count from the next check on.",
    "included": "Taken back. That time counts again.",
    "judged": "Written down. It counts for the rule that fired.",
    "question-answered": "Answered, for everybody to read.",
    "question-asked": "Asked. The answer will stand here.",
    "away": "Written down. The next of each rotation stands in.",
    "cadence-set": "Set. The next update is due by it.",
    "exception-withdrawn": "Withdrawn. The turns hold again.",
    "handed-over": "The role is handed over.",
    "handover-offered": "Offered. The role stays where it is until it is accepted.",
    "outside-corrected": "Changed. The page says so, and when.",
    "updated-waits": "Everybody was told. Outsiders read nothing of it yet: approve it below.",
    "outside-approved": "Approved. Outsiders can read it.",
    "outside-opened": "Open. Whoever has the link can read it.",
    "outside-withdrawn": "Withdrawn. The link leads nowhere.",
    "shadow-left": "Written down.",
    "called": "Called. The timeline says when it arrives.",
    "contacts-kept": "Kept. Only whoever has a role in the project reads it.",
    "rotation-removed": "Taken out. Nobody is called by it from now on.",
    "rotation-kept": "Kept. Look below for gaps, and for people whom nothing calls.",
    "page-answered": "It is yours. Nobody else is called.",
    "stakeholder-kept": "Kept informed from the next update on.",
    "taken-over": "Written down. That person is called for the time.",
    "updated": "Told. The time of the next update counts from now.",
    "seen": "It is yours. Everybody sees so.",
    "silenced": "Kept quiet until its time is over; what it hides stands below.",
    "unsilenced": "Ended. What still fires is told now.",
    "noted": "The note is in the timeline.",
    "resent": "Due again; it is sent in a moment, and what comes of it stands below.",
    "added": "Added, with your name.",
    "asked": "Written down. Somebody who did not write in it can review it now.",
    "commented": "Said. It stands under 'Comments'.",
    "drafted": "Drafted from what the incident says. What people wrote stayed.",
    "follow-up-made": "Agreed. It is a follow-up with an owner now.",
    "judged-point": "Written down, with your name.",
    "late": "Somebody else changed that first. Nothing of theirs was touched; both texts stand below.",
    "published": "Published. This text never changes; what is edited later is the next revision.",
    "returned": "Returned, with your comment.",
    "reviewed": "Accepted. It can be published.",
    "taxonomy": "The taxonomy has a new version. Drafts use it from now on.",
    "written": "Stored.",
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
