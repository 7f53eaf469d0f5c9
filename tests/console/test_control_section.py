"""Held changes, agreements, and the way back on the page of an incident, without JavaScript."""

import re
from datetime import timedelta

import pytest
from console_world import World
from sqlalchemy import update
from visitor import Visitor, text_of

from steek.incidents import Outcome, Role
from steek.incidents.tables import actions
from steek.kernel.errors import FrozenError
from steek.models.held_changes import ChangeState

PAGE = "/incidents/2017-001"
MODEL = "model:partner_demand"


def held(world: World) -> str:
    with pytest.raises(FrozenError) as refusal:
        world.platform.change_control.check(MODEL, "train", "on data known until Monday", actor="night", key="n")
    return str(refusal.value.details["change"])


def keys_of(html: str, part: str) -> dict[str, str]:
    """Hidden fields of the form that posts to a part of the page."""
    form = re.search(rf'<form method="post" action="{PAGE}/{part}".*?</form>', html, re.DOTALL)
    assert form is not None, part
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.group(0)))


@pytest.mark.covers("I4", "N4")
def test_a_held_change_is_asked_for_and_approved_from_the_page(client: Visitor, world: World) -> None:
    change = held(world)
    shown = text_of(client.get(PAGE).text)
    assert "Held changes" in shown
    assert "train model:partner_demand, on data known until Monday: held tried by night" in shown
    asking = keys_of(client.get(PAGE).text, f"changes/{change}/ask")
    answer = client.post(f"{PAGE}/changes/{change}/ask", data=asking | {"reason": "a week stale", "actor": "gabi"})
    assert "Asked. Commander or operations decide." in text_of(answer.text)
    approving = keys_of(client.get(PAGE).text, f"changes/{change}/approve") | {"valid_for": "2h", "actor": "gabi"}
    refused = client.post(f"{PAGE}/changes/{change}/approve", data=approving)
    assert refused.status_code in {403, 409, 422}
    assert "may not approve a held change" in text_of(refused.text)
    world.incidents.assign("2017-001", Role.OPERATIONS, "sam", "sam", key="r")
    done = client.post(f"{PAGE}/changes/{change}/approve", data=approving | {"actor": "sam"})
    assert "Approved. It is let through once" in text_of(done.text)
    assert world.platform.change_control.get(change).state is ChangeState.APPROVED
    # A form that was opened before somebody else decided does nothing.
    late = client.post(f"{PAGE}/changes/{change}/approve", data=approving | {"actor": "sam", "key": "another"})
    assert late.status_code == 409


@pytest.mark.covers("I9", "N4")
def test_agreements_are_answered_from_the_page(client: Visitor, world: World) -> None:
    agreements = world.platform.agreements
    asked = agreements.ask(
        "2017-001",
        "fall-back",
        {"model": "partner_demand"},
        of="business",
        actor="ariel",
        key="a",
        reason="<b>sums</b>",
    )
    html = client.get(PAGE).text
    assert "<b>sums</b>" not in html
    assert "Nobody answers for business yet" in text_of(html)
    world.incidents.assign("2017-001", Role.COMMANDER, "ariel", "ariel", key="lead")
    named = keys_of(html, "answerers") | {"of": "business", "person": "bo", "reason": "on duty", "actor": "ariel"}
    html = client.post(f"{PAGE}/answerers", data=named).text
    assert "Answers for business: bo, named by ariel, whom no target reaches: call them." in text_of(html)
    form = keys_of(html, f"agreements/{asked.id}") | {"say": "agree", "answer": "one day", "actor": "bo"}
    assert "Written down." in text_of(client.post(f"{PAGE}/agreements/{asked.id}", data=form).text)
    assert [one.answered_by for one in agreements.list("2017-001")] == ["bo"]
    shown = text_of(client.get(PAGE).text)
    assert "business agreed: fall back (partner_demand)" in shown


@pytest.mark.covers("I11", "N4")
def test_the_way_back_is_estimated_and_the_end_watched(client: Visitor, world: World) -> None:
    form = keys_of(client.get(PAGE).text, "estimate") | {"actor": "ariel"}
    shown = text_of(client.post(f"{PAGE}/estimate", data=form).text)
    assert "Estimated from what its steps took before." in shown
    assert "partner_demand is back" in shown
    world.incidents.resolve("2017-001", actor="ariel", key="r", verify=False, reason="keys are back")
    world.platform.subscriptions.deliver()
    watched = text_of(client.get(PAGE).text)
    assert "what showed it and comes back until then reopens it" in watched
    longer = keys_of(client.get(PAGE).text, "watch") | {"length": "9d", "actor": "ariel"}
    client.post(f"{PAGE}/watch", data=longer)
    [watch] = world.platform.watch_periods.of("2017-001")
    assert watch.until_at == world.clock.now() + timedelta(days=9)


@pytest.mark.covers("I9", "T2")
def test_an_action_whose_process_died_is_taken_up_from_the_page(client: Visitor, world: World) -> None:
    world.incidents.assign("2017-001", Role.COMMANDER, "ariel", "ariel", key="lead")
    world.incidents.act("2017-001", "post-notice", {"text": "we know"}, "sam", key="n")
    with world.database.transaction() as connection:
        left = {"outcome": "started", "ended_at": None, "process": None}
        connection.execute(update(actions).where(actions.c.key == "n").values(left))
    shown = text_of(client.get(PAGE).text)
    assert "Post notice was interrupted halfway" in shown
    [action] = world.incidents.stories.read("2017-001").actions
    done = client.post(f"{PAGE}/actions/{action.number}", data={"actor": "ariel"})
    assert done.status_code == 200
    [action] = world.incidents.stories.read("2017-001").actions
    assert (action.outcome, action.actor, action.process) == (Outcome.DONE, "sam", None)
    assert "interrupted halfway" not in text_of(client.get(PAGE).text)
    assert client.post(f"{PAGE}/actions/x1", data={"actor": "ariel"}).status_code == 400


@pytest.mark.covers("I9")
def test_the_menu_says_how_long_and_who_must_agree(client: Visitor) -> None:
    shown = text_of(client.get(PAGE).text)
    assert "Takes" in shown
