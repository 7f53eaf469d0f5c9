"""A shop that is erased from a whole project: tables, features, online store, golden sets, predictions, log."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from shop_world import NOW, copy_of, open_shop, set_clock

from steek.data import Subject
from steek.platform import Platform, open_project
from steek.serving import PredictionLog
from steek.serving.prediction_record import PredictionRecord


def answered(shop: str, number: int) -> PredictionRecord:
    """One answer about a shop."""
    return PredictionRecord(
        request_id=f"r{number}",
        at=NOW,
        logged_at=NOW,
        model="shop_demand",
        version=1,
        member=None,
        route="primary",
        fallback=None,
        fallback_reason=None,
        latency_ms=1.0,
        entity=json.dumps({"shop": shop}, separators=(",", ":")),
        candidates=1,
        answers=[],
        scores=[1.0],
        score_sum=1.0,
        score_mean=1.0,
        features=[0.5],
        feature_as_of=None,
    )


def erase(platform: Platform, folder: Path, shop: str) -> str:
    """Ask, wait, run."""
    asked = platform.erasures.request(Subject("shop", shop), reason="closed", actor="ada", key=f"close {shop}")
    set_clock(folder, asked.due_at + timedelta(minutes=1))
    platform.erasures.run_due(actor="ada")
    return asked.id


def rows_on_disk(folder: Path, shop: str) -> dict[str, int]:
    """Rows that name a shop in every Parquet file below the project, read without the product."""
    found: dict[str, int] = {}
    for path in sorted(folder.rglob("*.parquet")):
        if "_delta_log" in path.parts:
            continue
        frame = pl.read_parquet(path)
        for column in frame.select(pl.col(pl.String)).columns:
            values = frame[column].drop_nulls()
            count = values.filter((values == shop) | values.str.contains(f'"shop":"{shop}"', literal=True)).len()
            if count:
                found[path.parent.name] = found.get(path.parent.name, 0) + count
    return found


@pytest.mark.covers("D15")
def test_a_shop_is_erased_from_every_place_of_a_project(tmp_path: Path) -> None:
    folder = copy_of(open_shop(), tmp_path / "shop")
    log = PredictionLog(folder / ".steek" / "predictions")
    log.append([answered("north", 1), answered("south", 2)])
    platform = open_project(folder)
    platform.predictions.collect(key="first")
    # The writer still holds its segment, and goes on.
    log.append([answered("north", 3), answered("south", 4)])
    before = rows_on_disk(folder, "north")
    assert {"sales", "features.shop_recent", "predictions"} <= set(before)
    places = {finding.where for finding in platform.erasures.search(Subject("shop", "north"))}
    assert {"sales", "features.shop_recent", "online store shop_recent", "predictions"} <= places
    assert any(place.startswith("prediction log") for place in places)
    assert any(place.startswith("golden/") for place in places)

    id = erase(platform, folder, "north")
    done = platform.erasures.get(id)
    assert (done.state, done.findings) == ("certified", ())
    assert rows_on_disk(folder, "north") == {}
    assert rows_on_disk(folder, "south") != {}
    assert platform.erasures.search(Subject("shop", "north")) == []
    assert platform.online.keys("shop_recent") == ['"south"']
    # What was written to the log since is collected, without her.
    assert platform.predictions.collect(key="second").rows == 1
    log.close()
    models = {(model["model"], model["certainty"]) for model in platform.erasures.certificate(id)["models"]}
    assert ("trained:shop_demand@1", "learned") in models
    # Through the lines with their makers, which name the shop as well.
    assert ("trained:maker_demand@1", "learned") in models
    told = "".join(json.dumps(event.payload) for event in platform.ledger.events(subject=f"erasure:{id}"))
    assert "north" not in told
    platform.close()


@pytest.mark.covers("D15", "T2")
def test_the_loop_goes_on_after_an_erasure(tmp_path: Path) -> None:
    folder = copy_of(open_shop(), tmp_path / "shop")
    platform = open_project(folder)
    erase(platform, folder, "north")
    definition = platform.project.definitions["shop_demand"]
    (golden,) = platform.golden.pinned(definition, actor="ada")
    assert golden.frame["shop"].unique().to_list() == ["south"]
    latest = platform.features.snapshots("shop_recent")[-1]
    assert platform.features.read([latest], latest.columns).collect()["shop"].to_list() == ["south"]
    platform.features.publish("shop_recent", latest.as_of, key="again")
    decided = platform.gate.decide(platform.registry.get("shop_demand", 2), against=1, key="after", actor="ada")
    assert decided.verdict.value in {"pass", "fail"}
    platform.close()
