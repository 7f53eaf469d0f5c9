"""Labels on their way into models: as known then, and found again when one was wrong."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import steek as sk
from steek.kernel import ReplayClock
from steek.kernel.errors import DeclarationError, NotFoundError
from steek.kernel.settings import load_settings
from steek.kernel.windows import Window
from steek.platform import Platform, labels_affected
from steek.platform.opening import build
from steek.project import Project, load_project

OWNER = "coupons@grocer"
START = datetime(2017, 10, 2, tzinfo=UTC)
DAY = timedelta(days=1)
HOUSEHOLDS = 6

SENT = sk.Contract(
    "sent",
    "1",
    (
        sk.Field("household_id", "integer", key=True),
        sk.Field("sent_at", "timestamp", key=True),
        sk.Field("worth_usd", "number"),
    ),
    owner=OWNER,
)
sent = sk.Dataset("sent", SENT, "sent_at", owner=OWNER)
redeemed = sk.Labels("redeemed", ("household_id",), "2d", moment="sent_at", owner=OWNER, type="integer", values=(0, 1))


@sk.feature_view(entity="household_id", lookback="9d", time_to_live="2d", owner=OWNER)
def household(sent: pl.LazyFrame) -> pl.LazyFrame:
    """Coupons that a household got."""
    return sent.group_by("household_id").agg(coupons=pl.len(), worth=pl.sum("worth_usd"))


@sk.examples(entity="household_id", moment="sent_at", label="hits", label_window="2d")
def coupons(sent: pl.LazyFrame, redeemed: pl.LazyFrame) -> pl.LazyFrame:
    """Was a coupon redeemed?"""
    return sent.join(redeemed, on=["household_id", "sent_at"]).select("household_id", "sent_at", hits="label")


@sk.examples(entity="household_id", moment="sent_at", label="hits", label_window="1h")
def hasty(sent: pl.LazyFrame, redeemed: pl.LazyFrame) -> pl.LazyFrame:
    """Takes a coupon that nobody spoke about for one that was not redeemed."""
    told = sent.join(redeemed, on=["household_id", "sent_at"], how="left")
    return told.select("household_id", "sent_at", hits=pl.col("label").fill_null(0))


@sk.examples(entity="household_id", moment="sent_at", label="worth", label_window="1h")
def values(sent: pl.LazyFrame) -> pl.LazyFrame:
    """What a coupon is worth; reads no labels."""
    return sent.select("household_id", "sent_at", worth="worth_usd")


def model(name: str, examples: Any, **changes: Any) -> sk.ModelDefinition:
    given: dict[str, Any] = {
        "task": "regression",
        "examples": examples,
        "features": [household],
        "learner": sk.learners.Poisson(minimum_rows=2),
        "training_window": "3d",
        "schedule": "by hand",
        "freshness": sk.Freshness("48h"),
        "owner": OWNER,
        "worst_case": "Paper is wasted.",
        **changes,
    }
    return sk.ModelDefinition(name, **given)


@dataclass
class Shop:
    """An opened project and its clock."""

    platform: Platform
    clock: ReplayClock

    def at(self, days: float) -> datetime:
        self.clock.set(START + timedelta(days=days))
        return self.clock.now()

    def live(self, day: int) -> None:
        self.at(day + 0.5)
        self.platform.ingestion.ingest("sent", mailed(day), key=str(day), actor="post")
        if day >= 2:
            self.platform.labels.put("redeemed", told(day - 2), key=str(day), actor="till")
        as_of = self.at(day + 1)
        self.platform.features.materialise("household", as_of, key=str(day), actor="night")

    def train(self, name: str, days: float) -> Any:
        trained = self.platform.trainer.train(name, self.at(days), key=f"{name} {days}", actor="night")
        self.platform.subscriptions.deliver()
        return trained

    def correct(self, day: int, households: list[int], at: float) -> str:
        self.at(at)
        frame = told(day, 1, households)
        return self.platform.labels.correct("redeemed", frame, reason="found in a drawer", key=f"c{at}", actor="ada").id

    def affected(self, batch: str) -> list[tuple[str, int, int, bool]]:
        found = labels_affected(self.platform, batch)
        return [(each.urn, each.version, each.examples, each.is_sure) for each in found]


def mailed(day: int) -> pl.DataFrame:
    ids = list(range(1, HOUSEHOLDS + 1))
    moment = START + timedelta(days=day, hours=9)
    worth = [float(number) for number in ids]
    return pl.DataFrame({"household_id": ids, "sent_at": [moment] * len(ids), "worth_usd": worth})


def told(day: int, label: int | None = None, households: list[int] | None = None) -> pl.DataFrame:
    ids = households or list(range(1, HOUSEHOLDS + 1))
    moment = START + timedelta(days=day, hours=9)
    labels = [number % 2 if label is None else label for number in ids]
    return pl.DataFrame({"household_id": ids, "sent_at": [moment] * len(ids), "label": labels})


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Nine days of coupons; what came of each day's is said two days later."""
    (tmp_path / "steek.toml").write_text('name = "coupons"\nmodules = []\nclock = "replay"\n')
    clock = ReplayClock(tmp_path / ".steek" / "clock")
    clock.set(START)
    held_out = model("coupon", coupons, evaluations=[sk.held_out_by_time("1d"), sk.golden("2017-10-05")])
    definitions = {each.name: each for each in (held_out, model("hasty", hasty), model("value", values))}
    project = Project({"sent": sent}, {"household": household}, {}, definitions, {}, labels={"redeemed": redeemed})
    platform = build(load_settings(tmp_path), project)
    opened = Shop(platform, clock)
    for day in range(9):
        opened.live(day)
    yield opened
    platform.close()


@pytest.mark.covers("D9", "D11")
def test_a_correction_names_exactly_the_models_that_learned_from_the_wrong_label(shop: Shop) -> None:
    assert [event.kind for event in shop.platform.ledger.events(kinds=["labels.used"])] == []
    before = shop.train("coupon", 9)
    value = shop.train("value", 9)
    labels = shop.platform.labels.version("redeemed")
    assert f"labels:redeemed@{labels}" in before.inputs
    assert before.window == Window(START + 3 * DAY, START + 6 * DAY)
    assert not [urn for urn in value.inputs if urn.startswith("labels:")]
    noted = shop.platform.ledger.events(kinds=["labels.used"])
    assert [(event.subject, event.payload) for event in noted] == [(f"labels:redeemed@{labels}", {"by": before.urn})]
    assert shop.platform.lineage.upstream(before.urn, max_distance=1).distance[f"labels:redeemed@{labels}"] == 1
    # It learned from one of the labels that were wrong; not from those of its golden day, of the day that it held out.
    batch = shop.correct(4, [2], 9.1)
    assert shop.affected(batch) == [(before.urn, labels, 1, True)]
    assert shop.affected(shop.correct(3, [2, 4], 9.2)) == []
    assert shop.affected(shop.correct(6, [4], 9.3)) == []
    shop.live(9)
    after = shop.train("coupon", 10)
    assert after.version == 2
    assert after.window.start_at <= START + timedelta(days=4, hours=9) < after.window.end_at
    assert shop.affected(batch) == [(before.urn, labels, 1, True)]
    # Trained again on what was known before the correction: it learns the wrong label once more, and is found.
    again = shop.platform.trainer.train("coupon", START + 9 * DAY, key="again", actor="ada")
    assert again.artifact_sha256 == before.artifact_sha256 != after.artifact_sha256
    assert [each[0] for each in shop.affected(batch)] == [before.urn, again.urn]
    shop.platform.subscriptions.deliver()
    assert len(shop.platform.ledger.events(kinds=["labels.used"])) == 3


@pytest.mark.covers("D9", "F2")
def test_examples_get_labels_as_they_were_known_and_only_final_ones(shop: Shop) -> None:
    known_at = START + 9 * DAY
    asked: dict[str, Any] = {"columns": ["household"], "candidates": None, "window": Window(START, START + 9 * DAY)}
    made = shop.platform.example_sets.build(coupons, known_at=known_at, **asked)
    labels = shop.platform.labels.version("redeemed", known_at)
    assert made.labels == (f"labels:redeemed@{labels}",)
    assert made.dataset_versions.keys() == {"sent"}
    # The window of the seventh day's labels ends on the ninth, at nine in the morning: that is still to come.
    assert made.frame["sent_at"].max() == START + timedelta(days=6, hours=9)
    assert made.frame.height == HOUSEHOLDS * 7
    assert made.frame["_label"].sum() == 3 * 7
    shop.correct(4, [2, 4], 11.5)
    assert shop.platform.example_sets.build(coupons, known_at=known_at, **asked).frame.equals(made.frame)
    now = shop.platform.example_sets.build(coupons, known_at=shop.clock.now(), **asked)
    assert now.frame.filter(pl.col("sent_at") < START + 7 * DAY)["_label"].sum() == 3 * 7 + 2
    # Nobody takes a label that is not final yet for one that says no.
    early = shop.platform.example_sets.build(hasty, known_at=known_at, **asked)
    assert early.matured_until == START + 7 * DAY
    assert early.frame["_label"].to_list() == made.frame["_label"].to_list()


@pytest.mark.covers("D9", "D11")
def test_evaluation_reads_labels_as_they_were_known_too(shop: Shop) -> None:
    trained = shop.train("coupon", 9)
    figures = shop.platform.evaluator.evaluate(trained, key="one")
    golden = shop.platform.ledger.events(kinds=["golden.pinned"])[0].subject
    read = [urn for urn in shop.platform.lineage.upstream(golden, max_distance=1).distance if "labels:" in urn]
    assert read == [f"labels:redeemed@{shop.platform.labels.version('redeemed')}"]
    batch = shop.correct(6, [2, 4, 6], 9.5)
    assert shop.affected(batch) == []
    again = shop.platform.evaluator.evaluate(trained, key="two")
    held_out = [each for each in figures if each.distribution == "held-out 1d"]
    assert held_out
    assert [each for each in again if each.distribution == "held-out 1d"] == held_out


@pytest.mark.covers("D9")
def test_labels_that_nobody_stated_yet_stop_a_training_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "steek.toml").write_text('name = "coupons"\nmodules = []\nclock = "replay"\n')
    ReplayClock(tmp_path / ".steek" / "clock").set(START)
    definitions = {"coupon": model("coupon", coupons)}
    project = Project({"sent": sent}, {"household": household}, {}, definitions, {}, labels={"redeemed": redeemed})
    platform = build(load_settings(tmp_path), project)
    platform.ingestion.ingest("sent", mailed(0), key="0", actor="post")
    with pytest.raises(NotFoundError, match=r"redeemed"):
        platform.trainer.train("coupon", START, key="1", actor="night")
    platform.close()


@pytest.mark.covers("D9", "N3")
def test_a_dataset_and_labels_cannot_share_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "steek.toml").write_text('name = "twice"\nmodules = ["same_name_twice"]\n')
    code = (
        "import steek as sk\n"
        'made = sk.Contract("redeemed", "1", (sk.Field("id", "integer"),), owner="o")\n'
        'one = sk.Dataset("redeemed", made, owner="o")\n'
        'two = sk.Labels("redeemed", ("id",), "2d", owner="o")\n'
    )
    (tmp_path / "same_name_twice.py").write_text(code)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(DeclarationError, match="two dataset or labels declarations are named 'redeemed'"):
        load_project(load_settings(tmp_path))
