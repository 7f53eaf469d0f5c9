"""Which changes to mark on the charts of a model: what is declared upstream of it, and the world outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger import Event, Ledger

_KINDS = (
    "contract.changed",
    "dataset.replaced",
    "definition.changed",
    "external.changed",
    "feature.changed",
    "preparation.changed",
    "route.changed",
    "access.policy_changed",
    "settings.changed",
)
_MOST_ROUTINE = 6


def changes_near(
    ledger: Ledger, model: str, *, datasets: frozenset[str], views: Sequence[str], since: datetime, until: datetime
) -> list[Event]:
    """Changes in [since, until) to a model, its features and datasets, and outside; oldest first.

    A canary's steps are left out, and promotions, which come with every good night, are kept only while few.
    """
    names = {("definition", model), ("deployment", model), ("model", model)}
    names |= {("dataset", name) for name in datasets} | {("features", name) for name in views}
    found = ledger.events(kinds=_KINDS, since=since, until=until, newest_first=True, limit=1000)
    near = [event for event in reversed(found) if event.kind == "external.changed" or _name(event.subject) in names]
    loud = [event for event in near if not _is_routine(event)]
    promotions = [event for event in near if event.payload.get("action") == "promote"]
    return loud + promotions[-max(_MOST_ROUTINE - len(loud), 0) :] if len(loud) < _MOST_ROUTINE else loud


def changes_of_dataset(ledger: Ledger, dataset: str, *, since: datetime, until: datetime) -> list[Event]:
    """Changes in [since, until) to one dataset and its contract, and outside; oldest first."""
    found = ledger.events(kinds=_KINDS, since=since, until=until, newest_first=True, limit=1000)
    about = {("dataset", dataset), ("contract", dataset)}
    near = [event for event in reversed(found) if event.kind == "external.changed" or _name(event.subject) in about]
    return [event for event in near if not _is_routine(event)]


def _is_routine(event: Event) -> bool:
    if event.kind == "dataset.replaced":
        shares = event.payload.get("unknown_fraction")
        return not (isinstance(shares, Mapping) and any(cast("Mapping[str, object]", shares).values()))
    return event.kind == "route.changed" and event.payload.get("action") in {"start_canary", "step_canary", "promote"}


def _name(subject: str) -> tuple[str, str]:
    try:
        urn = Urn.parse(subject)
    except InputError:
        return "", subject
    return urn.kind, urn.name
