"""What a group comes to: at most one incident, however its alerts come; none while they are kept quiet."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.monitoring.alerting.test_inbox import People
from tests.monitoring.conftest import Bench, day

from steek.incidents import Incidents
from steek.ledger import Event, Ledger, Lineage


class Declaring(People):
    """People whose alerts all declare incidents."""

    def __init__(self, bench: Bench, ledger: Ledger, lineage: Lineage) -> None:
        super().__init__(bench, ledger)
        self.incidents = Incidents(bench.database, ledger, lineage, bench.clock, {})
        self.read = 0

    def deliver(self) -> list[Event]:
        """Hand over what is new, each event twice."""
        kinds = ["alert.fired", "alert.unsilenced"]
        new = self.ledger.events(kinds=kinds, after_sequence=self.read, limit=10_000)
        for event in [*new, *new]:
            self.incidents.consider_alert(event)
        self.read = max([self.read, *(event.sequence for event in new)])
        return new


@pytest.fixture
def declaring(bench: Bench, ledger: Ledger, lineage: Lineage) -> Declaring:
    return Declaring(bench, ledger, lineage)


@pytest.mark.covers("O8")
def test_a_group_declares_one_incident_even_when_more_of_it_comes_after_the_end(declaring: Declaring) -> None:
    (first,) = declaring.play("answers", 0, a=1)
    declaring.deliver()
    declaring.play("answers", 1, a=50)
    (incident,) = declaring.incidents.list()
    declaring.incidents.resolve(incident.id, actor="ada", key="r", verify=False, reason="it is over")
    # What it was made from is measured late, and turns out to have begun with it.
    declaring.monitors["makers"] = replace(declaring.monitors["makers"], declare="sev1")
    (late,) = declaring.play("makers", 0, a=1)
    assert late.group == first.group
    declaring.deliver()
    assert [one.id for one in declaring.incidents.list()] == [incident.id]
    attached = declaring.ledger.events(kinds=["incident.alert_attached"])
    assert [event.payload["alert"] for event in attached] == [late.id]
    again = declaring.play("answers", 9, a=1)[0]
    assert again.group != first.group
    declaring.deliver()
    assert len(declaring.incidents.list()) == 2


@pytest.mark.covers("O8")
def test_what_is_kept_quiet_declares_when_the_silence_is_over(declaring: Declaring) -> None:
    declaring.bench.clock.set(day(0).end_at)
    silence = declaring.inbox.silence(
        monitor="answers", lasts=timedelta(hours=4), reason="works", actor="ada", key="s", covers_pages=True
    )
    (alert,) = declaring.play("answers", 0, a=1)
    assert alert.silence == silence.id
    assert len(declaring.deliver()) == 1
    assert declaring.incidents.list() == ()
    declaring.inbox.unsilence(silence.id, actor="ada")
    declaring.deliver()
    (incident,) = declaring.incidents.list()
    assert (incident.machine, incident.severity) == (True, "sev2")
