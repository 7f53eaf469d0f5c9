"""A batch that is wrong is refused as a whole, with the reason, and the dataset stays as it was."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from shop_world import NIGHTS, Shell, copy_of, sales_of, stocked_shop

GOOD = sales_of(NIGHTS[0])


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A terminal in a stocked shop; refusals leave it as it is."""
    return Shell(copy_of(stocked_shop(), tmp_path_factory.mktemp("batches") / "shop"))


def parquet(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_parquet(written)
    return written.getvalue()


def csv(change: Callable[[pl.DataFrame], pl.DataFrame]) -> bytes:
    return change(GOOD).write_csv().encode()


BAD: list[tuple[str, bytes, str, str, str]] = [
    ("noise.parquet", b"PAR1 this is no table PAR1", "unreadable", "parquet", ""),
    ("cut.parquet", parquet(GOOD)[:-40], "unreadable", "parquet", ""),
    ("empty.parquet", b"", "unreadable", "", ""),
    ("cut.json", b'[{"sale_id": 1, "sold_at"', "unreadable", "json", ""),
    ("cut.ndjson", b'{"sale_id": 1}\n{"sale_id"', "unreadable", "line 2 is not json", ""),
    ("binary.csv", bytes(range(256)), "unreadable", "csv", ""),
    ("ragged.csv", GOOD.write_csv().encode() + b"1,2,3,4,5,6,7,8\n", "unreadable", "csv", ""),
    ("sales.xls", b"anything", "input", "", "parquet"),
    (
        "more.csv",
        csv(lambda frame: frame.with_columns(amount_usd_=1.0)),
        "contract_violation",
        "amount_usd_",
        "amount_usd",
    ),
    ("less.csv", csv(lambda frame: frame.drop("shop")), "contract_violation", "shop", ""),
    (
        "mistyped.parquet",
        parquet(GOOD.with_columns(product_id=pl.lit("seven"))),
        "contract_violation",
        "product_id",
        "",
    ),
]


def state(shell: Shell) -> object:
    return shell.json("receipt", "list", "sales"), shell.json("quarantine", "list", "sales", "--rows")


@pytest.mark.covers("N3", "D2")
@pytest.mark.parametrize(("name", "payload", "code", "what", "hint"), BAD, ids=[case[0] for case in BAD])
def test_a_bad_batch_is_refused_as_a_whole(
    shell: Shell, name: str, payload: bytes, code: str, what: str, hint: str
) -> None:
    (shell.folder / name).write_bytes(payload)
    before, events = state(shell), shell.json("ledger", "verify")["verified_events"]
    done = shell.steek("ingest", "sales", name, "--json", "--key", name)
    assert done.status == 3, done.stderr
    problem = done.problem
    assert problem["error"] == code
    assert what in problem["message"].lower()
    assert problem["next_step"] != ""
    assert hint in problem["message"] + problem["next_step"]
    assert state(shell) == before
    told = shell.json("ledger", "list", "--limit", "1")[0]
    refusals = shell.json("ledger", "verify")["verified_events"] - events
    assert refusals == 0 or (refusals == 1 and told["kind"] == "batch.refused")


@pytest.mark.covers("N3", "D2")
def test_bad_rows_are_held_back_and_the_good_ones_taken(tmp_path: Path) -> None:
    shell = Shell(copy_of(stocked_shop(), tmp_path / "shop"))
    mixed = GOOD.with_columns(amount_usd=pl.when(pl.int_range(pl.len()) < 2).then(-1.0).otherwise("amount_usd"))
    mixed.write_csv(shell.folder / "mixed.csv")
    receipt = shell.json("ingest", "sales", "mixed.csv")
    assert (receipt["accepted_rows"], receipt["quarantined_rows"]) == (GOOD.height - 2, 2)
    assert all("amount_usd" in row["reason"] for row in shell.json("quarantine", "list", "sales", "--rows"))
