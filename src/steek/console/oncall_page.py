"""On-call: who answers now, this week and the next as bars per person, gaps ahead, pages that nobody answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.console.services import Services
from steek.incidents.oncall.contacts import Contact, may_see_contacts
from steek.incidents.oncall.page_rows import Page
from steek.incidents.oncall.reaching import Reachable, warning_of
from steek.incidents.oncall.rotation import Duty, Rotation, time_zone
from steek.incidents.oncall.watches import Calendar, OnCall, Watch, who
from steek.incidents.roles.stakeholders import Part, Sees, Stakeholder
from steek.notify import Delivery

_DAYS = 14
_AHEAD = timedelta(days=42)
_WIDTH = 1000.0
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Bar:
    """One watch in the picture: from `x` on, `width` wide, of a picture 1,000 wide; `said` is it in words."""

    x: float
    width: float
    said: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The bars of one person, or of nobody."""

    person: str
    bars: tuple[Bar, ...]

    @property
    def is_gap(self) -> bool:
        return self.person == NOBODY


@dataclass(frozen=True, slots=True)
class Day:
    """Where a day begins in the picture, by the wall clock of the rotation."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class RotationView:
    """One rotation with its picture of two weeks, in words as `spoken`; `silent` says whom nothing calls."""

    rotation: Rotation
    now: OnCall
    silent: tuple[str, ...]
    contacts: tuple[Contact, ...] | None
    lanes: tuple[Lane, ...]
    days: tuple[Day, ...]
    now_x: float
    watches: tuple[Watch, ...]
    spoken: str


@dataclass(frozen=True, slots=True)
class PageView:
    """A page that nobody has answered, with how its targets stand."""

    page: Page
    title: str
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class OnCallView:
    """Everything of the page; contacts only where whoever looks may see them."""

    rotations: tuple[RotationView, ...]
    gaps: tuple[Watch, ...]
    pages: tuple[PageView, ...]
    calendar: Calendar
    stakeholders: tuple[Stakeholder, ...]
    contacts: tuple[tuple[str, tuple[Contact, ...]], ...] | None
    parts: tuple[str, ...]
    sees: tuple[str, ...]
    duties: tuple[str, ...]
    now: datetime
    form_key: str
    reachable: Reachable | None


def oncall_view(services: Services, *, form_key: str, system: str = "") -> OnCallView:
    """Rotations, gaps of six weeks, open pages, what differs from the turns, stakeholders; who is reachable for one
    system, where one is asked for.
    """
    now, oncall = services.clock.now(), services.oncall
    contacts = oncall.contacts() if may_see_contacts() else None
    calendar = oncall.calendar()
    found = oncall.watches(now, now + _AHEAD)
    return OnCallView(
        rotations=tuple(_rotation(services, one, now, calendar, contacts) for one in oncall.rotations().values()),
        gaps=tuple(watch for watch in found if watch.is_gap),
        pages=tuple(_page(services, page) for page in services.paging.open()),
        calendar=calendar,
        stakeholders=services.stakeholders.list(),
        contacts=None if contacts is None else tuple(contacts.items()),
        parts=tuple(Part),
        sees=tuple(Sees),
        duties=tuple(Duty),
        now=now,
        form_key=form_key,
        reachable=oncall.reachable(system) if system else None,
    )


def _page(services: Services, page: Page) -> PageView:
    return PageView(page, services.incidents.get(page.incident_id).title, services.paging.deliveries(page))


def _rotation(
    services: Services,
    rotation: Rotation,
    now: datetime,
    calendar: Calendar,
    contacts: dict[str, tuple[Contact, ...]] | None,
) -> RotationView:
    """The picture begins on the Monday of this week, by the rotation's own wall clock."""
    zone = time_zone(rotation.zone)
    wall = now.astimezone(zone)
    monday = wall.date() - timedelta(days=wall.weekday())
    midnights = [datetime.combine(monday + timedelta(days=day), datetime.min.time(), zone) for day in range(_DAYS + 1)]
    start, end = midnights[0].astimezone(now.tzinfo), midnights[-1].astimezone(now.tzinfo)
    watches = services.oncall.watches(start, end, rotation=rotation.name)
    scale = _WIDTH / (end - start).total_seconds()

    def x_of(at: datetime) -> float:
        return round((at - start).total_seconds() * scale, 1)

    present = who(rotation, now, calendar)
    silent = {person: warning_of(person) for person in rotation.unreached}
    first = {} if present.person not in silent else {present.person: silent[present.person]}
    order = dict.fromkeys([*rotation.people, *(watch.person or NOBODY for watch in watches)])
    lanes = [
        Lane(person, tuple(_bar(watch, x_of) for watch in watches if (watch.person or NOBODY) == person))
        for person in order
    ]
    return RotationView(
        rotation=rotation,
        now=present,
        silent=tuple({**first, **silent}.values()),
        contacts=None if contacts is None else contacts.get(present.person or "", ()),
        lanes=tuple(lane for lane in lanes if lane.bars or lane.person in rotation.people),
        days=tuple(Day(x_of(each), f"{each:%a %d}") for each in midnights[:-1]),
        now_x=x_of(now),
        watches=watches,
        spoken=_spoken(rotation, watches),
    )


def _bar(watch: Watch, x_of: Callable[[datetime], float]) -> Bar:
    x = x_of(watch.start_at)
    said = (
        f"{watch.person or 'nobody'}, {watch.start_at:%d %b %H:%M} to {watch.end_at:%d %b %H:%M} UTC, {watch.because}"
    )
    return Bar(x, max(x_of(watch.end_at) - x, 1.0), said)


def _spoken(rotation: Rotation, watches: Sequence[Watch]) -> str:
    said = [f"{watch.person or 'nobody'} from {watch.start_at:%A %d %B}" for watch in watches[:20]]
    return f"{rotation.name}, two weeks: {'; '.join(said)}"
