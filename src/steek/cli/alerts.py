"""`steek alerts`: what left its bounds."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, ProjectOption, actor_or_user
from steek.cli.output import show


def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that still fire.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Alerts, newest first."""
    with opened(project) as platform:
        found = platform.monitoring.alerts()
        chosen = [alert for alert in found if alert.state != "resolved" or not open_only]
        show(
            chosen, as_json=as_json, columns=("opened_at", "state", "monitor", "slice", "value", "lower", "upper", "id")
        )


def acknowledge(
    alert: str, actor: ActorOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Say that you have seen an alert."""
    with opened(project) as platform:
        show(platform.monitoring.acknowledge(alert, actor=actor_or_user(actor)), as_json=as_json)


COMMANDS = {"alerts": group("Alerts: list, acknowledge.", list=list_, acknowledge=acknowledge)}
