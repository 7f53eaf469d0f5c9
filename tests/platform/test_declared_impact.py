"""A change of a contract shows whoever is declared to read it, before anything of theirs was made, column by column."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import steek as sk
from steek.data import Affected
from steek.kernel import ReplayClock
from steek.kernel.errors import NotFoundError, RefusedError
from steek.kernel.records import to_plain
from steek.kernel.settings import load_settings
from steek.kernel.windows import Window
from steek.platform import Platform, dataset_arrival, dataset_facts
from steek.platform.opening import build
from steek.project import Project

START = datetime(2017, 10, 2, tzinfo=UTC)

SALES = sk.Contract(
    "sales",
    "1",
    (
        sk.Field("product_id", "integer"),
        sk.Field("amount", "number", unit="USD"),
        sk.Field("channel", "string"),
        sk.Field("sold_at", "timestamp"),
    ),
    owner="till@grocer",
    cadence="1d",
    volumes=(sk.ExpectedVolume(minimum=5),),
)
sales = sk.Dataset("sales", SALES, "sold_at", owner="till@grocer")
bought = sk.Labels("bought", ("product_id",), "1d", moment="sold_at", owner="ada@grocer", type="number")


@sk.derived_dataset(event_time="sold_at", owner="web@grocer")
def web_sales(sales: pl.LazyFrame) -> pl.LazyFrame:
    """What was sold in the web shop."""
    return sales.filter(pl.col("channel") == "web").select("product_id", "sold_at", paid="amount")


@sk.feature_view(entity="product_id", lookback="9d", time_to_live="2d", owner="features@grocer")
def product(web_sales: pl.LazyFrame) -> pl.LazyFrame:
    """Lines and money of a product."""
    return web_sales.group_by("product_id").agg(lines=pl.len(), spent=pl.sum("paid"))


@sk.feature_view(entity="product_id", lookback="9d", time_to_live="2d", owner="odd@grocer")
def odd(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Looks at its rows while it plans, so nobody can say what it reads."""
    return sales.filter(pl.col("amount") > sales.collect()["amount"].mean()).group_by("product_id").agg(n=pl.len())


@sk.examples(entity="product_id", moment="sold_at", label="hits", label_window="1d")
def days(sales: pl.LazyFrame, bought: pl.LazyFrame) -> pl.LazyFrame:
    """Was it bought again?"""
    return sales.join(bought, on=["product_id", "sold_at"]).select("product_id", "sold_at", hits="label")


def model(name: str, features: Any, owner: str) -> sk.ModelDefinition:
    return sk.ModelDefinition(
        name,
        task="regression",
        examples=days,
        features=features,
        learner=sk.learners.Poisson(minimum_rows=2),
        training_window="3d",
        schedule="by hand",
        freshness=sk.Freshness("48h"),
        owner=owner,
        worst_case="Too little milk.",
    )


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A project with a day of sales and nothing made of them."""
    (tmp_path / "steek.toml").write_text('name = "impact"\nmodules = []\nclock = "replay"\nday_starts_at = "06:00"\n')
    ReplayClock(tmp_path / ".steek" / "clock").set(START + timedelta(days=2))
    definitions = [
        model("money", product["spent"], "money@grocer"),
        model("lines", product["lines"], "lines@grocer"),
        model("odd_one", odd["n"], "odd@grocer"),
    ]
    project = Project(
        {"sales": sales, "web_sales": web_sales},
        {"product": product, "odd": odd},
        {},
        {each.name: each for each in definitions},
        {},
        labels={"bought": bought},
    )
    opened = build(load_settings(tmp_path), project)
    rows = pl.DataFrame(
        {
            "product_id": [1, 2, 3],
            "amount": [1.0, 2.0, 3.0],
            "channel": ["web", "shop", "web"],
            "sold_at": [START + timedelta(hours=9)] * 3,
        }
    )
    opened.ingestion.ingest("sales", rows, key="1", actor="till")
    yield opened
    opened.close()


def changed(**changes: Any) -> sk.Contract:
    fields = tuple(replace(each, **changes[each.name]) if each.name in changes else each for each in SALES.fields)
    return replace(SALES, version="2", fields=fields)


def by_urn(impact: tuple[Affected, ...]) -> dict[str, Affected]:
    return {each.urn: each for each in impact}


@pytest.mark.covers("D12", "D11")
def test_a_proposal_asks_owners_of_what_is_declared_and_not_made_yet(platform: Platform) -> None:
    euros = changed(amount={"unit": "EUR"})
    shown = platform.proposals.preview(euros, actor="till@grocer")
    assert [(each.distance, each.urn, each.owner) for each in shown.impact] == [
        (1, "dataset:web_sales", "web@grocer"),
        (1, "definition:lines", "lines@grocer"),
        (1, "definition:money", "money@grocer"),
        (1, "definition:odd_one", "odd@grocer"),
        (1, "features:odd", "odd@grocer"),
        (2, "features:product", "features@grocer"),
    ]
    assert {each.standing for each in shown.impact} == {"declared, not made yet"}
    assert all(each.newest == each.urn for each in shown.impact)
    proposal = platform.proposals.propose(euros, reason="the bank asks", key="p", actor="till@grocer")
    owners = ["features@grocer", "lines@grocer", "money@grocer", "odd@grocer", "web@grocer"]
    assert (proposal.state, proposal.missing) == ("waiting", owners)
    with pytest.raises(RefusedError, match="money@grocer"):
        platform.proposals.apply(proposal.id, key="early", actor="till@grocer")
    assert platform.proposals.get(proposal.id) == proposal
    plain: list[Any] = [to_plain(each) for each in proposal.impact]
    assert [Affected.from_plain(each) for each in plain] == list(proposal.impact)
    # Proposals from before these were told are read as well.
    older = {name: plain[0][name] for name in ("urn", "newest", "distance", "owner")}
    assert Affected.from_plain(older) == replace(proposal.impact[0], standing="made", columns=())


@pytest.mark.covers("D12", "D11")
def test_of_a_changed_column_it_is_told_who_reads_that_very_column(platform: Platform) -> None:
    both = changed(amount={"unit": "EUR"}, channel={"meaning": "Where it was sold.", "nullable": True})
    impact = by_urn(platform.proposals.preview(both, actor="till@grocer").impact)
    told = {
        urn: {each.column: (each.reading, each.through) for each in affected.columns}
        for urn, affected in impact.items()
    }
    assert told["dataset:web_sales"]["amount"] == ("reads it", ("paid",))
    assert told["features:product"]["amount"] == ("reads it", ("spent",))
    assert told["definition:money"]["amount"] == ("reads it", ("product.spent",))
    assert told["definition:lines"]["amount"] == ("reads other columns", ())
    assert told["features:odd"] == {"amount": ("unknown", ()), "channel": ("unknown", ())}
    assert told["definition:odd_one"]["amount"] == ("unknown", ())
    # A column that decides which rows there are has a say in everything that is made of them.
    assert told["definition:lines"]["channel"] == ("reads it", ("product.lines",))
    moment = changed(sold_at={"meaning": "When it was paid."})
    asked = by_urn(platform.proposals.preview(moment, actor="x").impact)["definition:lines"].columns
    assert [(each.column, "days.sold_at" in each.through) for each in asked] == [("sold_at", True)]
    # What is promised of the whole has no column.
    rarer = replace(SALES, cadence="7d")
    assert all(each.columns == () for each in platform.proposals.preview(rarer, actor="x").impact)


@pytest.mark.covers("D12", "D11")
def test_what_was_made_is_told_apart_from_what_is_only_declared(platform: Platform) -> None:
    day = Window(START + timedelta(hours=6), START + timedelta(hours=30))
    platform.derivation.derive("web_sales", day, key="d", actor="night")
    impact = by_urn(platform.proposals.preview(changed(amount={"unit": "EUR"}), actor="x").impact)
    web = impact["dataset:web_sales"]
    assert (web.standing, web.newest.partition("@")[0]) == ("made", "dataset:web_sales")
    assert web.newest != web.urn
    assert web.columns[0].through == ("paid",)
    assert impact["features:product"].standing == "declared, not made yet"


@pytest.mark.covers("D18", "D4")
def test_a_feed_that_did_not_come_in_time_is_late_and_a_thin_first_day_is_told(platform: Platform) -> None:
    receipt = platform.ingestion.receipts("sales", 1)[0]
    said = {each.check: each for each in platform.feed.verdicts(receipt.id).verdicts}["volume"]
    assert (said.verdict, said.value, said.expected) == ("warn", 3.0, 5.0)
    assert said.evidence.startswith("the 1d from 2017-10-02 06:00 brought 3 rows, the contract promises at least 5")
    arrival = dataset_facts(platform, "sales").arrival
    assert arrival is not None
    assert arrival.state == "in time"
    assert isinstance(platform.clock, ReplayClock)
    platform.clock.set(START + timedelta(days=5))
    late = dataset_arrival(platform, "sales")
    assert late is not None
    assert late.state == "late"
    assert late.evidence.endswith("late by 2 days, 0:00:00")
    assert dataset_arrival(platform, "web_sales") is None
    with pytest.raises(NotFoundError):
        dataset_arrival(platform, "nothing")
