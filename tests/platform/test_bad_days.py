"""What breaks in the middle of work leaves the state of before, and the work can be done again."""

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_world import Api
from shop_world import NIGHTS, Shell, copy_of, open_shop, sales_of, serving, stocked_shop

from steek.kernel.verdict import Verdict


@pytest.fixture
def stocked(tmp_path: Path) -> Shell:
    return Shell(copy_of(stocked_shop(), tmp_path / "stocked"))


@pytest.fixture
def shop(tmp_path: Path) -> Shell:
    return Shell(copy_of(open_shop(), tmp_path / "open"))


def artifact_of(shop: Shell, model: str, version: int) -> Path:
    versions = shop.json("models", "versions", model)
    sha256 = next(one["artifact_sha256"] for one in versions if one["version"] == version)
    return shop.folder / ".steek" / "artifacts" / sha256[:2] / sha256


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


DAMAGES = [(flip, 7, "damaged_artifact"), (cut, 7, "damaged_artifact"), (Path.unlink, 4, "not_found")]


@pytest.mark.covers("N3", "V1", "S3")
@pytest.mark.parametrize(("damage", "status", "code"), DAMAGES, ids=["flipped", "cut", "gone"])
def test_nobody_rolls_back_to_a_damaged_model(shop: Shell, damage: Any, status: int, code: str) -> None:
    damage(artifact_of(shop, "maker_demand", 1))
    before = shop.json("models", "list"), shop.json("ledger", "verify")
    for target in (("--to", "1"), ("--to", "last-good")):
        done = shop.steek("rollback", "maker_demand", "--fleet", *target, "--json")
        assert (done.status, done.problem["error"]) == (status, code)
        assert "retrain" in done.problem["next_step"]
    one = shop.steek("rollback", "maker_demand", "--partner", "beer", "--to", "1", "--json")
    assert (one.status, one.problem["error"]) == (status, code)
    assert (shop.json("models", "list"), shop.json("ledger", "verify")) == before


@pytest.mark.covers("N3", "V1")
@pytest.mark.parametrize("damage", [flip, cut], ids=["flipped", "cut"])
def test_the_gate_fails_a_damaged_model(shop: Shell, damage: Any) -> None:
    damage(artifact_of(shop, "shop_demand", 2))
    with Api.over(shop.folder) as api:
        trained = api.platform.registry.get("shop_demand", 2)
        decision = api.platform.gate.decide(trained, against=1, key="again")
    assert decision.verdict is Verdict.FAIL
    assert "artifact is what was trained" in decision.blocking


@pytest.mark.covers("N3", "V1", "S1")
def test_serving_says_which_version_it_cannot_load_and_serves_the_others(shop: Shell) -> None:
    flip(artifact_of(shop, "maker_demand", 2))
    with serving(shop.folder) as environment:
        url = f"http://127.0.0.1:{environment['STEEK_SERVING_PORT']}/v2/models"
        assert httpx.get(f"{url}/shop_demand/ready").status_code == 200
        ready = httpx.get(f"{url}/maker_demand/ready")
        assert ready.status_code >= 400
        assert "damaged" in ready.text


@pytest.mark.covers("N3", "F1")
def test_a_view_that_raises_is_named_with_its_line_and_nothing_is_kept(stocked: Shell) -> None:
    source = stocked.folder / "storefront.py"
    broken = source.read_text().replace(
        'log_lines_3d=(pl.len() + 1.0).log())\n\n\n@sk.feature_view(entity="maker"',
        'log_lines_3d=pl.col("lines").sum())\n\n\n@sk.feature_view(entity="maker"',
    )
    source.write_text(broken)
    done = stocked.steek("train", "shop_guess", "--known-until", NIGHTS[0].isoformat(), "--key", "try", "--json")
    assert (done.status, done.problem["error"]) == (9, "user_code")
    assert "feature view shop_recent raised ColumnNotFoundError" in done.problem["message"]
    assert stocked.json("models", "versions", "shop_guess") == []
    assert stocked.json("ledger", "list", "--kind", "features.materialised") == []

    raising = broken.replace(
        '    return sales.group_by("shop").agg(',
        "    raise ValueError('no shops today')\n    return sales.group_by(\"shop\").agg(",
        1,
    )
    source.write_text(raising)
    line = raising[: raising.index("raise ValueError")].count("\n") + 1
    done = stocked.steek("train", "shop_guess", "--known-until", NIGHTS[0].isoformat(), "--key", "try", "--json")
    assert done.problem["message"] == "feature view shop_recent raised ValueError: no shops today"
    assert done.problem["next_step"] == f"See {source}, line {line}."


@pytest.mark.covers("N3", "T1")
def test_a_night_without_data_says_so_and_runs_when_the_data_has_come(stocked: Shell) -> None:
    day = date(2024, 3, 12)
    words = ("night", "run", day.isoformat())
    done = stocked.steek(*words, "--json")
    assert (done.status, done.problem["error"]) == (8, "busy")
    assert done.problem["message"] == "no rows of 2024-03-12 have arrived in sales"
    assert done.problem["next_step"] == "Ingest the day's batch, then start the night again."
    assert stocked.json("models", "versions", "maker_demand") == []
    sales_of(day).write_csv(stocked.folder / "late.csv")
    stocked.json("ingest", "sales", "late.csv")
    with serving(stocked.folder) as environment:
        report = Shell(stocked.folder, environment).json(*words)
    assert report["models"]["maker_demand"]["verified"] == 1
    started = stocked.json("ledger", "list", "--kind", "night.started")
    assert [event["subject"] for event in started] == ["night:2024-03-12"]


@pytest.mark.covers("F1", "T1")
def test_an_edited_view_is_computed_anew_for_all_that_training_needs(shop: Shell) -> None:
    def made() -> list[Any]:
        return shop.json("ledger", "list", "--kind", "features.materialised", "--limit", "200")

    before = made()
    source = shop.folder / "storefront.py"
    source.write_text(source.read_text().replace("log_lines_3d=(pl.len() + 1.0).log()", "log_lines_3d=pl.len()", 1))
    assert shop.json("train", "shop_guess", "--known-until", NIGHTS[1].isoformat())[0]["rows"] == 12
    fresh = made()[: -len(before)]
    assert {event["payload"]["view"] for event in fresh} == {"shop_recent"}
    assert [event["payload"]["as_of"][:10] for event in fresh] == [
        f"2024-03-{number:02}" for number in range(12, 4, -1)
    ]
    assert len({event["payload"]["definition_hash"] for event in fresh}) == 1
    changed = shop.json("ledger", "list", "--kind", "feature.changed")
    assert [event["subject"] for event in changed] == ["features:shop_recent"]
