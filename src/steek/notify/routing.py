"""Which targets are told of a notice, and from when on: a pure decision."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from steek.notify.notice import Notice
from steek.notify.targets import QuietHours, Target


@dataclass(frozen=True, slots=True)
class Route:
    """One target of a notice; `due_at` is when it may be told, `reason` why it is."""

    target: str
    due_at: datetime
    reason: str


def routes_of(notice: Notice, targets: Iterable[Target], *, now: datetime) -> tuple[Route, ...]:
    """Targets that a notice goes to, in their order; none means that nobody is told."""
    found: list[Route] = []
    for target in targets:
        if target.name in notice.to:
            # Whoever is named is told at once, whatever else the target asks for.
            found.append(Route(target.name, now, f"{notice.purpose} of {notice.severity}, named in the notice"))
            continue
        if notice.only_to:
            continue
        if notice.purpose not in target.purposes or notice.severity not in target.severities:
            continue
        owner = next((each for each in target.owners if fnmatchcase(notice.owner, each)), None)
        subject = next((each for each in target.subjects if fnmatchcase(notice.subject, each)), None)
        if owner is None or subject is None:
            continue
        due_at = now if notice.purpose == "page" else quiet_until(target.quiet, now)
        waits = f", after quiet hours at {due_at:%H:%M} UTC" if due_at > now else ""
        reason = f"{notice.purpose} of {notice.severity}, owner like {owner}, subject like {subject}{waits}"
        found.append(Route(target.name, due_at, reason))
    return tuple(found)


def quiet_until(quiet: QuietHours | None, now: datetime) -> datetime:
    """The end of the quiet hours that `now` lies in; `now` itself outside of them.

    On the day that a zone's clocks change, hours that do not exist end where the next one begins.
    """
    if quiet is None:
        return now
    local = now.astimezone(quiet.zone)
    at, over_midnight = local.time(), quiet.start > quiet.end
    inside = (at >= quiet.start or at < quiet.end) if over_midnight else quiet.start <= at < quiet.end
    if not inside:
        return now
    tomorrow = over_midnight and at >= quiet.start
    day = local.date() + timedelta(days=1 if tomorrow else 0)
    return max(now, datetime.combine(day, quiet.end, tzinfo=quiet.zone).astimezone(UTC))
