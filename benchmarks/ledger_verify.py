"""The ledger: verifying the whole chain of a million events, on SQLite.

Ours: `Ledger.verify`: every field read back, put in canonical form, hashed, compared; one process.
Peer and limit: reading the same rows by plain `sqlite3` and hashing their text in order, which would find a changed
row but neither checks instants nor knows what the fields mean.
"""

import hashlib
import sqlite3

import ledger_world
import measuring

ROUNDS = 2


def main() -> None:
    with measuring.work_folder() as folder, ledger_world.million(folder) as ledger:
        connection = sqlite3.connect(folder / "million.db")
        spent = measuring.take_turns(ROUNDS, warm_up=0, ours=ledger.verify, plain=lambda: _plain(connection))
        connection.close()
    ours, plain = measuring.median(spent["ours"]), measuring.median(spent["plain"])
    events = ledger_world.MILLION
    print(f"{events:,} events; median of {ROUNDS} rounds")
    measuring.say("Ledger.verify", ours, f"{events / ours.wall_s:,.0f} events/s")
    measuring.say("sqlite3 and sha256 of the rows", plain, f"{events / plain.wall_s:,.0f} events/s")
    measuring.Result(
        name="ledger_verify",
        figure=ours.wall_s,
        unit="s for 1,000,000 events",
        peer="sqlite3 rows hashed as text",
        peer_figure=plain.wall_s,
        limit_figure=plain.wall_s,
        goal="under 30 s for 1,000,000 events",
        met=ours.wall_s < 30,
    ).end()


def _plain(connection: sqlite3.Connection) -> str:
    previous = "0" * 64
    for row in connection.execute("SELECT * FROM events ORDER BY sequence"):
        previous = hashlib.sha256((previous + repr(row)).encode()).hexdigest()
    return previous


if __name__ == "__main__":
    main()
