import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from open_data_contract_standard import model as standard_model
from open_data_contract_standard.model import OpenDataContractStandard
from tests.data.conftest import LINES

from steek.data import (
    Contract,
    Dataset,
    ExpectedVolume,
    Field,
    load_contracts,
    parse_contract,
    read_contract,
    write_contract,
)
from steek.data.contracts.contract import contract_difference
from steek.kernel.errors import DeclarationError, NotFoundError

FULL = Contract(
    "sales",
    "2.1.0",
    (
        Field("id", "integer", key=True, meaning="Number of the line"),
        Field("line", "integer", key=True),
        Field("value", "number", unit="USD", minimum=0, maximum=99.5, nullable=True),
        Field("channel", "string", categories=("shop", "web"), sensitivity="public"),
        Field("who", "string", sensitivity="personal", subject="household", pseudonym="keyed", scope="loyalty"),
        Field("street", "string", nullable=True, sensitivity="personal", subject="household", sealed=True),
        Field("returned", "boolean"),
        Field("day", "date"),
        Field("at", "timestamp"),
    ),
    owner="data@grocer",
    source="tills",
    jurisdiction="US",
    retention="730d",
    cadence="1d",
    description="One line of a receipt.",
    volumes=(
        ExpectedVolume(8_000, 40_000),
        ExpectedVolume(minimum=20, by="channel"),
        ExpectedVolume(maximum=9, per="1h", by="channel", value="web"),
    ),
)


@pytest.mark.covers("D3")
def test_a_contract_survives_the_way_through_yaml() -> None:
    assert parse_contract(write_contract(FULL)) == FULL


@pytest.mark.covers("D3")
def test_written_yaml_is_read_by_the_standards_own_library() -> None:
    standard = OpenDataContractStandard.from_string(write_contract(FULL))
    assert standard.apiVersion == "v3.1.0"
    assert standard.schema_ is not None
    assert standard.schema_[0].properties is not None
    first, second, value, channel = standard.schema_[0].properties[:4]
    assert (first.primaryKeyPosition, second.primaryKeyPosition) == (1, 2)
    assert value.logicalTypeOptions == {"minimum": 0, "maximum": 99.5}
    assert value.required is False
    assert channel.quality is not None
    assert channel.quality[0].arguments == {"validValues": ["shop", "web"]}


@pytest.mark.covers("D3")
def test_written_yaml_obeys_the_schema_of_the_standard() -> None:
    schema = json.loads((Path(standard_model.__file__).parent / "schema.json").read_text(encoding="utf-8"))
    root = yaml.safe_load(write_contract(FULL))
    jsonschema.validate(root, schema)
    told = {item["property"]: item["value"] for item in root["customProperties"]}
    assert told["expectedVolumes"][0] == {"minimum": 8_000, "maximum": 40_000, "per": "1d"}
    again = OpenDataContractStandard.from_string(write_contract(FULL)).to_yaml()
    assert parse_contract(again) == FULL


@pytest.mark.covers("D3", "N3")
@pytest.mark.parametrize(
    ("volume", "told"),
    [
        ({}, "neither a minimum nor a maximum"),
        ({"minimum": 9, "maximum": 3}, "9 to 3 rows is impossible"),
        ({"minimum": 1, "value": "web"}, "slice 'web' of no field"),
        ({"minimum": 1, "by": "till"}, "expects volumes by till"),
        ({"minimum": 1, "least": 1}, "has least"),
    ],
)
def test_an_impossible_volume_is_refused(volume: dict[str, object], told: str) -> None:
    root = yaml.safe_load(write_contract(FULL))
    root["customProperties"].append({"property": "expectedVolumes", "value": [volume]})
    with pytest.raises(DeclarationError, match=told):
        parse_contract(yaml.safe_dump(root))


@pytest.mark.covers("D3")
def test_reads_version_3_0_team_and_years_and_enum() -> None:
    root = yaml.safe_load(write_contract(FULL))
    root["apiVersion"] = "v3.0.2"
    root["team"] = [{"username": "ops@grocer", "role": "steward"}, {"username": "data@grocer", "role": "owner"}]
    root["slaProperties"][0] = {"property": "retention", "value": 2, "unit": "y"}
    channel = root["schema"][0]["properties"][3]
    del channel["quality"]
    channel["enum"] = [{"value": "shop"}, {"value": "web"}]
    assert parse_contract(yaml.safe_dump(root)) == FULL


@pytest.mark.covers("D3", "N3")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "Recipe"}, "kind: DataContract"),
        ({"apiVersion": "v2.2.0"}, "versions v3.x"),
        ({"schema": []}, "describes 0 tables"),
        ({"schema": [{"name": "t", "properties": "none"}]}, "properties must be a list"),
        ({"schema": [{"name": "t", "properties": [{"logicalType": "integer"}]}]}, "has no name"),
        ({"schema": [{"name": "t", "properties": [{"name": "a", "logicalType": "array"}]}]}, "allowed: string"),
        (
            {"schema": [{"name": "t", "properties": [{"name": "a", "logicalTypeOptions": {"pattern": "x"}}]}]},
            "would not be enforced: pattern",
        ),
        (
            {"schema": [{"name": "t", "properties": [{"name": "a", "quality": [{"metric": "nullValues"}]}]}]},
            "would not be enforced: 'nullValues'",
        ),
        ({"team": {"members": []}}, "role owner"),
        ({"slaProperties": [{"property": "retention", "value": 2, "unit": "fortnights"}]}, "one of the units"),
    ],
)
def test_a_contract_that_would_not_be_kept_is_refused(change: dict[str, object], told: str) -> None:
    root = yaml.safe_load(write_contract(FULL)) | change
    with pytest.raises(DeclarationError, match=told):
        parse_contract(yaml.safe_dump(root))


@pytest.mark.covers("N3")
def test_impossible_fields_are_refused() -> None:
    with pytest.raises(DeclarationError, match="has bounds"):
        Field("a", "string", minimum=1)
    with pytest.raises(DeclarationError, match="has categories"):
        Field("a", "number", categories=("x",))
    with pytest.raises(DeclarationError, match="never absent"):
        Field("a", "integer", key=True, nullable=True)
    with pytest.raises(DeclarationError, match="twice: a"):
        Contract("t", "1", (Field("a", "integer"), Field("a", "string")), owner="o")
    with pytest.raises(DeclarationError, match="reserved names"):
        Contract("t", "1", (Field("_receipt_id", "string"),), owner="o")


@pytest.mark.covers("D12")
def test_the_difference_of_two_contracts_names_fields_and_values() -> None:
    fields = (replace(LINES.fields[0], minimum=0), *LINES.fields[2:], Field("till", "integer"))
    difference = contract_difference(LINES, replace(LINES, version="2.0.0", fields=fields))
    assert difference == {
        "added": ["till"],
        "removed": ["product_id"],
        "changed": {"store_id": {"minimum": [1, 0]}},
        "about": {"version": ["1.0.0", "2.0.0"]},
    }


def test_contracts_are_loaded_from_the_project(tmp_path: Path) -> None:
    (tmp_path / "sales.yaml").write_text(write_contract(FULL))
    declared = Dataset("sales", "sales.yaml", "at", owner="o", volume_by=("channel",))
    assert load_contracts({"sales": declared}, tmp_path)["sales"].contract == FULL
    assert read_contract(tmp_path / "sales.yaml") == FULL
    with pytest.raises(NotFoundError, match=r"no contract at .*other\.yaml"):
        load_contracts({"sales": Dataset("sales", "other.yaml", owner="o")}, tmp_path)


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("Sales", {}, "is not a dataset name"),
        ("sales", {"mode": "upsert"}, "allowed: append, replace"),
        ("orders", {}, "contract of 'sales'"),
        ("sales", {"event_time": "day"}, "must be a required timestamp"),
        ("sales", {"volume_by": ("region",)}, "volume_by names region"),
    ],
)
def test_a_declaration_that_does_not_fit_its_contract_is_refused(name: str, options: dict[str, Any], told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        Dataset(name, FULL, owner="o", **options)
