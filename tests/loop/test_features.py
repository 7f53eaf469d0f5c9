"""Which snapshots a night makes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from steek.loop.data_steps import derive, derived_datasets, missing_derivations
from steek.loop.feature_steps import (
    derived_days_needed,
    make_missing,
    materialise,
    missing_for_nights,
    missing_snapshots,
    nightly_views,
    publish,
)
from steek.platform import Platform

NIGHT = date(2024, 3, 11)
END = datetime(2024, 3, 12, tzinfo=UTC)
VIEW, FLEET = "maker_recent", "maker_demand"


def ends(first_back: int, last_back: int = 0) -> list[str]:
    """Ends of business days, so many days before the night's end."""
    return [(END - timedelta(days=back)).isoformat() for back in range(first_back, last_back - 1, -1)]


@pytest.fixture
def extracted(stocked: Platform) -> Platform:
    """A shop with its derived dataset, and no features."""
    for day in missing_derivations(stocked.loop, NIGHT, "maker_lines"):
        derive(stocked.loop, NIGHT, "maker_lines", day)
    return stocked


@pytest.mark.covers("T2", "D8")
def test_a_night_extracts_the_days_that_arrived_and_were_never_tried_oldest_first(stocked: Platform) -> None:
    loop = stocked.loop
    assert derived_datasets(loop) == ["maker_lines"]
    missing = missing_derivations(loop, NIGHT, "maker_lines")
    assert missing == [f"2024-03-{day:02d}" for day in range(1, 12)]
    first = derive(loop, NIGHT, "maker_lines", missing[0])
    assert first == {"rows": 56}
    assert derive(loop, NIGHT, "maker_lines", missing[0]) == first
    assert missing_derivations(loop, NIGHT, "maker_lines") == missing[1:]


@pytest.mark.covers("F3", "T2")
def test_a_night_makes_what_its_models_read_and_nobody_made_oldest_first(extracted: Platform) -> None:
    loop = extracted.loop
    assert nightly_views(loop) == [VIEW]
    needed = missing_for_nights(loop, NIGHT, VIEW)
    assert needed == ends(7)
    for as_of in needed[2:4]:
        materialise(loop, VIEW, as_of, "a test")
    assert missing_for_nights(loop, NIGHT, VIEW) == [*needed[:2], *needed[4:]]
    for as_of in needed:
        materialise(loop, VIEW, as_of, "a test")
    assert missing_for_nights(loop, NIGHT, VIEW) == []
    assert missing_for_nights(loop, NIGHT + timedelta(days=1), VIEW) == [(END + timedelta(days=1)).isoformat()]
    assert [one.as_of.isoformat() for one in extracted.features.snapshots(VIEW)] == needed


@pytest.mark.covers("F3")
def test_models_never_learn_from_two_definitions_of_a_view_at_once(extracted: Platform) -> None:
    loop = extracted.loop
    for as_of in ends(7):
        materialise(loop, VIEW, as_of, "a test")
    edited = {**loop.views, VIEW: replace(loop.views[VIEW], lookback=timedelta(days=2))}
    assert edited[VIEW].definition_hash != loop.views[VIEW].definition_hash
    assert missing_snapshots(replace(loop, views=edited), NIGHT, VIEW, [FLEET]) == ends(7)


@pytest.mark.covers("F3", "F4")
def test_what_one_model_lacks_is_made_and_the_newest_goes_to_serving(extracted: Platform) -> None:
    assert make_missing(extracted.loop, NIGHT, FLEET, "a test") == {VIEW: 8}
    assert extracted.online.as_of(VIEW) == END
    assert make_missing(extracted.loop, NIGHT, FLEET, "a test") == {VIEW: 0}
    assert publish(extracted.loop, NIGHT - timedelta(days=1), VIEW) == {"as_of": ends(1, 1)[0]}


@pytest.mark.covers("D8")
def test_a_derived_dataset_reaches_back_as_far_as_the_oldest_snapshot_looks(stocked: Platform) -> None:
    # Seven days back to the oldest snapshot, and three more that it reads.
    assert derived_days_needed(stocked.loop, NIGHT, "maker_lines") == 10
