"""Erasing real households, proven by reading every file on disk."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.data.erasure_world import DELAY, LINES, NOW, World, busiest, fill, open_world, rows_of

from steek.data.erasure.searching import search_files
from steek.data.erasure.subjects import Subject
from steek.governance.pseudonyms.types import Permission
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError, NotFoundError
from steek.ledger import Database


@pytest.fixture
def world(tmp_path: Path, database: Database, clock: ReplayClock) -> World:
    clock.set(NOW)
    world = open_world(tmp_path, database, clock)
    fill(world)
    return world


def ask(world: World, home: int, key: str = "letter 1") -> str:
    return world.erasures.request(Subject("household", str(home)), reason="by letter", actor="ada", key=key).id


@pytest.mark.covers("D15")
def test_a_real_household_is_gone_from_every_file_and_certified(world: World) -> None:
    home, other = busiest(2)
    before, others = rows_of(world, home), rows_of(world, other)
    assert set(before) == {"lines", "features.home", "people", "predictions", "quarantine.lines"}
    total = world.lake.scan("lines").collect().height
    own = world.lake.scan("lines").filter(pl.col("household_id") == home).collect().height
    id = ask(world, home)
    assert world.erasures.run_due() == []
    assert rows_of(world, home) == before
    world.clock.set(NOW + DELAY)
    (done,) = world.erasures.run_due(actor="night")
    assert (done.state, done.findings) == ("certified", ())
    assert rows_of(world, home) == {}
    assert set(rows_of(world, other)) == set(others)
    assert world.lake.scan("lines").collect().height == total - own
    for path in sorted((world.folder / "lake").rglob("*.json")):
        content = path.read_text()
        assert f'household_id\\":{home}' not in content, path
        assert f" {home}" not in content.partition('"predicate"')[2], path
    certificate = world.erasures.certificate(id)
    assert certificate["removed"]["lines"] == own
    assert certificate["searched"]["found"] == 0
    assert world.erasures.search(Subject("household", str(home))) == []
    (pseudonym,) = world.pseudonyms.of(home, "homes", "keyed")
    with pytest.raises(NotFoundError):
        world.pseudonyms.reverse(
            pseudonym, "homes", actor="judge", reason="r", permission=Permission(True, "judges may"), key="r"
        )


@pytest.mark.covers("D15", "D11")
def test_the_ledger_tells_each_step_and_never_who(world: World) -> None:
    home = busiest(1)[0]
    id = ask(world, home)
    world.clock.set(NOW + DELAY)
    world.erasures.run_due(actor="night")
    told = world.ledger.events(subject=f"erasure:{id}")
    assert [event.kind.removeprefix("erasure.") for event in told] == [
        "requested", "shredded", "rewritten", "vacuumed", "verified", "certified",
    ]  # fmt: skip
    assert world.ledger.verify() == world.ledger.count()
    for event in world.ledger.events(limit=10_000):
        assert f'"{home}"' not in str(event.payload)
        assert f": {home}," not in str(event.payload)
    assert repr(Subject("household", str(home))) == "Subject(kind='household')"


@pytest.mark.covers("D15")
def test_versions_before_an_erasure_are_ended_by_name(world: World) -> None:
    id = ask(world, busiest(1)[0])
    world.clock.set(NOW + DELAY)
    world.erasures.run_due()
    with pytest.raises(NotFoundError, match=f"ended by erasure {id} at 2017-10-05"):
        world.lake.scan("lines", version=3)
    with pytest.raises(NotFoundError, match="ended by erasure"):
        world.lake.scan("lines", as_of=NOW)
    latest = world.lake.latest_version("lines")
    assert latest is not None
    assert world.lake.readable_version("lines", 3) == latest
    assert world.lake.scan("lines", version=latest).collect().height > 0


@pytest.mark.covers("D15")
def test_nothing_is_due_means_nothing_is_written(world: World) -> None:
    before = world.ledger.count(), len(list(world.folder.rglob("*")))
    assert world.erasures.run_due() == []
    assert (world.ledger.count(), len(list(world.folder.rglob("*")))) == before


@pytest.mark.covers("D15")
def test_a_request_can_be_cancelled_until_it_is_due(world: World) -> None:
    home = busiest(1)[0]
    id = ask(world, home)
    assert world.erasures.cancel(id, reason="asked back", actor="ada").state == "cancelled"
    assert world.erasures.cancel(id, reason="asked back", actor="ada").state == "cancelled"
    world.clock.set(NOW + DELAY)
    assert world.erasures.run_due() == []
    assert rows_of(world, home) != {}
    second = ask(world, home, "letter 2")
    world.clock.set(NOW + 2 * DELAY)
    world.erasures.run_due()
    with pytest.raises(IllegalTransitionError, match="is certified; cancel is not possible"):
        world.erasures.cancel(second, reason="too late", actor="ada")


@pytest.mark.covers("D15", "N3")
def test_requests_are_refused_in_words(world: World) -> None:
    home = busiest(1)[0]
    with pytest.raises(NotFoundError, match="no kind of person named 'houshold'; there are: household"):
        world.erasures.request(Subject("houshold", "1"), reason="r", actor="a", key="k")
    with pytest.raises(InputError, match="needs a reason"):
        world.erasures.request(Subject("household", "1"), reason=" ", actor="a", key="k")
    with pytest.raises(InputError, match="the reason names the person"):
        world.erasures.request(Subject("household", "1"), reason="letter of 1", actor="a", key="k")
    first = ask(world, home)
    assert ask(world, home) == first
    with pytest.raises(ConflictError, match="somebody else"):
        ask(world, home + 1)
    with pytest.raises(ConflictError, match="is requested; only a certified one"):
        world.erasures.certificate(first)


@pytest.mark.covers("D15")
def test_several_persons_share_one_pass_and_files_without_them_are_not_touched(world: World) -> None:
    homes = busiest(3)
    lone = pl.DataFrame({"household_id": [10_000_001], "product_id": [1], "sales_value": [1.0], "sold_at": [NOW]})
    lone = lone.with_columns(pl.col("sold_at").cast(pl.Datetime("us", "UTC")))
    world.lake.append("lines", lone, key="lone")
    files = {path: set(pl.read_parquet(path)["household_id"]) for path in world.files.current_files("lines")}
    untouched = {path for path, people in files.items() if not people & set(homes)}
    assert 1 <= len(untouched) < len(files)
    for number, home in enumerate(homes):
        ask(world, home, f"letter {number}")
    world.clock.set(NOW + DELAY)
    before = world.lake.latest_version("lines") or 0
    done = world.erasures.run_due()
    assert [erasure.state for erasure in done] == ["certified"] * 3
    assert set(files) & set(world.files.current_files("lines")) == untouched
    # One delete, one version to begin from, whatever the number of persons.
    assert world.lake.latest_version("lines") == before + 2
    assert all(rows_of(world, home) == {} for home in homes)


@pytest.mark.covers("D15", "D17")
def test_rows_that_arrive_later_are_refused_and_counted(world: World) -> None:
    home, other = busiest(2)
    ask(world, home)
    world.clock.set(NOW + DELAY)
    lines = world.lake.scan("lines").filter(pl.col("household_id").is_in([home, other])).collect()
    assert world.exclusion.steps(LINES) == ()
    world.erasures.run_due()
    (step,) = world.exclusion.steps(LINES)
    assert step.apply(lines)["household_id"].unique().to_list() == [other]
    own = lines.filter(pl.col("household_id") == home).height
    assert step.reports() == {"rows_before": lines.height, "rows_after": lines.height - own}


@pytest.mark.covers("D15")
def test_what_is_found_again_withholds_the_certificate(world: World) -> None:
    home = busiest(1)[0]
    left = world.folder / "notes.json"
    left.write_text(f'{{"household_id": {home}}}')
    id = ask(world, home)
    world.clock.set(NOW + DELAY)
    (found,) = world.erasures.run_due()
    assert (found.state, [finding["where"] for finding in found.findings]) == ("incomplete", ["notes.json"])
    with pytest.raises(ConflictError, match="incomplete"):
        world.erasures.certificate(id)
    left.unlink()
    assert [erasure.state for erasure in world.erasures.run_due()] == ["certified"]


@pytest.mark.covers("D15")
def test_a_writer_that_opened_the_table_before_loses_the_race_and_no_row(world: World) -> None:
    home = busiest(1)[0]
    slow = world.files.current_files("lines")
    assert slow
    ask(world, home)
    world.clock.set(NOW + DELAY + timedelta(hours=1))
    world.erasures.run_due()
    rows = world.lake.scan("lines").collect().height
    assert world.lake.append("lines", world.lake.scan("lines").head(2).collect(), key="later") is not None
    # A commit that is found again by its key is old: its files are rewritten, and that is no error.
    assert world.lake.append("lines", pl.DataFrame(), key="day 1") == 2
    assert world.lake.scan("lines").collect().height == rows + 2


@pytest.mark.covers("D15", "N3")
def test_a_file_that_cannot_be_read_withholds_the_certificate(world: World) -> None:
    broken = world.folder / "lake" / "lines" / "part-cut-off.parquet"
    broken.write_bytes(b"PAR1 and no more")
    ask(world, busiest(1)[0])
    world.clock.set(NOW + DELAY)
    (found,) = world.erasures.run_due()
    assert [finding["where"] for finding in found.findings] == ["lines (files that cannot be read)"]
    broken.unlink()
    assert [erasure.state for erasure in world.erasures.run_due()] == ["certified"]


@pytest.mark.covers("D15")
def test_a_person_is_found_in_a_table_that_got_columns_over_the_years(tmp_path: Path) -> None:
    home = pl.DataFrame({"household_id": [7, 8]})
    home.with_columns(note=pl.lit("ok")).write_parquet(tmp_path / "2.parquet")
    home.write_parquet(tmp_path / "1.parquet")
    home.with_columns(note=pl.lit(1)).write_parquet(tmp_path / "3.parquet")
    paths = [str(tmp_path / f"{number}.parquet") for number in (1, 2, 3)]
    for order in (paths, paths[::-1]):
        hits = search_files(order, {"household_id": {"7": "digest"}}, {})
        assert sorted(hits.rows) == [(path, "digest") for path in paths]
        assert not hits.unreadable
