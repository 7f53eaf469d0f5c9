"""One large batch over HTTP as an Arrow IPC stream of twenty columns: validated, durable in the spool, then committed.

Ours: the body goes to the disk, is hashed, parsed, validated against 20 fields with bounds and categories, compared
with the feed before it, written to the spool with a checksum, flushed and acknowledged; the commit into Delta follows.
The figure is rows per second up to the acknowledgement; the second one up to the commit.
Peer: `write_deltalake` of the same chunks as one stream in one process: no check, no flush, nothing remembered.
"""

import shutil
import time

import httpx
from arro3.core import RecordBatchReader, Table
from deltalake import write_deltalake

import ingest_wide_world as wide
import measuring

# 5,000 is the size of the goal; this is what a busy machine bears.
STREAM_MB = 500
MOST_RESIDENT_MB = 500


def main() -> None:
    one = wide.frame(wide.CHUNK_ROWS, 0)
    chunks = max(1, STREAM_MB * 1_000_000 // len(wide.stream_of(one)))
    rows = chunks * wide.CHUNK_ROWS
    with measuring.work_folder() as folder:
        place = folder / "ingest-stream"
        with wide.console(place, max_batch_bytes=str(20_000_000_000)) as server, httpx.Client(timeout=3600) as client:
            headers = {"Content-Type": wide.ARROW, "Idempotency-Key": "large"}
            cpu, began = server.cpu_s(), time.perf_counter()
            answer = client.post(f"{server.url}{wide.PATH}/batches", content=wide.long_stream(chunks), headers=headers)
            answer.raise_for_status()
            acknowledged = measuring.Spent(time.perf_counter() - began, server.cpu_s() - cpu)
            path = f"{server.url}/v1/receipts/{answer.json()['id']}"
            while client.get(path).json()["receipt"]["state"] != "committed":
                time.sleep(0.05)
            committed = measuring.Spent(time.perf_counter() - began, server.cpu_s() - cpu)
            peak_mb = server.peak_bytes() / 1e6
        began = time.perf_counter()
        with measuring.stopwatch() as bare:
            schema = Table.from_arrow(one).schema
            frames = (wide.frame(wide.CHUNK_ROWS, at % 4) for at in range(4))
            made = [batch for each in frames for batch in Table.from_arrow(each).to_batches()]
            reader = RecordBatchReader.from_batches(schema, (made[at % len(made)] for at in range(chunks)))
            write_deltalake(str(place / "bare"), reader, mode="append")
        shutil.rmtree(place)
    print(f"{rows:,} rows, {STREAM_MB:,} MB; console's peak memory {peak_mb:,.0f} MB")
    measuring.say("acknowledged", acknowledged, f"{rows / acknowledged.wall_s:,.0f} rows/s")
    measuring.say("committed", committed, f"{rows / committed.wall_s:,.0f} rows/s")
    measuring.say("bare write_deltalake", bare(), f"{rows / bare().wall_s:,.0f} rows/s")
    figure = rows / acknowledged.wall_s
    measuring.Result(
        name="ingest_stream",
        figure=figure,
        unit=f"rows/s of 20 columns over HTTP, acknowledged; {acknowledged.cpu_s:.1f} s CPU, peak {peak_mb:.0f} MB",
        peer="write_deltalake of the same stream in one process, unchecked and unflushed",
        peer_figure=rows / bare().wall_s,
        limit_figure=None,
        goal=f"at least 200,000 rows/s, peak memory below {MOST_RESIDENT_MB} MB",
        met=figure >= 200_000 and peak_mb < MOST_RESIDENT_MB,
    ).end()


if __name__ == "__main__":
    main()
