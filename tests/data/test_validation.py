import json
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.data import Contract, Field
from steek.data.validation.rows import validate
from steek.kernel.errors import ContractViolationError

CONTRACT = Contract(
    "t",
    "1",
    (
        Field("id", "integer", key=True),
        Field("amount", "number", minimum=0, maximum=10),
        Field("count", "integer", nullable=True, minimum=1),
        Field("kind", "string", categories=("a", "b")),
        Field("note", "string", nullable=True),
        Field("good", "boolean", nullable=True),
        Field("at", "timestamp"),
    ),
    owner="o",
)
AT = datetime(2017, 10, 2, 6, tzinfo=UTC)


def rows(*changes: dict[str, object]) -> pl.DataFrame:
    plain = {"amount": 1.0, "count": 2, "kind": "a", "note": "x", "good": True, "at": AT}
    return pl.DataFrame([{"id": at} | plain | change for at, change in enumerate(changes)], infer_schema_length=None)


@pytest.mark.covers("D4")
def test_each_bad_row_is_held_back_with_its_own_reasons() -> None:
    batch = rows(
        {},
        {"amount": -1.0},
        {"amount": float("nan")},
        {"kind": "c", "count": 0},
        {"at": None},
        {"id": 0, "amount": 2.0},
    )
    judged = validate(CONTRACT, batch, textual=False)
    assert judged.accepted["id"].to_list() == [0]
    assert judged.quarantined.select("position", "reason").rows() == [
        (1, "amount: below 0"),
        (2, "amount: not a finite number; amount: above 10"),
        (3, "count: below 1; kind: not one of a, b"),
        (4, "at: missing"),
        (5, "id: repeats the key of an earlier row"),
    ]
    assert json.loads(judged.quarantined["row"][2]) == {
        "id": 3, "amount": 1.0, "count": 0, "kind": "c", "note": "x", "good": True, "at": "2017-10-02T06:00:00+00:00",
    }  # fmt: skip
    assert judged.reasons["kind: not one of a, b"] == 1


@pytest.mark.covers("D4")
def test_a_bad_row_does_not_take_the_key_of_a_good_one() -> None:
    judged = validate(CONTRACT, rows({"amount": -1.0}, {"id": 0}), textual=False)
    assert judged.accepted["amount"].to_list() == [1.0]
    assert judged.quarantined["reason"].to_list() == ["amount: below 0"]


@pytest.mark.covers("D4")
def test_accepted_rows_have_the_contracts_columns_order_and_types() -> None:
    batch = rows({}).select(
        pl.col("at").dt.replace_time_zone(None).cast(pl.Datetime("ns")),
        pl.col("id").cast(pl.UInt32),
        pl.col("amount").cast(pl.Float32),
        pl.col("kind").cast(pl.Categorical),
        pl.col("count").cast(pl.Float64),
    )
    judged = validate(CONTRACT, batch, textual=False)
    assert judged.missing_columns == ("note", "good")
    assert judged.accepted.schema == {
        "id": pl.Int64, "amount": pl.Float64, "count": pl.Int64, "kind": pl.String, "note": pl.String,
        "good": pl.Boolean, "at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    assert judged.accepted.row(0) == (0, 1.0, 2, "a", None, None, AT)


@pytest.mark.covers("D4")
def test_text_stands_for_other_types_in_textual_batches_only() -> None:
    raw = pl.DataFrame(
        {
            "id": ["1", "2", "3", "1.5"],
            "amount": ["1", " 2.5 ", "1e0", "1"],
            "kind": ["a", "b", "a", "a"],
            "good": ["true", "0", None, "yes"],
            "at": ["2017-10-02T06:00:00Z", "2017-10-02 08:00:00.5+02:00", "2017-10-02", "2017-10-02T06:00:00"],
        }
    )
    judged = validate(CONTRACT, raw, textual=True)
    assert judged.accepted.select("id", "amount", "good", "at").rows() == [
        (1, 1.0, True, AT),
        (2, 2.5, False, datetime(2017, 10, 2, 6, 0, 0, 500_000, tzinfo=UTC)),
        (3, 1.0, None, datetime(2017, 10, 2, tzinfo=UTC)),
    ]
    assert judged.quarantined["reason"].to_list() == ["id: cannot be read as integer; good: cannot be read as boolean"]
    with pytest.raises(ContractViolationError, match="'id' has the type String; its contract says integer"):
        validate(CONTRACT, raw, textual=False)


@pytest.mark.covers("D4")
def test_dates_are_read_and_fractions_do_not_become_integers() -> None:
    contract = Contract("t", "1", (Field("day", "date"), Field("n", "integer")), owner="o")
    text = validate(contract, pl.DataFrame({"day": ["2017-10-02", "02.10.2017"], "n": ["1", "2"]}), textual=True)
    assert text.accepted.rows() == [(date(2017, 10, 2), 1)]
    typed = pl.DataFrame({"day": [date(2017, 10, 2)] * 4, "n": [1.0, 1.5, float("inf"), None]})
    judged = validate(contract, typed, textual=False)
    assert judged.accepted["n"].to_list() == [1]
    assert judged.quarantined["reason"].to_list() == ["n: cannot be read as integer"] * 2 + ["n: missing"]


@pytest.mark.covers("D4", "N3")
def test_wrong_columns_refuse_the_whole_batch_and_name_the_nearest() -> None:
    with pytest.raises(ContractViolationError, match="does not know: ammount") as unknown:
        validate(CONTRACT, rows({}).rename({"amount": "ammount"}), textual=False)
    assert "Did you mean 'amount'?" in unknown.value.next_step
    assert unknown.value.details == {"unknown_columns": ["ammount"]}
    with pytest.raises(ContractViolationError, match="lacks required columns of 't': amount, at"):
        validate(CONTRACT, rows({}).drop("amount", "at"), textual=False)
    with pytest.raises(ContractViolationError, match="'good' has the type Int64"):
        validate(CONTRACT, rows({"good": 1}), textual=False)


def test_a_batch_without_rows_is_a_batch() -> None:
    judged = validate(CONTRACT, rows({}).head(0), textual=False)
    assert (judged.accepted.height, judged.quarantined.height) == (0, 0)
    lenient = Contract("t", "1", (Field("a", "integer", nullable=True),), owner="o")
    assert validate(lenient, pl.DataFrame(), textual=False).accepted.height == 0


_ROW = st.fixed_dictionaries(
    {
        "id": st.one_of(st.integers(0, 6), st.sampled_from(["3", "x", "", "2.5"]), st.none()),
        "amount": st.one_of(st.floats(width=32), st.sampled_from(["1", "inf", "nan", "ten"]), st.none()),
        "count": st.one_of(st.integers(-2, 3), st.none()),
        "kind": st.sampled_from(["a", "b", "c", "", None]),
        "note": st.one_of(st.text(max_size=3), st.none()),
        "good": st.sampled_from(["true", "FALSE", "1", "maybe", None]),
        "at": st.sampled_from(["2017-10-02", "2017-10-02T06:00:00Z", "soon", "2017-02-30", None]),
    }
)


@pytest.mark.covers("D4")
@settings(max_examples=50, deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=12))
def test_no_row_is_lost_and_every_accepted_row_obeys(drawn: list[dict[str, object]]) -> None:
    text = {name: [None if row[name] is None else str(row[name]) for row in drawn] for name in CONTRACT.names}
    judged = validate(CONTRACT, pl.DataFrame(text, schema=dict.fromkeys(CONTRACT.names, pl.String)), textual=True)
    assert judged.accepted.height + judged.quarantined.height == len(drawn)
    assert judged.quarantined["reason"].str.len_chars().gt(0).all()
    accepted = judged.accepted.to_dicts()
    assert len({row["id"] for row in accepted}) == len(accepted)
    for row in accepted:
        assert isinstance(row["id"], int)
        assert 0 <= row["amount"] <= 10
        assert row["count"] is None or row["count"] >= 1
        assert row["kind"] in ("a", "b")
        assert row["good"] in (True, False, None)
        assert row["at"].tzinfo is not None


@pytest.mark.covers("D4")
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=10))
def test_typed_floats_obey_bounds_or_are_held_back(drawn: list[tuple[float, float]]) -> None:
    contract = Contract("t", "1", (Field("n", "integer"), Field("x", "number", minimum=-1, maximum=1)), owner="o")
    raw = pl.DataFrame(drawn, schema={"n": pl.Float64, "x": pl.Float64}, orient="row")
    judged = validate(contract, raw, textual=False)
    positions = set(judged.quarantined["position"].to_list())
    kept = [pair for at, pair in enumerate(drawn) if at not in positions]
    assert judged.accepted.rows() == [(int(n), x) for n, x in kept]
    assert all(-1 <= x <= 1 and n == int(n) for n, x in kept)
