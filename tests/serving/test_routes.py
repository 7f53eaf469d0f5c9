"""Routes: gate, freeze, compare-and-set, rollback."""

import time
from threading import Barrier, Thread

import pytest

from serving_world import World
from steek.kernel.errors import (
    ConflictError,
    DamagedArtifactError,
    FrozenError,
    GateRefusedError,
    InputError,
    NotFoundError,
    StaleWriteError,
    SteekError,
)
from steek.ledger import Draft, Lineage
from steek.serving import Route


def roll_back(
    world: World, model: str = "search_ranking", *, to: int | None = None, member: str | None = None
) -> Route:
    key = f"rollback {model} {to} {member}"
    return world.routes.rollback(
        model, to="last-good" if to is None else to, member=member, actor="ops", reason="sales are down", key=key
    )


@pytest.mark.covers("S1", "S3", "Q10", "D11")
def test_a_version_becomes_primary_through_gate_and_canary(world: World) -> None:
    first, second = world.add_ranking(1, 0, 0, 0), world.add_ranking(0, 1, 0, 0)
    world.deploy(first)
    decision = world.gate(second)
    started = world.routes.start_canary(
        "search_ranking", 2, 0.1, key="canary", actor="night", gate_decision_id=decision
    )
    assert (started.primary, started.candidate, started.fraction, started.epoch) == (1, 2, 0.1, 2)
    assert world.routes.step_canary("search_ranking", 0.5, key="step", actor="night").fraction == 0.5
    promoted = world.routes.promote("search_ranking", key="promote", actor="night")
    assert (promoted.primary, promoted.candidate, promoted.previous, promoted.epoch) == (2, None, (1,), 4)
    assert promoted.updated_at == world.clock.now()
    assert world.routes.get("search_ranking") == promoted
    assert world.routes.all() == {"search_ranking": promoted}
    actions = [change.action for change in world.routes.history("search_ranking")]
    assert actions == ["promote", "step_canary", "start_canary", "deploy"]
    kinds = [event.kind for event in world.ledger.events(subject_prefix="deployment:search_ranking")]
    assert kinds == [
        "route.changed", "canary.started", "route.changed", "canary.stepped", "route.changed",
        "canary.promoted", "route.changed",
    ]  # fmt: skip
    upstream = Lineage(world.database).upstream("deployment:search_ranking@4").distance
    assert upstream["trained:search_ranking@2"] == 1
    started_event = world.ledger.events(kinds=["canary.started"])[0]
    assert started_event.causes == (decision,)


@pytest.mark.covers("Q10")
@pytest.mark.parametrize("verdict", ["fail", "undecided"])
def test_only_a_pass_is_deployed(world: World, verdict: str) -> None:
    trained = world.add_ranking(1, 0, 0, 0)
    decision = world.gate(trained, verdict)
    with pytest.raises(GateRefusedError, match=f"is {verdict}; only a pass or an override"):
        world.routes.deploy("search_ranking", 1, key="k", actor="night", gate_decision_id=decision)
    assert world.routes.get("search_ranking") == Route("search_ranking")


@pytest.mark.covers("Q10")
def test_a_decision_must_be_about_this_version_and_be_the_latest(world: World) -> None:
    first, second = world.add_ranking(1, 0, 0, 0), world.add_ranking(0, 1, 0, 0)
    passed = world.gate(first)
    with pytest.raises(GateRefusedError, match="no gate has decided on trained:search_ranking@2"):
        world.routes.deploy("search_ranking", 2, key="k", actor="night", gate_decision_id=passed)
    old = world.gate(second)
    world.gate(second, "fail")
    with pytest.raises(GateRefusedError, match="is not the latest"):
        world.routes.deploy("search_ranking", 2, key="k", actor="night", gate_decision_id=old)


@pytest.mark.covers("Q10")
def test_a_named_override_is_deployed(world: World) -> None:
    trained = world.add_ranking(1, 0, 0, 0)
    world.gate(trained, "fail")
    override = Draft("gate.overridden", trained.urn, "ariel@grocer", {"approver": "ariel@grocer", "reason": "sale"})
    event = world.ledger.record(override)[0]
    route = world.routes.deploy("search_ranking", 1, key="k", actor="ariel", gate_decision_id=event.id)
    assert route.primary == 1


@pytest.mark.covers("I4")
def test_a_freeze_stops_deployment_and_not_rollback(world: World) -> None:
    for weight in (1, 2):
        world.deploy(world.add_ranking(weight, 0, 0, 0))
    third = world.add_ranking(3, 0, 0, 0)
    decision = world.gate(third)
    world.freezes.hold("model:search_ranking", ["deploy"], "sales are down", "incident:2017-001", actor="ic", key="f")
    with pytest.raises(FrozenError, match="held by incident:2017-001"):
        world.routes.start_canary("search_ranking", 3, 0.1, key="k", actor="night", gate_decision_id=decision)
    assert roll_back(world).primary == 1


@pytest.mark.covers("N3")
def test_the_same_key_again_changes_nothing(world: World) -> None:
    for weight in (1, 2, 3):
        world.deploy(world.add_ranking(weight, 0, 0, 0))
    events = world.ledger.count()
    once = roll_back(world)
    assert roll_back(world) == once
    assert once.primary == 2
    assert world.ledger.count() == events + 1


@pytest.mark.covers("S4")
def test_of_two_who_decide_on_the_same_epoch_one_is_told(world: World) -> None:
    for weight in (1, 2, 3):
        world.deploy(world.add_ranking(weight, 0, 0, 0))
    epoch = world.routes.get("search_ranking").epoch
    outcomes: list[object] = []
    start = Barrier(2)

    def decide(name: str) -> None:
        start.wait()
        try:
            route = world.routes.rollback("search_ranking", to=1, actor=name, reason="", key=name, expected_epoch=epoch)
            outcomes.append(route.epoch)
        except SteekError as error:
            outcomes.append(type(error))

    people = [Thread(target=decide, args=(name,)) for name in ("ariel", "bo")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(outcomes, key=str) == sorted([epoch + 1, StaleWriteError], key=str)


@pytest.mark.covers("S4", "I9")
def test_rollback_to_a_named_or_the_last_good_version(world: World) -> None:
    for weight in (1, 2, 3, 4):
        world.deploy(world.add_ranking(weight, 0, 0, 0))
    assert world.routes.last_good("search_ranking") == 3
    assert roll_back(world).primary == 3
    assert roll_back(world, to=1).primary == 1
    event = world.ledger.events(kinds=["route.changed"], newest_first=True)[0]
    assert event.payload["action"] == "rollback"
    assert event.payload["reason"] == "sales are down"
    assert event.actor == "ops"
    with pytest.raises(ConflictError, match="no earlier version"):
        world.routes.last_good("search_ranking")


@pytest.mark.covers("S4", "N3")
def test_rollback_refuses_what_cannot_serve_and_leaves_the_route(world: World) -> None:
    versions = [world.add_ranking(weight, 0, 0, 0) for weight in (1, 2, 3, 4)]
    for trained in (versions[0], versions[2], versions[3]):
        world.deploy(trained)
    before = world.routes.get("search_ranking")
    with pytest.raises(NotFoundError, match="trained:search_ranking@2 never had all the traffic"):
        roll_back(world, to=2)
    with pytest.raises(InputError, match="single model"):
        roll_back(world, member="69")
    sha256 = versions[2].artifact_sha256
    (world.path / "artifacts" / sha256[:2] / sha256).write_bytes(b"half a model")
    with pytest.raises(DamagedArtifactError):
        roll_back(world)
    assert world.routes.get("search_ranking") == before


@pytest.mark.covers("S4", "T8", "X2")
def test_a_fleet_of_partners_goes_back_in_under_a_second_one_first(world: World) -> None:
    members = [f"m{number}" for number in range(573)]
    for rate in (1.0, 2.0):
        world.deploy(world.add_fleet(**dict.fromkeys(members, rate)))
    began = time.monotonic()
    alone = roll_back(world, "partner_demand", member="69")
    assert time.monotonic() - began < 1
    assert (alone.members, alone.primary) == ({"69": 1}, 2)
    edges = Lineage(world.database).upstream(alone.urn, max_distance=1).distance
    assert edges["trained:partner_demand/69@1"] == 1
    began = time.monotonic()
    fleet = roll_back(world, "partner_demand")
    assert time.monotonic() - began < 1
    assert (fleet.primary, fleet.members) == (1, {})


@pytest.mark.covers("S4", "T8")
def test_a_member_that_the_older_version_does_not_have_stays(world: World) -> None:
    world.deploy(world.add_fleet(m2=1.0))
    world.deploy(world.add_fleet(m2=1.0, m69=1.0))
    with pytest.raises(NotFoundError, match="69"):
        roll_back(world, "partner_demand", member="69")
    assert world.routes.get("partner_demand").members == {}
