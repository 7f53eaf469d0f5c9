"""Sealing two columns of a million rows of 2,469 people, and opening them.

Ours: `seal` and `unseal`: one cell per row that holds both values, AES-256-GCM under the key of the row's person.
Peer: the same cipher once per value, two cells per row, prepared per person just the same.
Limit: one blob for all rows of a person. It is what the cipher allows, and not done: rows of such a blob cannot be
filtered, compacted or deleted one by one; see `steek.governance.sealing.cells`.
"""

import os
import tempfile
from pathlib import Path

import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import measuring
from steek.governance import seal, unseal
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey

ROWS = 1_000_000
PEOPLE = 2_469
ROUNDS = 3
COLUMNS = ("age", "income")
TYPES = dict.fromkeys(COLUMNS, pl.String)


def rows() -> pl.DataFrame:
    number = pl.int_range(ROWS, dtype=pl.Int64)
    return pl.select(
        household_id=number % PEOPLE,
        age=pl.concat_str(number % 7 * 10, pl.lit("-54")),
        income=pl.concat_str(number % 12 * 15, pl.lit("-74K")),
    )


def per_value(frame: pl.DataFrame, ciphers: list[AESGCM]) -> pl.DataFrame:
    people = frame["household_id"].to_list()
    sealed: dict[str, list[bytes]] = {}
    for name in COLUMNS:
        nonces = os.urandom(12 * frame.height)
        sealed[name] = [
            nonces[12 * at : 12 * at + 12]
            + ciphers[person].encrypt(nonces[12 * at : 12 * at + 12], text.encode(), b"d")
            for at, (person, text) in enumerate(zip(people, frame[name].to_list(), strict=True))
        ]
    return frame.with_columns(pl.Series(name, cells, dtype=pl.Binary) for name, cells in sealed.items())


def per_person(frame: pl.DataFrame, ciphers: list[AESGCM]) -> pl.DataFrame:
    together = frame.group_by("household_id").agg(pl.struct(COLUMNS).struct.json_encode().str.join("\n").alias("text"))
    cells: list[bytes] = []
    for person, text in together.iter_rows():
        nonce = os.urandom(12)
        cells.append(nonce + ciphers[person].encrypt(nonce, text.encode(), b"d"))
    return together.with_columns(pl.Series("_sealed", cells, dtype=pl.Binary))


def main() -> None:
    with measuring.work_folder() as parent, tempfile.TemporaryDirectory(dir=parent) as below:
        folder = Path(below)
        vault = FileKeyVault(folder / "keys.vault", MasterKey(folder / "master.key"))
        ciphers = [AESGCM(os.urandom(32)) for _ in range(PEOPLE)]
        frame = rows()
        kind = {"kind": "household", "dataset": "d"}
        sealed = seal(frame, "household_id", COLUMNS, vault, **kind)
        spent = measuring.take_turns(
            ROUNDS,
            ours=lambda: seal(frame, "household_id", COLUMNS, vault, **kind),
            peer=lambda: per_value(frame, ciphers),
            person=lambda: per_person(frame, ciphers),
            opening=lambda: unseal(sealed, TYPES, vault, dataset="d"),
        )
        vault.close()
    median = {name: measuring.median(spent_by) for name, spent_by in spent.items()}
    print(f"{ROWS:,} rows, {len(COLUMNS)} columns, {PEOPLE:,} people; median of {ROUNDS} rounds")
    measuring.say("one cell per row", median["ours"])
    measuring.say("one cell per value", median["peer"])
    measuring.say("one blob per person", median["person"], "rows do not stand on their own")
    measuring.say("opening the cells", median["opening"])
    measuring.Result(
        name="sealing",
        figure=median["ours"].wall_s,
        unit="s for 1M rows of 2 sealed columns",
        peer="AES-GCM once per value",
        peer_figure=median["peer"].wall_s,
        limit_figure=median["person"].wall_s,
        goal="no slower than once per value",
        met=median["ours"].wall_s <= median["peer"].wall_s,
    ).end()


if __name__ == "__main__":
    main()
