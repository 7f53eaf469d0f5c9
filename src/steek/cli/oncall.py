"""`steek oncall`: who is on call and reachable, rotations, calendar, contacts, stakeholders, pages."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from steek.cli.calls import make_calls
from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.incidents.oncall.contacts import contact_of
from steek.incidents.oncall.icalendar import icalendar
from steek.incidents.oncall.page_rows import Page
from steek.incidents.oncall.reaching import warning_of
from steek.incidents.oncall.rotation import document_of
from steek.incidents.roles.stakeholders import Stakeholder
from steek.kernel.errors import InputError
from steek.platform import Platform

DaysOption = Annotated[int, typer.Option("--days", min=1, max=400, help="How many days from now.")]
FromOption = Annotated[str, typer.Option("--from", help="An instant with offset, such as 2024-03-25T09:00+01:00.")]
UntilOption = Annotated[str, typer.Option("--until", help="An instant with offset.")]
_WATCH_COLUMNS = ("rotation", "person", "start_at", "end_at", "because")


def who(
    at: Annotated[str | None, typer.Option("--at", help="An instant; by default now.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who is on call in each rotation, or why nobody is."""
    with opened(project) as platform:
        found = list(platform.oncall.who(None if at is None else _instant(at)))
        show(found, as_json=as_json, columns=("rotation", "person", "because"))
        _warn((one.warning for one in found), as_json=as_json)


def rotations(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """All rotations."""
    with opened(project) as platform:
        known = platform.oncall.rotations().values()
        found = [{**document_of(one), "version": one.version, "unreached": one.unreached} for one in known]
        columns = ("name", "duty", "people", "shift_hours", "hands_over_at", "zone", "covers", "version")
        show(found, as_json=as_json, columns=columns)
        _warn((warning_of(person) for one in known for person in one.unreached), as_json=as_json)


def add_rotation(
    name: str,
    people: Annotated[list[str], typer.Argument(help="In the order in which they take turns.")],
    starts: Annotated[str, typer.Option("--starts", help="Day of the first turn, 2024-03-25.")],
    ends: Annotated[str | None, typer.Option("--ends", help="From that day on nobody takes over.")] = None,
    shift_hours: Annotated[int, typer.Option("--shift-hours", help="Length of a turn; a week is 168.")] = 168,
    hands_over_at: Annotated[str, typer.Option("--hands-over-at", help="On the wall clock, 09:00.")] = "09:00",
    zone: Annotated[str, typer.Option("--zone", help="IANA time zone of that wall.")] = "UTC",
    covers: Annotated[list[str] | None, typer.Option("--covers", help="Pattern of systems; may be repeated.")] = None,
    duty: Annotated[str, typer.Option("--duty", help="operations, modelling or business.")] = "operations",
    escalate: Annotated[
        list[str] | None, typer.Option("--escalate", help="MINUTES:WHO, who is next, rotation:NAME or a person.")
    ] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a rotation, or change the one of that name."""
    document: dict[str, object] = {
        "name": name,
        "people": people,
        "starts_on": starts,
        "ends_on": ends,
        "shift_hours": shift_hours,
        "hands_over_at": hands_over_at,
        "zone": zone,
        "covers": covers or ["*"],
        "duty": duty,
    }
    if escalate:
        document["escalation"] = [_escalation(each) for each in escalate]
    with opened(project) as platform:
        by, name_of = actor_or_user(actor), key_or_new(key)
        stored = platform.oncall.put_rotation(document, actor=by, key=name_of)
        show({**document_of(stored), "unreached": stored.unreached}, as_json=as_json)
        _warn(map(warning_of, stored.unreached), as_json=as_json)


def remove_rotation(
    name: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a rotation out; nobody is paged by it from now on. Adding it again brings it back."""
    with opened(project) as platform:
        platform.oncall.remove_rotation(name, actor=actor_or_user(actor), key=key_or_new(key))
        show({"rotation": name, "removed": True}, as_json=as_json)


def override(
    rotation: str,
    person: str,
    start: FromOption,
    end: UntilOption,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let somebody take over in a rotation for a time."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        found = platform.oncall.override(rotation, person, _instant(start), _instant(end), actor=by, key=name)
        show(found, as_json=as_json)


def holiday(
    person: str,
    start: FromOption,
    end: UntilOption,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that somebody is away; the next of each rotation stands in. Why is not asked."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.oncall.absence(person, _instant(start), _instant(end), actor=by, key=name), as_json=as_json)


def withdraw(
    exception: Annotated[str, typer.Argument(help="Id of an override or absence.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an override or absence back."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.oncall.withdraw(exception, actor=by, key=name), as_json=as_json)


def calendar(
    days: DaysOption = 14,
    ics: Annotated[Path | None, typer.Option("--ics", help="Write an iCalendar file there.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who is on call in the days to come."""
    with opened(project) as platform:
        now = platform.clock.now()
        found = platform.oncall.watches(now, now + timedelta(days=days))
        if ics is not None:
            ics.write_text(icalendar(found, made_at=now), encoding="utf-8", newline="")
        show(list(found), as_json=as_json, columns=_WATCH_COLUMNS)


def gaps(days: DaysOption = 28, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Times to come when nobody is on call, and why."""
    with opened(project) as platform:
        now = platform.clock.now()
        found = [watch for watch in platform.oncall.watches(now, now + timedelta(days=days)) if watch.is_gap]
        show(found, as_json=as_json, columns=_WATCH_COLUMNS)


def reachable(
    system: Annotated[str, typer.Argument(help="A model, dataset or URN.")],
    at: Annotated[str | None, typer.Option("--at", help="An instant; by default now.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who is reachable for a model, in the order in which to try, with why and how."""
    with opened(project) as platform:
        found = platform.oncall.reachable(system, None if at is None else _instant(at))
        if as_json:
            show(found, as_json=True)
            return
        show(list(found.chain), as_json=False, columns=("person", "duty", "after_minutes", "because", "contacts"))
        for gap in found.gaps:
            typer.echo(f"-  {gap}")


def contact(
    person: str,
    contacts: Annotated[list[str] | None, typer.Argument(help="target:NAME, mail:..., phone:...; none clears.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how somebody is reached, in the order in which it is tried."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        given = [contact_of(text) for text in contacts or []]
        stored = platform.oncall.set_contacts(person, given, actor=by, key=name)
        show(list(stored), as_json=as_json)
        declared = {target.name for target in platform.notices.targets() if target.purposes}
        gone = [each.value for each in stored if each.kind == "target" and each.value not in declared]
        known = ", ".join(sorted(declared)) or "none"
        _warn((f"there is no target {name} in steek.toml; there are: {known}" for name in gone), as_json=as_json)


def contacts(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """How everybody is reached."""
    with opened(project) as platform:
        found = [{"person": name, "contacts": known} for name, known in platform.oncall.contacts().items()]
        show(found, as_json=as_json)


def page(
    incident: str,
    to: Annotated[str, typer.Argument(help="A person, or rotation:NAME.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Call somebody for an incident."""
    with opened(project) as platform:
        show(platform.paging.page(incident, to, actor=actor_or_user(actor), key=key_or_new(key)), as_json=as_json)
        make_calls(platform, incident, as_json=as_json)


def acknowledge(
    incident: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a page: somebody is on it, nobody else is called."""
    with opened(project) as platform:
        show(platform.paging.acknowledge(incident, actor=actor_or_user(actor), key=key_or_new(key)), as_json=as_json)


def pages(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Pages that nobody has answered, and whom they called."""
    with opened(project) as platform:
        found = platform.paging.open()
        if as_json:
            show(list(found), as_json=True)
            return
        show([_of_page(platform, one) for one in found], as_json=False)


def attend(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Do what is due for pages and updates now, as the worker does all the time."""
    with opened(project) as platform:
        made = platform.pager.attend()
        show({"made": made, "sent": platform.notices.deliver()}, as_json=as_json)


def stakeholders(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Who is kept informed of incidents of which systems, and what each may see."""
    with opened(project) as platform:
        columns = ("name", "person", "part", "sees", "covers")
        show(list(platform.stakeholders.list()), as_json=as_json, columns=columns)


def add_stakeholder(
    name: str,
    person: str,
    part: Annotated[str, typer.Argument(help="product, business, finance, legal, partner manager or supplier.")],
    sees: Annotated[str, typer.Option("--sees", help="everything, summary or outsider.")] = "summary",
    covers: Annotated[list[str] | None, typer.Option("--covers", help="Pattern of systems; may be repeated.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep somebody informed of incidents of some systems."""
    with opened(project) as platform:
        made = Stakeholder(name, person, part, sees, tuple(covers or ["*"]))
        show(platform.stakeholders.put(made, actor=actor_or_user(actor), key=key_or_new(key)), as_json=as_json)


def remove_stakeholder(
    name: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop keeping somebody informed."""
    with opened(project) as platform:
        platform.stakeholders.remove(name, actor=actor_or_user(actor), key=key_or_new(key))
        show({"stakeholder": name, "removed": True}, as_json=as_json)


def _of_page(platform: Platform, page: Page) -> dict[str, object]:
    """A page in words: whom it called, whom that reached, and what did not arrive."""
    waits = [each for each in platform.paging.deliveries(page) if each.state != "delivered"]
    return {
        "incident": page.incident_id,
        "paged_at": page.paged_at,
        "called": [person for person in page.called if person not in page.unreachable],
        "reached": page.reached,
        "not reached": page.unreachable,
        "not delivered": [f"{each.target}: {each.last_error or each.state}" for each in waits],
    }


def _warn(warnings: Iterable[str], *, as_json: bool) -> None:
    """Say what keeps people from being called; JSON has it in its own fields."""
    for warning in dict.fromkeys(each for each in warnings if each and not as_json):
        typer.echo(f"!  {warning}")


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no instant"
        raise InputError(
            message, next_step="Write it as 2024-03-25T09:00+01:00; without an offset it is UTC."
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _escalation(text: str) -> dict[str, object]:
    minutes, colon, to = text.partition(":")
    if not colon or not minutes.isdecimal():
        message = f"{text!r} is no step of an escalation"
        raise InputError(message, next_step="For example 10:next, 20:rotation:leads, 30:mara@grocer.")
    return {"after_minutes": int(minutes), "to": to}


COMMANDS = {
    "oncall": group(
        "Who is on call and reachable; pages.",
        who=who,
        reachable=reachable,
        rotations=rotations,
        add_rotation=add_rotation,
        remove_rotation=remove_rotation,
        override=override,
        holiday=holiday,
        withdraw=withdraw,
        calendar=calendar,
        gaps=gaps,
        contact=contact,
        contacts=contacts,
        page=page,
        pages=pages,
        acknowledge=acknowledge,
        attend=attend,
        stakeholders=stakeholders,
        add_stakeholder=add_stakeholder,
        remove_stakeholder=remove_stakeholder,
    )
}
