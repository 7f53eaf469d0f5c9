"""How a night lets a new version take over, on a clock moved by hand."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from opened_shop import opened_after_nights, set_clock
from shop_world import copy_of, open_shop, serving

from steek.loop.canary_steps import begin, in_canary, look
from steek.platform import Platform
from steek.serving import PredictionLog, PredictionRecord

NIGHT, MODEL, HOUR = date(2024, 3, 11), "shop_demand", timedelta(hours=1)


@pytest.fixture
def shop(tmp_path: Path) -> Generator[Platform]:
    """Version 2 of the model has a tenth of the traffic; nobody has asked it anything."""
    with opened_after_nights(tmp_path / "open") as platform:
        yield platform


@contextmanager
def with_serving(place: Path) -> Generator[Platform]:
    folder = copy_of(open_shop(), place)
    with serving(folder) as environment, opened_after_nights(folder, environment) as platform:
        yield platform


def wait(platform: Platform, hours: float) -> None:
    set_clock(platform.settings.project_path, platform.clock.now() + hours * HOUR)


def answer(platform: Platform, requests: int, *, candidate_fails: bool = False) -> None:
    """Write down what both versions answered, as the serving process does."""
    route = platform.routes.get(MODEL)
    assert route.candidate is not None
    log = PredictionLog(platform.settings.data_path / "predictions")
    for version, name in ((route.primary, "primary"), (route.candidate, "candidate")):
        fell = candidate_fails and name == "candidate"
        log.append(
            [
                PredictionRecord(
                    request_id=f"{route.epoch}:{name}:{number}",
                    at=platform.clock.now(),
                    logged_at=platform.clock.now(),
                    model=MODEL,
                    version=route.primary if fell else version,
                    member=None,
                    route="fallback" if fell else name,
                    fallback="previous_version@1" if fell else None,
                    fallback_reason="error: ValueError: broken" if fell else None,
                    latency_ms=2.0,
                    entity='{"shop":"north"}',
                    candidates=1,
                    answers=[],
                    scores=[10.0 + number],
                    score_sum=10.0 + number,
                    score_mean=10.0 + number,
                    features=[],
                    feature_as_of=None,
                    asked_version=version,
                    asked_route=name,
                    epoch=route.epoch,
                )
                for number in range(requests)
            ]
        )
    log.close()


def look_now(platform: Platform, began: dict[str, Any], number: int) -> dict[str, Any]:
    return look(platform.loop, NIGHT, [MODEL], began, number)


@pytest.mark.covers("S3")
def test_canaries_begin_with_their_shortest_dwell_and_only_where_there_are_any(shop: Platform) -> None:
    models = list(shop.project.definitions)
    assert in_canary(shop.loop, models) == [MODEL]
    assert begin(shop.loop, models) == {"at": shop.clock.now().isoformat(), "dwell_s": 3600.0}
    assert begin(shop.loop, ["maker_demand"]) == {}


@pytest.mark.covers("S3")
def test_a_look_waits_for_its_time_and_leaves_a_step_alone_that_is_not_over(shop: Platform) -> None:
    began = begin(shop.loop, [MODEL]) | {"dwell_s": 600.0}
    answer(shop, 5)
    started = shop.clock.now()
    timer = threading.Timer(0.2, lambda: wait(shop, 0.5))
    timer.start()
    said = look_now(shop, began, 1)
    timer.join()
    assert shop.clock.now() - started == 0.5 * HOUR
    assert said == {MODEL: {"verdict": "running", "fraction": 0.1}}


@pytest.mark.covers("S3")
def test_without_evidence_nothing_moves_for_a_while(shop: Platform) -> None:
    began, before = begin(shop.loop, [MODEL]), shop.routes.get(MODEL)
    wait(shop, 1)
    said = look_now(shop, began, 1)[MODEL]
    assert said["verdict"] == "undecided"
    assert said["reasons"][0] == "the candidate answered 0 requests, 1 are needed"
    assert shop.routes.get(MODEL) == before


@pytest.mark.covers("S3", "I4")
def test_a_candidate_that_an_incident_holds_stays_where_it_is(tmp_path: Path) -> None:
    with with_serving(tmp_path / "open") as shop:
        began, before = begin(shop.loop, [MODEL]), shop.routes.get(MODEL)
        answer(shop, 30)
        shop.freezes.hold(f"model:{MODEL}", ["deploy"], "keys changed", "incident:2024-001", actor="steek", key="hold")
        wait(shop, 1)
        said = look_now(shop, began, 1)[MODEL]
        assert said["verdict"] == "pass"
        assert "incident:2024-001" in said["held"]
        assert shop.routes.get(MODEL) == before


@pytest.mark.slow
@pytest.mark.covers("S3", "T2")
def test_a_good_candidate_steps_up_and_takes_over_and_a_repeated_look_says_and_does_the_same(tmp_path: Path) -> None:
    with with_serving(tmp_path / "open") as shop:
        began = begin(shop.loop, [MODEL])
        for number, fraction in ((1, 0.5), (2, 1.0)):
            answer(shop, 30)
            wait(shop, 1)
            said = look_now(shop, began, number)
            assert (said[MODEL]["verdict"], said[MODEL]["fraction"]) == ("pass", fraction)
            assert look_now(shop, began, number) == said
        route = shop.routes.get(MODEL)
        assert (route.primary, route.candidate, route.previous) == (2, None, (1,))
        assert [change.action for change in shop.routes.history(MODEL)][:2] == ["promote", "step_canary"]
        # What serves follows before the look is over.
        parameters = shop.serving.metadata(MODEL)["parameters"]
        assert (parameters["primary"], parameters["epoch"]) == (2, route.epoch)


@pytest.mark.slow
@pytest.mark.covers("S3", "S4")
@pytest.mark.parametrize("hours", [1, 4])
def test_a_candidate_that_fails_or_that_nobody_asks_for_long_is_given_up(tmp_path: Path, hours: int) -> None:
    with with_serving(tmp_path / "open") as shop:
        began = begin(shop.loop, [MODEL])
        if hours == 1:
            answer(shop, 30, candidate_fails=True)
        wait(shop, hours)
        said = look_now(shop, began, 1)[MODEL]
        assert (said["verdict"], said["fraction"]) == ("fail" if hours == 1 else "undecided", 0.0)
        route = shop.routes.get(MODEL)
        assert (route.primary, route.candidate) == (1, None)
        assert shop.routes.history(MODEL)[0].reason == "; ".join(said["reasons"])
