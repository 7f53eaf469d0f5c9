"""The room of an incident: server time of its page with 5,000 entries, and fifty people who wait for a note.

Ours: `GET /incidents/{id}` of the console process right after somebody wrote a note, so that the story, the parts and
the page are made anew; half of the entries are notes of people, half are changes of the systems involved. Then fifty
readers keep the stream of that incident open, and one note after the other is written: how long until the last of them
has it, and what the process spends a note. Peer: none that shows the same. Limit: the process answering `/healthz`.
"""

import asyncio
import time
from pathlib import Path

import httpx

import grocer_store as store
import measuring
import processes
from steek.kernel.clock import ReplayClock
from steek.ledger import Draft, Ledger
from steek.platform import open_project

ENTRIES, AT_ONCE = 5_000, 500
PAGES, NOTES, PEOPLE = 20, 8, 50
NEVER_SEEN = 10**15


def main() -> None:
    with measuring.work_folder() as folder:
        data = folder / "room"
        incident = _fill(data)
        with processes.steek("console", data) as console, httpx.Client(base_url=console.url, timeout=60) as client:
            first_s = _timed(client, f"/incidents/{incident}")
            page, p95_ms = _pages(console, client, incident)
            floor = _floor(client)
            live, slowest_s = asyncio.run(_live(console, incident))
    print(f"an incident of {ENTRIES:,} entries; {PAGES} pages, each after a new note; {PEOPLE} people, {NOTES} notes")
    measuring.say("page after a note", page, f"p95 {p95_ms:6.1f} ms, the first of a process {first_s * 1e3:.0f} ms")
    measuring.say("a note until everybody has it", live, f"slowest {slowest_s:.2f} s, {PEOPLE} people")
    figure = page.wall_s * 1e3
    measuring.Result(
        name="incident_room",
        figure=figure,
        unit="ms median, page of an incident with 5,000 entries after a note",
        peer=None,
        peer_figure=None,
        limit_figure=floor * 1e3,
        goal="below 200 ms, and a note reaches 50 people within 2 s",
        met=figure < 200 and slowest_s < 2,
    ).end()


def _fill(data: Path) -> str:
    """A project whose one incident has a long story; returns its number."""
    ReplayClock(data / "clock").set(store.PRESENT)
    platform = open_project(store.GROCER, overrides={"data_path": str(data)})
    try:
        declared = platform.incidents.declare(
            "partner sales down 40%", on="partner_demand", severity="sev2", actor="ariel@grocer", key="room"
        )
        for start in range(0, ENTRIES, AT_ONCE):
            _write(platform.ledger, declared.urn, range(start, start + AT_ONCE))
        return declared.id
    finally:
        platform.close()


def _write(ledger: Ledger, urn: str, numbers: range) -> None:
    drafts = [
        Draft("incident.noted", urn, f"person{number % 9}@grocer", {"text": f"what was seen of partner {number}"})
        if number % 2
        else Draft(
            "route.changed",
            "route:partner_demand",
            "steek",
            {"action": "step_canary", "model": "partner_demand", "version": 1, "share": 0.1, "number": number},
        )
        for number in numbers
    ]
    ledger.record(*drafts)


def _timed(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - began


def _note(client: httpx.Client, incident: str, text: str) -> None:
    form = {"text": text, "actor": "sam@grocer", "key": text}
    assert client.post(f"/incidents/{incident}/notes", data=form).status_code == 303


def _pages(console: processes.Server, client: httpx.Client, incident: str) -> tuple[measuring.Spent, float]:
    waited: list[float] = []
    cpu_s = 0.0
    for number in range(PAGES):
        _note(client, incident, f"note {number}")
        before = console.cpu_s()
        waited.append(_timed(client, f"/incidents/{incident}"))
        cpu_s += console.cpu_s() - before
    spent = measuring.Spent(measuring.percentile(waited, 0.5), cpu_s / PAGES)
    return spent, measuring.percentile(waited, 0.95) * 1e3


def _floor(client: httpx.Client) -> float:
    return measuring.percentile([_timed(client, "/healthz") for _ in range(PAGES)], 0.5)


async def _live(console: processes.Server, incident: str) -> tuple[measuring.Spent, float]:
    """Median seconds until the last of all readers has a note, CPU seconds a note, and the slowest."""
    limits = httpx.Limits(max_connections=PEOPLE + 2)
    async with httpx.AsyncClient(base_url=console.url, timeout=60, limits=limits) as client:
        texts = [f"live note {number}" for number in range(NOTES)]
        inside = asyncio.Semaphore(0)
        seen: asyncio.Queue[float] = asyncio.Queue()
        readers = [asyncio.create_task(_read(client, incident, texts, seen, inside)) for _ in range(PEOPLE)]
        for _ in range(PEOPLE):
            await inside.acquire()
        waited: list[float] = []
        cpu_s = console.cpu_s()
        for text in texts:
            form = {"text": text, "actor": "sam@grocer", "key": text}
            began = time.perf_counter()
            await client.post(f"/incidents/{incident}/notes", data=form)
            waited.append(max([await seen.get() for _ in range(PEOPLE)]) - began)
        cpu_s = console.cpu_s() - cpu_s
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return measuring.Spent(measuring.percentile(waited, 0.5), cpu_s / NOTES), max(waited)


async def _read(
    client: httpx.AsyncClient,
    incident: str,
    texts: list[str],
    seen: "asyncio.Queue[float]",
    inside: asyncio.Semaphore,
) -> None:
    waiting = list(texts)
    async with client.stream("GET", f"/incidents/{incident}/stream?seen={NEVER_SEEN}") as answer:
        async for line in answer.aiter_lines():
            if not line.startswith("data: {"):
                continue
            inside.release()
            while waiting and waiting[0] in line:
                waiting.pop(0)
                seen.put_nowait(time.perf_counter())


if __name__ == "__main__":
    main()
