from datetime import timedelta

import pytest
from tests.incidents.conftest import Loop, Reader, joins

from steek.incidents import Incident, Incidents, State
from steek.kernel import ReplayClock, Verdict
from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError, StaleWriteError
from steek.ledger import Ledger


@pytest.mark.covers("I11")
def test_not_over_while_its_indicator_is_out(incidents: Incidents, loop: Loop, ledger: Ledger) -> None:
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    written = ledger.count()
    with pytest.raises(ConflictError) as refused:
        incidents.resolve(incident.id, actor="ariel", key="r")
    assert "partner_joins is not back: now at 0, well is at least 0.9" in refused.value.message
    assert incidents.get(incident.id) == incident
    assert ledger.count() == written


@pytest.mark.covers("I11")
def test_every_indicator_must_be_back(incidents: Incidents, loop: Loop) -> None:
    alert, event = loop.fire(joins())
    incident = incidents.consider_alert(event)
    assert incident is not None
    alerts = [loop.fire(joins("by_partner"), slice=f"partner_id={number}") for number in range(7)]
    for _, fired in alerts:
        incidents.consider_alert(fired)
    loop.at(2, 1)
    loop.recover(joins(), alert, day=1)
    with pytest.raises(ConflictError, match=r"by_partner \[partner_id=0\] is not back.*and 2 more"):
        incidents.resolve(incident.id, actor="ariel", key="r")
    for fired, _ in alerts:
        loop.recover(joins("by_partner"), fired, day=1)
    assert incidents.resolve(incident.id, actor="ariel", key="r").state is State.FOLLOW_UP


@pytest.mark.covers("I11")
@pytest.mark.parametrize(
    ("windows", "level"), [(1, "low: 1 window within"), (3, "moderate: 3 windows"), (7, "high: 7")]
)
def test_confidence_grows_with_windows(
    incidents: Incidents, loop: Loop, of_kind: Reader, windows: int, level: str
) -> None:
    alert, event = loop.fire(joins())
    incident = incidents.consider_alert(event)
    assert incident is not None
    loop.at(1 + windows, 1)
    loop.recover(joins(), alert, day=1, windows=windows)
    verification = incidents.stories.verification(incident.id)
    assert verification.verdict is Verdict.PASS
    resolved = incidents.resolve(incident.id, actor="ariel", key="r")
    assert resolved.resolved_at == loop.clock.now()
    [told] = of_kind("incident.resolved")
    assert str(told.payload["confidence"]).startswith(level)
    assert told.payload["verified"] is True
    assert [event.payload["incident"] for event in of_kind("freeze.release_requested")] == [incident.id]


@pytest.mark.covers("I11")
def test_without_indicator_nothing_is_verified(incidents: Incidents, declared: Incident, of_kind: Reader) -> None:
    with pytest.raises(ConflictError, match="no indicator showed incident 2017-001"):
        incidents.resolve(declared.id, actor="ariel", key="r")
    with pytest.raises(InputError, match="the reason is empty"):
        incidents.resolve(declared.id, actor="ariel", key="r", verify=False)
    incidents.resolve(declared.id, actor="ariel", key="r", verify=False, reason="the shop says so")
    [told] = of_kind("incident.resolved")
    assert (told.payload["verified"], told.payload["reason"]) == (False, "the shop says so")


@pytest.mark.covers("I11", "P1")
def test_same_key_resolves_and_drafts_once(incidents: Incidents, declared: Incident, ledger: Ledger) -> None:
    first = incidents.resolve(declared.id, actor="a", key="r", verify=False, reason="over")
    written = ledger.count()
    assert incidents.resolve(declared.id, actor="a", key="r", verify=False, reason="over") == first
    assert ledger.count() == written
    with pytest.raises(IllegalTransitionError, match="possible: close, reopen"):
        incidents.resolve(declared.id, actor="a", key="r2", verify=False, reason="over")


@pytest.mark.covers("I11")
def test_a_resolution_that_died_before_its_draft_is_finished(
    incidents: Incidents, declared: Incident, monkeypatch: pytest.MonkeyPatch, of_kind: Reader
) -> None:
    class Killed(BaseException):
        pass

    def die(incident: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(incidents.stories, "read", die)
        with pytest.raises(Killed):
            incidents.resolve(declared.id, actor="a", key="r", verify=False, reason="over")
    assert of_kind("postmortem.drafted") == []
    incidents.resolve(declared.id, actor="a", key="r", verify=False, reason="over")
    assert len(of_kind("incident.resolved")) == 1
    assert [event.payload["version"] for event in of_kind("postmortem.drafted")] == [1]


@pytest.mark.covers("I11")
def test_stale_resolution_is_refused(incidents: Incidents, declared: Incident) -> None:
    incidents.advance(declared.id, "investigate", "sam", key="a")
    with pytest.raises(StaleWriteError, match="changed by sam"):
        incidents.resolve(declared.id, actor="a", key="r", verify=False, reason="over", expected_version=1)


@pytest.mark.covers("I11", "P1")
def test_reopened_and_resolved_again_it_is_drafted_anew(
    incidents: Incidents, declared: Incident, clock: ReplayClock, of_kind: Reader
) -> None:
    incidents.resolve(declared.id, actor="a", key="r1", verify=False, reason="over")
    incidents.advance(declared.id, "reopen", "a", key="o")
    clock.set(clock.now() + timedelta(hours=3))
    incidents.resolve(declared.id, actor="a", key="r2", verify=False, reason="really over")
    assert [event.payload["version"] for event in of_kind("postmortem.drafted")] == [1, 2]
