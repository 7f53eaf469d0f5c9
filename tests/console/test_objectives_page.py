"""Objectives in the console: budgets drawn, the burn over time, and time that does not count agreed on."""

import pytest
from console_world import World
from visitor import Visitor, visit


@pytest.mark.covers("O7")
def test_every_objective_shows_promise_budget_burn_since_when_and_owner(reader: Visitor) -> None:
    page = reader.get("/objectives")
    for said in (
        "partners find their lines",
        "90% of windows well over 28 d",
        "monitor partners_joined",
        "budget: 64% left",
        "burns fast",
        "over the last window it burned 10 times as fast as allowed, 36% of the budget",
        "partners@grocer",
        "right_answers of model search_ranking",
        "1 is broken, about to be, or blind; 1 cannot be judged yet",
    ):
        assert said in page.text, said
    assert page.text.count('<svg class="budget') == 4
    # The worst comes first.
    assert page.text.index("partners find their lines") < page.text.index("right in five")


@pytest.mark.covers("O7", "O12")
def test_one_objective_shows_its_budget_over_time_with_what_changed(reader: Visitor) -> None:
    page = reader.get("/objectives/partners find their lines")
    for said in (
        "What was left of the budget",
        "Kept in each window",
        "fast: more than 6 times as fast as allowed over 24 h; 21% of the budget gone",
        "total failure is seen when the first window of 24 h closes",
        "Partners see yesterday",
        "join=transactions x partners: none of 412 rows matched",
        "campaign 18 starts",
        "All time counts.",
    ):
        assert said in page.text, said
    assert reader.get("/objectives/nothing of the kind").status_code == 404


@pytest.mark.covers("O7", "N4")
def test_time_is_agreed_not_to_count_and_counted_after_all(client: Visitor, world: World) -> None:
    name = "/objectives/partners find their lines"
    form = {"start": "2017-09-25", "end": "2017-09-26", "reason": "the till was moved", "actor": "ada", "key": "move"}
    for _ in range(2):
        done = client.post(f"{name}/exclude", data=form)
        assert "That time does not count from the next check on." in done.text
    (made,) = world.platform.objectives.exclusions()
    assert (made.actor, made.reason, made.kind) == ("ada", "the till was moved", "agreed")
    assert "the till was moved" in client.get(name).text
    client.post(f"{name}/exclusions/{made.id}/include", data={"reason": "it was not", "actor": "bo"})
    assert "taken back by bo: it was not" in client.get(name).text
    wrong = client.post(f"{name}/exclude", data={**form, "start": "yesterday", "key": "other"})
    assert (wrong.status_code, "is no day and no moment" in wrong.text) == (400, True)


def test_without_objectives_the_page_teaches(empty: World) -> None:
    empty.platform.objectives = empty.platform.objectives.__class__(
        empty.platform.objectives._readings, empty.database, empty.ledger, empty.clock, {}, {}
    )
    assert "steek slo import promises.yaml" in visit(empty.platform).get("/objectives").text
