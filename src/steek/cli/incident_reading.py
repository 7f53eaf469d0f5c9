"""`steek incident list`, `show`, `suspects`, `menu`, `timeline`: what is read at night, in words."""

from typing import Annotated

import typer

from steek.cli.incident_kept import tell_waiting
from steek.cli.incident_printing import print_incident, print_menu, print_suspects
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption, to_instant
from steek.cli.output import show
from steek.incidents import Role
from steek.incidents.timeline_pages import timeline_page
from steek.platform import mitigation_lines


def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that nobody has resolved.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Incidents, newest first."""
    with opened(project) as platform:
        found = list(platform.incidents.list(open_only=open_only))
        if as_json:
            show(found, as_json=True)
            return
        rows = [
            {
                "id": one.id,
                "severity": one.severity,
                "state": one.state if one.merged_into is None else f"part of {one.merged_into}",
                "led by": one.roles.get(Role.COMMANDER, "nobody" if one.state.is_open else "-"),
                "declared": f"{one.declared_at:%Y-%m-%d %H:%M}",
                "resolved": "-" if one.resolved_at is None else f"{one.resolved_at:%Y-%m-%d %H:%M}",
                "title": one.title,
            }
            for one in found
        ]
        show(rows, as_json=False)
        tell_waiting(platform.offline.waiting())


def show_(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One incident as it stands: who leads, what is next, since when, how long each phase took."""
    with opened(project) as platform:
        found = platform.incidents.get(incident)
        if as_json:
            show(found, as_json=True)
            return
        story, status = platform.incidents.stories.read(incident), platform.updates.status(incident)
        print_incident(story, status, platform.clock.now())


def suspects(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What changed before it, ranked, each with its reason; and what did not change."""
    with opened(project) as platform:
        changed = platform.incidents.suspects(incident)
        if as_json:
            show(changed, as_json=True)
        else:
            print_suspects(changed)


def menu(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What can be done, with effect, risk, time, who must agree, and the way back."""
    with opened(project) as platform:
        lines = mitigation_lines(platform.incidents.menu, platform.incidents.stories.read(incident))
        if as_json:
            show(lines, as_json=True)
        else:
            print_menu(lines)


def timeline(
    incident: str,
    tail: Annotated[int | None, typer.Option("--tail", min=1, help="Only the latest so many.")] = None,
    own: Annotated[bool, typer.Option("--own", help="Only what is about the incident itself.")] = False,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind, incident.noted or incident; may be repeated.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only from then on, like 2017-10-15T08:00Z.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything that happened around it, oldest first, with the ids that --about takes."""
    start = None if since is None else to_instant(since)
    with opened(project) as platform:
        entries = platform.incidents.timeline(incident)
        found = timeline_page(entries, most=tail, since=start, own_only=own, kinds=kind or ())
        if as_json:
            show(list(found.items), as_json=True)
            return
        rows = [
            {"at, UTC": f"{one.at:%Y-%m-%d %H:%M:%S}", "event": one.event_id, "by": one.actor, "what": one.text}
            for one in found.items
        ]
        show(rows, as_json=False)


READING_VERBS = {"list": list_, "show": show_, "suspects": suspects, "menu": menu, "timeline": timeline}
