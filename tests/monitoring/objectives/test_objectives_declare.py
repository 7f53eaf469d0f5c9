"""A promise that is broken fast declares an incident by itself, and its return lets the incident be resolved."""

import pytest
from tests.monitoring.objectives.test_objectives_service import Desk, promise
from tests.monitoring.shop import Shop

from steek.incidents import Incidents
from steek.kernel.errors import ConflictError
from steek.ledger import Lineage


@pytest.mark.covers("I1", "O7", "I11")
def test_a_fast_burn_declares_and_the_incident_is_resolved_when_the_promise_is_kept(
    shop: Shop, lineage: Lineage
) -> None:
    desk = Desk(shop, declared=(promise(declare="sev2"),))
    incidents = Incidents(shop.database, shop.ledger, lineage, shop.clock, {})

    def deliver() -> None:
        for event in shop.ledger.events(kinds=["objective.burning", "objective.exhausted"]):
            incidents.consider_alert(event)

    for number in range(12):
        desk.night(number, 3.0 if number == 11 else 500.0)
    deliver()
    deliver()
    (incident,) = incidents.list(open_only=True)
    assert (incident.severity, incident.subject, incident.machine) == ("sev2", "dataset:transactions", True)
    assert incident.title.startswith("lines come: over the last window it burned 10 times as fast as allowed")
    with pytest.raises(ConflictError, match=r"lines come is not back: 0\.9167 when it fired, well is at least"):
        incidents.resolve(incident.id, actor="ada", key="too early")
    desk.night(12)
    done = incidents.resolve(incident.id, actor="ada", key="back")
    assert done.resolved_at is not None


def test_a_slow_burn_or_one_that_declares_nothing_leaves_it_to_people(shop: Shop, lineage: Lineage) -> None:
    desk = Desk(shop)
    desk.night(0, 3.0)
    incidents = Incidents(shop.database, shop.ledger, lineage, shop.clock, {})
    (event,) = shop.ledger.events(kinds=["objective.burning"])
    assert incidents.consider_alert(event) is None
