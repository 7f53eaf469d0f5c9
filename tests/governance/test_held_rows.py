"""Rows that failed: on disk nobody is named, a replay brings them in, an erasure finds them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from steek.data import Selection, Subject
from steek.governance import KeyVault
from steek.governance.sealing.held_rows import open_rows, seal_rows, searchable_rows
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey
from steek.governance.vault.subject_keys import subject_key_name
from steek.kernel.errors import DamagedArtifactError
from steek.platform import Platform, open_project

MODULE = '''"""Households of a loyalty program."""

import steek as sk

people = sk.Dataset(
    "people",
    contract=sk.Contract(
        "people",
        "1.0.0",
        (
            sk.Field("household_id", "string", sensitivity="personal", subject="household", pseudonym="keyed"),
            sk.Field("income", "integer", sensitivity="personal", sealed=True, maximum={maximum}),
            sk.Field("home", "string"),
        ),
        owner="data@grocer",
    ),
    owner="data@grocer",
)
'''
ANNA, BERT, CARL = "household-7654321001", "household-7654321002", "household-7654321003"
ROWS = [
    {"home": "Owner", "household_id": ANNA, "income": 912345678},
    {"home": "Owner", "household_id": f" {BERT} ", "income": 987654321},
    {"home": "Renter", "household_id": None, "income": 966666666},
    {"home": "Renter", "household_id": CARL, "income": 7},
]


def opened(folder: Path, maximum: int) -> Platform:
    folder.mkdir(exist_ok=True)
    # A module is imported once in a process.
    module = f"held_people_{maximum}"
    (folder / "steek.toml").write_text(f'modules = "{module}"\ncontract_changes = "free"\n')
    (folder / f"{module}.py").write_text(MODULE.replace("{maximum}", str(maximum)))
    return open_project(folder)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[KeyVault]:
    made = FileKeyVault(tmp_path / "keys.vault", MasterKey(tmp_path / "outside" / "master.key"))
    yield made
    made.close()


def on_disk(folder: Path) -> bytes:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".pyc", ".py"}]
    tables = [
        pl.read_parquet(path).select(pl.exclude(pl.Binary)).write_ndjson().encode()
        for path in files
        if path.suffix == ".parquet"
    ]
    return b"".join([*(path.read_bytes() for path in files), *tables])


@pytest.mark.covers("D4", "D14", "D15")
def test_a_sealed_row_opens_with_its_persons_key_only(vault: KeyVault) -> None:
    texts = ['{"id": "a"}', '{"id": null}', '{"id": "b"}']
    sealed = pl.Series(
        "row", [*seal_rows(texts, ["a", None, "b"], vault, kind="guest", dataset="g"), '{"id": "c"}', None]
    )
    assert open_rows(sealed, vault).to_list() == [*texts, '{"id": "c"}', None]
    name = subject_key_name(vault, "guest", "a")
    assert vault.shred([name]) == 1
    assert open_rows(sealed, vault).to_list() == [None, *texts[1:], '{"id": "c"}', None]
    digest = name.rpartition(":")[2]
    assert searchable_rows(sealed, vault)[0] == json.dumps({"_person": digest}) + " "
    moved = sealed.str.replace("sealed:g:", "sealed:h:", literal=True)
    with pytest.raises(DamagedArtifactError, match="not what was written"):
        open_rows(moved, vault)
    with pytest.raises(DamagedArtifactError, match="not what was written"):
        open_rows(pl.Series(["sealed:g:?"]), vault)


@pytest.mark.covers("D4", "D14", "D15")
def test_rows_that_failed_lie_nowhere_in_the_clear_and_come_in_once_they_fit(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    strict = opened(folder, 1000)
    payload = "\n".join(json.dumps(row) for row in ROWS).encode()
    receipt = strict.ingestion.ingest("people", payload, format="ndjson", key="1", actor="till")
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (1, 3)
    held = on_disk(folder)
    for value in (b"7654321001", b"7654321002", b"912345678", b"987654321", b"966666666"):
        assert value not in held
    shown = strict.quarantine.rows("people")
    assert [row.row["home"] for row in shown] == ["Owner", "Owner", "Renter"]
    assert {row.row["income"] for row in shown} == {"***"}
    assert "7654321" not in str(strict.quarantine.show(shown[0].id))
    strict.close()

    lenient = opened(folder, 1_000_000_000)
    done = lenient.quarantine.replay("people", Selection(), actor="ed", key="r1", reason="the bound was wrong")
    assert (done.row_count, done.left_count) == (2, 1)
    assert lenient.quarantine.replay("people", Selection(), actor="ed", key="r1", reason="the bound was wrong") == done
    keeper = lenient.lake.opened_by(lenient.access.actor("ed", "operations", roles=("owner",)))
    assert keeper.scan("people").select(pl.len()).collect().item() == 3
    lenient.close()


@pytest.mark.covers("D15")
def test_an_erasure_finds_sealed_rows_whatever_key_they_lie_under(tmp_path: Path) -> None:
    platform = opened(tmp_path / "project", 1000)
    # The same person again, in a row that only its reading tells of.
    other = json.dumps({"home": f'of {{"household_id": "{ANNA}"}}', "household_id": None, "income": 3})
    payload = "\n".join([*(json.dumps(row) for row in ROWS), other]).encode()
    platform.ingestion.ingest("people", payload, format="ndjson", key="1", actor="till")
    subject = Subject("household", ANNA)
    where = {finding.where for finding in platform.erasures.search(subject)}
    assert "quarantine.people" in where
    asked = platform.erasures.request(subject, reason="asked", actor="ed", key="e", delay=timedelta(0))
    platform.erasures.run_due(actor="ed")
    assert platform.erasures.get(asked.id).state == "certified"
    assert platform.erasures.search(subject) == []
    left = platform.quarantine.rows("people")
    assert sorted(row.row["home"] for row in left) == ["Owner", "Renter"]
    platform.close()
