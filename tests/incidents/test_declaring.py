from datetime import timedelta

import pytest
from tests.incidents.conftest import Loop, Reader, joins

from steek.incidents import Incident, Incidents, Severity, State
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, StaleWriteError
from steek.ledger import Ledger


@pytest.mark.covers("I1")
def test_one_command_declares(declared: Incident, of_kind: Reader) -> None:
    assert (declared.id, declared.urn) == ("2017-001", "incident:2017-001")
    assert (declared.state, declared.severity, declared.version) == (State.DETECTION, Severity.SEV2, 1)
    [event] = of_kind("incident.declared")
    assert (event.subject, event.actor) == ("incident:2017-001", "ariel")
    assert event.payload["title"] == "sales down"
    assert event.payload["machine"] is False


@pytest.mark.covers("I1")
def test_same_key_declares_once(incidents: Incidents, declared: Incident, ledger: Ledger) -> None:
    written = ledger.count()
    assert incidents.declare("other words", on="x", severity="sev1", actor="sam", key="d1") == declared
    assert ledger.count() == written


@pytest.mark.covers("I1")
def test_numbers_count_within_the_year(incidents: Incidents, declared: Incident, clock: ReplayClock) -> None:
    second = incidents.declare("again", on="x", severity="sev3", actor="sam", key="d2")
    clock.set(clock.now() + timedelta(days=100))
    third = incidents.declare("new year", on="x", severity="sev3", actor="sam", key="d3")
    assert (declared.id, second.id, third.id) == ("2017-001", "2017-002", "2018-001")
    assert [incident.id for incident in incidents.list()] == ["2018-001", "2017-002", "2017-001"]


@pytest.mark.covers("I1")
def test_a_name_means_what_the_lineage_knows(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(1, 1)

    def subject(on: str) -> str:
        return incidents.declare("t", on=on, severity="sev3", actor="a", key=on).subject

    assert subject("partner_demand") == "model:partner_demand"
    assert subject("products") == "dataset:products"
    assert subject("trained:partner_demand/69@17") == "model:partner_demand"
    assert subject("the web shop") == "system:the web shop"


@pytest.mark.covers("I1", "D11")
def test_systems_are_what_is_made_from_it(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(1, 1)
    incident = incidents.declare("t", on="partner_lines", severity="sev3", actor="a", key="k")
    assert incident.systems == ("dataset:partner_lines", "features:partner_demand_view", "model:partner_demand")


@pytest.mark.covers("I1", "I4")
def test_freeze_is_requested_unless_told_not_to(incidents: Incidents, loop: Loop, of_kind: Reader) -> None:
    loop.history()
    loop.at(1, 1)
    incidents.declare("t", on="partner_lines", severity="sev3", actor="a", key="k1", freeze=False)
    assert of_kind("freeze.requested") == []
    incident = incidents.declare("t", on="partner_lines", severity="sev3", actor="a", key="k2")
    [event] = of_kind("freeze.requested")
    assert event.payload["incident"] == incident.id
    held = ["dataset:partner_lines", "model:partner_demand"]  # of a feature view alone nothing can be held
    assert event.payload["subjects"] == held


@pytest.mark.covers("I1")
def test_alert_with_a_rule_declares_once(incidents: Incidents, loop: Loop, of_kind: Reader) -> None:
    loop.history()
    loop.at(1, 1)
    alert, event = loop.fire(joins())
    incident = incidents.consider_alert(event)
    assert incident is not None
    assert incident == incidents.consider_alert(event)
    assert (incident.machine, incident.severity, incident.declared_by) == (True, Severity.SEV2, "steek")
    assert incident.title == "partner_joins: 0%, at least 90% expected"
    [declared] = of_kind("incident.declared")
    assert declared.causes == (event.id,)
    assert declared.payload["alert"] == alert.id
    assert len(of_kind("suspects.ranked")) == 1


@pytest.mark.covers("I1")
def test_alert_without_a_rule_declares_nothing(incidents: Incidents, loop: Loop) -> None:
    _, event = loop.fire(joins(declare=None))
    assert incidents.consider_alert(event) is None
    assert incidents.list() == ()


@pytest.mark.covers("I1", "O8")
def test_alerts_on_one_system_stay_one_incident(incidents: Incidents, loop: Loop, of_kind: Reader) -> None:
    loop.history()
    loop.at(1, 1)
    first = incidents.consider_alert(loop.fire(joins())[1])
    assert first is not None
    for number in range(20):
        _, event = loop.fire(joins("by_partner", on="model:partner_demand"), slice=f"partner_id={number}")
        assert incidents.consider_alert(event) == first
        assert incidents.consider_alert(event) == first
    assert len(incidents.list()) == 1
    assert len(of_kind("incident.alert_attached")) == 20
    assert len(incidents.stories.read(first.id).alerts) == 21


@pytest.mark.covers("I1")
def test_a_new_alert_after_the_resolution_is_a_new_incident(incidents: Incidents, loop: Loop) -> None:
    first = incidents.consider_alert(loop.fire(joins())[1])
    assert first is not None
    incidents.resolve(first.id, actor="a", key="r", verify=False, reason="by hand")
    second = incidents.consider_alert(loop.fire(joins("other"))[1])
    assert second is not None
    assert second.id == "2017-002"


@pytest.mark.covers("I1")
def test_person_declares_on_an_alert(incidents: Incidents, loop: Loop) -> None:
    alert, _ = loop.fire(joins(declare=None))
    incident = incidents.declare("t", on="partner_lines", severity="sev2", actor="a", key="k", alert_id=alert.id)
    assert [evidence.alert_id for evidence in incidents.stories.read(incident.id).alerts] == [alert.id]
    with pytest.raises(ConflictError, match="belongs to incident 2017-001 already"):
        incidents.declare("t", on="partner_lines", severity="sev2", actor="b", key="k2", alert_id=alert.id)
    with pytest.raises(NotFoundError, match="no alert named 'nope'"):
        incidents.declare("t", on="partner_lines", severity="sev2", actor="b", key="k3", alert_id="nope")
    assert len(incidents.list()) == 1


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("title", "severity", "actor", "words"),
    [
        (" ", "sev2", "a", "the title is empty"),
        ("x" * 301, "sev2", "a", "300 are allowed"),
        ("a\x00b", "sev2", "a", "cannot be stored"),
        ("a\ud800b", "sev2", "a", "cannot be stored"),
        ("t", "sev9", "a", "allowed: sev1, sev2, sev3"),
        ("t", "sev2", "x" * 201, "the actor has 201 characters"),
    ],
)
def test_bad_input_writes_nothing(
    incidents: Incidents, ledger: Ledger, title: str, severity: str, actor: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        incidents.declare(title, on="x", severity=severity, actor=actor, key="k")
    assert ledger.count() == 0


@pytest.mark.covers("N3")
def test_unknown_incident_lists_the_known(incidents: Incidents, declared: Incident) -> None:
    with pytest.raises(NotFoundError, match="no incident named '2017-002'; there are: 2017-001"):
        incidents.get("2017-002")


@pytest.mark.covers("I3")
def test_roles_are_taken_over(incidents: Incidents, declared: Incident, of_kind: Reader) -> None:
    incidents.assign(declared.id, "commander", "ariel", "ariel", key="a1")
    incidents.assign(declared.id, "commander", "sam", "ariel", key="a2")
    after = incidents.assign(declared.id, "operations", "sam", "ariel", key="a3")
    assert incidents.assign(declared.id, "operations", "sam", "ariel", key="a3") == after
    assert {role.value: who for role, who in after.roles.items()} == {"commander": "sam", "operations": "sam"}
    assert [event.payload["before"] for event in of_kind("incident.role_assigned")] == [None, "ariel", None]
    with pytest.raises(InputError, match="allowed: commander, communications, operations, planning"):
        incidents.assign(declared.id, "hero", "sam", "ariel", key="a4")


HOSTILE = "'; DROP TABLE incidents; -- <script>alert(1)</script> {{7*7}} %s \u202e \\n ![x](http://x) 🧶"


@pytest.mark.covers("I5")
def test_hostile_text_is_kept_as_given(incidents: Incidents, of_kind: Reader) -> None:
    incident = incidents.declare(
        HOSTILE, on=f"x {HOSTILE}".replace(":", ""), severity="sev3", actor=HOSTILE, key=HOSTILE
    )
    note = incidents.note(incident.id, HOSTILE, HOSTILE, key=HOSTILE)
    assigned = incidents.assign(incident.id, "commander", HOSTILE, HOSTILE, key=HOSTILE)
    assert incidents.get(incident.id).title == HOSTILE
    assert (note.payload["text"], note.actor) == (HOSTILE, HOSTILE)
    assert list(assigned.roles.values()) == [HOSTILE]
    assert of_kind("incident.declared")[0].payload["title"] == HOSTILE


@pytest.mark.covers("I5")
def test_notes_do_not_make_anybody_stale(incidents: Incidents, declared: Incident) -> None:
    event = incidents.note(declared.id, "partners call", "gabi", key="n1")
    assert incidents.note(declared.id, "partners call", "gabi", key="n1") == event
    assert incidents.advance(declared.id, "investigate", "a", key="k", expected_version=1).version == 2
    with pytest.raises(
        StaleWriteError, match=r"changed by a while you were looking: you saw version 1, it is at 2 \(troubleshooting\)"
    ):
        incidents.advance(declared.id, "mitigate", "b", key="k2", expected_version=1)
    with pytest.raises(NotFoundError, match="no event with id"):
        incidents.note(declared.id, "see there", "gabi", key="n2", about="nothing")
    with pytest.raises(InputError, match="allowed: confirmed or rejected"):
        incidents.note(declared.id, "yes", "gabi", key="n3", verdict="confirmed")


@pytest.mark.covers("N3")
def test_key_of_another_incident_is_refused(incidents: Incidents, declared: Incident) -> None:
    other = incidents.declare("t", on="x", severity="sev3", actor="a", key="d2")
    incidents.note(declared.id, "here", "a", key="n")
    with pytest.raises(ConflictError, match="already used to note in incident 2017-001"):
        incidents.note(other.id, "there", "a", key="n")


@pytest.mark.covers("I1", "I6", "I11")
def test_a_person_takes_the_open_alerts_of_the_systems_before_suspects_are_ranked(
    incidents: Incidents, loop: Loop, of_kind: Reader
) -> None:
    loop.history()
    loop.key_change()
    loop.at(1, 1)
    mine = [loop.fire(joins(declare=None), slice=f"partner_id={number}")[0] for number in range(3)]
    elsewhere, _ = loop.fire(joins("shop", on="model:search_ranking", declare=None))
    over, _ = loop.fire(joins("was", declare=None))
    loop.recover(joins("was", declare=None), over, day=0)
    incident = incidents.declare("pager buzzes", on="partner_demand", severity="sev2", actor="ariel", key="d")
    assert incidents.stories.read(incident.id).alerts == (), "what feeds it is not part of it"
    upstream = incidents.declare("partners", on="partner_lines", severity="sev2", actor="ariel", key="e")
    alerts = incidents.stories.read(upstream.id).alerts
    assert {one.alert_id for one in alerts} == {one.id for one in mine}
    assert elsewhere.id not in {one.alert_id for one in alerts}
    attached, ranked = of_kind("incident.alert_attached"), of_kind("suspects.ranked")[1]
    assert max(event.sequence for event in attached) < ranked.sequence
    assert ranked.payload["suspects"]
    assert incidents.suspects(upstream.id).onset.known
    assert max(suspect.score for suspect in incidents.suspects(upstream.id).suspects) > 0.5
    again = incidents.declare("partners", on="partner_lines", severity="sev2", actor="ariel", key="e")
    assert again == upstream
    with pytest.raises(ConflictError, match=r"not back|is not"):
        incidents.resolve(upstream.id, actor="ariel", key="r")


@pytest.mark.covers("I1")
def test_on_an_alert_its_system_and_what_fires_with_it_are_meant(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(1, 1)
    alert, _ = loop.fire(joins("by partner", on="model:partner_demand", declare=None), slice="partner_id=1")
    other, _ = loop.fire(joins("by partner", on="model:partner_demand", declare=None), slice="partner_id=2")
    incident = incidents.declare("partners", severity="sev2", actor="ariel", key="d", alert_id=alert.id)
    assert incident.subject == "model:partner_demand"
    assert {one.alert_id for one in incidents.stories.read(incident.id).alerts} == {alert.id, other.id}
    with pytest.raises(InputError, match="neither a system nor an alert"):
        incidents.declare("nothing", severity="sev2", actor="ariel", key="n")


@pytest.mark.covers("I1")
def test_nobody_takes_the_key_of_a_rule_in_advance(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    loop.at(1, 1)
    alert, event = loop.fire(joins())
    incidents.declare("k", on="search_ranking", severity="sev3", actor="mallory", key=f"alert:{alert.id}")
    declared = incidents.consider_alert(event)
    assert declared is not None
    assert (declared.machine, declared.subject) == (True, "dataset:partner_lines")
    assert [one.alert_id for one in incidents.stories.read(declared.id).alerts] == [alert.id]


@pytest.mark.covers("I1", "I4")
def test_what_a_rule_declares_holds_still_from_sev2_on(incidents: Incidents, loop: Loop, of_kind: Reader) -> None:
    loop.history()
    loop.at(1, 1)
    quiet = incidents.consider_alert(loop.fire(joins(declare="sev3"))[1])
    assert quiet is not None
    assert not quiet.frozen
    assert of_kind("freeze.requested") == []
    loud = incidents.consider_alert(loop.fire(joins("other", on="model:search_ranking"))[1])
    assert loud is not None
    assert loud.frozen


@pytest.mark.covers("I1", "I4")
def test_a_name_that_nothing_is_recorded_about_is_doubted_and_holds_nothing(
    incidents: Incidents, loop: Loop, of_kind: Reader
) -> None:
    loop.history()
    loop.at(1, 1)
    slip = incidents.declare("t", on="model:partner_demnad", severity="sev3", actor="a", key="1")
    odd = incidents.declare("t", on=slip.urn, severity="sev3", actor="a", key="2")
    incidents.declare("t", on="partner_demand", severity="sev3", actor="a", key="3")
    doubts = [event.payload.get("doubt") for event in of_kind("incident.declared")]
    assert doubts == [
        "nothing is recorded about model:partner_demnad; did you mean model:partner_demand?",
        f"{slip.urn} is no model, dataset or feature view; nothing of it is held still",
        None,
    ]
    assert [event.payload["incident"] for event in of_kind("freeze.requested")] == [slip.id, "2017-003"]
    assert odd.id not in {slip.id, "2017-003"}
    assert incidents.timeline(slip.id)[-2].text.endswith("did you mean model:partner_demand?)")
