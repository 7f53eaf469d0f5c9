"""Sealed columns come back as they were for whoever has the keys, and never for a person whose key is shredded."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import write_deltalake
from hypothesis import given
from hypothesis import strategies as st
from tests.real_year import real_year

from steek.data import Contract, Field
from steek.governance import (
    Pseudonyms,
    protection_steps,
    seal,
    sealed_types,
    subject_key_name,
    unseal,
    unsealed,
)
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey
from steek.kernel import ReplayClock
from steek.kernel.errors import DamagedArtifactError, DeclarationError, InputError
from steek.ledger import Database, Ledger

PERSONAL = ["age", "income", "kids_count"]
TYPES = dict.fromkeys(PERSONAL, pl.String)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> FileKeyVault:
    folder = tmp_path_factory.mktemp("vault")
    return FileKeyVault(folder / "keys.vault", MasterKey(folder / "master.key"))


def people() -> pl.DataFrame:
    frame = pl.read_parquet(real_year() / "demographics.parquet")
    return frame.with_columns(pl.col(PERSONAL).cast(pl.String))


def sealed_people(vault: FileKeyVault, frame: pl.DataFrame | None = None) -> pl.DataFrame:
    rows = people() if frame is None else frame
    return seal(rows, "household_id", PERSONAL, vault, kind="household", dataset="demographics")


@pytest.mark.covers("D14", "D15")
def test_real_demographics_come_back_as_they_were(vault: FileKeyVault, tmp_path: Path) -> None:
    before = people()
    sealed = sealed_people(vault, before)
    assert set(sealed.columns) == set(before.columns) - set(PERSONAL) | {"_sealed"}
    write_deltalake(str(tmp_path / "table"), sealed)
    stored = pl.read_delta(str(tmp_path / "table"))
    after = unseal(stored, TYPES, vault, dataset="demographics")
    assert after.select(before.columns).sort("household_id").equals(before.sort("household_id"))
    held = b"".join(path.read_bytes() for path in (tmp_path / "table").rglob("*.parquet"))
    assert not any(value.encode() in held for value in before["income"].drop_nulls().unique())


@pytest.mark.covers("D15")
def test_a_shredded_household_is_null_everywhere_and_the_rest_is_untouched(vault: FileKeyVault) -> None:
    lines = pl.concat([people(), people().reverse()])
    sealed = sealed_people(vault, lines)
    gone = lines["household_id"][5]
    vault.shred([subject_key_name(vault, "household", gone)])
    is_gone = pl.col("household_id") == gone
    after = unseal(sealed, TYPES, vault, dataset="demographics").select(lines.columns)
    assert after.filter(is_gone).select(PERSONAL).rows() == [(None, None, None)] * 2
    assert after.filter(~is_gone).equals(lines.filter(~is_gone))
    # The same household comes back under a new key: new rows open, old ones stay shut.
    again = sealed_people(vault, lines.filter(is_gone))
    both = unseal(pl.concat([sealed.filter(is_gone), again]), TYPES, vault, dataset="demographics")
    assert both["income"].to_list() == [None, None, *lines.filter(is_gone)["income"]]


@pytest.mark.covers("D15")
def test_rows_open_in_any_order_and_company(vault: FileKeyVault) -> None:
    before = people()
    sealed = sealed_people(vault, before)
    some = sealed.sample(fraction=0.1, shuffle=True, seed=3)
    after = unseal(some, {"income": pl.String}, vault, dataset="demographics")
    expected = some.select("household_id").join(before, on="household_id", maintain_order="left")
    assert after["income"].to_list() == expected["income"].to_list()
    assert "age" not in after.columns
    lazy = unsealed(sealed.lazy(), TYPES, vault, dataset="demographics")
    young = lazy.filter(pl.col("age") == "19-24").select("household_id", "age").collect()
    assert young.height == before.filter(pl.col("age") == "19-24").height > 0
    assert lazy.select("household_id").explain().count("map") == 0


@pytest.mark.covers("D15", "N3")
def test_a_changed_or_moved_cell_is_refused_without_a_value(vault: FileKeyVault) -> None:
    sealed = sealed_people(vault)
    with pytest.raises(DamagedArtifactError, match="of 'other' is not what was written"):
        unseal(sealed, TYPES, vault, dataset="other")
    cell = sealed["_sealed"][0]
    for bad in (cell[:-1] + bytes([cell[-1] ^ 1]), cell[:-4]):
        with pytest.raises(DamagedArtifactError):
            unseal(sealed.head(1).with_columns(_sealed=pl.lit(bad)), TYPES, vault, dataset="demographics")
    for bad in (b"\x09" + cell[1:], b"\x01", b"\x01\x05hello"):
        with pytest.raises(DamagedArtifactError, match="does not know"):
            unseal(sealed.head(1).with_columns(_sealed=pl.lit(bad)), TYPES, vault, dataset="demographics")
    with pytest.raises(InputError, match="without their column _sealed"):
        unseal(people(), TYPES, vault, dataset="demographics")


VALUES = {
    "text": st.none() | st.text(),
    "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
    "number": st.none() | st.floats(),
    "truth": st.none() | st.booleans(),
    "day": st.none() | st.dates(),
    "at": st.none() | st.datetimes(timezones=st.just(UTC)),
    "bytes": st.none() | st.binary(),
}
SCHEMA: dict[str, Any] = {
    "text": pl.String,
    "whole": pl.Int64,
    "number": pl.Float64,
    "truth": pl.Boolean,
    "day": pl.Date,
    "at": pl.Datetime("us", "UTC"),
    "bytes": pl.Binary,
}


@pytest.mark.covers("D15")
@given(st.lists(st.fixed_dictionaries({"who": st.none() | st.text(max_size=3), **VALUES}), max_size=5))
def test_every_type_and_value_comes_back_exactly(vault: FileKeyVault, rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema={"who": pl.String, **SCHEMA}, orient="row")
    sealed = seal(frame, "who", list(SCHEMA), vault, kind="person", dataset="d")
    assert sealed.columns == ["who", "_sealed"]
    after = unseal(sealed, SCHEMA, vault, dataset="d")
    assert after.equals(frame)
    assert after.schema == frame.schema


CONTRACT = Contract(
    "demographics",
    "1.0.0",
    (
        Field("household_id", "integer", subject="household", pseudonym="keyed", scope="households"),
        Field("income", "string", sealed=True, nullable=True),
        Field("since", "date", sealed=True, nullable=True),
        Field("postal_code", "string", pseudonym="prefix"),
        Field("home_ownership", "string", nullable=True),
    ),
    owner="data@grocer",
)


@pytest.mark.covers("D14", "D15")
def test_steps_of_a_contract_seal_and_replace_before_anything_is_written(
    vault: FileKeyVault, database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    pseudonyms = Pseudonyms(vault, database, ledger, clock)
    steps = protection_steps(CONTRACT, pseudonyms, vault)
    assert [step.name for step in steps] == ["seal", "pseudonymise household_id", "pseudonymise postal_code"]
    rows = pl.DataFrame(
        {
            "household_id": [71, 72, 71],
            "income": ["35-49K", None, "50-74K"],
            "since": [date(2017, 1, 1), date(2016, 5, 4), None],
            "postal_code": ["97201", "97209", "10001"],
            "home_ownership": ["Renter", "Homeowner", None],
            "_raw_income": [" 35-49k", None, "50-74K "],
            "_receipt_id": ["r"] * 3,
        }
    )
    protected = rows
    for step in steps:
        protected = step.apply(protected)
    assert protected.columns == ["household_id", "postal_code", "home_ownership", "_receipt_id", "_sealed"]
    assert protected["household_id"].to_list() == [pseudonyms.of(each, "households")[0] for each in (71, 72, 71)]
    assert protected["postal_code"][0][:4] == protected["postal_code"][1][:4]
    types = {**sealed_types(CONTRACT), "_raw_income": pl.String}
    back = unseal(protected, types, vault, dataset="demographics")
    assert back.select("income", "since", "_raw_income").equals(rows.select("income", "since", "_raw_income"))
    # Whoever knows the person's own value finds their key, although the table holds a pseudonym.
    vault.shred([subject_key_name(vault, "household", 71)])
    assert unseal(protected, types, vault, dataset="demographics")["since"].to_list() == [None, date(2016, 5, 4), None]
    assert protection_steps(Contract("d", "1", (Field("a", "integer"),), owner="o"), pseudonyms, vault) == ()


@pytest.mark.covers("D14", "N3")
def test_impossible_protections_are_refused(
    vault: FileKeyVault, database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    pseudonyms = Pseudonyms(vault, database, ledger, clock)
    nobody = Contract("d", "1", (Field("income", "string", sealed=True),), owner="o")
    with pytest.raises(DeclarationError, match="no field says whose row it is"):
        protection_steps(nobody, pseudonyms, vault)
    both = Contract("d", "1", (Field("h", "string", sealed=True, pseudonym="keyed", subject="h"),), owner="o")
    with pytest.raises(DeclarationError, match="both sealed and pseudonyms: h"):
        protection_steps(both, pseudonyms, vault)


@pytest.mark.covers("D15")
def test_rows_without_a_person_are_sealed_too(vault: FileKeyVault) -> None:
    rows = pl.DataFrame({"who": [None, "a"], "at": [datetime(2017, 1, 1, tzinfo=UTC)] * 2})
    sealed = seal(rows, "who", ["at"], vault, kind="person", dataset="visits")
    assert unseal(sealed, {"at": pl.Datetime("us", "UTC")}, vault, dataset="visits").equals(rows)
    vault.shred([subject_key_name(vault, "person", "a")])
    assert unseal(sealed, {"at": pl.Datetime("us", "UTC")}, vault, dataset="visits")["at"].null_count() == 1
