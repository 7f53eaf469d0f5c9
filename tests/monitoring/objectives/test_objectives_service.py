"""Objectives over real tables: checked every night, once per key, with an event for every change."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from tests.monitoring.conftest import FIRST, day, explicit, monitor_of
from tests.monitoring.shop import MODEL, Shop

from steek.data import Objective as Rule
from steek.kernel import ReplayClock, Window
from steek.kernel.errors import DeclarationError, InputError, NotFoundError
from steek.kernel.verdict import Verdict
from steek.monitoring import BudgetPolicy, Monitor, Objective, Objectives, PolicyStep, Readings, slis
from steek.monitoring.evaluation_step import Step
from steek.monitoring.evaluation_step import apply as apply_step
from steek.monitoring.indicators import INDICATORS
from steek.monitoring.judgement import Measurement

POLICY = BudgetPolicy(
    (PolicyStep(0.0, "no deployment but repairs"), PolicyStep(0.3, "canaries only")),
    agreed_by=("shop@grocer", "ranking@grocer"),
)


def promise(name: str = "lines come", **changes: object) -> Objective:
    plain = Objective(name, target=0.9, owner="data@grocer", monitor="lines", purpose="page", policy=POLICY)
    return replace(plain, **changes)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


@dataclass
class Desk:
    """Objectives over a shop, and its days played by hand."""

    shop: Shop
    declared: Sequence[Objective] = (promise(),)
    monitors: Sequence[Monitor] = (monitor_of(explicit(lower=10)),)
    rules: list[Rule] = field(default_factory=list[Rule])

    @property
    def service(self) -> Objectives:
        shop = self.shop
        readings = Readings(
            lake=shop.sources.lake,
            derivation=shop.sources.derivation,
            database=shop.database,
            rules=lambda: self.rules,
        )
        declared = {one.name: one for one in self.declared}
        monitors = {one.name: one for one in self.monitors}
        return Objectives(readings, shop.database, shop.ledger, shop.clock, declared, monitors)

    def monitor(self, number: int, value: float | None, *, key: str | None = None) -> None:
        """One window of the first monitor, as the night measures it."""
        monitor, window = self.monitors[0], day(number)
        self.shop.clock.set(max(self.shop.clock.now(), window.end_at + timedelta(minutes=5)))
        measured = [Measurement(None, value, int(value or 0))]
        step = Step(monitor, INDICATORS["volume"], window, key or f"m{number}", self.shop.clock.now())
        with self.shop.database.transaction() as connection:
            _, drafts = apply_step(connection, step, measured)
            self.shop.ledger.append(connection, *drafts)

    def night(self, number: int, value: float | None = 500.0) -> None:
        self.monitor(number, value)
        self.service.check(day(number), key=f"night {number}")

    def told(self) -> list[str]:
        return [event.kind for event in self.shop.ledger.events() if event.kind.startswith("objective.")]


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


@pytest.mark.covers("O7")
def test_a_budget_burns_is_spent_and_comes_back_with_an_event_each(desk: Desk) -> None:
    for number in range(12):
        desk.night(number)
    assert (desk.told(), desk.service.state("lines come").state) == ([], "well")
    desk.night(12, 3.0)
    burning = desk.shop.ledger.events(kinds=["objective.burning"])[0]
    payload = burning.payload
    assert (burning.subject, payload["severity"], payload["declare"]) == ("dataset:transactions", "sev2", None)
    assert payload["text"] == (
        "lines come: over the last window it burned 10 times as fast as allowed, 36% of the budget (92% of 90% kept)"
    )
    assert payload["onset"] == {
        "earliest_at": day(12).start_at.isoformat(),
        "latest_at": day(12).end_at.isoformat(),
    }
    desk.night(13, 2.0)
    desk.night(14, 1.0)
    state = desk.service.state("lines come")
    assert (state.phase, state.state, state.spent) == ("exhausted", "broken", 3)
    assert state.left_fraction == pytest.approx(1 - 3 / 2.8)
    assert state.policy == ("canaries only", "no deployment but repairs")
    for number in range(15, 41):
        desk.night(number)
    # The bad days leave the period one by one; with the first of them gone there is budget again.
    assert desk.told() == ["objective.burning", "objective.exhausted", "objective.recovered"]
    episodes = {event.payload["alert"] for event in desk.shop.ledger.events() if "alert" in event.payload} - {None}
    story = desk.service.story("lines come")
    (episode,) = story.episodes
    assert {episode.id} == {one for one in episodes if one == episode.id}
    assert (episode.phase, episode.ended_at is not None) == ("exhausted", True)
    assert len(story.lines) == 41
    assert story.detection == "total failure is seen when the first window of 24 h closes"


@pytest.mark.covers("O7", "N3")
def test_the_same_key_is_one_check_and_a_late_window_replaces_what_was_known(desk: Desk) -> None:
    for number in range(5):
        desk.night(number, 500.0 if number != 3 else 1.0)
    before = desk.service.story("lines come")
    events = desk.shop.ledger.verify()
    desk.service.check(day(4), key="night 4")
    assert (desk.service.story("lines come"), desk.shop.ledger.verify()) == (before, events)
    desk.monitor(3, 480.0, key="mended")
    desk.service.check(day(3), key="night 3 again")
    after = desk.service.state("lines come")
    assert (after.spent, after.as_of) == (0, day(4).end_at)


@pytest.mark.covers("O7")
def test_nights_that_come_in_any_order_end_at_the_same_standing(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    values = [500.0, 1.0, 480.0, None, 510.0]
    for number, value in enumerate(values):
        desk.monitor(number, value)
    for number in (3, 0, 4, 1, 2):
        desk.service.check(day(number), key=f"night {number}")
    state = desk.service.state("lines come")
    assert (state.good, state.events, state.silent, state.as_of) == (3, 4, 1, day(4).end_at)


@pytest.mark.covers("O7")
def test_a_monitor_that_is_no_longer_evaluated_is_a_problem(desk: Desk) -> None:
    for number in range(8):
        desk.night(number)
    desk.service.check(day(8), key="night 8")
    state = desk.service.state("lines come")
    assert (state.phase, state.state, state.unmeasured) == ("blind", "broken", 1)
    (event,) = desk.shop.ledger.events(kinds=["objective.unmeasured"])
    assert event.payload["severity"] == "sev3"
    desk.monitor(8, 490.0)
    desk.night(9)
    assert desk.told() == ["objective.unmeasured", "objective.recovered"]


@pytest.mark.covers("O7")
def test_excluded_time_does_not_count_is_shown_and_can_be_taken_back(desk: Desk) -> None:
    for number in range(6):
        desk.night(number, 1.0 if number in {3, 4, 5} else 500.0)
    assert desk.service.state("lines come").phase == "exhausted"
    agreed = {"objective": "lines come", "reason": "the chain moved its tills", "actor": "ada", "key": "move"}
    made = desk.service.exclude(Window(day(3).start_at, day(5).end_at), **agreed)  # type: ignore[arg-type]
    assert desk.service.exclude(day(0), **agreed) == made  # type: ignore[arg-type]
    assert (made.kind, made.actor) == ("agreed", "ada")
    desk.night(6)
    state = desk.service.state("lines come")
    assert (state.phase, state.excluded, state.spent) == ("kept", 3, 0)
    story = desk.service.story("lines come")
    assert [line.exclusion for line in story.lines[2:7]] == [None, made.id, made.id, made.id, None]
    assert story.lines[3].total == 1
    withdrawn = desk.service.withdraw(made.id, reason="it was not agreed", actor="bo")
    assert (withdrawn.withdrawn_by, desk.service.state("lines come").spent) == ("bo", 3)
    planned = desk.service.exclude(day(30), objective=None, reason="the lake moves", actor="ada", key="lake")
    assert (planned.kind, planned.objective) == ("maintenance", None)
    assert [one.id for one in desk.service.exclusions("lines come")] == [planned.id, made.id]
    with pytest.raises(InputError, match="without somebody's reason"):
        desk.service.exclude(day(1), objective=None, reason=" ", actor="ada", key="none")
    with pytest.raises(NotFoundError, match="no objective named 'lines came'"):
        desk.service.exclude(day(1), objective="lines came", reason="x", actor="ada", key="typo")


@pytest.mark.covers("O7", "O4")
def test_answers_outcomes_and_rules_are_counted_and_missed_nights_made_up_for(desk: Desk) -> None:
    desk.declared = (
        Objective("answers in time", target=0.9, owner="o", indicator=slis.answers_within(MODEL, "2ms")),
        Objective("own answers", target=0.9, owner="o", indicator=slis.answers_of_the_model(MODEL)),
        Objective("right", target=0.5, owner="o", indicator=slis.right_answers(MODEL, delay="1d")),
        Objective("rules", target=0.9, owner="o", indicator=slis.rules_kept()),
        Objective("erased", target=0.9, owner="o", indicator=slis.erasures_in_time()),
        Objective("rows", target=0.9, owner="o", indicator=slis.rows_accepted("lines")),
        Objective("joined", target=0.9, owner="o", indicator=slis.rows_joined("maker_lines")),
    )
    desk.rules = [Rule("retention", "lines", "yes", ""), Rule("erasure", "erasures", "no", "")]
    for number in range(3):
        desk.shop.answer(day(number), [0.5] * 30, fallbacks=2)
        desk.shop.learn_outcomes(day(number), [(1, at % 3 > 0, 1.0, 1.0) for at in range(30)])
    desk.shop.clock.set(day(2).end_at)
    desk.service.check(day(0), key="night 0")
    # The second night never ran.
    desk.service.check(day(2), key="night 2")
    found = {one.name: (one.good, one.events) for one in desk.service.states()}
    assert found["answers in time"] == (90, 90)
    assert found["own answers"] == (84, 90)
    assert found["right"] == (40, 60)
    assert found["rules"] == (2, 4)
    assert found["erased"] == found["rows"] == found["joined"] == (0, 0)
    # What rules said on a night that is over cannot be counted afterwards.
    assert desk.service.state("rules").unmeasured == 1


@pytest.mark.covers("O7")
def test_what_cannot_be_read_is_not_measured_and_blinds_no_other(desk: Desk) -> None:
    right = Objective("right", target=0.5, owner="o", indicator=slis.right_answers(MODEL))
    desk.declared = (right, promise())
    frame = pl.DataFrame({"model": [MODEL], "moment": [FIRST], "hit": ["perhaps"]})
    frame = frame.with_columns(pl.col("moment").cast(pl.Datetime("us", "UTC")))
    desk.shop.sources.lake.append("outcomes", frame, key="outcomes")
    desk.night(0)
    blind, kept = desk.service.state("right"), desk.service.state("lines come")
    assert (blind.phase, kept.good) == ("blind", 1)
    assert blind.reason.startswith("the last window was not measured: could not be measured: right_answers of model:")


@pytest.mark.covers("O7", "N3")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": 1.0}, "lies between 0 and 1"),
        ({"over": "2d"}, "2 windows of 1d; allowed: 4 to"),
        ({"over": "a month"}, "not a duration"),
        ({"monitor": None}, "either monitor= or indicator="),
        ({"owner": " "}, "somebody must own it"),
        ({"purpose": "chart", "declare": "sev2"}, "for charts only"),
        ({"slice": "a=1", "each_slice": True}, "either one slice or each slice"),
        ({"least_events": 0}, "at least 1"),
        ({"category": "speed"}, "allowed: freshness"),
    ],
)
def test_an_impossible_objective_says_what_is_wrong(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        promise(**changes)


def test_an_objective_on_nothing_is_refused_with_what_there_is(desk: Desk) -> None:
    desk.declared = (promise(monitor="linnes"),)
    with pytest.raises(DeclarationError, match="no monitor named 'linnes'; there are: lines"):
        _ = desk.service
    desk.declared = (Objective("x", target=0.9, owner="o", indicator=monitor_of().indicator),)
    with pytest.raises(DeclarationError, match="'volume' counts no good events"):
        _ = desk.service


def test_a_chart_tells_nobody_and_an_unchecked_objective_is_undecided(desk: Desk, clock: ReplayClock) -> None:
    desk.declared = (promise(purpose="chart", policy=None),)
    assert desk.service.state("lines come").reason == "not checked yet"
    for number in range(6):
        desk.night(number, 1.0)
    state = desk.service.state("lines come")
    assert (desk.told(), state.state, state.verdict) == ([], "watch", Verdict.FAIL)
    assert state.checked_at == clock.now()


@pytest.mark.covers("O7")
def test_a_clock_that_ran_ahead_blinds_nobody_once_it_is_back(desk: Desk) -> None:
    for number in range(10):
        desk.night(number)
    years = timedelta(days=40_000)
    desk.service.check(Window(day(10).start_at + years, day(10).end_at + years), key="ahead")
    desk.night(10)
    state = desk.service.state("lines come")
    assert (state.as_of, state.events) == (day(10).end_at, 11)
    with pytest.raises(InputError, match="0001-01-02 is before 1970"):
        desk.service.check(Window(day(0).start_at.replace(year=1, month=1, day=2), day(0).end_at), key="long ago")
