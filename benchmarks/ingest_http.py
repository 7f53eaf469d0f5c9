"""Ingestion over HTTP: the same week through `POST /v1/datasets/transactions/batches` of the console process.

Ours: one client, one connection, batch after batch; the answer is the receipt of a durable batch, and subscribers have
been told. CPU is that of the console process.
Peer and limit: as in `ingest`, `write_deltalake` of the same frames in this process.
"""

import httpx

import ingest_world
import measuring
import processes

ROUNDS = 5


def main() -> None:
    with (
        measuring.work_folder() as folder,
        ingest_world.fresh_stores(folder) as fresh,
        processes.steek("console", fresh.new_data()) as console,
        httpx.Client(base_url=console.url, timeout=60) as client,
    ):
        days = ingest_world.week()
        rows = sum(day.frame.height for day in days)
        cpu_before = console.cpu_s()
        spent = measuring.take_turns(
            ROUNDS,
            warm_up=1,
            ours=lambda: ingest_world.post_all(client, days, fresh.round()),
            bare=lambda: ingest_world.write_bare(fresh.bare_table(), days),
        )
        cpu_s = (console.cpu_s() - cpu_before) / (ROUNDS + 1)
        ours = measuring.Spent(measuring.median(spent["ours"]).wall_s, cpu_s)
        bare = measuring.median(spent["bare"])
        print(f"{rows:,} rows in {len(days)} batches; median of {ROUNDS} rounds")
        measuring.say(
            "steek over HTTP", ours, f"{rows / ours.wall_s:,.0f} rows/s, {ours.wall_s / len(days) * 1e3:.0f} ms a batch"
        )
        measuring.say("bare write_deltalake", bare, f"{rows / bare.wall_s:,.0f} rows/s")
        figure = rows / ours.wall_s
        measuring.Result(
            name="ingest_http",
            figure=figure,
            unit="rows/s in daily batches over HTTP",
            peer="write_deltalake of the same frames in one process, unchecked and unflushed",
            peer_figure=rows / bare.wall_s,
            limit_figure=rows / bare.wall_s,
            goal="at least 0.2 x bare Delta",
            met=figure >= 0.2 * rows / bare.wall_s,
        ).end()


if __name__ == "__main__":
    main()
