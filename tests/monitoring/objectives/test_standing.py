"""A standing is decided by what was seen, in whatever order it came; what was not seen never counts as good."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.kernel import Window
from steek.kernel.verdict import Verdict
from steek.measures.budgets import Tally
from steek.measures.burning import burn_rules
from steek.monitoring.objectives.lifecycle import TOLD, TRANSITIONS, Phase, Sight, move
from steek.monitoring.objectives.monitored import Judged, window_slot
from steek.monitoring.objectives.slots import Seen, Slot, Span, grid, newest, without_excluded
from steek.monitoring.objectives.standing import Standing, Terms, stand

DAY = timedelta(days=1)
START = datetime(2017, 9, 4, 6, tzinfo=UTC)


def day(number: float, length: float = 1) -> Window:
    return Window(START + number * DAY, START + (number + length) * DAY)


def slots(*tallies: Tally | None) -> list[Slot]:
    return [Slot(day(at), tally) for at, tally in enumerate(tallies)]


def by_events(found: list[Slot], target: float = 0.99, least: int | None = None) -> Standing:
    return stand(found, Terms.of(target, 28, is_census=False, rules=burn_rules(28, target), least=least))


def by_windows(found: list[Slot], target: float = 0.9) -> Standing:
    return stand(found, Terms.of(target, 28, is_census=True, rules=burn_rules(28, target), counts="windows"))


WELL, BAD = Tally(1, 1), Tally(0, 1)


@pytest.mark.covers("O7")
def test_a_promise_that_is_kept_passes_with_what_is_left() -> None:
    now = by_events(slots(*[Tally(997, 1000)] * 28))
    assert (now.verdict, now.sight, now.reason) == (Verdict.PASS, "calm", "84 bad of 28,000 events, 280 allowed")
    assert now.budget.left_fraction == pytest.approx(0.7)


@pytest.mark.covers("O7")
def test_too_little_traffic_is_undecided_and_says_how_much_would_decide() -> None:
    quiet = by_events(slots(Tally(4, 4), Tally(6, 6)))
    assert (quiet.verdict, quiet.more_events) == (Verdict.UNDECIDED, 90)
    assert quiet.reason.endswith("but only 10 of the 100 events that it takes")
    unlucky = by_events(slots(Tally(9, 10)))
    assert (unlucky.verdict, unlucky.sight) == (Verdict.UNDECIDED, "undecided")
    assert "which can be chance" in unlucky.reason
    # All of ten bad is no chance, however few they are.
    assert by_events(slots(Tally(0, 10))).sight == "spent"
    assert by_events([]).verdict is Verdict.UNDECIDED
    assert by_events(slots(Tally(9, 10)), least=5).verdict is Verdict.FAIL


@pytest.mark.covers("O7")
def test_a_fast_burn_is_told_from_a_slow_one() -> None:
    calm = [Tally(1000, 1000)] * 20
    fast = by_events(slots(*calm, Tally(930, 1000)))
    assert (fast.sight, fast.pace, fast.onset) == ("fast", "fast", day(20))
    assert fast.sight_reason == "over the last window it burned 7 times as fast as allowed, 25% of the budget"
    slow = by_events(slots(*calm, *[Tally(980, 1000)] * 5))
    assert (slow.sight, slow.onset) == ("slow", day(20))


@pytest.mark.covers("O7")
def test_windows_leave_room_by_the_whole_period_and_not_by_what_has_passed() -> None:
    early = by_windows(slots(WELL, BAD, WELL))
    assert (early.verdict, early.sight) == (Verdict.UNDECIDED, "calm" if early.pace is None else "slow")
    assert early.budget.left_fraction == pytest.approx(1 - 1 / 2.8)
    assert early.more_events == 7
    assert by_windows(slots(*[WELL] * 25, BAD, BAD, WELL)).verdict is Verdict.PASS
    spent = by_windows(slots(*[WELL] * 10, BAD, WELL, BAD, BAD))
    assert (spent.verdict, spent.sight, spent.onset) == (Verdict.FAIL, "spent", day(12))


@pytest.mark.covers("O7")
def test_what_is_no_longer_measured_is_a_problem_and_never_good() -> None:
    blind = by_events(slots(*[Tally(1000, 1000)] * 10, None))
    assert (blind.sight, blind.onset) == ("blind", day(10))
    assert blind.sight_reason.startswith("the last window was not measured")
    silent = by_events(slots(*[Tally(1000, 1000)] * 10, Tally(0, 0)))
    assert silent.sight == "blind"
    assert "1,000 events in the middle window before" in silent.sight_reason
    # Five days without a reading might have been five bad days: 2.8 are allowed.
    holes = by_windows(slots(*[WELL] * 20, *[None] * 5, WELL, WELL))
    assert (holes.verdict, holes.unmeasured) == (Verdict.UNDECIDED, 5)
    assert "5 windows were not measured, and would overspend the budget if bad" in holes.reason


@given(st.lists(st.sampled_from([WELL, BAD]), min_size=1, max_size=28), st.data())
def test_a_window_that_goes_unmeasured_never_makes_a_standing_better(found: list[Tally], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(found) - 1))
    holed = [None if place == at else tally for place, tally in enumerate(found)]
    before, after = by_windows(slots(*found)), by_windows(slots(*holed))
    rank = {Verdict.FAIL: 0, Verdict.UNDECIDED: 1, Verdict.PASS: 2}
    if found[at] == WELL:
        assert rank[after.verdict] <= rank[before.verdict]
    else:
        assert after.verdict is not Verdict.PASS or before.verdict is Verdict.PASS


tallies = st.integers(0, 60).flatmap(lambda total: st.builds(Tally, st.integers(0, total), st.just(total)))


def reading(at: int, tally: Tally | None, minute: int) -> Seen:
    return Seen(Slot(day(at), tally), START + minute * timedelta(minutes=1))


readings = st.builds(reading, st.integers(0, 12), st.one_of(st.none(), tallies), st.integers(0, 3))


orders = st.lists(readings, max_size=30).flatmap(lambda seen: st.tuples(st.just(seen), st.permutations(seen)))


@given(orders, st.integers(0, 30))
@pytest.mark.covers("O7")
def test_the_order_in_which_windows_arrive_does_not_matter(order: tuple[list[Seen], list[Seen]], cut: int) -> None:
    seen, shuffled = order
    known = newest(seen)
    assert newest(shuffled) == known
    # Taken in by parts, as nights do, and some of them twice.
    parts = [*newest(shuffled[:cut]).values(), *newest(shuffled[cut:]).values(), *shuffled[: cut // 2]]
    assert newest(parts) == known


@given(st.lists(tallies, min_size=1, max_size=28), st.data())
def test_excluded_time_counts_neither_way(found: list[Tally], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(found) - 1))
    length = data.draw(st.integers(1, 4))
    marked = without_excluded(slots(*found), [Span("x", day(first, length))])
    kept = [tally for at, tally in enumerate(found) if not first <= at < first + length]
    now = by_events(marked)
    assert now.tally == sum(kept, start=Tally(0, 0))
    assert now.excluded == len(found) - len(kept)


@pytest.mark.covers("O7")
def test_an_hour_of_maintenance_does_not_wipe_out_a_day() -> None:
    short, long = Span("short", day(0.2, 0.05)), Span("long", day(0.3, 0.6))
    assert without_excluded(slots(BAD), [short])[0].exclusion is None
    assert without_excluded(slots(BAD), [long])[0].exclusion == "long"
    twice = [Span("a", day(0, 0.3)), Span("b", day(0.1, 0.2))]
    assert without_excluded(slots(BAD), twice)[0].exclusion is None


def test_missing_windows_are_seen_and_a_day_that_begins_at_another_hour_heals_itself() -> None:
    known = {day(at).start_at: Slot(day(at), WELL) for at in (0, 1, 4)}
    found = grid(known, DAY, day(5).end_at, 99)
    assert [slot.tally for slot in found] == [WELL, WELL, None, None, WELL, None]
    moved = {day(0).start_at: Slot(day(0), WELL), day(1.25).start_at: Slot(day(1.25), WELL)}
    assert [slot.tally for slot in grid(moved, DAY, day(1.25).end_at, 99)] == [None, WELL]
    assert grid({}, DAY, START, 9) == []


def test_a_window_is_well_when_no_slice_failed_or_slice_by_slice() -> None:
    judged = [
        Judged("store_id=1", 3.0, Verdict.PASS, "within its bounds"),
        Judged("store_id=2", 0.0, Verdict.FAIL, "no rows at all"),
        Judged("store_id=3", None, Verdict.UNDECIDED, "nothing to measure in this window"),
    ]
    assert window_slot(judged, day(0), each_slice=False) == Slot(day(0), BAD, "store_id=2: no rows at all")
    assert window_slot(judged, day(0), each_slice=True).tally == Tally(1, 2)
    assert window_slot(judged[2:], day(0), each_slice=False).tally == Tally(0, 0)
    raised = [Judged(None, None, Verdict.UNDECIDED, "could not be measured: no table")]
    assert window_slot(raised, day(0), each_slice=False).tally is None


def test_every_phase_knows_every_sight_and_only_changes_are_told() -> None:
    phases: set[Phase] = {phase for phase, _ in TRANSITIONS}
    sights: set[Sight] = {sight for _, sight in TRANSITIONS}
    assert len(TRANSITIONS) == len(phases) * len(sights)
    for phase in phases:
        assert move(phase, "undecided", objective="o") == phase
        for sight in sights:
            after = move(phase, sight, objective="o")
            assert (
                after == phase
                or (phase, after) in TOLD
                or (phase, after)
                in {
                    ("fast_burn", "slow_burn"),
                    ("exhausted", "slow_burn"),
                }
            )
