"""Which changes to mark on a chart about any one thing: a model, a dataset, or something else."""

from datetime import datetime

from steek.console.changes_near import changes_near, changes_of_dataset
from steek.console.reach import datasets_of, views_of
from steek.console.services import Services
from steek.kernel.urn import Urn
from steek.ledger import Event


def changes_about(services: Services, subject: str, *, since: datetime, until: datetime) -> list[Event]:
    """Changes in [since, until) to a thing by its URN, to what feeds it, and in the world outside; oldest first."""
    urn, project = Urn.parse(subject), services.project
    definition = project.definitions.get(urn.name) if urn.kind == "model" else None
    if definition is None:
        return changes_of_dataset(services.ledger, urn.name, since=since, until=until)
    return changes_near(
        services.ledger,
        urn.name,
        datasets=datasets_of(definition, project.views, project.datasets),
        views=views_of(definition, project.views),
        since=since,
        until=until,
    )
