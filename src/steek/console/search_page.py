"""Search: declared things, incidents, and events by id or subject."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from steek.console.event_words import describe
from steek.incidents import Incidents
from steek.ledger import Ledger
from steek.project import Project

_MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that fits."""

    kind: str
    name: str
    about: str
    href: str


def search_view(query: str, project: Project, incidents: Incidents, ledger: Ledger) -> tuple[Hit, ...]:
    """Everything that fits the words, declared things first; nothing for an empty query."""
    words = query.lower().split()
    if not words:
        return ()
    hits = [
        hit for hit in _declared(project, incidents) if all(word in f"{hit.name} {hit.about}".lower() for word in words)
    ]
    return (*hits, *_events(query.strip(), ledger))


def _declared(project: Project, incidents: Incidents) -> Iterable[Hit]:
    for definition in project.definitions.values():
        yield Hit(
            "model",
            definition.name,
            f"{definition.owner} {definition.intended_use}",
            f"/models/{quote(definition.name)}",
        )
    for dataset in project.datasets.values():
        yield Hit("dataset", dataset.name, dataset.owner, f"/data/{quote(dataset.name)}")
    for view in project.views.values():
        yield Hit("features", view.name, view.description, f"/ledger?subject={quote(f'features:{view.name}')}")
    for monitor in project.monitors.values():
        yield Hit("monitor", monitor.name, f"on {monitor.on} {monitor.description}", f"/monitors/{quote(monitor.name)}")
    for incident in incidents.list():
        yield Hit("incident", incident.id, f"{incident.title} ({incident.state})", f"/incidents/{incident.id}")


def _events(query: str, ledger: Ledger) -> Iterable[Hit]:
    one = ledger.event(query)
    found = [one] if one else ledger.events(subject_prefix=query, newest_first=True, limit=_MOST_EVENTS)
    for event in found:
        line = describe(event)
        yield Hit("event", line.what, line.text, f"/ledger/{event.id}")
