"""Updates, stakeholders and handovers over the small loop of incidents."""

import pytest

from steek.incidents import Incidents
from steek.incidents.roles.handovers import Handovers
from steek.incidents.updates.discretion import Discretion
from steek.incidents.updates.outsiders import Outsiders
from steek.incidents.updates.privacy import InternalNames
from steek.incidents.updates.updates import Updates
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger

INTERNAL = InternalNames(
    people=frozenset({"gabi@grocer", "sam"}),
    names=frozenset({"partner_demand", "partner_lines", "partner_lines: mean answer", "forecasts"}),
    fields=frozenset({"unit_price", "price"}),
)


@pytest.fixture
def discretion(ledger: Ledger) -> Discretion:
    return Discretion(ledger, lambda: INTERNAL)


@pytest.fixture
def updates(database: Database, ledger: Ledger, clock: ReplayClock, discretion: Discretion) -> Updates:
    by_severity = {"sev1": 30, "sev2": 60, "sev3": 240}
    return Updates(database, ledger, clock, by_severity=by_severity, discretion=discretion)


@pytest.fixture
def outsiders(
    database: Database, ledger: Ledger, clock: ReplayClock, discretion: Discretion, updates: Updates
) -> Outsiders:
    return Outsiders(database, ledger, clock, discretion, updates.status)


@pytest.fixture
def handovers(
    database: Database, ledger: Ledger, clock: ReplayClock, incidents: Incidents, updates: Updates
) -> Handovers:
    return Handovers(database, ledger, clock, incidents.stories, updates.next_due_at)
