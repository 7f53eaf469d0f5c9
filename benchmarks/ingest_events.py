"""Single events: many connections, each sends its next event when its last one is acknowledged as durable.

Ours: one JSON object of twenty fields a request, validated, in the spool and flushed, receipt written.
"""

import json
import shutil

import ingest_wide_world as wide
import load
import measuring

CONNECTIONS, EVENTS = 256, 30_000


def main() -> None:
    rows = [json.loads(line) for line in wide.frame(200, 0).write_ndjson().splitlines()]
    requests = [load.post(f"{wide.PATH}/events", json.dumps(row).encode()) for row in rows]
    with measuring.work_folder() as folder:
        place = folder / "ingest-events"
        with wide.console(place) as server:
            load.send_all(server.port, requests * 10, CONNECTIONS)
            cpu = server.cpu_s()
            answers = load.send_all(server.port, requests * (EVENTS // len(requests)), CONNECTIONS)
            cpu_us = (server.cpu_s() - cpu) / EVENTS * 1e6
        shutil.rmtree(place)
    rate = EVENTS / answers.wall_s
    p50, p99 = (measuring.percentile(answers.latencies_ms, share) for share in (0.5, 0.99))
    print(f"{EVENTS:,} events over {CONNECTIONS} connections: {rate:,.0f} events/s, {cpu_us:.0f} us CPU each")
    print(f"  p50 {p50:.1f} ms, p99 {p99:.1f} ms, refused {answers.refused}")
    measuring.Result(
        name="ingest_events",
        figure=rate,
        unit=f"single events/s over HTTP, acknowledged as durable; {cpu_us:.0f} us CPU each",
        peer=None,
        peer_figure=None,
        limit_figure=None,
        goal="at least 5,000 events/s",
        met=rate >= 5_000 and not answers.refused,
    ).end()


if __name__ == "__main__":
    main()
