"""`steek incident alerts`, `attach-alert`, `detach-alert`: what shows it, and what its end is verified by."""

from typing import Annotated

import typer

from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import show

_COLUMNS = ("alert_id", "monitor", "slice", "subject", "opened_at")


def alerts(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Its alerts, and open ones on its systems that belong to no incident."""
    with opened(project) as platform:
        mine, free = platform.attaching.attached(incident), platform.attaching.candidates(incident)
        if as_json:
            show({"attached": mine, "open": free}, as_json=True)
            return
        show(list(mine), as_json=False, columns=_COLUMNS)
        for alert in free:
            about = alert.monitor + (f" [{alert.slice}]" if alert.slice else "")
            typer.echo(f"Open too, and of no incident: {about}: steek incident attach-alert {incident} {alert.id}")


def attach_alert(
    incident: str,
    alert: Annotated[str, typer.Argument(help="Id of an alert, as 'steek alerts list' shows it.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an alert evidence: it tells the onset and the slices, and the resolution is verified by it."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        found = platform.attaching.attach(incident, alert, by, key=at_key, expected_version=seen)
        show(list(found), as_json=as_json, columns=_COLUMNS)


def detach_alert(
    incident: str,
    alert: Annotated[str, typer.Argument(help="Id of an alert of this incident.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is something else.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let go of an alert that does not belong to it; attach it again if that was wrong."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        found = platform.attaching.detach(incident, alert, reason, by, key=at_key, expected_version=seen)
        show(list(found), as_json=as_json, columns=_COLUMNS)


ALERT_VERBS = {"alerts": alerts, "attach_alert": attach_alert, "detach_alert": detach_alert}
