"""Emergency access and concerns at the terminal, by people with names."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from steek.cli.break_glass import COMMANDS as BREAK_GLASS
from steek.cli.concern import COMMANDS as CONCERN
from steek.cli.incident import COMMANDS as INCIDENT
from steek.kernel.errors import InputError, RefusedError
from steek.platform import open_project

PROJECT = """
import steek as sk

guests = sk.Dataset(
    "guests",
    contract=sk.Contract(
        "guests",
        "1.0.0",
        (sk.Field("guest", "string", key=True, sensitivity="personal"), sk.Field("room", "integer")),
        owner="front@hotel",
    ),
    owner="front@hotel",
    mode="replace",
)
staff = sk.Role("on-call", members=("ana", "eli"))
owners = sk.Role("owner", members=("ben", "cid"))
"""
ASK = ("--dataset", "guests", "--columns", "guest", "--rows", "room == 2", "--purpose", "a key does not open")
WHY = ("--why-raw", "doors know names", "--why-not-first", "nobody has pseudonyms")


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hotel") / "project"
    folder.mkdir()
    (folder / "hotel_desk.py").write_text(PROJECT)
    (folder / "steek.toml").write_text('modules = "hotel_desk"\nconcern_contacts = "cid"\n')
    platform = open_project(folder)
    platform.ingestion.ingest("guests", pl.DataFrame({"guest": ["Garbo"], "room": [2]}), key="g", actor="desk")
    platform.incidents.declare("keys", on="guests", severity="sev3", actor="ana", key="d")
    platform.close()
    return folder


def run(folder: Path, command: Any, *words: str, by: str | None = None) -> Result:
    actor = () if by is None else ("--actor", by)
    given = [*words[:1], "--project", str(folder), *actor, *words[1:]]
    return CliRunner().invoke(command, [*given, "--json"], catch_exceptions=True)


@pytest.mark.covers("I12", "D13", "N4")
def test_two_people_at_the_terminal(hotel: Path) -> None:
    platform = open_project(hotel)
    (incident,) = platform.incidents.list()
    platform.close()

    def do(*words: str, by: str | None = None) -> Any:
        done = run(hotel, BREAK_GLASS["break-glass"], *words, by=by)
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.output)

    def refused(*words: str, by: str) -> BaseException | None:
        done = run(hotel, BREAK_GLASS["break-glass"], *words, by=by)
        assert done.exit_code != 0
        assert "Garbo" not in done.output
        return done.exception

    assert isinstance(refused("ask", incident.id, *ASK, *WHY, by="mallory"), RefusedError)
    assert isinstance(refused("ask", incident.id, *ASK, "--columns", "room", *WHY, by="ana"), InputError)
    asked = do("ask", incident.id, *ASK, *WHY, "--minutes", "3", by="ana")
    assert isinstance(refused("grant", asked["id"], by="ana"), RefusedError)
    assert isinstance(refused("read", asked["id"], by="ana"), RefusedError)
    assert do("grant", asked["id"], "--seen", "1", by="ben")["state"] == "granted"
    assert isinstance(refused("read", asked["id"], by="eli"), RefusedError)
    assert do("read", asked["id"], by="ana")["rows"] == [{"guest": "Garbo"}]
    assert do("end", asked["id"], by="ana")["state"] == "ended"
    assert [use["rows"] for use in do("uses", asked["id"])] == [1]
    assert do("review", asked["id"], "proper", "--note", "one row", by="cid")["verdict"] == "proper"
    other = do("ask", incident.id, *ASK, *WHY, by="eli")
    assert do("refuse", other["id"], "--reason", "it was answered", by="ben")["state"] == "refused"
    assert {each["state"] for each in do("list", "--incident", incident.id)} == {"reviewed", "refused"}


@pytest.mark.covers("I12", "N4")
def test_a_concern_at_the_terminal(hotel: Path) -> None:
    def do(*words: str, by: str | None = None) -> Any:
        done = run(hotel, CONCERN["concern"], *words, by=by)
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.output)

    raised = do("raise", "we opened a door that was not ours", "--anonymous", by="eli")
    assert raised["readers"] == ["cid"]
    assert isinstance(run(hotel, CONCERN["concern"], "list", by="eli").exception, RefusedError)
    (seen,) = do("list", by="cid")
    assert (seen["raised_by"], seen["text"]) == (None, "we opened a door that was not ours")
    assert do("acknowledge", raised["id"], by="cid")["state"] == "acknowledged"
    assert do("answer", raised["id"], "we apologised", "--close", by="cid")["state"] == "closed"
    assert do("follow", raised["id"], raised["ticket"])["answer"] == "we apologised"


@pytest.mark.covers("I12", "N4")
def test_groups_and_refusals_at_the_terminal(hotel: Path) -> None:
    platform = open_project(hotel)
    about = platform.incidents.list()[0].id
    platform.close()

    def do(*words: str, by: str | None = None) -> Any:
        done = run(hotel, INCIDENT["incident"], *words, by=by)
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.output)

    assert do("groups", about) == {"questions": [], "considered": []}
    said = do("groups", about, "--harmed", "room 2: locked out", "--not-known", "room 3: nobody asked", by="ana")
    assert [answer["harm"] for answer in said["answers"]] == ["harmed", "not_known"]
    assert isinstance(run(hotel, INCIDENT["incident"], "groups", about, "--harmed", "room 2").exception, InputError)
    refused = do("refuse", about, "commander", "--role", "--reason", "I cut the keys", by="eli")
    assert do("refusals", about) == [refused]
    decided = do("decide-refusal", refused["id"], "leave", "--note", "of course", by="ana")
    assert (decided["state"], decided["decided_by"]) == ("left", "ana")
