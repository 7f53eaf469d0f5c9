"""Paging: from the declaration of an incident to the page at a pager, on this machine.

Ours: `Incidents.declare` with the worker's two threads running, as `steek work` runs them: the pager looks for
declarations twice a second, senders for what is due twice a second. A page is a row, a notice and a delivery before it
leaves, and arrives at a webhook with its signature. Time counts until the receiver has read it.
Limit: the same body posted to the same receiver without anything in between.
"""

import json
import statistics
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

import measuring
from steek.platform import open_project

ROUNDS = 15
LONGEST_S = 2.0


class Pager:
    """Remembers when which incident arrived."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.woken = threading.Condition()
        pager = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with pager.woken:
                    pager.arrived.setdefault(document["key"], time.perf_counter())
                    pager.woken.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, key: str) -> float:
        """When it arrived; raises TimeoutError after half a minute."""
        with self.woken:
            if not self.woken.wait_for(lambda: key in self.arrived, 30):
                raise TimeoutError(key)
            return self.arrived[key]


def main() -> None:
    pager = Pager()
    with measuring.work_folder() as folder:
        bare = statistics.median(post_bare(pager, number) for number in range(ROUNDS))
        spent = sorted(page(folder, pager))
    pager.server.shutdown()
    worst = spent[-1]
    print(f"{ROUNDS} declarations: median {statistics.median(spent):.2f} s, worst {worst:.2f} s to the page received")
    measuring.Result(
        name="paging",
        figure=worst,
        unit="s from declaration to page received, worst",
        peer="the same body posted straight to the receiver",
        peer_figure=bare,
        limit_figure=bare,
        goal=f"under {LONGEST_S:g} s",
        met=worst < LONGEST_S,
    ).end()


def page(folder: Path, pager: Pager) -> list[float]:
    """Seconds of each declaration."""
    project = folder / "project"
    project.mkdir()
    secret = "p" * 40
    target = (
        f'[notify.targets.night]\nkind = "webhook"\nurl = "{pager.url}"\nsecret = "{secret}"\npurposes = ["change"]\n'
    )
    (project / "steek.toml").write_text(f'name = "paging"\n{target}')
    platform = open_project(project)
    rotation = {"name": "core", "people": ["ada", "ben"], "starts_on": "2020-01-06", "zone": "Europe/Berlin"}
    platform.oncall.put_rotation(rotation, actor="bench", key="rotation")
    for person in ("ada", "ben"):
        platform.oncall.set_contacts(person, [{"kind": "target", "value": "night"}], actor="bench", key=person)
    spent: list[float] = []
    with platform.notices.sending(0.5), platform.pager.running():
        for number in range(ROUNDS):
            # Declarations fall anywhere between two looks.
            time.sleep(0.1 + 0.037 * number)
            began = time.perf_counter()
            declared = platform.incidents.declare(
                f"trouble {number}", on=f"system {number}", severity="sev1", actor="bench", key=f"d{number}"
            )
            spent.append(pager.wait_for(f"incident:{declared.id}") - began)
    platform.close()
    return spent


def post_bare(pager: Pager, number: int) -> float:
    key = f"bare {number}"
    began = time.perf_counter()
    with urlopen(Request(pager.url, json.dumps({"key": key}).encode(), {"Content-Type": "application/json"})):
        return pager.wait_for(key) - began


if __name__ == "__main__":
    main()
