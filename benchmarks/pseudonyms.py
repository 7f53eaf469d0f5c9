"""Pseudonyms of a million different values, as ingestion makes them for a column of new people.

Ours: `Pseudonyms.pseudonymise` of one column: keyed BLAKE2b of 128 bits over the different values, joined back to the
rows, with the scope's key from the vault. Keeping sealed originals for reversal is left out: that is one row in the
database per new value, once. Shown beside: a column in which the same 2,469 households come again and again, and
prefix-preserving pseudonyms of postal codes, over AES.
Peer: HMAC-SHA-256 in hexadecimal, one call of the standard library per value.
"""

import hmac
import tempfile
from pathlib import Path

import polars as pl

import measuring
from steek.governance import Pseudonyms
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey
from steek.kernel.clock import SystemClock
from steek.ledger import Database, Ledger
from steek.ledger.migrating import migrate

VALUES = 1_000_000
HOUSEHOLDS = 2_469
ROUNDS = 5


def by_hmac(values: pl.Series) -> pl.Series:
    key = bytes(32)
    return pl.Series([hmac.digest(key, value.encode(), "sha256").hex() for value in values.cast(pl.String)])


def main() -> None:
    with measuring.work_folder() as parent, tempfile.TemporaryDirectory(dir=parent) as below:
        folder = Path(below)
        database = Database.open(f"sqlite:///{folder / 'steek.db'}")
        migrate(database)
        clock = SystemClock()
        vault = FileKeyVault(folder / "keys.vault", MasterKey(folder / "master.key"))
        pseudonyms = Pseudonyms(vault, database, Ledger(database, clock), clock)
        people = pl.Series("household_id", range(VALUES))
        again = people % HOUSEHOLDS
        codes = pl.Series("code", [f"{number:07d}" for number in range(VALUES)])
        spent = measuring.take_turns(
            ROUNDS,
            ours=lambda: pseudonyms.pseudonymise(people, "people", reversible=False),
            peer=lambda: by_hmac(people),
            again=lambda: pseudonyms.pseudonymise(again, "households", subject="household"),
            codes=lambda: pseudonyms.pseudonymise(codes, "codes", "prefix", reversible=False),
        )
        vault.close()
        database.close()
    median = {name: measuring.median(rounds) for name, rounds in spent.items()}
    print(f"{VALUES:,} values; median of {ROUNDS} rounds")
    measuring.say("keyed, all different", median["ours"])
    measuring.say("HMAC-SHA-256 per value", median["peer"])
    measuring.say(f"keyed, {HOUSEHOLDS:,} different", median["again"], "reversible, originals kept")
    measuring.say("prefix-preserving, 7 digits", median["codes"], "all different")
    measuring.Result(
        name="pseudonyms",
        figure=median["ours"].wall_s,
        unit="s for 1M different values",
        peer="HMAC-SHA-256, one call per value",
        peer_figure=median["peer"].wall_s,
        limit_figure=None,
        goal="under 1 s",
        met=median["ours"].wall_s < 1,
    ).end()


if __name__ == "__main__":
    main()
