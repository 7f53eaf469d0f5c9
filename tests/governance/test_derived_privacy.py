"""What is derived from personal columns is personal under any name, until somebody says otherwise."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from steek.kernel.errors import InputError, RefusedError
from steek.kernel.windows import Window
from steek.platform import Platform, open_project, read_rows

MODULE = '''"""Guests of a hotel."""

import polars as pl

import steek as sk


def contract(name: str, *fields: sk.Field) -> sk.Contract:
    return sk.Contract(name, "1.0.0", fields, owner="desk@hotel")


guests = sk.Dataset(
    "guests",
    contract=contract(
        "guests",
        sk.Field("guest_id", "integer", sensitivity="personal", subject="guest"),
        sk.Field("income", "integer", sensitivity="personal"),
        sk.Field("city", "string"),
        sk.Field("at", "timestamp"),
    ),
    event_time="at",
    owner="desk@hotel",
)
deriving = sk.Policy(
    "*",
    to=("service:derivation",),
    purposes=("derivation",),
    columns={"guest_id": "allow", "income": "allow", "spends": "allow"},
    owner="desk@hotel",
    reason="Reports are made of it.",
)


@sk.derived_dataset(event_time="at", owner="desk@hotel")
def renamed(guests: pl.LazyFrame) -> pl.LazyFrame:
    """The same under other names."""
    return guests.select(
        pl.col("income").alias("spends"), (pl.col("guest_id") * 2).alias("twice"), "city", "at",
        pl.struct("guest_id").alias("inside"),
    )


@sk.derived_dataset(event_time="at", owner="desk@hotel")
def again(renamed: pl.LazyFrame) -> pl.LazyFrame:
    """Once more."""
    return renamed.select(pl.col("spends").alias("s"), "city", "at")


@sk.derived_dataset(event_time="at", owner="desk@hotel")
def nights(guests: pl.LazyFrame) -> pl.LazyFrame:
    """Guests per city, counted."""
    return guests.group_by("city", "at").agg(pl.col("guest_id").n_unique().alias("people"), pl.len().alias("rows"))


@sk.derived_dataset(event_time="at", owner="desk@hotel")
def looked(guests: pl.LazyFrame) -> pl.LazyFrame:
    """Looks at its rows while it plans, so nobody can tell what goes where."""
    return guests.collect().lazy().rename({"income": "x", "guest_id": "y"})
'''


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder: Path = tmp_path_factory.mktemp("hotel")
    (folder / "steek.toml").write_text('modules = "derived_hotel"\n')
    (folder / "derived_hotel.py").write_text(MODULE)
    platform = open_project(folder)
    day = platform.clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    rows = pl.DataFrame({"guest_id": [1, 2], "income": [777777, 888888], "city": ["a", "b"], "at": [day, day]})
    platform.ingestion.ingest("guests", rows, key="1", actor="desk")
    for name in ("renamed", "again", "nights", "looked"):
        platform.derivation.derive(name, Window(day, day + timedelta(days=1)), key=name, actor="desk")
    yield platform
    platform.close()


@pytest.mark.covers("D11", "D13", "I12")
@pytest.mark.parametrize(
    ("dataset", "closed"),
    [("renamed", {"spends", "twice", "inside"}), ("again", {"s"}), ("nights", set[str]())],
)
def test_another_name_opens_nothing(hotel: Platform, dataset: str, closed: set[str]) -> None:
    member = hotel.access.actor("eve@hotel", "curiosity", roles=("member",))
    found = read_rows(hotel, member, dataset)
    assert set(found.closed) == closed
    assert {"city", "at"} <= set(found.frame.columns)
    with pytest.raises(InputError, match="closed to eve@hotel"):
        read_rows(hotel, member, "renamed", where="spends > 0")


@pytest.mark.covers("D11", "D13", "I12")
def test_where_nobody_can_tell_all_is_closed(hotel: Platform) -> None:
    member = hotel.access.actor("eve@hotel", "curiosity", roles=("member",))
    with pytest.raises(RefusedError, match="no column is open"):
        read_rows(hotel, member, "looked")
