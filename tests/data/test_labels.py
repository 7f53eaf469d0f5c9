"""Labels come late, are taken back, and are read as they were known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.real_year import real_year

from steek.data import Lake
from steek.data.labels.affected import LabelUses
from steek.data.labels.declaration import Labels
from steek.data.labels.store import LabelStore
from steek.kernel import ReplayClock, Window
from steek.kernel.errors import ConflictError, DeclarationError, InputError, NotFoundError
from steek.ledger import Database, Draft, Ledger, Lineage

DAY = datetime(2017, 10, 2, 6, tzinfo=UTC)
FRAUD = Labels("fraud", ("household_id",), window="7d", moment="paid_at", owner="risk@grocer", values=("good", "fraud"))
REDEEMED = Labels("redeemed", ("household_id", "campaign_id"), window="21d", moment="starts_at", owner="m@grocer")


@pytest.fixture
def store(tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> LabelStore:
    lake = Lake(tmp_path / "lake", {}, database, ledger, clock)
    return LabelStore(lake, database, ledger, clock, {"fraud": FRAUD, "redeemed": REDEEMED})


@pytest.fixture
def uses(store: LabelStore, database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock) -> LabelUses:
    return LabelUses(store, database, ledger, lineage, clock)


def said(labels: list[str], first: int = 1, day: int = 0, **more: Any) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "household_id": range(first, first + len(labels)),
            "paid_at": [DAY + timedelta(days=day)] * len(labels),
            "label": labels,
            **more,
        }
    )


def held(store: LabelStore, **asked: Any) -> dict[int, str]:
    return dict(store.read("fraud", **asked).select("household_id", "label").collect().rows())


@pytest.mark.covers("D9")
def test_the_newest_statement_holds_and_an_earlier_reader_never_gets_it(
    store: LabelStore, clock: ReplayClock, ledger: Ledger
) -> None:
    first = store.put("fraud", said(["good", "good", "good"]), key="1", actor="till")
    assert (first.rows, first.new_rows, first.corrected_rows, first.early_rows, first.late_rows) == (3, 3, 0, 3, 0)
    before = clock.now()
    clock.set(DAY + timedelta(days=9))
    second = store.correct("fraud", said(["fraud"], first=2), reason="charged back", key="2", actor="bank")
    assert (second.new_rows, second.corrected_rows, second.late_rows, second.early_rows) == (0, 1, 1, 0)
    assert held(store) == {1: "good", 2: "fraud", 3: "good"}
    assert held(store, known_at=before) == {1: "good", 2: "good", 3: "good"}
    assert held(store, version=first.table_version) == {1: "good", 2: "good", 3: "good"}
    assert store.version("fraud") == second.table_version
    assert store.version("fraud", known_at=before) == first.table_version
    told = ledger.events(kinds=["labels.corrected"])[0]
    assert told.payload == {"batch": second.id, "corrected_rows": 1, "reason": "charged back"}
    row = store.read("fraud").filter(pl.col("household_id") == 2).collect().row(0, named=True)
    assert (row["is_late"], row["statements"], row["changed"]) == (True, 2, True)
    assert row["matures_at"] == DAY + timedelta(days=7)


@pytest.mark.covers("D9", "D2")
def test_a_key_adds_its_statements_once_whenever_it_is_sent_again(
    store: LabelStore, clock: ReplayClock, ledger: Ledger
) -> None:
    batch = store.put("fraud", said(["good"]), key="1", actor="till")
    count = ledger.count()
    clock.set(DAY + timedelta(days=3))
    assert store.put("fraud", said(["good"]), key="1", actor="till") == batch
    assert ledger.count() == count
    assert store.statements("fraud").collect().height == 1
    with pytest.raises(ConflictError, match="used for other statements"):
        store.put("fraud", said(["fraud"]), key="1", actor="till")


@pytest.mark.covers("D9", "D17")
def test_a_process_that_dies_between_lake_and_record_leaves_nothing_that_holds_and_loses_nothing(
    store: LabelStore, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, clock: ReplayClock
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "append", die)
        with pytest.raises(KeyboardInterrupt):
            store.put("fraud", said(["good"]), key="1", actor="till")
    assert store.batches("fraud") == []
    clock.set(DAY + timedelta(hours=1))
    batch = store.put("fraud", said(["good"]), key="1", actor="till")
    assert batch.known_at == clock.now()
    assert store.read("fraud").collect().height == 1


@pytest.mark.covers("D9")
def test_two_batches_of_one_instant_are_still_ordered(store: LabelStore) -> None:
    store.put("fraud", said(["fraud"]), key="1", actor="till")
    store.put("fraud", said(["good"]), key="2", actor="till")
    store.put("fraud", said(["good"]), key="3", actor="till")
    assert held(store) == {1: "good"}
    assert [(batch.corrected_rows, batch.repeated_rows) for batch in store.batches("fraud")] == [(0, 1), (1, 0), (0, 0)]


@pytest.mark.covers("D9", "N3")
@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (said(["good"]).drop("label"), "lacks the columns label"),
        (said(["good"], notes=["x"]), "no column named 'notes'"),
        (said(["maybe"]), "1 of 1 rows have a label that is not one of good, fraud"),
        (pl.concat([said(["good"]), said(["fraud"])]), "2 rows speak about an example that another row"),
        (said(["good"]).with_columns(household_id=pl.lit(None, pl.Int64)), "household_id is absent in 1 rows"),
    ],
)
def test_statements_that_cannot_be_taken_are_refused_without_repeating_a_value(
    store: LabelStore, frame: pl.DataFrame, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        store.put("fraud", frame, key="1", actor="till")
    assert store.batches("fraud") == []


@pytest.mark.covers("D9", "N3")
def test_corrections_need_a_reason_and_something_to_correct(store: LabelStore) -> None:
    with pytest.raises(InputError, match="without a reason"):
        store.correct("fraud", said(["fraud"]), reason="", key="1", actor="bank")
    with pytest.raises(InputError, match="1 of 1 corrections of labels 'fraud' correct nothing"):
        store.correct("fraud", said(["fraud"]), reason="found out", key="1", actor="bank")
    with pytest.raises(NotFoundError, match="no labels named 'frauds'"):
        store.put("frauds", said(["fraud"]), key="1", actor="bank")
    with pytest.raises(DeclarationError, match="have no owner"):
        Labels("x", ("a",), window="1d")
    with pytest.raises(DeclarationError, match="name examples by label"):
        Labels("x", ("label",), window="1d", owner="o")


@pytest.mark.covers("D9")
def test_text_becomes_the_types_of_the_store(store: LabelStore) -> None:
    store.put("fraud", said(["good"]), key="1", actor="till")
    csv = pl.DataFrame({"household_id": ["1"], "paid_at": ["2017-10-02 06:00:00"], "label": ["fraud"]})
    assert store.put("fraud", csv, key="2", actor="till", textual=True).corrected_rows == 1
    assert held(store) == {1: "fraud"}


@pytest.mark.covers("D9", "D11")
def test_the_models_that_learned_a_label_which_was_taken_back_are_listed(
    store: LabelStore, uses: LabelUses, ledger: Ledger, clock: ReplayClock
) -> None:
    one = store.put("fraud", said(["good"] * 3), key="1", actor="till")
    two = store.put("fraud", said(["good"] * 3, first=10, day=5), key="2", actor="till")
    for key, (version, urn) in {
        "a": (one.table_version, "trained:risk@1"),
        "b": (two.table_version, "trained:risk@2"),
        "c": (two.table_version, "trained:old@1"),
    }.items():
        uses.note("fraud", version, urn, key=key, actor="night")
    ledger.record(Draft("route.changed", "deployment:risk@1", "ada", edges=(("trained:risk@2", "deployment:risk@1"),)))
    clock.set(DAY + timedelta(days=9))
    wrong = pl.concat([said(["fraud"], first=2), said(["fraud"], first=10, day=5)])
    fixed = store.correct("fraud", wrong, reason="charged back", key="3", actor="bank")
    uses.note("fraud", fixed.table_version, "trained:risk@3", key="d", actor="night")
    assert store.corrections(fixed.id).rows() == [
        (2, DAY, "good", "fraud", one.table_version),
        (10, DAY + timedelta(days=5), "good", "fraud", two.table_version),
    ]
    windows = {
        "trained:risk@1": (Window(DAY - timedelta(days=7), DAY + timedelta(days=1)),),
        "trained:old@1": (Window(DAY - timedelta(days=30), DAY - timedelta(days=1)),),
    }
    found = {each.urn: each for each in uses.learned_from(fixed.id, windows.get)}
    assert set(found) == {"trained:risk@1", "trained:risk@2"}
    assert (found["trained:risk@1"].examples, found["trained:risk@1"].is_sure) == (1, True)
    assert (found["trained:risk@2"].examples, found["trained:risk@2"].is_sure) == (2, False)
    assert found["trained:risk@2"].downstream == ("deployment:risk@1",)
    assert len(uses.learned_from(fixed.id)) == 3
    assert uses.learned_from(one.id) == ()
    count = ledger.count()
    uses.note("fraud", two.table_version, "trained:old@1", key="c", actor="night")
    assert ledger.count() == count
    with pytest.raises(ConflictError, match="noted another use"):
        uses.note("fraud", one.table_version, "trained:old@1", key="c", actor="night")


@pytest.mark.covers("D9", "D11")
def test_a_label_that_was_wrong_right_and_wrong_again_misled_only_the_readers_in_between(store: LabelStore) -> None:
    batches = [
        store.put("fraud", said([label]), key=str(at), actor="till")
        for at, label in enumerate(("fraud", "good", "fraud", "fraud", "good"))
    ]
    assert store.corrections(batches[4].id)["wrong_from"].to_list() == [batches[2].table_version]
    assert store.corrections(batches[1].id)["wrong_from"].to_list() == [batches[0].table_version]
    assert store.corrections(batches[3].id).is_empty()


@pytest.mark.covers("D9", "D10")
def test_coupons_of_the_real_year_are_redeemed_late(store: LabelStore, clock: ReplayClock) -> None:
    """The households of campaign 18 and whether they redeemed a coupon of it in three weeks; the campaign runs on."""
    folder, utc = real_year(), pl.Datetime("us", "UTC")
    campaign = pl.read_parquet(folder / "campaign_descriptions.parquet").filter(pl.col("campaign_id") == 18)
    starts = datetime.combine(campaign["start_date"].cast(pl.Date)[0], datetime.min.time(), tzinfo=UTC)
    sent = pl.read_parquet(folder / "campaigns.parquet").filter(pl.col("campaign_id") == 18).select("household_id")
    redeemed = (
        pl.read_parquet(folder / "coupon_redemptions.parquet")
        .filter(pl.col("campaign_id") == 18)
        .group_by("household_id")
        .agg(at=pl.col("redemption_date").cast(pl.Date).min().cast(utc))
    )
    ends = starts + timedelta(days=21)
    asked = sent.join(redeemed, on="household_id", how="left").with_columns(campaign_id=18, starts_at=pl.lit(starts))
    in_time = pl.col("at") <= ends
    label = pl.when(in_time.fill_null(value=False)).then(pl.lit("yes")).otherwise(pl.lit("no"))
    example = ("household_id", "campaign_id", "starts_at")
    clock.set(ends)
    first = store.put("redeemed", asked.select(*example, label=label), key="after 21 days", actor="marketing")
    assert (first.rows, first.late_rows, first.early_rows) == (1133, 0, 0)
    later = asked.filter(pl.col("at") > ends).select(*example, label=pl.lit("yes"), stated_at="at")
    clock.set(ends + timedelta(days=60))
    second = store.correct("redeemed", later, reason="redeemed later", key="late", actor="marketing")
    assert second.rows == second.corrected_rows == second.late_rows == later.height > 20
    in_force = store.read("redeemed").group_by("label").len().sort("label").collect()
    assert dict(in_force.rows())["yes"] == redeemed.height
    then = store.read("redeemed", known_at=ends).filter(pl.col("label") == "yes").collect()
    assert then.height == redeemed.height - later.height
    assert store.read("redeemed").filter("is_late").collect().height == later.height
