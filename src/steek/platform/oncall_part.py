"""The part of people: who is on call, paging them, roles handed over, updates and stakeholders."""

from collections.abc import Mapping
from dataclasses import dataclass

from steek.data import Contract
from steek.features import FeatureRef
from steek.incidents import Incidents
from steek.incidents.oncall.oncall import OnCalls
from steek.incidents.oncall.paging import PAGING_KINDS, Paging
from steek.incidents.roles.handovers import Handovers
from steek.incidents.roles.stakeholders import Stakeholders
from steek.incidents.updates.discretion import Discretion
from steek.incidents.updates.outsiders import Outsiders
from steek.incidents.updates.privacy import InternalNames
from steek.incidents.updates.telling import TELLING_KINDS, Telling
from steek.incidents.updates.updates import Updates
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.ledger import Database, Ledger, Subscriptions
from steek.notify import Notices
from steek.platform.noticing import Noticing, console_url
from steek.platform.pager import Pager
from steek.platform.subscriptions import Subscription
from steek.project import Project


@dataclass(frozen=True, slots=True)
class OnCallPart:
    """Rotations, pages, handovers, updates, stakeholders, and the pager that attends to what is due."""

    oncall: OnCalls
    paging: Paging
    handovers: Handovers
    updates: Updates
    outsiders: Outsiders
    telling: Telling
    stakeholders: Stakeholders
    pager: Pager

    def around(self, table: Mapping[str, Subscription]) -> dict[str, Subscription]:
        """The table with this part's own; people are called right after an incident was declared, before the rest."""
        first = {name: table[name] for name in ("incidents",) if name in table}
        return {**first, **_own(self.paging, self.telling), **table}


def oncall_part(
    settings: Settings,
    state: tuple[Database, Ledger, Clock],
    project: Project,
    incidents: Incidents,
    notices: Notices,
    noticing: Noticing,
) -> OnCallPart:
    """Services over incidents that exist already."""
    database, ledger, clock = state
    stakeholders = Stakeholders(*state, lambda: project.stakeholders)

    def targets() -> list[str]:
        # What waits for a target that was taken out of steek.toml stands there without a purpose.
        return [target.name for target in notices.targets() if target.purposes]

    oncall = OnCalls(
        *state,
        owner_of=lambda system: owner_of(project, system),
        stakeholders_of=stakeholders.of,
        targets=targets,
    )
    paging = Paging(*state, notices, noticing.incident_notice, lambda system: owner_of(project, system), targets)
    discretion = Discretion(ledger, lambda: internal_names(project, oncall, stakeholders))
    updates = Updates(
        *state,
        by_severity={
            "sev1": settings.number("sev1_update_minutes"),
            "sev2": settings.number("sev2_update_minutes"),
            "sev3": settings.number("sev3_update_minutes"),
        },
        discretion=discretion,
    )
    telling = Telling(*state, notices, updates, stakeholders.list, console_url(settings))
    return OnCallPart(
        oncall=oncall,
        paging=paging,
        handovers=Handovers(database, ledger, clock, incidents.stories, updates.next_due_at),
        updates=updates,
        outsiders=Outsiders(*state, discretion, updates.status),
        telling=telling,
        stakeholders=stakeholders,
        pager=Pager(Subscriptions(ledger, _own(paging, telling)), paging, telling),
    )


def owner_of(project: Project, system: str) -> str | None:
    """Who answers for a model, dataset or feature view, given as a URN or by its name; None when nobody is known."""
    name = system.partition(":")[2].partition("@")[0] if ":" in system else system
    for declared in (project.definitions, project.watched, project.datasets, project.views):
        owner = getattr(declared.get(name), "owner", None)
        if owner:
            return str(owner)
    return None


def internal_names(project: Project, oncall: OnCalls, stakeholders: Stakeholders) -> InternalNames:
    """Names that outsiders must not read: what the project declares, and everybody who is called or kept informed."""
    kinds = (project.datasets, project.views, project.moments, project.definitions, project.monitors, project.labels)
    names = {name for declared in (*kinds, project.watched, project.objectives) for name in declared}
    people = {person for rotation in oncall.rotations().values() for person in rotation.people}
    people |= {member for role in project.roles.values() for member in role.members}
    people |= {one.person for one in stakeholders.list()}
    owned = (project.datasets, project.views, project.definitions, project.watched, project.monitors)
    people |= {str(one.owner) for declared in owned for one in declared.values() if getattr(one, "owner", None)}
    return InternalNames(
        people=frozenset(people),
        names=frozenset(names | set(oncall.rotations()) | {one.name for one in stakeholders.list()}),
        fields=frozenset(_fields(project)),
    )


def _fields(project: Project) -> set[str]:
    """Columns of datasets and entities of views, and features as "view.name"."""
    contracts = [one.contract for one in project.datasets.values() if isinstance(one.contract, Contract)]
    found = {column.name for contract in contracts for column in contract.fields}
    found |= {column for view in project.views.values() for column in view.entity}
    used = (each for definition in project.definitions.values() for each in definition.features)
    return found | {each.name for each in used if isinstance(each, FeatureRef)}


def _own(paging: Paging, telling: Telling) -> dict[str, Subscription]:
    return {"paging": (PAGING_KINDS, paging.on_event), "telling": (TELLING_KINDS, telling.on_event)}
