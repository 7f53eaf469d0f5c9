"""Who is on call is called once, the next when nobody answers, and the next channel when one is down."""

from datetime import timedelta

import pytest
from tests.incidents.conftest import Reader
from tests.incidents.oncall.conftest import Switchboard

from steek.incidents import Incidents
from steek.incidents.oncall.page_rows import Page
from steek.incidents.oncall.page_steps import PAGE_TRANSITIONS, PageState
from steek.kernel.errors import ConflictError, NotFoundError
from steek.ledger import Database, Ledger

MINUTE = timedelta(minutes=1)


def declare(incidents: Incidents, key: str = "d", severity: str = "sev1", on: str = "partner_demand") -> str:
    return incidents.declare("sales <b>down</b>", on=on, severity=severity, actor="mara", key=key).id


def page_of(switchboard: Switchboard, incident: str) -> Page:
    page = switchboard.paging.of(incident)
    assert page is not None
    return page


@pytest.fixture
def crew(switchboard: Switchboard) -> Switchboard:
    """Ada is on call and has two channels; ben is next, with one of his own."""
    switchboard.rotation("ada", "ben", shift_hours=8000)
    switchboard.reached("ada", "target:night", "target:mail", "phone:+49 30 1")
    switchboard.reached("ben", "target:chat")
    return switchboard


@pytest.mark.covers("I13")
def test_a_declaration_calls_who_is_on_call_once(crew: Switchboard, incidents: Incidents, of_kind: Reader) -> None:
    incident = declare(incidents)
    for _ in range(3):
        crew.attend()
    assert crew.told("night") == [(f"incident:{incident}", "open")]
    assert crew.told("everybody") == [(f"incident:{incident}", "open")]
    assert crew.told("chat") == crew.told("mail") == []
    (paged,) = of_kind("incident.paged")
    assert paged.payload["calls"] == [{"person": "ada", "because": "on call for core (turn)", "target": "night"}]


@pytest.mark.covers("I13")
def test_who_answers_stops_the_next_from_being_called(crew: Switchboard, incidents: Incidents, of_kind: Reader) -> None:
    incident = declare(incidents)
    crew.attend()
    first = crew.paging.acknowledge(incident, actor="ada", key="a")
    again = crew.paging.acknowledge(incident, actor="ada", key="a")
    assert (first, again.state) == (again, PageState.ACKNOWLEDGED)
    crew.attend(after=60 * MINUTE)
    assert crew.told("night") == [(f"incident:{incident}", "open"), (f"incident:{incident}", "acknowledged")]
    assert crew.told("chat") == []
    assert len(of_kind("incident.page_acknowledged")) == 1


@pytest.mark.covers("I13", "I3")
def test_whoever_takes_command_answers_the_page(crew: Switchboard, incidents: Incidents) -> None:
    incident = declare(incidents)
    crew.attend()
    incidents.assign(incident, "commander", "gabi", "gabi", key="c")
    crew.attend(after=30 * MINUTE)
    page = page_of(crew, incident)
    assert (page.state, page.acknowledged_by) == (PageState.ACKNOWLEDGED, "gabi")
    assert crew.told("chat") == []


@pytest.mark.covers("I13", "I3")
def test_naming_somebody_else_commander_answers_no_page(crew: Switchboard, incidents: Incidents) -> None:
    incident = declare(incidents)
    crew.attend()
    incidents.assign(incident, "commander", "asleep", "support", key="c")
    crew.attend()
    assert page_of(crew, incident).state is PageState.OPEN


@pytest.mark.covers("I13")
def test_the_next_is_called_when_nobody_answers(crew: Switchboard, incidents: Incidents, of_kind: Reader) -> None:
    incident = declare(incidents)
    crew.attend()
    assert crew.attend(after=9 * MINUTE) == 0
    assert crew.attend(after=MINUTE) == 1
    assert crew.told("chat") == [(f"page:{incident}:1", "open")]
    assert "for ben" in crew.channels["chat"].got[0].title
    assert crew.told("everybody") == [(f"incident:{incident}", "open")]
    (escalated,) = of_kind("incident.page_escalated")
    assert escalated.payload["calls"][0]["because"] == "nobody answered for 10 minutes; next in core"  # pyright: ignore[reportIndexIssue]
    crew.paging.acknowledge(incident, actor="ben", key="a")
    crew.attend()
    assert crew.told("chat")[-1] == (f"page:{incident}:1", "acknowledged")


@pytest.mark.covers("I13")
def test_when_a_channel_is_down_the_page_is_kept_and_the_next_channel_is_tried(
    crew: Switchboard, incidents: Incidents
) -> None:
    crew.channels["night"].down = True
    incident = declare(incidents)
    crew.attend()
    assert [each.state for each in crew.paging.deliveries(page_of(crew, incident)) if each.target == "night"] == [
        "waiting"
    ]
    assert crew.attend() == 1
    assert crew.told("mail") == [(f"incident:{incident}", "open")]
    assert crew.attend() == 0
    crew.channels["night"].down = False
    crew.attend(after=MINUTE)
    assert crew.told("night") == [(f"incident:{incident}", "open")]


@pytest.mark.covers("I13")
def test_with_chat_and_mail_down_the_page_stays_open_and_arrives_when_they_are_back(
    crew: Switchboard, incidents: Incidents
) -> None:
    for channel in crew.channels.values():
        channel.down = True
    incident = declare(incidents)
    for _ in range(4):
        crew.attend(after=5 * MINUTE)
    (page,) = crew.paging.open()
    assert (page.incident_id, page.called) == (incident, ("ada", "ben"))
    assert {each.state for each in crew.paging.deliveries(page)} == {"waiting"}
    for channel in crew.channels.values():
        channel.down = False
    crew.attend(after=15 * MINUTE)
    assert all(crew.told(name) for name in ("night", "mail", "chat", "everybody"))


@pytest.mark.covers("I13")
def test_a_storm_of_events_calls_once_and_a_resolved_incident_calls_nobody(
    crew: Switchboard, incidents: Incidents, ledger: Ledger, of_kind: Reader
) -> None:
    incident = declare(incidents)
    (declared,) = of_kind("incident.declared")
    for _ in range(50):
        crew.paging.on_event(declared)
    assert len(of_kind("incident.paged")) == 1
    incidents.resolve(incident, actor="mara", key="r", verify=False, reason="it was nothing")
    crew.attend(after=60 * MINUTE)
    assert page_of(crew, incident).state is PageState.OVER
    assert crew.told("chat") == []
    with pytest.raises(ConflictError, match="nobody was called"):
        crew.paging.page(incident, "ben", actor="mara", key="p")
    assert ledger.verify() is not None


@pytest.mark.covers("I13")
def test_a_gap_is_said_and_whoever_answers_for_the_system_is_called(
    switchboard: Switchboard, incidents: Incidents, of_kind: Reader
) -> None:
    switchboard.reached("sam", "target:mail")
    incident = declare(incidents, on="search_ranking")
    switchboard.attend()
    assert switchboard.told("mail") == [(f"incident:{incident}", "open")]
    (paged,) = of_kind("incident.paged")
    assert paged.payload["gaps"] == ["no operations rotation covers system:search_ranking"]
    nobody = declare(incidents, key="d2", on="elsewhere")
    switchboard.attend()
    assert page_of(switchboard, nobody).called == ()
    assert of_kind("incident.paged")[-1].payload["calls"] == []


@pytest.mark.covers("I13")
def test_people_can_be_called_besides(crew: Switchboard, incidents: Incidents) -> None:
    incident = declare(incidents)
    crew.attend()
    crew.paging.acknowledge(incident, actor="ada", key="a")
    page = crew.paging.page(incident, "ben", actor="ada", key="p")
    assert page.state is PageState.OPEN
    assert crew.paging.page(incident, "ben", actor="ada", key="p") == page
    crew.attend()
    assert crew.told("chat") == [(f"page:{incident}:2", "open")]
    on_call = crew.oncall.who()[0].person
    page = crew.paging.page(incident, "rotation:core", actor="ada", key="p2")
    assert page.rungs[page.calls[-1].rung].person == on_call
    with pytest.raises(NotFoundError, match="no person named 'zoe'"):
        crew.paging.page(incident, "zoe", actor="ada", key="p3")


@pytest.mark.covers("I13")
def test_contacts_are_nowhere_but_in_their_table(crew: Switchboard, incidents: Incidents, ledger: Ledger) -> None:
    incident = declare(incidents)
    crew.attend()
    written = str([event.payload for event in ledger.events(limit=10_000)])
    assert "+49 30 1" not in written
    assert crew.oncall.reachable("partner_demand").chain[0].contacts is None
    assert all("+49" not in notice.body + notice.title for channel in crew.channels.values() for notice in channel.got)
    assert incident


@pytest.mark.covers("I13")
def test_a_page_that_is_over_takes_no_action() -> None:
    assert not [action for state, action in PAGE_TRANSITIONS if state is PageState.OVER]


@pytest.mark.covers("I13")
def test_what_less_than_sev2_asks_for_can_wait_for_the_morning(
    crew: Switchboard, incidents: Incidents, database: Database
) -> None:
    incident = declare(incidents, severity="sev3")
    crew.attend()
    assert crew.attend(after=120 * MINUTE) == 0
    assert page_of(crew, incident).called == ("ada",)
    assert database is not None
