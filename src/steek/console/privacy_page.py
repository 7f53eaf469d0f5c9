"""Privacy: whether the rules are kept, who was erased, who read what for which purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from steek.console.services import Services
from steek.data import Erasure, Objective
from steek.governance import ReadQuery, Usage, usage

_ERASURES = 30
_DAYS = 28
_HEALTHS = {"no": "broken", "undecided": "undecided", "yes": "well"}


@dataclass(frozen=True, slots=True)
class ObjectiveLine:
    """One rule about one thing."""

    objective: Objective
    health: str


@dataclass(frozen=True, slots=True)
class PrivacyView:
    """Objectives, those not met first; erasures, newest first; reads of the last 28 days by who reads."""

    health: str
    said: str
    objectives: tuple[ObjectiveLine, ...]
    erasures: tuple[Erasure, ...]
    kinds: tuple[str, ...]
    readers: tuple[Usage, ...]
    form_key: str


def privacy_view(services: Services, *, form_key: str) -> PrivacyView:
    """Everything about privacy; what is told of persons is a keyed hash."""
    objectives = services.compliance.report()
    order = list(_HEALTHS)
    lines = sorted(objectives, key=lambda each: (order.index(each.met), each.rule, each.subject))
    since = services.clock.now() - timedelta(days=_DAYS)
    health, said = _health(objectives)
    return PrivacyView(
        health=health,
        said=said,
        objectives=tuple(ObjectiveLine(each, _HEALTHS[each.met]) for each in lines),
        erasures=tuple(services.erasures.list(None, _ERASURES)),
        kinds=subject_kinds(services),
        readers=tuple(usage(services.database, "user", ReadQuery(since=since))),
        form_key=form_key,
    )


def subject_kinds(services: Services) -> tuple[str, ...]:
    """Kinds of persons that contracts name, in order."""
    found: set[str] = set()
    for dataset in services.project.datasets.values():
        fields = getattr(dataset.contract, "fields", ())
        found |= {field.subject for field in fields if field.subject}
    return tuple(sorted(found))


def _health(objectives: Sequence[Objective]) -> tuple[str, str]:
    missed = [each for each in objectives if each.met == "no"]
    if missed:
        return "broken", f"Of {len(objectives)} rules, {len(missed)} {'is' if len(missed) == 1 else 'are'} not kept."
    unclear = sum(each.met == "undecided" for each in objectives)
    if unclear == len(objectives):
        return "undecided", "No contract says how long data may stay or whose law applies."
    kept = len(objectives) - unclear
    rest = f"; {unclear} cannot be judged." if unclear else "."
    return "well", f"{kept} {'rule is' if kept == 1 else 'rules are'} kept{rest}"
