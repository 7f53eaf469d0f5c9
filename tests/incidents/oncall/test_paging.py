"""Who is on call is called once, the next when nobody answers, and the next channel when one is down."""

from datetime import timedelta

import pytest
from tests.incidents.conftest import Reader
from tests.incidents.oncall.conftest import Switchboard

from steek.incidents import Incidents
from steek.incidents.desk import Desk
from steek.incidents.impact.merging import Merges
from steek.incidents.impact.severity import parse_rules
from steek.incidents.impact.triage import Triage
from steek.incidents.oncall.page_rows import Page
from steek.incidents.oncall.page_steps import PAGE_TRANSITIONS, PageState
from steek.incidents.roles.handovers import Handovers
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, NotFoundError
from steek.ledger import Database, Ledger, Lineage

MINUTE = timedelta(minutes=1)


def declare(incidents: Incidents, key: str = "d", severity: str = "sev1", on: str = "partner_demand") -> str:
    return incidents.declare("sales <b>down</b>", on=on, severity=severity, actor="mara", key=key).id


def page_of(switchboard: Switchboard, incident: str) -> Page:
    page = switchboard.paging.of(incident)
    assert page is not None
    return page


def calls_of(of_kind: Reader) -> list[dict[str, object]]:
    events = of_kind("incident.paged")
    return [dict(call) for event in events for call in event.payload["calls"]]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownArgumentType, reportUnknownVariableType, reportCallIssue, reportArgumentType]


@pytest.fixture
def triage(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents) -> Triage:
    rules = parse_rules("users:100/10000")
    return Triage(Desk(database, ledger, lineage, clock, incidents.menu), incidents.stories, lambda _: (), rules)


@pytest.fixture
def merges(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents) -> Merges:
    return Merges(Desk(database, ledger, lineage, clock, incidents.menu))


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
def test_naming_somebody_else_commander_calls_them_and_leaves_the_others_being_called(
    crew: Switchboard, incidents: Incidents, of_kind: Reader
) -> None:
    crew.reached("gabi", "target:mail")
    incident = declare(incidents)
    crew.attend()
    incidents.assign(incident, "commander", "gabi", "support", key="c")
    for event in of_kind("incident.role_assigned") * 2:
        crew.paging.on_event(event)
    crew.attend(after=MINUTE)
    assert page_of(crew, incident).state is PageState.OPEN
    assert crew.told("mail") == [(f"page:{incident}:2", "open")]
    assert [call["because"] for call in calls_of(of_kind)[1:]] == ["named commander by support"]
    assert crew.attend(after=10 * MINUTE) == 1
    assert crew.told("chat") == [(f"page:{incident}:1", "open")]
    crew.paging.acknowledge(incident, actor="gabi", key="a")
    # Somebody is on it: whoever they name is called, and the others sleep on.
    incidents.assign(incident, "commander", "zoe", "gabi", key="c2")
    assert crew.attend(after=60 * MINUTE) == 0
    assert of_kind("incident.paged")[-1].payload["gaps"] == ["no target reaches zoe"]


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
def test_a_page_that_is_over_can_only_call_anew() -> None:
    assert [action for state, action in PAGE_TRANSITIONS if state is PageState.OVER] == ["page"]


@pytest.mark.covers("I13")
def test_what_less_than_sev2_asks_for_can_wait_for_the_morning(
    crew: Switchboard, incidents: Incidents, database: Database
) -> None:
    incident = declare(incidents, severity="sev3")
    crew.attend()
    assert crew.attend(after=120 * MINUTE) == 0
    assert page_of(crew, incident).called == ("ada",)
    assert database is not None


@pytest.mark.covers("I2", "I13")
def test_a_merge_ends_the_duplicates_page_alone(crew: Switchboard, incidents: Incidents, merges: Merges) -> None:
    first, second = declare(incidents, "d1"), declare(incidents, "d2")
    crew.attend()
    merges.merge(second, first, "the same", "mara", key="m")
    crew.attend(after=MINUTE)
    assert (page_of(crew, first).state, page_of(crew, second).state) == (PageState.OPEN, PageState.OVER)
    assert page_of(crew, second).acknowledged_by is None
    states = dict(crew.told("night"))
    assert (states[f"incident:{first}"], states[f"incident:{second}"]) == ("open", "resolved")
    assert crew.attend(after=9 * MINUTE) == 1
    assert crew.told("chat") == [(f"page:{first}:1", "open")]
    merges.undo(second, "another cause", "mara", key="u")
    crew.attend()
    again = page_of(crew, second)
    assert (again.state, again.rungs[-1].because) == (PageState.OPEN, "it stands by itself again; next in core")
    assert page_of(crew, first).state is PageState.OPEN


@pytest.mark.covers("I2", "I13")
def test_a_survivor_that_called_nobody_takes_over_the_open_page_of_its_duplicate(
    crew: Switchboard, incidents: Incidents, merges: Merges, of_kind: Reader
) -> None:
    first, second = declare(incidents, "d1", on="elsewhere"), declare(incidents, "d2")
    crew.paging.on_event(of_kind("incident.declared")[1])
    assert crew.paging.of(first) is None
    merges.merge(second, first, "the same", "mara", key="m")
    for event in of_kind("incident.merged") * 2:
        crew.paging.on_event(event)
    assert page_of(crew, first).called == ("ada",)
    assert len(of_kind("incident.paged")) == 2


@pytest.mark.covers("I13", "I11")
def test_a_reopened_incident_calls_who_is_on_call_now(crew: Switchboard, incidents: Incidents, of_kind: Reader) -> None:
    incident = declare(incidents)
    crew.attend()
    incidents.resolve(incident, actor="mara", key="r", verify=False, reason="it was nothing")
    crew.attend(after=60 * MINUTE)
    crew.rotation("ben", "ada", name="core2", shift_hours=8000, covers=["partner_demand"])
    incidents.advance(incident, "reopen", "mara", key="o")
    crew.attend()
    crew.paging.on_event(of_kind("incident.advanced")[-1])
    page = page_of(crew, incident)
    assert (page.state, page.called) == (PageState.OPEN, ("ben",))
    assert calls_of(of_kind)[-1]["because"] == "it is open again; on call for core2 (turn)"
    again = page.notice
    assert crew.told("chat") == [(again, "open")]
    assert crew.told("everybody")[-1] == (again, "open")
    assert "it is open again" in crew.channels["everybody"].got[-1].title
    assert crew.attend(after=9 * MINUTE) == 0
    assert crew.attend(after=MINUTE) == 1
    incidents.assign(incident, "commander", "ben", "ben", key="c")
    crew.attend()
    assert crew.told("chat")[-1] == (again, "acknowledged")
    incidents.resolve(incident, actor="mara", key="r2", verify=False, reason="really")
    crew.attend()
    assert crew.told("chat")[-1] == crew.told("everybody")[-1] == (again, "resolved")


@pytest.mark.covers("I13", "I2")
@pytest.mark.parametrize("by_rule", [True, False])
def test_a_worse_severity_calls_anew_and_with_it_whoever_could_sleep_before(
    crew: Switchboard, incidents: Incidents, triage: Triage, of_kind: Reader, by_rule: bool
) -> None:
    incident = declare(incidents, severity="sev3")
    crew.attend()
    crew.paging.acknowledge(incident, actor="ada", key="a")
    crew.attend(after=120 * MINUTE)
    if by_rule:
        triage.assess(incident, "users", "kim", key="u", evidence="counted", low=20_000)
    else:
        triage.set_severity(incident, "sev1", "the board asks", "kim", key="s")
    crew.attend()
    crew.paging.on_event(of_kind("incident.severity_changed")[-1])
    page = page_of(crew, incident)
    assert (page.state, page.acknowledged_by) == (PageState.OPEN, None)
    assert crew.told("everybody")[-1] == (page.notice, "open")
    assert crew.channels["night"].got[-1].severity == "sev1"
    assert crew.attend(after=10 * MINUTE) == 1
    assert crew.told("chat")[0][1] == "open"
    assert calls_of(of_kind)[-1]["because"] == "it is sev1 now, sev3 before; on call for core (turn)"
    before = len(of_kind("incident.paged"))
    triage.set_severity(incident, "sev2", "it was less", "kim", key="s2")
    crew.attend()
    assert len(of_kind("incident.paged")) == before


@pytest.mark.covers("I13", "I2")
def test_a_commander_who_raises_the_severity_is_awake(crew: Switchboard, incidents: Incidents, triage: Triage) -> None:
    incident = declare(incidents, severity="sev3")
    crew.attend()
    incidents.assign(incident, "commander", "gabi", "gabi", key="c")
    triage.set_severity(incident, "sev1", "more partners call", "gabi", key="s")
    crew.attend()
    assert crew.attend(after=60 * MINUTE) == 0
    page = page_of(crew, incident)
    assert (page.state, page.acknowledged_by) == (PageState.ACKNOWLEDGED, "gabi")
    assert crew.told("chat") == []


@pytest.mark.covers("I13", "P5")
def test_an_answer_says_whom_a_call_had_reached(crew: Switchboard, incidents: Incidents, of_kind: Reader) -> None:
    for channel in ("night", "mail"):
        crew.channels[channel].down = True
    incident = declare(incidents)
    for _ in range(3):
        crew.attend(after=5 * MINUTE)
    crew.paging.acknowledge(incident, actor="ben", key="a")
    (answered,) = of_kind("incident.page_acknowledged")
    assert (answered.payload["called"], answered.payload["reached"]) == (["ada", "ben"], ["ben"])
    (arrived,) = of_kind("incident.page_delivered")
    assert (arrived.payload["person"], arrived.payload["target"]) == ("ben", "chat")
    assert incident


@pytest.mark.covers("I13", "I5")
def test_nobody_is_said_to_have_been_called_whom_nothing_calls(
    switchboard: Switchboard, incidents: Incidents, of_kind: Reader
) -> None:
    switchboard.rotation("ada", "ben", shift_hours=8000)
    switchboard.reached("ben", "target:taken-out")
    incident = declare(incidents)
    switchboard.attend()
    said = [entry.text for entry in incidents.timeline(incident) if entry.kind == "incident.paged"]
    assert said == ["nobody could be called: no target reaches ada (on call for core (turn)); no target reaches ben"]
    switchboard.attend(after=10 * MINUTE)
    said = [entry.text for entry in incidents.timeline(incident) if entry.kind == "incident.page_escalated"]
    assert said == ["nobody could be called: no target reaches ben (nobody answered for 10 minutes; next in core)"]
    switchboard.paging.acknowledge(incident, actor="ada", key="a")
    assert incidents.timeline(incident)[-1].text == "took it on; no call had reached anybody"
    assert of_kind("incident.page_acknowledged")[-1].payload["reached"] == []


@pytest.mark.covers("I13")
def test_nobody_waits_for_somebody_whom_nothing_calls(
    switchboard: Switchboard, incidents: Incidents, of_kind: Reader
) -> None:
    switchboard.rotation("ada", "ben", shift_hours=8000)
    switchboard.reached("ben", "target:chat")
    for severity in ("sev1", "sev3"):
        incident = declare(incidents, key=severity, severity=severity)
        switchboard.attend()
        assert switchboard.told("chat")[-1] == (f"incident:{incident}", "open")
        assert calls_of(of_kind)[-1]["because"] == "next in core; nothing calls anybody before"


@pytest.mark.covers("I3", "I13")
def test_who_is_offered_a_role_hears_of_it_until_it_is_accepted_or_taken_back(
    crew: Switchboard, incidents: Incidents, database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    incident = declare(incidents)
    incidents.assign(incident, "commander", "ada", "ada", key="c")
    handovers = Handovers(database, ledger, clock, incidents.stories, lambda _: None)
    offered = [
        handovers.hand_over(incident, "commander", "ben", "what is known", actor="ada", key="h1"),
        handovers.hand_over(incident, "planning", "ben", "what is planned", actor="ada", key="h2"),
    ]
    crew.attend()
    keys = [f"handover:{one.id}" for one in offered]
    assert sorted(crew.told("chat")) == [(key, "open") for key in sorted(keys)]
    assert "steek incident accept " in crew.channels["chat"].got[0].body
    assert page_of(crew, incident).state is PageState.ACKNOWLEDGED
    handovers.accept(offered[0].id, actor="ben", key="a")
    handovers.withdraw(offered[1].id, actor="ada", key="w")
    crew.attend()
    assert sorted(crew.told("chat")[2:]) == [(key, "resolved") for key in sorted(keys)]
