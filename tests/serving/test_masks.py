"""What people switch off in serving: a model, a slice, a feature; and what a freeze holds of routes."""

from typing import Any

import httpx
import pytest
from serving_asgi import talk

from serving_world import World, demand, ranking
from steek.incidents import MitigationCall
from steek.kernel.errors import ConflictError, FrozenError, InputError
from steek.ledger import Draft
from steek.models import Freezes, feature_as_answer
from steek.models.held_changes import read_changes
from steek.platform.serving_switches import serving_switches
from steek.serving.masks import MaskKind

MODEL = "search_ranking"
ASK = {"household_id": 900, "product_category": "BEEF", "asked_at": "2017-10-02T12:30:00Z"}


def predict(world: World, *instances: dict[str, Any], **definition: Any) -> list[dict[str, Any]]:
    async def ask(http: httpx.AsyncClient) -> Any:
        response = await http.post(f"/v1/models/{MODEL}:predict", json={"instances": list(instances or (ASK,))})
        assert response.status_code == 200, response.text
        return response.json()["predictions"]

    return talk(world.app(ranking(**definition), demand()), ask)


def off(world: World, kind: MaskKind, what: str = "", *, key: str = "m") -> None:
    world.routes.masks.put(MODEL, kind, what, reason="incident 2017-001", actor="sam", key=key)


@pytest.mark.covers("I9")
def test_a_model_that_is_off_answers_from_its_fallback(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    off(world, MaskKind.MODEL)
    [answer] = predict(world, fallback=[feature_as_answer("category_product.lines_56d")])
    assert (answer["route"], answer["fallback"]) == ("fallback", "feature:category_product.lines_56d")
    assert answer["fallback_reason"] == "switched off: all answers of search_ranking (incident 2017-001)"
    [lifted] = world.routes.masks.lift(MODEL, actor="sam")
    assert lifted.kind is MaskKind.MODEL
    assert predict(world)[0]["route"] == "primary"
    assert [event.kind for event in world.ledger.events(kinds=["mask.put", "mask.lifted"])] == [
        "mask.put",
        "mask.lifted",
    ]


@pytest.mark.covers("I9")
def test_an_incident_switches_on_what_it_switched_off_and_no_more(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    for incident, key, number in (("7", "a", 1), ("7", "b", 2), ("8", "c", 3)):
        off(world, MaskKind.SLICE, f"household_id={number}", key=key)
        payload: dict[str, object] = {"incident": incident, "action": key, "mitigation": "disable-slice"}
        world.ledger.record(Draft("incident.action_started", f"incident:{incident}", "sam", payload))
    freezes = Freezes(world.database, world.ledger, world.clock)
    menu = {one.name: one for one in serving_switches(world.routes, freezes, world.ledger, {})}

    def switch_on(incident: str, **arguments: object) -> object:
        call = MitigationCall(incident, {"model": MODEL, **arguments}, "sam", "k")
        return menu["switch-on"].run(call)["switched_on"]

    one, two, three = (f"answers for household_id={number} of {MODEL}" for number in (1, 2, 3))
    assert switch_on("7", what="household_id=1") == [one]
    assert switch_on("7") == [two]
    # Taken up again after a crash it does nothing more, and does not fail.
    assert switch_on("7") == []
    with pytest.raises(ConflictError, match="incident 9 switched none of this off: answers for household_id=3"):
        switch_on("9")
    assert switch_on("9", others="yes") == [three]


@pytest.mark.covers("I9")
def test_a_slice_that_is_off_leaves_the_others(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    off(world, MaskKind.SLICE, "household_id=900")
    mine, other = predict(world, ASK, {**ASK, "household_id": 7})
    assert (mine["route"], other["route"]) == ("fallback", "primary")


@pytest.mark.covers("I9")
def test_a_dropped_feature_is_missing_to_the_model_and_in_the_log(world: World) -> None:
    world.deploy(world.add_ranking(1, 1, 0, 0))
    names = world.routes.features(MODEL)
    off(world, MaskKind.FEATURE, names[0])
    predict(world)
    segment = world.log.segments()[0]
    [record] = [one for one in world.log.read(segment.name, 0, segment.end) if one is not None]
    assert record.features[0] is None
    assert record.features[1] is not None


@pytest.mark.covers("I9", "N3")
def test_masks_are_put_once_per_key(world: World) -> None:
    off(world, MaskKind.MODEL)
    written = world.ledger.count()
    off(world, MaskKind.MODEL)
    assert world.ledger.count() == written
    with pytest.raises(ConflictError, match="are off since"):
        off(world, MaskKind.MODEL, key="n")
    with pytest.raises(InputError, match="is no slice"):
        off(world, MaskKind.SLICE, "everything", key="o")
    assert world.routes.masks.lift("other", actor="sam") == ()


@pytest.mark.covers("I4")
def test_deployments_and_canaries_that_are_held_are_listed_and_pass_when_approved(world: World) -> None:
    world.deploy(world.add_ranking(1, 0, 0, 0))
    decision = world.gate(world.add_ranking(2, 0, 0, 0))
    route = world.routes.start_canary(MODEL, 2, 0.1, key="c", actor="night", gate_decision_id=decision)
    world.freezes.hold(f"model:{MODEL}", ["deploy"], "sales are down", "incident:2017-001", actor="ic", key="f")
    for attempt in ("one", "two"):
        with pytest.raises(FrozenError, match="deploy must wait"):
            world.routes.step_canary(MODEL, 0.5, key=attempt, actor="night 2")
    with pytest.raises(FrozenError):
        world.routes.promote(MODEL, key="p", actor="night 2")
    assert world.routes.get(MODEL) == route
    with world.database.reading() as connection:
        held = read_changes(connection, incident="incident:2017-001")
    assert sorted(one.what for one in held) == ["canary of version 2 to 50%", "promotion of the canary of version 2"]
    assert {one.held_by for one in held} == {"night 2"}
    # Going back is never held, and a freeze that is over lets what was tried again through.
    world.freezes.release("incident:2017-001", actor="sam")
    assert world.routes.step_canary(MODEL, 0.5, key="three", actor="sam").fraction == 0.5
    kinds = [event.kind for event in world.ledger.events() if event.kind.startswith("change.")]
    assert kinds == ["change.held", "change.held", "change.released", "change.released", "change.passed"]
