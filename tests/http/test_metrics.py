"""Metrics of the loop: cheap, bounded, without persons, and understood by the real Prometheus and its client."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from api_world import Api
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,  # pyright: ignore[reportUnknownVariableType] - has no types
)
from prometheus_client.parser import text_string_to_metric_families as read_text
from shop_world import copy_of, free_port, open_shop, running, sales_of, set_clock, wait_for
from tests.http.monitoring_servers import alertmanager_server, prometheus_server

from steek.kernel import SystemClock
from steek.kernel.waiting import wait_until

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def samples(api: Api, **headers: str) -> dict[tuple[str, ...], float]:
    text = api.client.get("/metrics", headers=headers).text
    read = cast("Callable[[str], Iterable[Any]]", read_openmetrics if headers else read_text)
    return {(one.name, *one.labels.values()): one.value for family in read(text) for one in family.samples}


@pytest.mark.covers("O11", "O1", "O7")
def test_the_loop_is_told_in_both_text_forms_with_the_same_numbers(reading: Api) -> None:
    answer = reading.client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    asked = reading.client.get("/metrics", headers={"accept": OPENMETRICS})
    assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert asked.text.endswith("# EOF\n")
    told = samples(reading)
    assert told == samples(reading, accept=OPENMETRICS)
    for name, state in ((each.monitor, each) for each in reading.platform.monitoring.monitors_state()):
        assert told[("steek_monitor_state", name, state.state)] == 1.0
        if state.value is not None:
            assert told[("steek_monitor_value", name)] == state.value
        assert state.evaluated_at is not None
        age_s = (reading.platform.clock.now() - state.evaluated_at).total_seconds()
        assert told[("steek_monitor_evaluation_age_seconds", name)] == age_s
    assert told[("steek_model_version", "maker_demand")] == 2.0
    assert told[("steek_model_data_age_seconds", "maker_demand")] > 0
    assert told[("steek_ingestion_waiting_batches", "sales")] == 0.0
    assert told[("steek_notices_waiting", "hook")] == 0.0
    firing = [alert for alert in reading.platform.monitoring.alerts() if alert.state == "firing"]
    assert sum(value for key, value in told.items() if key[0] == "steek_alerts_open" and key[2] == "firing") == len(
        firing
    )
    assert {key: value for key, value in told.items() if key[0] == "steek_metrics_unreadable" and value} == {}


@pytest.mark.covers("O11")
def test_metrics_are_open_to_scrapers_and_tell_of_nobody(reading: Api) -> None:
    text = reading.client.get("/metrics", headers={"authorization": "Bearer no-such-token"}).text
    assert "steek_monitor_value" in text
    owners = {monitor.owner for monitor in reading.platform.project.monitors.values()}
    assert not any(owner in text for owner in owners)
    assert "slice" not in {label for family in read_text(text) for one in family.samples for label in one.labels}


@pytest.mark.covers("O11")
def test_scrapes_within_seconds_share_one_look_and_a_broken_part_hides_no_other(
    reading: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steek.http import prometheus

    parts: dict[str, Any] = {**vars(prometheus)["_PARTS"]}
    calls: list[str] = []

    def count(platform: Any) -> Any:
        calls.append("read")
        raise ValueError

    monkeypatch.setattr(prometheus, "_PARTS", {**parts, "alerts": count})
    collector = prometheus.LoopCollector(reading.platform)
    first = collector.collect()
    assert collector.collect() is first
    assert calls == ["read"]
    unreadable = {one.labels["part"]: one.value for one in first[-1].samples}
    assert unreadable["alerts"] == 1.0
    assert sum(unreadable.values()) == 1.0
    assert "steek_monitor_value" in {family.name for family in first}


@pytest.mark.covers("O11", "O12")
def test_slices_come_by_a_setting_only_and_no_more_than_it_says(tmp_path: Path) -> None:
    folder = copy_of(open_shop(), tmp_path / "open")
    with (folder / "steek.toml").open("r+") as file:
        text = file.read()
        file.seek(0)
        file.write(f"metric_slices = 1\n{text}")
    with Api.over(folder) as api:
        by_monitor: dict[str, int] = {}
        for name, *labels in samples(api):
            if name == "steek_monitor_slice_value":
                monitor = labels[0]
                by_monitor[monitor] = by_monitor.get(monitor, 0) + 1
        assert by_monitor
        assert max(by_monitor.values()) == 1


@pytest.mark.prometheus
@pytest.mark.covers("O11", "O8", "N2")
def test_real_prometheus_scrapes_and_an_alert_goes_through_real_alertmanager_and_back(tmp_path: Path) -> None:
    folder = copy_of(open_shop(), tmp_path / "open")
    steek = f"http://127.0.0.1:{free_port()}"
    with alertmanager_server(tmp_path, f"{steek}/v1/alertmanager") as alertmanager:
        target = f'[notify.targets.am]\nkind = "alertmanager"\nurl = "{alertmanager}"\nrepeat_every_s = 0.2\n'
        with (folder / "steek.toml").open("a") as file:
            file.write(f"\n{target}")
        set_clock(folder, datetime(2024, 4, 2, 1, tzinfo=UTC))
        world = Loop(steek, alertmanager)
        with running("console", folder, {"STEEK_PORT": steek.rpartition(":")[2]}) as process:
            wait_for(f"{steek}/healthz", process)
            with prometheus_server(tmp_path, steek.removeprefix("http://")) as prometheus:
                world.check("first")
                (fired,) = (each for each in world.notices() if "lines in" in each["title"])
                world.until(lambda: world.states(fired["notice"]) == ["active"])
                world.until(lambda: any(each["came_back_at"] for each in world.notices()))
                assert world.foreign() == [], "what comes back is no alert of others"
                world.silence(fired["notice"])
                world.until(lambda: world.states(fired["notice"]) == ["suppressed"])
                world.until(lambda: scraped(prometheus, 'steek_monitor_state{monitor="lines in",state="broken"}') == 1)
                world.bring_lines()
                world.check("second")
                world.until(lambda: world.states(fired["notice"]) == [])
                assert [each["told"] for each in world.notices() if each["notice"] == fired["notice"]] == ["resolved"]
                world.raise_foreign(seconds=60)
                world.until(lambda: [each["state"] for each in world.foreign()] == ["firing"])
                world.raise_foreign(seconds=0)
                world.until(lambda: [each["state"] for each in world.foreign()] == ["resolved"])


@dataclass
class Loop:
    """A console and an Alertmanager that know each other."""

    steek: str
    alertmanager: str

    def check(self, key: str) -> None:
        self._post("/v1/monitors/evaluations?day=2024-04-01&monitor=lines in", key=key)

    def bring_lines(self) -> None:
        lines = sales_of(date(2024, 4, 1)).write_csv()
        headers = {"content-type": "text/csv", "idempotency-key": "lines"}
        path = f"{self.steek}/v1/datasets/sales/batches?wait=commit"
        assert httpx.post(path, content=lines, headers=headers).is_success

    def notices(self) -> list[dict[str, Any]]:
        found = httpx.get(f"{self.steek}/v1/notices").json()["items"]
        return [each for each in found if each["target"] == "am"]

    def foreign(self) -> list[dict[str, Any]]:
        return httpx.get(f"{self.steek}/v1/alertmanager").json()["items"]

    def states(self, notice: str) -> list[str]:
        alerts = httpx.get(f"{self.alertmanager}/api/v2/alerts").json()
        return [each["status"]["state"] for each in alerts if each["labels"].get("steek_notice") == notice]

    def silence(self, notice: str) -> None:
        matcher = {"name": "steek_notice", "value": notice, "isRegex": False, "isEqual": True}
        now = SystemClock().now()
        span = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
        body = {"matchers": [matcher], **span, "createdBy": "ada", "comment": "known"}
        assert httpx.post(f"{self.alertmanager}/api/v2/silences", json=body).is_success

    def raise_foreign(self, *, seconds: float) -> None:
        now = SystemClock().now()
        span = {"startsAt": "2024-04-01T00:00:00Z", "endsAt": (now + timedelta(seconds=seconds)).isoformat()}
        body = [{"labels": {"alertname": "DiskFull", "model": "shop_demand"}, **span}]
        assert httpx.post(f"{self.alertmanager}/api/v2/alerts", json=body).is_success

    def until(self, condition: Callable[[], bool]) -> None:
        def sent() -> bool:
            # As the worker does all the time.
            self._post("/v1/notices/deliveries", key="send")
            return condition()

        assert wait_until(sent, SystemClock(), timeout_s=20), httpx.get(f"{self.steek}/v1/notices/targets").text

    def _post(self, path: str, *, key: str) -> None:
        answer = httpx.post(f"{self.steek}{path}", headers={"idempotency-key": key})
        assert answer.is_success, answer.text


def scraped(prometheus: str, query: str) -> float | None:
    """The newest value of one series as Prometheus has it."""
    found = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}).json()["data"]["result"]
    return float(found[0]["value"][1]) if found else None
