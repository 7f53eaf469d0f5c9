"""A contract drafted from data holds for that data, asks what data cannot tell, and repeats nothing personal."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real_year import real_year

from steek.data import parse_contract
from steek.data.contracts.draft_yaml import write_draft
from steek.data.contracts.infer import DraftContract, infer_contract
from steek.data.validation.rows import validate
from steek.kernel.errors import InputError

VISITS = """visit_id,customer_email,phone,full_name,birth_date,paid,visitors,channel,came_at,code,returned,shipped
1,ada@shop.org,+1 555 0100 11,Ada Byron,1985-12-10,10.50,3,web,2024-03-01T10:00:00Z,0012,true,03/04/2024
2,bob@shop.org,+1 555 0100 12,Bob Roe,1990-01-02,7,1,shop,2024-03-01T11:00:00Z,0013,false,04/04/2024
3,cid@shop.org,+1 555 0100 13,Cid Poe,1991-02-03,,2,web,2024-03-01T12:00:00Z,0014,true,05/04/2024
4,dot@shop.org,+1 555 0100 14,Dot Moe,1992-03-04,1e2,2,shop,2024-03-02T12:00:00Z,0015,true,06/04/2024
"""


def drafted(text: str, repeat: int = 1) -> DraftContract:
    frame = pl.read_csv(text.encode(), infer_schema=False)
    many = pl.concat([frame] * repeat).with_columns(visit_id=pl.int_range(pl.len()).cast(pl.String))
    return infer_contract(many, "visits", owner="ada", textual=True)


@pytest.mark.covers("D3")
def test_types_hidden_in_text_are_recognised() -> None:
    contract = drafted(VISITS, repeat=5).contract
    types = {field.name: field.type for field in contract.fields}
    assert types == {
        "visit_id": "integer",
        "customer_email": "string",
        "phone": "string",
        "full_name": "string",
        "birth_date": "date",
        "paid": "number",
        "visitors": "integer",
        "channel": "string",
        "came_at": "timestamp",
        "code": "string",
        "returned": "boolean",
        "shipped": "string",
    }
    paid, channel, visit = (contract.field(name) for name in ("paid", "channel", "visit_id"))
    assert paid is not None
    assert (paid.nullable, paid.minimum, paid.maximum, paid.unit) == (True, 7.0, 100.0, "")
    assert channel is not None
    assert channel.categories == ("shop", "web")
    assert visit is not None
    assert visit.key


@pytest.mark.covers("D3", "D14")
def test_suspected_personal_columns_are_marked_and_their_values_repeated_nowhere() -> None:
    draft = drafted(VISITS, repeat=5)
    personal = {field.name for field in draft.contract.fields if field.sensitivity == "personal"}
    assert personal == {"customer_email", "phone", "full_name", "birth_date"}
    text = write_draft(draft)
    for secret in ("ada@", "0100", "Byron", "1985", "1992"):
        assert secret not in text
    unnamed = pl.DataFrame({"contact": ["ada@shop.org", "bob@shop.org"], "day": ["2024-01-02", "2024-01-03"]})
    found = infer_contract(unnamed, "t", owner="o", textual=True).contract
    assert [field.sensitivity for field in found.fields] == ["personal", "internal"]


@pytest.mark.covers("D3")
def test_the_draft_is_yaml_that_asks_where_the_answer_belongs() -> None:
    draft = drafted(VISITS, repeat=5)
    text = write_draft(draft)
    assert parse_contract(text) == draft.contract
    lines = text.splitlines()
    at = lines.index("  - name: paid")
    assert [line.split(":")[0].strip() for line in lines[at - 4 : at]] == [
        "# TODO meaning",
        "# TODO unit",
        "# TODO required",
        "# TODO minimum, maximum",
    ]
    assert "# TODO event_time of the dataset's declaration: came_at?" in lines
    assert "looks like dates with the year last" in lines[lines.index("  - name: shipped") - 1]
    assert "unit" not in text[: text.index("- name: paid") - 400]


@pytest.mark.covers("D3", "D4")
def test_the_real_year_obeys_the_contract_drafted_from_it() -> None:
    lines = pl.read_parquet(real_year() / "transactions.parquet").head(20_000)
    text = lines.write_csv().encode()
    for frame, textual in ((lines, False), (pl.read_csv(text, infer_schema=False), True)):
        contract = infer_contract(frame, "lines", owner="o", textual=textual).contract
        assert validate(contract, frame, textual=textual).quarantined.height == 0
        assert [field.name for field in contract.fields if field.key] == ["basket_id", "product_id"]
        household = contract.field("household_id")
        assert household is not None
        assert household.sensitivity == "personal"
    demographics = pl.read_parquet(real_year() / "demographics.parquet")
    people = infer_contract(demographics, "people", owner="o", textual=False).contract
    assert [field.name for field in people.fields if field.key] == ["household_id"]
    assert {field.name for field in people.fields if field.sensitivity != "personal"} == {"home_ownership"}


CELLS: Any = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.floats(allow_nan=True, allow_infinity=True, width=32).map(str),
    st.dates(min_value=date(1900, 1, 1)).map(str),
    st.sampled_from(("", "true", "FALSE", "a", " 1", "007", "2024-01-01 10:00:00", "NaN", "1e400")),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5),
)


@pytest.mark.covers("D3")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS | st.none()), min_size=1, max_size=30))
def test_any_text_obeys_the_contract_drafted_from_it(rows: list[tuple[str, str | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"a_id": pl.String, "b": pl.String}, orient="row")
    draft = infer_contract(frame, "t", owner="o", textual=True)
    assert validate(draft.contract, frame, textual=True).quarantined.height == 0
    assert parse_contract(write_draft(draft)) == draft.contract


@pytest.mark.covers("N3")
def test_what_cannot_be_drafted_is_refused() -> None:
    with pytest.raises(InputError, match="0 rows of 1 columns"):
        infer_contract(pl.DataFrame({"a": []}), "t", owner="o", textual=False)
    with pytest.raises(InputError, match="no contract can have"):
        infer_contract(pl.DataFrame({"a": [[1]]}), "t", owner="o", textual=False)
    with pytest.raises(InputError, match="no contract can have"):
        infer_contract(pl.DataFrame({"_a": [1]}), "t", owner="o", textual=False)
