"""Alerts that people attach to an incident, and those they let go of."""

import pytest
from tests.incidents.conftest import Loop, Reader, joins

from steek.incidents import Incident, Incidents
from steek.incidents.attaching import Attaching
from steek.incidents.desk import Desk
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, StaleWriteError
from steek.ledger import Database, Ledger, Lineage


@pytest.fixture
def attaching(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents
) -> Attaching:
    return Attaching(Desk(database, ledger, lineage, clock, incidents.menu))


@pytest.mark.covers("I1", "I11")
def test_an_alert_that_fires_later_is_offered_attached_and_let_go(
    attaching: Attaching, incidents: Incidents, declared: Incident, loop: Loop, of_kind: Reader
) -> None:
    late, _ = loop.fire(joins("answers", on="model:elsewhere", declare=None))
    near, event = loop.fire(joins(declare=None, on=declared.subject))
    assert [one.id for one in attaching.candidates(declared.id)] == [near.id]
    attaching.attach(declared.id, late.id, "kim", key="a1")
    assert len(attaching.attach(declared.id, near.id, "kim", key="a2", expected_version=1)) == 2
    assert len(attaching.attach(declared.id, near.id, "lee", key="a3")) == 2, "it is there already"
    assert attaching.candidates(declared.id) == ()
    assert [(one.actor, one.causes[0] == event.id) for one in of_kind("incident.alert_attached")][1] == ("kim", True)
    assert len(incidents.stories.read(declared.id).verification.indicators) == 2
    [left] = attaching.detach(declared.id, late.id, "another cause", "kim", key="d1")
    assert attaching.detach(declared.id, late.id, "another cause", "kim", key="d1") == (left,)
    story = incidents.stories.read(declared.id)
    assert [one.alert_id for one in story.alerts] == [near.id]
    assert story.timeline[-1].text == "alert of answers does not belong to it: another cause"
    assert len(of_kind("incident.alert_detached")) == 1
    assert story.incident.version == 2


@pytest.mark.covers("I1")
def test_what_belongs_elsewhere_is_not_taken_and_what_is_over_stays(
    attaching: Attaching, incidents: Incidents, declared: Incident, loop: Loop
) -> None:
    loop.history()
    loop.at(1, 1)
    alert, event = loop.fire(joins())
    owner = incidents.consider_alert(event)
    assert owner is not None
    with pytest.raises(ConflictError, match=f"belongs to incident {owner.id} already"):
        attaching.attach(declared.id, alert.id, "kim", key="a")
    with pytest.raises(NotFoundError, match="no alert"):
        attaching.attach(declared.id, "nothing", "kim", key="b")
    with pytest.raises(NotFoundError, match=f"no alert of incident {declared.id}"):
        attaching.detach(declared.id, alert.id, "why", "kim", key="c")
    with pytest.raises(InputError, match="reason is empty"):
        attaching.detach(owner.id, alert.id, " ", "kim", key="c")
    with pytest.raises(StaleWriteError):
        attaching.detach(owner.id, alert.id, "why", "kim", key="c", expected_version=9)
    incidents.resolve(owner.id, actor="kim", key="r", verify=False, reason="over")
    with pytest.raises(ConflictError, match="its alerts stay as they are"):
        attaching.detach(owner.id, alert.id, "why", "kim", key="c")
