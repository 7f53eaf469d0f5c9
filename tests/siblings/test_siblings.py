"""The same project on servers, by its settings alone, makes the same models and gives the same answers."""

from pathlib import Path

import pytest
from corner_life import MODELS, Life, live

pytestmark = pytest.mark.slow


@pytest.mark.covers("N1")
def test_the_embedded_shop_makes_models_and_answers(embedded: Life) -> None:
    assert [night["models"] for night in embedded.nights][1]["maker_demand"]["verified"] == 2
    assert embedded.nights[1]["predictions"]["rows"] == len(embedded.answers) == 6
    assert embedded.nights[1]["outcomes"]["maker_demand"]["matched"] == 4
    assert {model["model"]: model["serves"] for model in embedded.models if model["model"] in MODELS} == {
        "maker_demand": 2,
        "shop_demand": 1,
    }
    assert all(answer[0] > 0 for answer in embedded.answers)


@pytest.mark.postgres
@pytest.mark.s3
@pytest.mark.redis
@pytest.mark.covers("N1", "F4", "T2", "D2")
def test_on_postgres_object_storage_and_redis_it_lives_the_same_life(
    tmp_path: Path, embedded: Life, postgres: dict[str, str], s3: dict[str, str], redis: dict[str, str]
) -> None:
    folder = tmp_path / "shop"
    assert live(folder, {**postgres, **s3, **redis}) == embedded
    # Nothing of it lies beside the servers.
    kept = {"artifacts", "clock", "predictions", "spool", "worker.lock"}
    assert {path.name for path in (folder / ".steek").iterdir()} == kept
    # The spool is a machine's own, and empty once its batches are committed.
    assert list((folder / ".steek" / "spool").rglob("*.arrow")) == []


@pytest.mark.ray
@pytest.mark.covers("N1", "T8")
def test_on_a_ray_cluster_it_lives_the_same_life(tmp_path: Path, embedded: Life) -> None:
    pytest.importorskip("ray", reason="pip install 'steek[ray]'")
    assert live(tmp_path / "shop", {"STEEK_ENGINE": "ray"}) == embedded
