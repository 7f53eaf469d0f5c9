"""The bench: the same questions to any versions on any state of the data, kept, compared, without names of persons."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from tests.incidents.bench.conftest import FLEET, LOGGED, NOON, RANKING, BenchWorld

from steek.governance import Actor, calling
from steek.incidents import Asking, Hypotheses, Incidents
from steek.incidents.bench.runs import Run
from steek.kernel.errors import ConflictError, InputError, NotFoundError, RefusedError
from steek.kernel.windows import Window
from steek.ledger import Lineage


def _run(world: BenchWorld, *sides: str, asking: Asking | None = None, model: str = FLEET.name, key: str = "k") -> Run:
    return world.bench.run(model, sides, asking or Asking(), actor="ada", key=key)


@pytest.mark.covers("I8")
def test_two_versions_of_a_fleet_answer_the_logged_questions(world: BenchWorld) -> None:
    run = _run(world, "1", "2")
    assert (run.queries, run.rows, [side.problem for side in run.sides]) == (LOGGED, LOGGED, [None, None])
    [comparison] = run.comparisons
    assert (comparison.before, comparison.after) == ("v1", "v2")
    assert comparison.whole.difference == pytest.approx(5.0 / 4)
    assert [(one.slice, one.moved) for one in comparison.slices[:2]] == [
        ("partner_id=3", pytest.approx(5.0)),
        ("partner_id=0", pytest.approx(0.0)),
    ]
    assert {mover.entity for mover in comparison.movers} == {'{"partner_id": 3}'}
    results = world.bench.results(run.id)
    assert results["served"].to_list() == [5.0] * LOGGED
    assert results.filter(pl.col("partner_id") == 3).select("score_0", "score_1").row(0) == pytest.approx((4.0, 9.0))
    [event] = world.ledger.events(kinds=["bench.ran"])
    assert (
        event.payload["text"]
        == run.sentence
        == "60 questions to partner_demand: v2 answers +1.25 against v1 on average"
    )


@pytest.mark.covers("I8")
def test_two_rankings_are_compared_by_candidate(world: BenchWorld) -> None:
    run = _run(world, "1", "2", "3", model=RANKING.name)
    swapped, nearly = run.comparisons
    assert run.rows == LOGGED * 10
    assert swapped.whole.best_changed == 1.0
    assert nearly.whole.best_changed == 0.0
    assert swapped.movers[0].candidate is not None
    assert world.bench.get(run.id) == run
    assert world.bench.list(model=RANKING.name) == (run,)


@pytest.mark.covers("I8")
def test_persons_are_shown_under_other_names(world: BenchWorld) -> None:
    run = _run(world, "1", "2", model=RANKING.name, asking=Asking(slice="shop=2"))
    results = world.bench.results(run.id)
    assert set(results["shop"]) == {"2*"}
    assert '"shop": "2*"' in results["entity"][0]
    assert run.question["slice"] == "shop=2*"
    assert "2*" in run.comparisons[0].movers[0].entity


@pytest.mark.covers("I8")
def test_todays_questions_on_another_days_features(world: BenchWorld) -> None:
    run = _run(world, "1", "1@2017-09-22T12:00:00Z", model=RANKING.name)
    [comparison] = run.comparisons
    assert comparison.after == "v1@2017-09-22T12:00:00Z"
    # Two days of sales are counted there instead of five.
    assert comparison.whole.difference is not None
    assert comparison.whole.difference < 0
    assert run.sides[0].snapshots != run.sides[1].snapshots


@pytest.mark.covers("I8")
def test_features_from_another_version_of_the_data_are_computed_and_kept_nowhere(world: BenchWorld) -> None:
    version = world.shop.features.table_version("aisle_product")
    run = _run(world, "1", "1+sales=1", model=RANKING.name, key="a")
    assert run.comparisons[0].whole.moved == 0.0
    latest = world.shop.lake.latest_version("sales")
    other = _run(world, "1", f"1+sales={latest}", model=RANKING.name, key="b")
    # The products of one partner are not in it.
    assert other.comparisons[0].whole.only_before > 0
    assert world.shop.features.table_version("aisle_product") == version


@pytest.mark.covers("I8")
def test_questions_may_be_typed_or_chosen(world: BenchWorld) -> None:
    typed = _run(world, "1", "2", asking=Asking(typed=[{"partner_id": 3}, {"partner_id": 1}]))
    assert (typed.queries, typed.question["typed"]) == (2, 2)
    chosen = _run(world, "1", "2", asking=Asking(requests=["r-003", "r-007"]), key="b")
    assert sorted(world.bench.results(chosen.id)["request"]) == ["r-003", "r-007"]
    window = Window(NOON - timedelta(minutes=9), NOON)
    assert _run(world, "1", "2", asking=Asking(window=window), key="c").queries == 9
    assert _run(world, "1", "2", asking=Asking(limit=5), key="d").queries == 5


@pytest.mark.covers("I8")
def test_examples_tell_which_version_was_right(world: BenchWorld) -> None:
    start = datetime(2017, 9, 24, tzinfo=UTC)
    asking = Asking(examples=True, window=Window(start, start + timedelta(hours=6)), limit=100)
    [comparison] = _run(world, "1", "2", asking=asking).comparisons
    assert comparison.whole.error_before is not None
    assert comparison.whole.error_after is not None


@pytest.mark.covers("I8")
def test_the_same_key_runs_once(world: BenchWorld) -> None:
    first = _run(world, "1", "2")
    written = world.ledger.count()
    assert _run(world, "1", "2") == first
    for sides, asking in ((("2", "1"), Asking()), (("1", "2"), Asking(limit=7)), (("1", "2"), Asking(requests=["r"]))):
        with pytest.raises(ConflictError, match=r"was already used for run b-.* which asked something else"):
            _run(world, *sides, asking=asking)
    with pytest.raises(ConflictError, match="already used"):
        _run(world, "1", "2", model=RANKING.name)
    with pytest.raises(InputError, match="hypothesis 99 of no incident"):
        world.bench.run(FLEET.name, ("1",), Asking(), actor="ada", key="h", hypothesis=99)
    assert world.ledger.count() == written


@pytest.mark.covers("I7", "I8")
def test_a_run_tests_a_hypothesis_that_there_is(world: BenchWorld) -> None:
    ledger, clock = world.ledger, world.shop.clock
    incident = Incidents(world.database, ledger, Lineage(world.database), clock, {}).declare(
        "odd", on=FLEET.name, severity="sev3", actor="ada", key="i"
    )
    with pytest.raises(NotFoundError, match="hypothesis of incident"):
        world.bench.run(FLEET.name, ("1",), Asking(), actor="ada", key="h", incident=incident.id, hypothesis=1)
    Hypotheses(world.database, ledger, clock).state(incident.id, "keys", actor="ada", key="s")
    run = world.bench.run(FLEET.name, ("1",), Asking(), actor="ada", key="h", incident=incident.id, hypothesis=1)
    assert (run.incident_id, run.hypothesis) == (incident.id, 1)


@pytest.mark.covers("I8")
def test_what_serves_is_not_touched(world: BenchWorld) -> None:
    tables = ("predictions", "sales", "features.aisle_product")
    before = [world.shop.lake.latest_version(name) for name in tables]
    _run(world, "1", "2", model=RANKING.name)
    world.bench.ask(RANKING.name, {"shop": 1, "aisle": "fruit"}, ["1"], actor="ada")
    assert [world.shop.lake.latest_version(name) for name in tables] == before
    assert {event.kind for event in world.ledger.events(limit=10_000)} >= {"bench.ran"}
    assert world.ledger.events(kinds=["route.changed"]) == []


@pytest.mark.covers("I8")
def test_two_runs_are_compared_later(world: BenchWorld) -> None:
    old = _run(world, "1", key="old")
    new = _run(world, "2", key="new")
    comparison = world.bench.compare(old.id, new.id)
    assert comparison.whole.difference == pytest.approx(5.0 / 4)
    assert comparison.slices[0].slice == "partner_id=3"
    with pytest.raises(NotFoundError, match="side"):
        world.bench.compare(old.id, new.id, side=1)
    other = _run(world, "2", asking=Asking(typed=[{"partner_id": 3}]), key="typed")
    with pytest.raises(InputError, match="no question in common"):
        world.bench.compare(old.id, other.id)


@pytest.mark.covers("I8")
def test_a_side_that_cannot_answer_says_why_and_the_others_go_on(world: BenchWorld) -> None:
    run = _run(world, "1", "99", "2")
    assert [side.problem is None for side in run.sides] == [True, False, True]
    assert "no trained model trained:partner_demand@99" in str(run.sides[1].problem)
    assert [one.after for one in run.comparisons] == ["v2"]
    with pytest.raises(NotFoundError, match="partner_demand@99"):
        _run(world, "99", key="b")


@pytest.mark.covers("I8")
@pytest.mark.parametrize(
    ("sides", "asking", "error"),
    [
        ((), {}, NotFoundError),
        (("seventeen",), {}, InputError),
        (("1@yesterday",), {}, InputError),
        (("1+weather=3",), {}, NotFoundError),
        (tuple(str(n) for n in range(9)), {}, InputError),
        (("1",), {"limit": 100_000}, InputError),
        (("1",), {"slice": "partner_id=no"}, NotFoundError),
        (("1",), {"slice": "colour=red"}, NotFoundError),
        (("1",), {"typed": [{"partner": 3}]}, InputError),
        (("1",), {"typed": [{"partner_id": 3, "name": "x"}]}, InputError),
        (("1",), {"typed": [{"partner_id": True}]}, InputError),
    ],
)
def test_what_cannot_be_asked_is_refused(
    world: BenchWorld, sides: tuple[str, ...], asking: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        world.bench.run(FLEET.name, sides, Asking(**asking), actor="ada", key="k")  # pyright: ignore[reportArgumentType]
    assert world.bench.list() == ()


@pytest.mark.covers("I8")
def test_support_asks_one_question_and_sees_why(world: BenchWorld) -> None:
    said = world.bench.ask(RANKING.name, {"shop": 1, "aisle": "fruit"}, ["1", "2", "99"], actor="sue", top=3)
    assert said.entity == {"shop": "1*", "aisle": "fruit"}
    popular, numbered, missing = said.sides
    assert (len(popular.answers), popular.answers[0].candidate) == (3, "1")
    assert numbered.answers[0].candidate == "19"
    assert next((one.name, one.effect) for one in numbered.features) == ("aisle_product.number", pytest.approx(19.0))
    assert numbered.features[1].effect == pytest.approx(0.0)
    assert missing.problem is not None
    assert popular.snapshots != ()


@pytest.mark.covers("I8", "D15")
def test_who_names_no_side_asks_what_served_then_and_what_serves_now(world: BenchWorld) -> None:
    asked = {"shop": 777, "aisle": "fruit"}
    support = Actor("sue@grocer", ("support",), "operations", "t1")
    with calling(support):
        now = world.bench.ask(RANKING.name, asked, actor="sue@grocer")
        then = world.bench.ask(RANKING.name, asked, actor="sue@grocer", moment=NOON - timedelta(hours=3))
    assert [side.side for side in now.sides] == ["v2"]
    assert [side.side for side in then.sides] == ["v1", "v2@2017-09-25T12:01:00Z"]
    typed = Asking(typed=[asked])
    run = _run(world, asking=typed, model=RANKING.name)
    assert ([side.label for side in run.sides], run.question["about"]) == (["v2"], {"shop": "777*", "aisle": "fruit"})
    with pytest.raises(NotFoundError, match=f"nothing serves {FLEET.name}"):
        world.bench.ask(FLEET.name, {"partner_id": 1}, actor="sue")
    # Who asked is in the ledger; about whom never is, for it cannot be erased there.
    events = world.ledger.events(kinds=["bench.asked", "bench.ran"])
    assert [event.actor for event in events] == ["sue@grocer", "sue@grocer", "ada"]
    assert "777" not in str(events)


@pytest.mark.covers("I8")
def test_whoever_may_not_see_answers_may_not_replay_them(world: BenchWorld) -> None:
    stranger = Actor("eve", (), "operations")
    with calling(stranger), pytest.raises(RefusedError, match="eve may not read predictions"):
        _run(world, "1", "2")
    owner = Actor("ada", ("owner",), "operations")
    with calling(owner):
        assert _run(world, "1", "2").queries == LOGGED
    assert world.ledger.events(kinds=["access.refused"])[0].payload["purpose"] == "incident"
