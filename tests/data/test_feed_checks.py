"""Feed checks on real days: with faults put in, and as they were."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest
from tests.data.real_feed import MOMENT, arrival, profile_of, real_days, real_profiles

from steek.data import FeedChecks, FeedVerdict
from steek.data.validation.feed.checks import FEED_CHECKS, overall
from steek.data.validation.feed.judging import judge_feed
from steek.data.validation.feed.profiles import FeedProfile
from steek.kernel.errors import DeclarationError

TODAY = date(2017, 5, 17)
# Never had fewer than 22 lines in the six weeks before.
STORE = 381


def history(until: date = TODAY, days: int = 42) -> list[FeedProfile]:
    profiles = real_profiles()
    return [profiles[until - timedelta(days=back)] for back in range(days, 0, -1)]


def today() -> pl.DataFrame:
    return real_days()[TODAY]


def judge(lines: pl.DataFrame, checks: FeedChecks | None = None) -> dict[str, FeedVerdict]:
    said = judge_feed(profile_of(TODAY, lines), history(), checks or FeedChecks())
    return {one.check: one for one in said}


def unusual(said: dict[str, FeedVerdict]) -> set[str]:
    return {name for name, one in said.items() if one.verdict in ("warn", "hold")}


@pytest.mark.covers("D4", "D5")
def test_a_quiet_day_passes_every_check_and_says_why() -> None:
    said = judge(today())
    assert list(said) == list(FEED_CHECKS)
    assert {one.verdict for one in said.values()} == {"pass"}
    assert said["volume"].evidence.startswith(f"{today().height:,} rows; usual are ")
    assert overall(tuple(said.values())) == "pass"


@pytest.mark.covers("D4")
def test_a_vanished_store_is_named_with_its_usual_rows() -> None:
    said = judge(today().filter(pl.col("store_id") != STORE))
    assert said["vanished_slices"].verdict == "warn"
    assert list(said["vanished_slices"].parts) == [f"store_id={STORE}"]
    assert f"store_id={STORE} has no rows, usual " in said["vanished_slices"].evidence
    assert unusual(said) == {"vanished_slices"}


@pytest.mark.covers("D4")
def test_half_the_rows_are_missed_in_all_and_per_store() -> None:
    said = judge(today().gather_every(2))
    assert said["volume"].verdict == "warn"
    assert said["volume"].value == today().height // 2 + today().height % 2
    assert {"volume"} <= unusual(said) <= {"volume", "slice_volume", "vanished_slices"}


@pytest.mark.covers("D4")
def test_a_store_with_many_times_its_rows_is_named() -> None:
    own = today().filter(pl.col("store_id") == STORE)
    moved = pl.concat([today(), *[own.with_columns(pl.col("basket_id") + 1 + at) for at in range(40)]])
    said = judge(moved)
    assert list(said["slice_volume"].parts) == [f"store_id={STORE}"]
    assert said["slice_volume"].verdict == "warn"


@pytest.mark.covers("D4")
def test_the_same_day_again_is_held_in_any_order_and_under_any_key() -> None:
    yesterday = real_days()[TODAY - timedelta(days=1)]
    said = judge(yesterday.sample(fraction=1, shuffle=True, seed=1))
    assert said["duplicate_batch"].verdict == "hold"
    assert "arrived at 2017-05-17 06:00" in said["duplicate_batch"].evidence
    assert said["near_duplicate"].verdict == "warn"
    assert overall(tuple(said.values())) == "hold"


@pytest.mark.covers("D4")
def test_a_day_that_is_mostly_yesterdays_is_told() -> None:
    yesterday = real_days()[TODAY - timedelta(days=1)]
    said = judge(pl.concat([yesterday, today().head(600)]))
    assert said["duplicate_batch"].verdict == "pass"
    assert said["near_duplicate"].verdict == "warn"
    value = said["near_duplicate"].value
    assert value is not None
    assert value == pytest.approx(yesterday.height / (yesterday.height + 600), abs=0.08)


@pytest.mark.covers("D5")
@pytest.mark.parametrize(("days", "where"), [(-1, "too early"), (1, "too late")])
def test_a_day_shifted_by_one_is_in_the_wrong_bucket(days: int, where: str) -> None:
    shifted = today().with_columns(pl.col(MOMENT) + pl.duration(days=days))
    said = judge(shifted, FeedChecks(hold=("duplicate_batch", "time_bucket")))
    assert said["time_bucket"].verdict == "hold"
    assert where in said["time_bucket"].evidence
    assert "about 1 day in the wrong bucket" in said["time_bucket"].evidence
    assert (said["future"].verdict == "warn") == (days > 0)


@pytest.mark.covers("D5")
def test_late_rows_are_told_with_their_share() -> None:
    late = today().with_columns(
        pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.col(MOMENT) - pl.duration(days=3)).otherwise(MOMENT)
    )
    said = judge(late)
    assert unusual(said) == {"late_data"}
    assert said["late_data"].value == pytest.approx(0.2, abs=0.02)


@pytest.mark.covers("D4")
def test_rising_nulls_name_the_column() -> None:
    holes = today().with_columns(payment=pl.when(pl.int_range(pl.len()) % 20 != 0).then("payment"))
    said = judge(holes)
    assert unusual(said) == {"nulls"}
    assert said["nulls"].evidence == "payment is missing in 5.0% of the rows, usual 0.0%"


@pytest.mark.covers("D4")
def test_a_renamed_category_is_new_and_vanished_at_once() -> None:
    said = judge(today().with_columns(pl.col("payment").replace("voucher", "coupon")))
    assert {"new_categories", "vanished_categories"} <= unusual(said)
    assert "payment has values that no batch had: 'coupon'" in said["new_categories"].evidence
    assert list(said["vanished_categories"].parts) == ["payment=voucher"]


@pytest.mark.covers("D4")
def test_another_unit_is_another_distribution() -> None:
    said = judge(today().with_columns(pl.col("sales_value") * 100))
    assert unusual(said) == {"distribution"}
    assert list(said["distribution"].parts) == ["sales_value"]
    assert (said["distribution"].value or 0) > 1


@pytest.mark.covers("D4")
def test_a_number_that_counts_up_may_not_go_back() -> None:
    said = judge(today().with_columns(pl.col("week") - 5))
    assert "week counts up from batch to batch, but went back" in said["distribution"].evidence


@pytest.mark.covers("D4")
def test_new_stores_with_many_rows_are_told() -> None:
    tenth = pl.int_range(pl.len()) % 10 == 0
    said = judge(today().with_columns(pl.when(tenth).then(9).otherwise("store_id").alias("store_id")))
    assert said["new_slices"].parts["store_id=9"] == (today().height + 9) // 10
    assert said["new_slices"].verdict == "warn"
    assert "new_slices" not in unusual(judge(today()))


@pytest.mark.covers("D4", "D5")
def test_with_little_history_nothing_is_decided_but_duplicates() -> None:
    said = judge_feed(profile_of(TODAY, today()), history(days=3), FeedChecks())
    assert {one.check for one in said if one.verdict != "undecided"} == {"duplicate_batch", "near_duplicate"}
    assert "3 good batches so far; 7 are needed" in {one.evidence for one in said}
    first = judge_feed(profile_of(TODAY, today()), [], FeedChecks())
    assert {one.verdict for one in first if one.check != "duplicate_batch"} == {"undecided"}


@pytest.mark.covers("D4", "D5")
def test_quiet_months_are_never_held_and_rarely_warned_of() -> None:
    profiles = list(real_profiles().items())
    warned: Counter[str] = Counter()
    days = 0
    for at in range(28, len(profiles)):
        day, batch = profiles[at]
        said = judge_feed(batch, [one for _, one in profiles[max(0, at - 56) : at]], FeedChecks())
        assert overall(said) != "hold", (day, said)
        warned.update(one.check for one in said if one.verdict == "warn")
        days += overall(said) == "warn"
    # Measured over the whole year: 18 of 354 days, each with a cause (a large store without rows, Thanksgiving).
    assert days <= 0.06 * (len(profiles) - 28), warned


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: FeedChecks(hold=("volumes",)), "no feed check named volumes; there are: duplicate_batch"),
        (lambda: FeedChecks(hold=("volume",), warn=("volume",)), "cannot both hold and warn: volume"),
        (lambda: FeedChecks(least_history=2), "wanted: 3 <= least_history"),
        (lambda: FeedChecks(width=0), "width is 0"),
    ],
)
def test_impossible_declarations_are_refused(wrong: Callable[[], FeedChecks], told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        wrong()


def test_only_checks_that_are_named_are_made() -> None:
    checks = FeedChecks(hold=("time_bucket",), warn=("volume",))
    assert checks.made() == ("time_bucket", "volume")
    assert FeedChecks().without("duplicate_batch", "late_data").hold == ()
    assert "late_data" not in FeedChecks().without("duplicate_batch", "late_data").made()
    assert arrival(TODAY).hour == 6
