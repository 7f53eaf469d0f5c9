"""Acknowledgement of small batches: 8 clients, each sends its next batch of 1,000 rows when it has its answer.

Ours: Arrow IPC of twenty columns over HTTP, validated, durable in the spool, receipt written; commits go on beside it.
"""

import itertools
import shutil

import ingest_wide_world as wide
import load
import measuring

CLIENTS, BATCHES, WARM, ROWS = 8, 800, 100, 1_000


def main() -> None:
    # Each batch once: a batch that comes again under another key is held, which is another way through the house.
    bodies = iter([wide.stream_of(wide.frame(ROWS, seed)) for seed in range(WARM + BATCHES)])
    with measuring.work_folder() as folder:
        place = folder / "ingest-latency"
        with wide.console(place) as server:
            keys = itertools.count()

            def requests(count: int) -> list[bytes]:
                return [_request(next(bodies), f"key-{next(keys)}") for _ in range(count)]

            load.send_all(server.port, requests(WARM), CLIENTS)
            cpu = server.cpu_s()
            answers = load.send_all(server.port, requests(BATCHES), CLIENTS)
            cpu_ms = (server.cpu_s() - cpu) / BATCHES * 1e3
        shutil.rmtree(place)
    p50, p99 = (measuring.percentile(answers.latencies_ms, share) for share in (0.5, 0.99))
    rate = BATCHES / answers.wall_s
    print(f"{BATCHES:,} batches of {ROWS:,} rows, {CLIENTS} clients: {rate:,.0f} batches/s, {cpu_ms:.1f} ms CPU each")
    print(f"  p50 {p50:.1f} ms, p99 {p99:.1f} ms, refused {answers.refused}")
    measuring.Result(
        name="ingest_latency",
        figure=p50,
        unit=f"ms to acknowledge 1,000 rows, median of 8 clients at once; {cpu_ms:.1f} ms CPU each",
        peer=None,
        peer_figure=None,
        limit_figure=None,
        goal="p50 below 15 ms, p99 below 60 ms",
        met=p50 < 15 and p99 < 60 and not answers.refused,
    ).end()


def _request(body: bytes, key: str) -> bytes:
    head = f"Content-Type: {wide.ARROW}\r\nIdempotency-Key: {key}"
    return load.post(f"{wide.PATH}/batches", body).replace(b"Content-Type: application/json", head.encode())


if __name__ == "__main__":
    main()
