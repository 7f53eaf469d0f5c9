"""The room of an incident: it says what is next, survives a broken part, two people at once, and a database away."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from console_world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from visitor import Visitor, text_of, visit

from steek.console import incident_page
from steek.console.incident_live import here_part
from steek.console.incident_sections import SECTIONS, Section
from steek.console.page import environment
from steek.console.services import Services
from steek.incidents import Incident, Role, State, TimelineEntry
from steek.incidents.next_action import Done, Tried, next_actions, tried
from steek.incidents.open_questions import OpenQuestions, open_questions

PAGE = "/incidents/2017-001"
NOW = datetime(2017, 10, 3, 6, tzinfo=UTC)
LED = {Role.COMMANDER: "ariel@grocer"}


def entry(kind: str, *, subject: str = "incident:2017-001", minutes: int = 0, **payload: object) -> TimelineEntry:
    at = NOW + timedelta(minutes=minutes)
    return TimelineEntry(at, kind, kind, subject, "steek", True, kind, payload, sequence=1, recorded_at=at)


def incident(world: World, **values: object) -> Incident:
    return replace(world.incidents.get("2017-001"), **values)  # pyright: ignore[reportArgumentType]


def titles(of: Incident, **known: object) -> list[str]:
    return [step.title for step in next_actions(of, **known)]  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("I2", "P1", "O12")
def test_a_room_that_is_over_says_where_to_go_and_shows_no_empty_card(client: Visitor, world: World) -> None:
    incidents, platform = world.incidents, world.platform
    incident = incidents.declare("partner sales are empty", on="partner_demand", severity="sev2", actor="a", key="a")
    page = f"/incidents/{incident.id}"
    again = incidents.declare("the same", on="partner_demand", severity="sev2", actor="a", key="b")
    platform.merges.merge(again.id, incident.id, "one outage", "a", key="m")
    html = client.get(f"/incidents/{again.id}").text
    assert f'href="{page}">go to {incident.id}</a>' in html
    for gone in ("Tell everybody", "Handing over", "Nobody said yet", "Hypotheses", "Pinned", "Read the draft"):
        assert gone not in html, gone
    # Whoever answers one click leads, under their own name.
    assert "I have it: I am commander" in text_of(client.get(page).text)
    form = {"role": "commander", "actor": "sam@grocer", "key": "have"}
    assert client.post(f"{page}/roles", data=form).status_code == 200
    assert incidents.get(incident.id).roles[Role.COMMANDER] == "sam@grocer"
    assert "I have it" not in client.get(page).text
    platform.groups.consider(incident.id, [], nobody_because="nobody was asked", actor="a", key="g")
    incidents.resolve(incident.id, actor="a", key="r", verify=False, reason="by eye")
    assert "Complete the draft" in client.get(page).text
    incidents.advance(incident.id, "close", "a", key="c")
    closed = text_of(client.get(page).text)
    assert "read the postmortem" in closed
    assert "its postmortem is not published" in closed
    assert "nobody yet" not in closed
    steps = next_actions(incidents.get(incident.id), waiting=OpenQuestions(is_published=True))
    assert [(step.title, step.target) for step in steps] == [("read the postmortem", "postmortem")]
    assert "What was learned from it" in steps[0].text


@pytest.mark.covers("I3", "I9", "I10")
def test_the_next_right_action_follows_what_the_incident_waits_for(broken: World) -> None:
    led = incident(broken, roles=LED)
    paged = OpenQuestions(paged=("sam@grocer",))
    nobody = next_actions(incident(broken, roles={}), waiting=paged)
    assert (nobody[0].title, nobody[1].title) == ("name a commander", "mitigate, one first")
    assert "sam@grocer was called and has not answered" in nobody[0].text
    waiting = OpenQuestions(agreements=("business to roll back",), is_update_overdue=True, questions=("when?",))
    assert titles(led, waiting=waiting) == [
        "answer the agreement",
        "write the update",
        "answer the question",
        "mitigate, one first",
    ]
    assert titles(led, running=["roll-back"]) == ["look at the indicators"]
    assert titles(led, interrupted=["roll-back"]) == ["take up roll back", "mitigate, one first"]
    assert titles(led, tried=Tried((Done("roll back", "69", None),))) == ["look, then do the rest"]
    watched = OpenQuestions(watched_until_at=NOW, emergencies=("emergency:1",))
    assert titles(led, tried=Tried((Done("roll back", None, None),)), waiting=watched) == [
        "watch, then resolve",
        "review emergency access",
    ]


@pytest.mark.covers("I2", "I9")
def test_mitigated_is_what_was_seen_to_help_or_a_person_says_so(broken: World) -> None:
    led = incident(broken, roles=LED)

    def next_of(*entries: TimelineEntry, not_back: tuple[str, ...] = ("joins",)) -> str:
        return titles(led, tried=tried(entries), not_back=not_back)[0]

    def acted(name: str, advances: str | None = "mitigate", error: str | None = None) -> TimelineEntry:
        return entry("incident.acted", mitigation=name, action=name, advances=advances, error=error)

    def verified(name: str, verdict: str) -> TimelineEntry:
        return entry("incident.mitigation_verified", mitigation=name, action=name, verdict=verdict)

    shown, rolled = entry("incident.declared", alert="a"), acted("roll-back")
    # A notice, a pause and a measure in words stop nothing by being done.
    for name in ("post-notice", "pause-training", "measure"):
        assert next_of(shown, acted(name, None)) == "mitigate, one first"
    assert next_of(shown, acted("roll-back", error="no route"), acted("post-notice", None)) == "roll back failed"
    assert next_of(shown, rolled) == "look whether it helped"
    assert next_of(shown, rolled, verified("roll-back", "undecided")) == "look whether it helped"
    assert next_of(shown, rolled, verified("roll-back", "worse")) == "roll back did not help"
    assert next_of(shown, rolled, verified("roll-back", "helped")) == "recover"
    assert next_of(shown, acted("measure", None), verified("measure", "helped")) == "recover"
    assert next_of(shown, entry("incident.advanced", action="mitigate")) == "recover"
    assert next_of(shown, rolled, not_back=()) == "verify and resolve"
    # Without an indicator the banner does not say what nobody can know.
    assert next_of(rolled, not_back=()) == "say whether it helped"
    assert next_of(rolled, entry("incident.advanced", action="mitigate"), not_back=()) == "resolve with a reason"


@pytest.mark.covers("I11", "I12")
def test_after_it_is_over_the_draft_comes_first_and_closing_last(broken: World) -> None:
    over = incident(broken, state=State.FOLLOW_UP)
    assert titles(over) == ["read the postmortem", "say who was harmed"]
    answered = OpenQuestions(groups_answered=True, is_published=True)
    assert titles(over, waiting=answered) == ["close"]
    told = [entry("incident.updated", number=1, outside_state="proposed"), entry("incident.update_overdue")]
    ended = [*told, entry("incident.outside_approved", number=1), entry("incident.resolved")]
    assert open_questions(told, NOW).proposed == ("1",)
    assert open_questions(ended, NOW) == OpenQuestions(is_end_untold=True)
    assert titles(over, waiting=open_questions(ended, NOW))[0] == "tell that it is over"
    assert not open_questions([*ended, entry("incident.updated", number=2)], NOW).is_end_untold
    merged = incident(broken, state=State.CLOSED, merged_into="2017-002")
    assert titles(merged, waiting=open_questions(told, NOW)) == ["go to 2017-002"]
    assert titles(incident(broken, state=State.CLOSED)) == ["read the postmortem"]


@pytest.mark.covers("I10", "I12")
def test_questions_are_open_from_asking_to_answering() -> None:
    asked = [
        entry(
            "incident.paged",
            calls=[{"person": "sam", "target": "night"}, {"person": "zoe", "target": None}, {"person": "ariel"}],
        ),
        entry("incident.agreement_asked", agreement="a", of="business", mitigation="roll-back"),
        entry("incident.agreement_asked", agreement="b", of="legal", mitigation="x", until=NOW.isoformat()),
        entry("incident.asked", number=1, text="when is it over?"),
        entry("incident.updated", next_due_at=(NOW + timedelta(minutes=30)).isoformat()),
        entry("incident.watching", until_at=(NOW + timedelta(hours=2)).isoformat()),
        entry("access.emergency_granted", grant="7"),
    ]
    found = open_questions(asked, NOW)
    assert found.paged == ("sam", "ariel")
    assert found.agreements == ("business to roll back",)
    assert found.questions == ("when is it over?",)
    assert found.emergencies == ("7",)
    assert not found.is_update_overdue
    assert open_questions(asked, NOW + timedelta(hours=1)).is_update_overdue
    settled = [
        *asked,
        entry("incident.page_acknowledged"),
        entry("incident.declined", agreement="a"),
        entry("incident.answered", number=1),
        entry("incident.updated"),
        entry("incident.watch_ended"),
        entry("access.emergency_reviewed", grant="7"),
        entry("incident.groups_considered"),
    ]
    assert open_questions(settled, NOW) == OpenQuestions(groups_answered=True)


@given(
    st.lists(
        st.sampled_from(["incident.updated", "incident.update_overdue", "incident.asked", "incident.paged", "x"]),
        max_size=8,
    )
)
@settings(max_examples=25)
def test_there_is_always_a_next_action(kinds: list[str]) -> None:
    waiting = open_questions([entry(kind) for kind in kinds], NOW)
    assert waiting.is_update_overdue == (
        [kind for kind in kinds if kind.startswith("incident.update")][-1:] == ["incident.update_overdue"]
    )


def test_the_parts_of_the_room_are_in_order_and_their_forms_act_once(reader: Visitor) -> None:
    html = reader.get(PAGE).text
    found = re.findall(r'class="section[^"]*" data-live="([^"]+)"', html)
    assert set(found) == {section.name for section in SECTIONS}
    assert len(found) == len({(section.column, section.order) for section in SECTIONS}) == len(SECTIONS)
    assert "cannot be shown now" not in html
    keys = re.findall(r'name="key" value="([^"]+)"', html)
    assert len(keys) == len(set(keys)) >= 4


def test_a_part_that_fails_leaves_the_others_standing(broken: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        message = "no such column"
        raise KeyError(message)

    sections = (*SECTIONS, Section("hurt", "incident/actions.html", fail, "main", 99))
    monkeypatch.setattr(incident_page, "SECTIONS", sections)
    shown = text_of(visit(broken.platform).get(PAGE).text)
    assert "This part cannot be shown now: hurt" in shown
    assert "KeyError" in shown
    assert "Nothing changed in definition" in shown


def decide(client: Visitor, version: int, person: str) -> str:
    form = {"role": "commander", "person": person, "actor": person, "version": str(version)}
    return text_of(client.post(f"{PAGE}/roles", data=form).text)


@pytest.mark.covers("I3", "N4")
def test_the_second_of_two_commanders_sees_what_the_first_did_and_decides_again(client: Visitor, world: World) -> None:
    seen = world.incidents.get("2017-001").version
    assert f'name="version" value="{seen}"' in client.get(PAGE).text
    assert "The role is assigned." in decide(client, seen, "ariel@grocer")
    refused = client.post(
        f"{PAGE}/roles", data={"role": "commander", "person": "sam@grocer", "actor": "sam@grocer", "version": str(seen)}
    )
    shown = text_of(refused.text)
    assert refused.status_code == 409
    assert "Somebody else was faster" in shown
    assert "was changed by ariel@grocer while you were looking" in shown
    assert "What happened meanwhile" in shown
    assert 'value="sam@grocer"' in refused.text
    assert world.incidents.get("2017-001").roles[Role.COMMANDER] == "ariel@grocer"
    (newest,) = re.findall(r'name="version" value="(\d+)"', refused.text)
    assert "The role is assigned." in decide(client, int(newest), "sam@grocer")
    assert world.incidents.get("2017-001").roles[Role.COMMANDER] == "sam@grocer"


def test_what_was_typed_comes_back_with_the_refusal(client: Visitor) -> None:
    text = "the keys <b>changed</b>\nsee ticket"
    answer = client.post(f"{PAGE}/notes", data={"text": text, "actor": " "})
    assert answer.status_code == 400
    assert "What you typed is kept" in answer.text
    assert "the keys &lt;b&gt;changed&lt;/b&gt;\nsee ticket</textarea>" in answer.text
    answer = client.post(f"{PAGE}/act", data={"mitigation": "dance", "argument.to": "x", "actor": "sam@grocer"})
    assert answer.status_code in {400, 404}
    assert 'name="argument.to" value="x"' in answer.text
    assert 'name="mitigation" value="dance" readonly' in answer.text


@pytest.mark.covers("I1")
def test_while_the_database_takes_no_writing_pages_are_read_and_text_is_kept(client: Visitor, world: World) -> None:
    world.database.engine.dispose()
    with world.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 1")
    answer = client.post(f"{PAGE}/notes", data={"text": "joins are empty", "actor": "sam@grocer"})
    assert answer.status_code == 503
    shown = text_of(answer.text)
    assert "While the database takes nothing" in shown
    assert "steek incident declare" in shown
    assert "2017-001" in shown
    assert "joins are empty" in answer.text
    assert client.get(PAGE).status_code == 200
    with world.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 0")


def test_hostile_names_of_people_in_the_room_are_harmless(broken: World) -> None:
    html = here_part(Services.of(broken.platform), environment(), ("<b>x", "sam@grocer"), 2)
    assert "Here now: &lt;b&gt;x, sam@grocer and 2 without a name" in html


@pytest.mark.covers("I2", "I10")
def test_the_list_has_open_ones_first_and_says_who_leads_and_when_an_update_is_due(
    client: Visitor, world: World
) -> None:
    over = world.incidents.declare("a search that was slow", on="search_ranking", severity="sev3", actor="a", key="o")
    world.incidents.resolve(over.id, actor="a", key="r", verify=False, reason="by eye")
    world.clock.set(world.clock.now() + timedelta(hours=5))
    shown = text_of(client.get("/incidents").text)
    assert shown.index("2017-001") < shown.index("2017-002 a search that was slow")
    assert "1 open of 2" in shown
    assert "overdue" in shown
    assert "nobody" in shown
    only = text_of(client.get("/incidents?shown=over&severity=sev3&text=SLOW").text)
    assert "2017-002" in only
    assert "2017-001" not in only
    assert "None is like that" in text_of(client.get("/incidents?shown=near").text)
    assert "None is like that" in text_of(client.get("/incidents?text=<script>").text)
    assert client.get("/incidents?shown=nonsense&severity=sev9").status_code == 200
