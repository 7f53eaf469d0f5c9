"""Which weak signals belong together."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.incidents.signals.gathering import Noticed, gather
from steek.incidents.signals.types import SignalKind

START = datetime(2017, 10, 16, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
MODEL, DATA, OTHER = "model:partner_demand", "dataset:products", "model:search_ranking"
RELATED = {DATA: frozenset({DATA, MODEL}), MODEL: frozenset({MODEL}), OTHER: frozenset({OTHER})}


def noticed(
    number: int, system: str, source: str, hour: float, kind: SignalKind | None = SignalKind.SUPPORT
) -> Noticed:
    at = START + hour * HOUR
    return Noticed(str(number), system, source, at, kind, until=None if kind is not None else at)


@pytest.mark.covers("I1")
def test_three_people_about_one_system_and_what_feeds_it_are_one_gathering() -> None:
    first = noticed(1, MODEL, "kim", 0)
    second = noticed(2, MODEL, "lee", 1, SignalKind.FINANCE)
    upstream = noticed(3, DATA, "ops", 2, SignalKind.DATA)
    elsewhere = noticed(4, OTHER, "max", 1)
    [found] = gather([elsewhere, upstream, second, first], related=RELATED, within=24 * HOUR)
    assert found.noticed == (first, second, upstream)
    assert found.system == MODEL
    assert found.sentence == (
        "1 support note, 1 finance question, 1 data discrepancy about model:partner_demand, dataset:products "
        "by 3 sources within 2 h."
    )


@pytest.mark.covers("I1")
def test_one_person_who_repeats_it_prompts_nothing() -> None:
    assert gather([noticed(1, MODEL, "kim", 0), noticed(2, MODEL, "kim", 1)], related=RELATED, within=24 * HOUR) == ()


@pytest.mark.covers("I1")
def test_an_open_alert_is_a_second_source_but_alerts_alone_are_not_signals() -> None:
    alert = noticed(9, MODEL, "monitor partner_joins", 0, None)
    other = noticed(8, MODEL, "monitor demand", 0, None)
    assert gather([alert, other], related=RELATED, within=24 * HOUR) == ()
    [found] = gather([alert, noticed(1, MODEL, "kim", 1)], related=RELATED, within=24 * HOUR)
    assert (found.signals, found.alerts) == (("1",), ("9",))


@pytest.mark.covers("I1")
def test_what_lies_days_apart_stays_apart() -> None:
    apart = [noticed(1, MODEL, "kim", 0), noticed(2, MODEL, "lee", 25)]
    assert gather(apart, related=RELATED, within=24 * HOUR) == ()
    [found] = gather([*apart, noticed(3, MODEL, "max", 26)], related=RELATED, within=24 * HOUR)
    assert found.signals == ("2", "3")


lines = st.lists(
    st.tuples(
        st.sampled_from([MODEL, DATA, OTHER]),
        st.sampled_from("abc"),
        st.integers(0, 60),
        st.sampled_from([None, *SignalKind]),
    ),
    max_size=12,
)


@pytest.mark.covers("I1")
@settings(max_examples=60)
@given(lines, st.randoms(use_true_random=False))
def test_whatever_the_order_each_is_in_one_gathering_near_in_time_and_lineage(
    given_lines: list[tuple[str, str, int, SignalKind | None]], chance: Random
) -> None:
    all_noticed = [noticed(number, *line) for number, line in enumerate(given_lines)]
    found = gather(all_noticed, related=RELATED, within=24 * HOUR)
    shuffled = list(all_noticed)
    chance.shuffle(shuffled)
    assert gather(shuffled, related=RELATED, within=24 * HOUR) == found
    ids = [one.id for each in found for one in each.noticed]
    assert len(ids) == len(set(ids))
    for each in found:
        times = [one.at for one in each.noticed]
        assert max(times) - min(times) <= 24 * HOUR
        assert len({(one.kind is None, one.source) for one in each.noticed}) >= 2
        assert any(one.kind is not None for one in each.noticed)
        near = (
            {each.system} | {system for system, below in RELATED.items() if each.system in below} | RELATED[each.system]
        )
        assert {one.system for one in each.noticed} <= near


@pytest.mark.covers("I1")
def test_what_still_fires_is_noticed_now_however_long_ago_it_began() -> None:
    signal = noticed(1, MODEL, "kim", 100)
    fires = Noticed("9", MODEL, "monitor joins", START, None)
    [found] = gather([fires, signal], related=RELATED, within=24 * HOUR)
    assert found.sentence == "1 open alert, 1 support note about model:partner_demand by 2 sources within a minute."
    over = Noticed("8", MODEL, "monitor joins", START, None, until=START + 75 * HOUR)
    assert gather([over, signal], related=RELATED, within=24 * HOUR) == ()
    assert gather([over, signal], related=RELATED, within=26 * HOUR)[0].sentence.endswith("within 25 h.")


@pytest.mark.covers("I1")
@settings(max_examples=40)
@given(lines)
def test_the_densest_stretch_is_what_trying_every_stretch_finds(
    given_lines: list[tuple[str, str, int, SignalKind | None]],
) -> None:
    left = sorted((noticed(number, *line) for number, line in enumerate(given_lines)), key=lambda one: (one.at, one.id))
    for system, below in RELATED.items():
        near = [one for one in left if system in {one.system, *RELATED[one.system]} or one.system in below]
        best = (0, 0)
        for first in near:
            stretch = [one for one in near if first.at <= one.at <= first.at + 24 * HOUR]
            best = max(best, (len({(one.kind is None, one.source) for one in stretch}), len(stretch)))
        found = gather(near, related=RELATED, within=24 * HOUR)
        if best[0] >= 2 and all(one.kind is not None for one in near):
            assert max((len({one.source for one in each.noticed}) for each in found), default=0) >= best[0]
