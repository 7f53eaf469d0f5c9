"""The page of a model that is served elsewhere."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.monitoring.watching.others_model import START, log, opened, outcomes
from tests.platform.api_world import Client

from steek.cli.watch_init import init
from steek.console.app import build_console
from steek.http.app import build_api
from steek.platform import Platform, watch


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("watched")
    log(0, 40).write_parquet(folder / "log.parquet")
    outcomes(0, 38).write_parquet(folder / "told.parquet")
    told = str(folder / "told.parquet")
    init("store_sales", predictions=str(folder / "log.parquet"), outcomes=told, folder=folder / "store_sales")
    platform = opened(folder / "store_sales", START + timedelta(days=40, hours=5))
    yield platform
    platform.close()


@pytest.mark.covers("N2", "N4", "O4")
def test_a_run_measures_its_history_and_the_page_shows_it(platform: Platform) -> None:
    done = watch(platform, "store_sales", actor="a@b")
    assert done.run.predictions is not None
    points = platform.monitoring.series("store_sales: mean answer").points
    assert len(points) == 40
    assert points[-1].value == pytest.approx(log(39, 40)["forecast"].mean())
    fit = platform.monitoring.series("store_sales: observed against expected").points
    measured = [point for point in fit if point.value is not None]
    assert len(measured) == 38
    app = build_api(platform)
    app.mount("/", build_console(platform))
    with asyncio.Runner() as runner:
        client = Client(app, runner)
        page = client.get("/watched/store_sales")
        assert page.status_code == 200
        assert f"{log(0, 40).height:,} answers" in page.text
        assert "observed against expected" in page.text
        assert "/watched/store_sales" in client.get("/").text
        assert client.get("/watched/nothing").status_code == 404
        assert client.get("/v1/watched").json()["items"][0]["answers"] == log(0, 40).height
        again = client.post("/v1/watched/store_sales/runs")
        assert (again.status_code, again.json()["state"]["answers"]) == (200, log(0, 40).height)
