"""A project with personal data: nothing plain lies on disk, and who may see a sealed column sees it."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from tests.real_year import real_year

from steek.governance import KeyCustody, subject_key_name
from steek.kernel.errors import RefusedError
from steek.measures import require_anonymity
from steek.platform import Platform, check_export, open_project, read_rows

MODULE = '''"""Households of a loyalty program."""

import steek as sk

demographics = sk.Dataset("demographics", contract="demographics.yaml", mode="replace", owner="data@grocer")
research = sk.Policy(
    "demographics",
    to=("researcher",),
    purposes=("research",),
    columns={"age": "allow", "income": "allow"},
    owner="data@grocer",
    reason="study of incomes",
)
researcher = sk.Role("researcher", members=("ana@grocer",))
'''
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: demographics
name: demographics
version: 1.0.0
status: active
schema:
- name: demographics
  logicalType: object
  physicalType: table
  properties:
  - {name: household_id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1,
     classification: personal, customProperties: [
       {property: subject, value: household}, {property: pseudonym, value: keyed}, {property: scope, value: household}]}
  - {name: age, logicalType: string, classification: personal, customProperties: [{property: sealed, value: true}]}
  - {name: income, logicalType: string, classification: personal, customProperties: [{property: sealed, value: true}]}
  - {name: home_ownership, logicalType: string}
team:
  members:
  - {username: data@grocer, role: owner}
"""


def people() -> pl.DataFrame:
    frame = pl.read_parquet(real_year() / "demographics.parquet")
    columns = frame.select("household_id", pl.col("age", "income", "home_ownership").cast(pl.String))
    # Numbers that nothing else on disk can hold by chance.
    return columns.with_columns(pl.col("household_id").cast(pl.Int64) + 7_654_321_000)


@pytest.fixture
def loyalty(tmp_path: Path) -> Iterator[Platform]:
    (tmp_path / "steek.toml").write_text('modules = "vault_loyalty"\n')
    (tmp_path / "vault_loyalty.py").write_text(MODULE)
    (tmp_path / "demographics.yaml").write_text(CONTRACT)
    platform = open_project(tmp_path)
    yield platform
    platform.close()


@pytest.mark.covers("D13", "D14", "D15")
def test_personal_values_are_on_disk_in_no_file_and_open_to_those_who_may(loyalty: Platform, tmp_path: Path) -> None:
    before = people()
    loyalty.ingestion.ingest("demographics", before, key="1", actor="till")
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    held = b"".join(path.read_bytes() for path in files)
    assert not any(str(number).encode() in held for number in before["household_id"])
    assert not any(number.to_bytes(8, "little") in held for number in before["household_id"])
    assert not any(income.encode() in held for income in before["income"].unique() if len(income) > 5)

    ana, bob = (loyalty.access.actor(f"{name}@grocer", "research", roles=("member",)) for name in ("ana", "bob"))
    seen = read_rows(loyalty, ana, "demographics", limit=1000).frame
    assert sorted(seen.columns) == ["age", "home_ownership", "income"]
    counted = seen.group_by("age", "income").len().sort("age", "income")
    assert counted.equals(before.group_by("age", "income").len().sort("age", "income"))
    old = read_rows(loyalty, ana, "demographics", where="age == '65+'", columns=["income"], limit=1000).frame
    assert old.height == before.filter(pl.col("age") == "65+").height
    assert read_rows(loyalty, bob, "demographics").frame.columns == ["home_ownership"]

    # The key gone, the row says nothing of the person any more; the table was not touched.
    gone = before["household_id"][3]
    custody: KeyCustody = loyalty.custody
    name = subject_key_name(loyalty.vault, "household", gone)
    assert custody.shred([name], key="e", actor="service:erasure", reason="asked to") == 1
    after = read_rows(loyalty, ana, "demographics", limit=1000).frame
    assert (after.height, after["income"].null_count(), after["age"].null_count()) == (801, 1, 1)


@pytest.mark.covers("D14")
def test_small_groups_are_counted_in_sealed_columns_too(loyalty: Platform) -> None:
    loyalty.ingestion.ingest("demographics", people(), key="1", actor="till")
    check = check_export(loyalty, "demographics", ["age", "income"], k=5)
    counts = people().group_by("age", "income").len()["len"]
    assert (check.verdict, check.k, check.rows) == ("fail", counts.min(), 801)
    with pytest.raises(RefusedError, match="tells small groups apart"):
        require_anonymity(check, "demographics")
    assert check_export(loyalty, "demographics", ["home_ownership"], k=5).verdict == "pass"
