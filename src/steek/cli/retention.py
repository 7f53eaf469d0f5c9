"""`steek retention`: how long data may stay and where, and whether that is kept."""

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, ProjectOption, actor_or_user
from steek.cli.output import show


def report(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every rule of retention, jurisdiction and erasure, met or not, and since when."""
    with opened(project) as platform:
        columns = ("rule", "subject", "met", "since_at", "reason")
        show(platform.compliance.report(), as_json=as_json, columns=columns)


def due(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Tables with rows, or old versions, beyond what their contract keeps; changes nothing."""
    with opened(project) as platform:
        show(platform.retention.due(), as_json=as_json)


def run(actor: ActorOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Take out what is due, for good; the night does it too."""
    with opened(project) as platform:
        columns = ("table_name", "before_at", "rows", "state", "id")
        show(platform.retention.run(actor=actor_or_user(actor)), as_json=as_json, columns=columns)


COMMANDS = {"retention": group("How long data may stay and where.", report=report, due=due, run=run)}
