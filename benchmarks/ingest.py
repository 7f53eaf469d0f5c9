"""Ingestion: a week of real lines in seven daily batches.

Ours: `Ingestion.ingest` of each day as a parquet payload: parsed, validated against the contract, committed to Delta
exactly once per key and flushed to disk, version and receipt and ledger event written in one transaction. A few rows
of every real day do not fit the contract: they go into quarantine with their reasons, which is a second commit.
Peer and limit: `deltalake.write_deltalake` of the same frames: one commit each, no check, no flush, nothing remembered.
"""

import ingest_world
import measuring

ROUNDS = 7


def main() -> None:
    with measuring.work_folder() as folder, ingest_world.fresh_stores(folder) as fresh:
        days = ingest_world.week()
        rows = sum(day.frame.height for day in days)
        # Opened before the clock starts: making the database of a new project is no part of ingesting.
        opened = iter([fresh.platform().ingestion for _ in range(ROUNDS + 1)])
        spent = measuring.take_turns(
            ROUNDS,
            ours=lambda: ingest_world.send_all(next(opened), days, fresh.round()),
            bare=lambda: ingest_world.write_bare(fresh.bare_table(), days),
        )
        ours, bare = measuring.median(spent["ours"]), measuring.median(spent["bare"])
        print(f"{rows:,} rows in {len(days)} batches; median of {ROUNDS} rounds")
        measuring.say(
            "steek Ingestion", ours, f"{rows / ours.wall_s:,.0f} rows/s, {ours.wall_s / len(days) * 1e3:.0f} ms a batch"
        )
        measuring.say(
            "bare write_deltalake",
            bare,
            f"{rows / bare.wall_s:,.0f} rows/s, {bare.wall_s / len(days) * 1e3:.0f} ms a batch",
        )
        figure = rows / ours.wall_s
        measuring.Result(
            name="ingest",
            figure=figure,
            unit="rows/s in daily batches",
            peer="write_deltalake of the same frames, unchecked and unflushed",
            peer_figure=rows / bare.wall_s,
            limit_figure=rows / bare.wall_s,
            goal="at least 0.25 x bare Delta, everything checked, flushed and remembered",
            met=figure >= 0.25 * rows / bare.wall_s,
        ).end()


if __name__ == "__main__":
    main()
