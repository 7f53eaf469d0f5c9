"""Outsiders: merged incidents, words that are meant, corrections, promises, and who sees how much of a status."""

from datetime import timedelta

import pytest
from tests.incidents.conftest import Reader

from steek.governance import Actor
from steek.incidents import Incident, Incidents, Stakeholder
from steek.incidents.desk import Desk
from steek.incidents.impact.merging import Merges
from steek.incidents.roles.stakeholders import Sees
from steek.incidents.timeline import describe
from steek.incidents.updates.outsiders import Outsiders
from steek.incidents.updates.status_documents import outside_html, status_markdown
from steek.incidents.updates.updates import Updates
from steek.incidents.updates.viewing import narrowed, status_for, view_of
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError, NotFoundError, RefusedError
from steek.ledger import Database, Ledger, Lineage

COM = "com@grocer"


@pytest.fixture
def state(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock
) -> tuple[Database, Ledger, Lineage, ReplayClock]:
    return database, ledger, lineage, clock


@pytest.fixture
def spoken(incidents: Incidents, declared: Incident) -> str:
    incidents.assign(declared.id, "communications", COM, "ariel", key="com")
    return declared.id


@pytest.mark.covers("I10")
def test_what_was_merged_is_told_of_and_read_where_people_work(
    updates: Updates,
    outsiders: Outsiders,
    spoken: str,
    incidents: Incidents,
    state: tuple[Database, Ledger, Lineage, ReplayClock],
    of_kind: Reader,
) -> None:
    other = incidents.declare("the same again", on="search_ranking", severity="sev2", actor="gabi@grocer", key="other")
    incidents.assign(other.id, "communications", "deputy@grocer", "ariel", key="com2")
    updates.post(other.id, "seen here too", actor="deputy@grocer", key="u1", outside="Some results are odd.")
    updates.ask(other.id, "is it ours?", actor="ceo@grocer", key="q1")
    link = outsiders.publish(other.id, "Odd results", actor="deputy@grocer", key="p1")
    desk = Desk(*state, incidents.menu)
    Merges(desk).merge(other.id, spoken, "the same", "ariel", key="m")
    updates.post(spoken, "found it", actor=COM, key="u2", outside="We found the cause.")
    page = outsiders.page(link.token)
    assert (page.is_over, page.title) == (False, "Odd results")
    assert page.phase == "We have noticed a problem and are looking into it."
    assert [each.text for each in page.entries] == ["We found the cause.", "Some results are odd."]
    shown, _ = status_for(None, other.id, status=updates.status, stakeholders=lambda *_: (), asked=Sees.SUMMARY)
    assert shown.incident.id == spoken
    merged, survivor = updates.status(other.id), updates.status(spoken)
    assert (merged.part_of, survivor.part_of) == (spoken, None)
    assert merged.phase == f"It is part of {spoken}. People work there."
    assert [one.text for one in survivor.questions] == ["is it ours?"]
    assert [one.token for one in survivor.links] == [link.token]
    for refused in (
        lambda: updates.post(other.id, "more", actor="deputy@grocer", key="u3"),
        lambda: updates.ask(other.id, "and now?", actor="ceo@grocer", key="q3"),
        lambda: outsiders.publish(other.id, "Odd", actor="deputy@grocer", key="p3"),
    ):
        with pytest.raises(ConflictError, match=f"is part of {spoken}; people are told, and ask, there"):
            refused()
    assert len(of_kind("incident.updated")) == 2
    Merges(desk).undo(other.id, "another outage after all", "ariel", key="undo")
    assert [each.text for each in outsiders.page(link.token).entries] == ["Some results are odd."]
    Merges(desk).merge(other.id, spoken, "the same", "ariel", key="m2")
    assert outsiders.withdraw(spoken, actor=COM, key="w") == 1
    with pytest.raises(NotFoundError):
        outsiders.page(link.token)


@pytest.mark.covers("I10")
def test_a_word_that_is_a_name_here_asks_and_communications_says_that_it_is_meant(
    updates: Updates, outsiders: Outsiders, spoken: str, of_kind: Reader
) -> None:
    waits = updates.post(spoken, "x", actor=COM, key="u", outside="Forecasts are late.")
    assert (waits.outside_state, of_kind("incident.outside_approved")) == ("proposed", [])
    assert outsiders.asks(spoken, 1) == ("Forecasts",)
    with pytest.raises(InputError, match="is a name here: Forecasts"):
        outsiders.approve(spoken, 1, actor=COM, key="a")
    outsiders.approve(spoken, 1, actor=COM, key="a", meant=["forecasts"])
    (event,) = of_kind("incident.outside_approved")
    assert (event.actor, event.payload["meant"]) == (COM, ["forecasts"])
    assert describe(event).endswith("Forecasts are late. (as plain words, not as names of ours: forecasts)")
    # Said once, it holds for this incident; what is no plain word is not excused by anything.
    assert outsiders.publish(spoken, "Trouble with forecasts", actor=COM, key="p").title == "Trouble with forecasts"
    with pytest.raises(InputError, match="outsiders would read what is internal: partner_lines"):
        updates.post(spoken, "x", actor=COM, key="u2", outside="partner_lines late", meant=["partner_lines"])
    # Whoever had to do with it is known by what stands before the @ too.
    assert updates.post(spoken, "x", actor=COM, key="u3", outside="Gabi is on it.").outside_state == "proposed"
    assert outsiders.asks(spoken, 2) == ("Gabi",)


@pytest.mark.covers("I10")
def test_what_outsiders_read_is_corrected_or_taken_back_and_the_page_says_when(
    updates: Updates, outsiders: Outsiders, spoken: str, clock: ReplayClock, of_kind: Reader
) -> None:
    link = outsiders.publish(spoken, "Late orders", actor=COM, key="p")
    updates.post(spoken, "x", actor=COM, key="u", outside="All orders are lost.")
    updates.post(spoken, "y", actor="ariel", key="u2", outside="Never read.")
    clock.set(clock.now() + timedelta(minutes=41))
    with pytest.raises(RefusedError, match="not communications"):
        outsiders.correct(spoken, 1, "Some orders are late.", reason="wrong", actor="ariel", key="c0")
    for _ in range(2):
        outsiders.correct(spoken, 1, "Some orders are late.", reason="none is lost", actor=COM, key="c")
    (event,) = of_kind("incident.outside_corrected")
    assert (event.payload["before"], event.payload["reason"]) == ("All orders are lost.", "none is lost")
    page = outside_html(outsiders.page(link.token))
    assert f", corrected {clock.now():%Y-%m-%d %H:%M} UTC" in page
    assert "Some orders are late." in page
    assert "lost" not in page
    assert "none is lost" not in page
    outsiders.correct(spoken, 1, "", reason="not so either", actor=COM, key="c2")
    assert f"was wrong and was taken back {clock.now():%Y-%m-%d %H:%M} UTC." in outside_html(outsiders.page(link.token))
    assert "Some orders" not in outside_html(outsiders.page(link.token))
    with pytest.raises(IllegalTransitionError, match="correct is not possible now"):
        outsiders.correct(spoken, 2, "Read it.", reason="r", actor=COM, key="c3")
    outsiders.correct(spoken, 2, "", reason="not that", actor=COM, key="c4")
    with pytest.raises(IllegalTransitionError):
        outsiders.approve(spoken, 2, actor=COM, key="a2")
    assert "Never read" not in outside_html(outsiders.page(link.token))
    outsiders.correct(spoken, 1, "Some orders are late.", reason="it is so", actor=COM, key="c5")
    assert [one.text for one in outsiders.page(link.token).entries] == ["Some orders are late."]


@pytest.mark.covers("I10")
def test_outsiders_are_promised_what_was_said_to_them_and_nothing_in_the_past(
    updates: Updates, outsiders: Outsiders, spoken: str, clock: ReplayClock
) -> None:
    link = outsiders.publish(spoken, "Late orders", actor=COM, key="p")
    updates.post(spoken, "x", actor=COM, key="u", outside="Orders are late.")
    assert outsiders.page(link.token).next_update_at is None
    promised = clock.now() + timedelta(minutes=20)
    updates.post(spoken, "x", actor=COM, key="u2", outside="We know why.", outside_next_in_minutes=20)
    assert outsiders.page(link.token).next_update_at == promised
    # The promise binds: whoever speaks is reminded of it, though the cadence of the incident is longer.
    assert updates.next_due_at(spoken) == promised
    updates.post(spoken, "only for us", actor=COM, key="u3")
    assert outsiders.page(link.token).next_update_at == promised
    clock.set(promised)
    assert outsiders.page(link.token).next_update_at is None
    assert "More by" not in outside_html(outsiders.page(link.token))
    with pytest.raises(InputError, match="promised more, and told nothing"):
        updates.post(spoken, "x", actor=COM, key="u4", outside_next_in_minutes=5)


@pytest.mark.covers("I9", "I10")
def test_the_status_states_the_deed(updates: Updates, incidents: Incidents, spoken: str) -> None:
    incidents.act(spoken, "roll-back-fleet", {"to": 16}, "ariel@grocer", key="act")
    updates.post(spoken, "x", actor=COM, key="u", doing="the model goes back")
    assert [one.text for one in updates.status(spoken).measures] == ["roll back fleet (to 16) was done"]
    assert "## What is being done\n\n> the model goes back" in status_markdown(updates.status(spoken))
    incidents.resolve(spoken, actor="ariel", key="r", verify=False, reason="it is over")
    text = status_markdown(updates.status(spoken))
    assert "## What was done" in text
    assert "is being done" not in text


@pytest.mark.covers("I3", "I10")
def test_a_stakeholder_sees_what_the_row_says_and_nobody_else_anything(
    updates: Updates, outsiders: Outsiders, spoken: str, ledger: Ledger
) -> None:
    rows = (
        Stakeholder("finance", "fin@grocer", "finance", "summary", ("partner_*",)),
        Stakeholder("boss", "fin@grocer", "business", "outsider", ("*",)),
        Stakeholder("owner", "own@grocer", "product", "everything", ("search_*",)),
    )

    def listed(*systems: str) -> list[Stakeholder]:
        return [one for one in rows if one.is_for(*systems)]

    def sees(principal: str, *roles: str, id: str = spoken) -> Sees:
        looks = Actor(principal, roles, "operations", "token")
        return status_for(looks, id, status=updates.status, stakeholders=listed)[1]

    assert [sees("fin@grocer"), sees("job", "member")] == [Sees.SUMMARY, Sees.INTERNAL]
    assert view_of(None, rows) is Sees.INTERNAL
    for principal, incident in (("own@grocer", spoken), ("eve@else", spoken), ("fin@grocer", "2017-999")):
        with pytest.raises(RefusedError, match="no stakeholder of the systems of such an incident"):
            sees(principal, id=incident)
    assert [narrowed(Sees.SUMMARY, asked) for asked in (None, Sees.INTERNAL, Sees.OUTSIDER)] == [
        Sees.SUMMARY,
        Sees.SUMMARY,
        Sees.OUTSIDER,
    ]
    # Whoever may not see internals is answered without them.
    asked = updates.ask(spoken, "what does it cost?", actor="fin@grocer", key="q", asked_as="summary")
    with pytest.raises(InputError, match="internal: partner_lines"):
        updates.answer(spoken, asked.number, "partner_lines is broken", actor=COM, key="n")
    assert updates.answer(spoken, asked.number, "Little.", actor=COM, key="n").answer == "Little."
    assert ledger.events(kinds=["incident.answered"])
    assert outsiders.withdraw(spoken, actor=COM, key="w") == 0
