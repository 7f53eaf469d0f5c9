"""Everybody is told on a cadence; outsiders read what was approved and nothing private; questions have a place."""

from datetime import timedelta

import pytest
from tests.incidents.conftest import Reader

from steek.incidents import Incident, Incidents
from steek.incidents.updates.outsiders import Outsiders
from steek.incidents.updates.status import summary_of
from steek.incidents.updates.status_documents import outside_html, status_markdown
from steek.incidents.updates.updates import Updates
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, RefusedError
from steek.ledger import Ledger

HOSTILE = "<script>alert(1)</script>\n# Not a heading\n\x1b[31m"


@pytest.fixture
def spoken(incidents: Incidents, declared: Incident) -> str:
    incidents.assign(declared.id, "communications", "com@grocer", "ariel", key="com")
    incidents.assign(declared.id, "commander", "ariel@grocer", "ariel", key="cmd")
    return declared.id


@pytest.mark.covers("I10")
def test_an_update_is_told_once_per_key_and_promises_the_next(
    updates: Updates, spoken: str, clock: ReplayClock, of_kind: Reader
) -> None:
    said = updates.post(spoken, "orders are missing", actor="com@grocer", key="u", impact="1,400 partners")
    assert updates.post(spoken, "other words", actor="com@grocer", key="u") == said
    assert said.next_due_at == clock.now() + timedelta(minutes=60)
    (event,) = of_kind("incident.updated")
    assert (event.payload["text"], event.payload["audience"]) == ("orders are missing", "everybody")
    sooner = updates.post(spoken, "more", actor="com@grocer", key="u2", next_in_minutes=10)
    assert sooner.next_due_at == clock.now() + timedelta(minutes=10)
    status = updates.status(spoken)
    assert (status.known, status.impact, [one.number for one in status.updates]) == ("more", "1,400 partners", [2, 1])
    assert updates.set_cadence(spoken, 15, actor="com@grocer", key="c").every_minutes == 15
    assert updates.next_due_at(spoken) == clock.now() + timedelta(minutes=15)
    with pytest.raises(InputError, match="1 to 10,080 are allowed"):
        updates.set_cadence(spoken, 0, actor="com@grocer", key="c0")


@pytest.mark.covers("I10")
def test_outsiders_read_only_what_communications_approved(updates: Updates, outsiders: Outsiders, spoken: str) -> None:
    updates.post(spoken, "the join is broken", actor="ariel@grocer", key="u", outside="Some orders are missing.")
    link = outsiders.publish(spoken, "Missing orders", actor="com@grocer", key="p")
    assert outsiders.page(link.token).entries == ()
    with pytest.raises(RefusedError, match="not communications of incident"):
        outsiders.approve(spoken, 1, actor="ariel@grocer", key="a")
    for _ in range(2):
        outsiders.approve(spoken, 1, actor="com@grocer", key="a")
    assert [entry.text for entry in outsiders.page(link.token).entries] == ["Some orders are missing."]
    updates.post(spoken, "more", actor="com@grocer", key="u2", outside="They are back.")
    assert next(entry.text for entry in outsiders.page(link.token).entries) == "They are back."
    updates.post(spoken, "inside", actor="com@grocer", key="u3")
    with pytest.raises(ConflictError, match="says nothing for outsiders"):
        outsiders.approve(spoken, 3, actor="com@grocer", key="a3")


@pytest.mark.covers("I10")
def test_the_page_for_outsiders_holds_no_internal_string(
    updates: Updates, outsiders: Outsiders, spoken: str, incidents: Incidents, ledger: Ledger
) -> None:
    updates.post(spoken, f"internal {HOSTILE}", actor="com@grocer", key="u", impact="partner_lines", doing="rolling")
    updates.post(spoken, "again", actor="com@grocer", key="u2", outside="Some orders <b>are</b> missing.")
    updates.ask(spoken, "what does it cost us?", actor="ceo@grocer", key="q")
    updates.answer(spoken, 1, "nothing yet", actor="com@grocer", key="n")
    incidents.act(spoken, "roll-back-fleet", {"to": 16}, "ariel@grocer", key="act")
    link = outsiders.publish(spoken, "Missing orders", actor="com@grocer", key="p")
    page = outside_html(outsiders.page(link.token))
    incident = incidents.get(spoken)
    people = {event.actor for event in ledger.events(limit=1_000) if event.actor != "tests"}
    names = {system.partition(":")[2] for system in incident.systems}
    internal = {spoken, incident.title, incident.subject, *incident.systems, *names, *people, *incident.roles.values()}
    internal |= {
        "internal",
        "partner_lines",
        "rolling",
        "cost",
        "nothing yet",
        "roll-back",
        "grocer",
        "sev2",
        link.token,
    }
    assert sorted(each for each in internal if each.casefold() in page.casefold()) == []
    assert "Some orders &lt;b&gt;are&lt;/b&gt; missing." in page
    assert "<script" not in page
    assert "http" not in page.replace("https://", "")
    summary = str(summary_of(updates.status(spoken)))
    assert "Some orders" in summary
    assert "partner_lines" not in summary
    assert "com@grocer" not in summary


@pytest.mark.covers("I10")
def test_what_is_internal_is_refused_before_it_is_written(
    updates: Updates, outsiders: Outsiders, spoken: str, of_kind: Reader
) -> None:
    for outside in (
        "partner_demand is down",
        "Model PARTNER_DEMAND",
        "ask com@grocer",
        "ask ariel@grocer",
        "write to help@elsewhere.org",
        "call +49 30 1234567",
        "see https://console.local/x",
        "on 10.0.0.12",
        f"incident {spoken}",
    ):
        with pytest.raises(InputError, match="outsiders would read what is internal"):
            updates.post(spoken, "text", actor="com@grocer", key="u", outside=outside)
        with pytest.raises(InputError, match="outsiders would read what is internal"):
            outsiders.publish(spoken, outside, actor="com@grocer", key="p")
    assert of_kind("incident.updated") == []
    assert updates.list(spoken) == ()


@pytest.mark.covers("I10")
def test_words_that_only_contain_a_name_and_dates_may_be_read(updates: Updates, spoken: str) -> None:
    text = "The same problem as on 2017-10-02 14:30: 12,000 orders are late, 1,400 of them since Sunday."
    assert updates.post(spoken, "text", actor="com@grocer", key="u", outside=text).outside_state == "approved"


@pytest.mark.covers("I10")
def test_a_link_cannot_be_guessed_stands_in_no_event_and_leads_nowhere_once_withdrawn(
    updates: Updates, outsiders: Outsiders, spoken: str, ledger: Ledger
) -> None:
    link = outsiders.publish(spoken, "Missing orders", actor="com@grocer", key="p")
    assert outsiders.publish(spoken, "Missing orders", actor="com@grocer", key="p") == link
    assert len(link.token) == 48
    other = outsiders.publish(spoken, "Late orders", actor="com@grocer", key="p2")
    assert (other.token, other.title) == (link.token, "Late orders")
    assert link.token not in str([event.payload for event in ledger.events(limit=1_000)])
    with pytest.raises(RefusedError, match="neither communications nor commander"):
        outsiders.publish(spoken, "Missing orders", actor="gabi@grocer", key="p3")
    with pytest.raises(RefusedError, match="neither communications nor commander"):
        outsiders.withdraw(spoken, actor="gabi@grocer", key="w")
    assert outsiders.withdraw(spoken, actor="com@grocer", key="w") == 1
    anew = outsiders.publish(spoken, "Late orders", actor="com@grocer", key="p4")
    assert outsiders.page(anew.token).title == "Late orders"
    for token in (link.token, "0" * 48):
        with pytest.raises(NotFoundError, match="there is no such page"):
            outsiders.page(token)


@pytest.mark.covers("I10")
def test_questions_are_asked_and_answered_on_the_page(updates: Updates, spoken: str, of_kind: Reader) -> None:
    asked = updates.ask(spoken, HOSTILE, actor="ceo@grocer", key="q")
    assert updates.ask(spoken, "something else", actor="ceo@grocer", key="q") == asked
    updates.ask(spoken, "when?", actor="cfo@grocer", key="q2")
    updates.answer(spoken, 1, "within the hour", actor="com@grocer", key="n")
    updates.answer(spoken, 1, "never said", actor="com@grocer", key="n")
    found = updates.status(spoken).questions
    assert [(one.number, one.answer) for one in found] == [(2, None), (1, "within the hour")]
    assert [event.payload["question"] for event in of_kind("incident.asked")] == [1, 2]
    assert len(of_kind("incident.answered")) == 1
    with pytest.raises(NotFoundError, match="has no question 9"):
        updates.answer(spoken, 9, "x", actor="com@grocer", key="n9")


@pytest.mark.covers("I10")
def test_the_export_keeps_what_people_typed_from_becoming_structure(updates: Updates, spoken: str) -> None:
    updates.post(spoken, HOSTILE, actor="com@grocer", key="u", impact=HOSTILE, doing=HOSTILE)
    updates.ask(spoken, HOSTILE, actor="ceo@grocer", key="q")
    text = status_markdown(updates.status(spoken))
    assert [line for line in text.splitlines() if line.startswith("# ")] == [f"# Incident {spoken}: sales down"]
    with pytest.raises(InputError, match="characters; 20,000 are allowed"):
        updates.post(spoken, "x" * 1_000_000, actor="com@grocer", key="big")


@pytest.mark.covers("I10")
def test_once_it_is_over_no_update_is_due(updates: Updates, incidents: Incidents, spoken: str) -> None:
    updates.post(spoken, "text", actor="com@grocer", key="u")
    incidents.resolve(spoken, actor="ariel", key="r", verify=False, reason="it is over")
    assert updates.next_due_at(spoken) is None
    assert updates.status(spoken).due == "never"
    assert updates.post(spoken, "over", actor="com@grocer", key="u2").next_due_at is None
