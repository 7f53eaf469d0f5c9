"""What people are told when they are called: what everybody hears, and a notice of their own for one person."""

from collections.abc import Mapping
from dataclasses import replace

from steek.incidents.oncall.page_rows import Page
from steek.incidents.types import Incident, Severity
from steek.notify import Notice


def heard(declared: Notice, incident: Incident, page: Page) -> Notice:
    """What everybody hears who asked for pages: the declaration, or why there is calling again.

    Args:
        declared: The notice that the incident's declaration became.
        incident: As it is now.
        page: As it is now; its `notice` says which of the two it is.
    """
    if page.notice == declared.key:
        return declared
    why = next((rung.because.partition(";")[0] for rung in reversed(page.rungs) if rung.after_s == 0), "again")
    return replace(
        declared,
        key=page.notice,
        title=f"Incident {incident.id}: {incident.title} ({why})"[:300],
        severity=incident.severity.value,
        at=page.paged_at,
        purpose="alert" if incident.severity is Severity.SEV3 else "page",
        group=None,
    )


def notice_to(declared: Notice, incident: Incident, page: Page, rung: int, to: tuple[str, ...]) -> Notice:
    """What one person is told: what everybody hears when called at once, a notice of their own when called later."""
    called = page.rungs[rung]
    if called.after_s == 0:
        return replace(heard(declared, incident, page), to=to)
    return replace(
        declared,
        key=f"page:{incident.id}:{rung}",
        title=f"Incident {incident.id}: {incident.title} (for {called.person})"[:300],
        severity=incident.severity.value,
        at=page.paged_at,
        purpose="page",
        body=f"{called.because}. Answer with: steek oncall acknowledge {incident.id}",
        group=None,
        to=to,
        only_to=True,
    )


def offer(declared: Notice, incident: Incident, handover: Mapping[str, object], to: tuple[str, ...]) -> Notice:
    """What somebody is told who is offered a role; over once it was accepted or taken back.

    Args:
        declared: The notice that the incident's declaration became.
        incident: As it is now.
        handover: Payload of the event that tells of the handover.
        to: Targets that reach the person.
    """
    is_over = "accepted" in handover or bool(handover.get("withdrawn"))
    role, number = handover.get("role"), handover.get("handover")
    return replace(
        declared,
        key=f"handover:{number}",
        title=f"Incident {incident.id}: you are offered {role} (for {handover.get('to')})"[:300],
        severity=incident.severity.value,
        purpose="alert",
        body=f"It is yours once you accept: steek incident accept {number}",
        state="resolved" if is_over else "open",
        group=None,
        to=to,
        only_to=True,
    )
