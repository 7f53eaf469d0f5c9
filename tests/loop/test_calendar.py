"""Business days, and how far back a night must look."""

from datetime import UTC, date, datetime

import pytest
from opened_shop import opened

from steek.loop.calendar import business_day, lookback_days, memory_days, nightly_models
from steek.platform import Platform

NIGHT = date(2024, 3, 11)


def test_a_business_day_begins_when_the_setting_says(stocked: Platform) -> None:
    midnight = business_day(stocked.loop, NIGHT)
    assert (midnight.start_at, midnight.end_at) == (
        datetime(2024, 3, 11, tzinfo=UTC),
        datetime(2024, 3, 12, tzinfo=UTC),
    )
    with opened(stocked.settings.project_path, {"day_starts_at": "06:00"}) as other:
        assert business_day(other.loop, NIGHT).start_at == datetime(2024, 3, 11, 6, tzinfo=UTC)


@pytest.mark.covers("T2")
def test_only_models_on_a_daily_schedule_are_trained_by_the_night(stocked: Platform) -> None:
    assert nightly_models(stocked.loop) == ["maker_demand"]


@pytest.mark.covers("F2", "F3")
def test_a_night_needs_snapshots_as_old_as_the_oldest_example(stocked: Platform) -> None:
    # Six days of training that end a label window, one day, before the end of the night.
    assert memory_days(stocked.loop, "maker_demand", NIGHT) == 7
    assert lookback_days(stocked.loop, "maker_recent") == 3
