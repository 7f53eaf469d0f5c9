"""The console: server time of the overview page, of a store with four nights behind it.

Ours: `GET /` of the console process: all models, stations, monitors, routes, alerts and the newest changes read from
the database, rendered. Peer: none that shows the same. Limit: the same process answering `/healthz`, which is what
HTTP, FastAPI and its guards cost. When no chain was replayed in this run, a small one of two nights is.
"""

import subprocess
import sys
import time
from pathlib import Path

import httpx

import grocer_store as store
import measuring
import processes

REQUESTS, WARM_UP = 60, 5
PAGES = ("/", "/models/search_ranking", "/models/partner_demand", "/monitors", "/incidents", "/ledger", "/data")
SMALL = ("--nights", "2", "--history-days", "45", "--households", "0.1")


def main() -> None:
    with measuring.work_folder() as folder:
        data = folder / "replayed"
        if not (data / "clock").exists():
            _replay(data)
        with processes.steek("console", data) as console, httpx.Client(base_url=console.url, timeout=60) as client:
            pages = {page: _page(console, client, page) for page in PAGES}
            floor = _page(console, client, _floor(client))
    print(f"{REQUESTS} requests one after the other on one connection")
    for page, (spent, p95_ms, size) in [*pages.items(), ("answer without a page", floor)]:
        measuring.say(page, spent, f"p95 {p95_ms:6.1f} ms   {size / 1e3:5.0f} kB")
    figure = pages["/"][0].wall_s * 1e3
    measuring.Result(
        name="console",
        figure=figure,
        unit="ms median, overview",
        peer=None,
        peer_figure=None,
        limit_figure=floor[0].wall_s * 1e3,
        goal="below 100 ms",
        met=figure < 100,
    ).end()


def _page(console: processes.Server, client: httpx.Client, page: str) -> tuple[measuring.Spent, float, int]:
    """Median wall and mean CPU seconds of the server a request, 95th percentile in ms, bytes of the answer."""
    for _ in range(WARM_UP):
        client.get(page).raise_for_status()
    waited: list[float] = []
    size = 0
    cpu_s = console.cpu_s()
    for _ in range(REQUESTS):
        began = time.perf_counter()
        response = client.get(page)
        waited.append(time.perf_counter() - began)
        response.raise_for_status()
        size = len(response.content)
    cpu_s = (console.cpu_s() - cpu_s) / REQUESTS
    spent = measuring.Spent(measuring.percentile(waited, 0.5), cpu_s)
    return spent, measuring.percentile(waited, 0.95) * 1e3, size


def _floor(client: httpx.Client) -> str:
    return next(path for path in ("/healthz", "/livez", "/readyz") if client.get(path).is_success)


def _replay(data: Path) -> None:
    print("  (no chain was replayed in this run: a small one of two nights)", flush=True)
    command = [sys.executable, "-m", "replay", *SMALL, "--no-serve", "--data", str(data)]
    command += ["--port", str(processes.two_free_ports())]
    done = subprocess.run(command, cwd=store.GROCER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(done.stdout.decode()[-3000:])


if __name__ == "__main__":
    main()
