"""The ledger: verifying the whole chain.

Ours: `Ledger.verify` over 20,000 events: every field read back, put in canonical form, hashed, compared.
Peer and limit: reading the same rows by plain `sqlite3` and hashing their text in order, which would find a changed
row but neither checks instants nor knows what the fields mean.
"""

import hashlib
import sqlite3

import ledger_world
import measuring

EVENTS, ROUNDS, AT_ONCE = 20_000, 3, 1_000


def main() -> None:
    with measuring.work_folder() as folder, ledger_world.new_ledger(folder, "verify") as ledger:
        for first in range(0, EVENTS, AT_ONCE):
            ledger.record(*ledger_world.drafts(first, AT_ONCE))
        connection = sqlite3.connect(folder / "verify.db")
        spent = measuring.take_turns(ROUNDS, ours=ledger.verify, plain=lambda: _plain(connection))
        connection.close()
    ours, plain = measuring.median(spent["ours"]), measuring.median(spent["plain"])
    print(f"{EVENTS:,} events; median of {ROUNDS} rounds")
    measuring.say("Ledger.verify", ours, f"{EVENTS / ours.wall_s:,.0f} events/s")
    measuring.say("sqlite3 and sha256 of the rows", plain, f"{EVENTS / plain.wall_s:,.0f} events/s")
    figure = EVENTS / ours.wall_s
    measuring.Result(
        name="ledger_verify",
        figure=figure,
        unit="events/s",
        peer="sqlite3 rows hashed as text",
        peer_figure=EVENTS / plain.wall_s,
        limit_figure=EVENTS / plain.wall_s,
        goal="at least 10,000 events/s: a year of 1,000 events a day in under a minute",
        met=figure >= 10_000,
    ).end()


def _plain(connection: sqlite3.Connection) -> str:
    previous = "0" * 64
    for row in connection.execute("SELECT * FROM events ORDER BY sequence"):
        previous = hashlib.sha256((previous + repr(row)).encode()).hexdigest()
    return previous


if __name__ == "__main__":
    main()
