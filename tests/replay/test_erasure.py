"""A real household is erased from the store after a replay, and the loop goes on without it."""

import json
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from disk_search import Wanted, search
from shop_world import Shell
from small_store import LIMIT_S, NIGHTS, Undisturbed, free_ports, replaying

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Both told the loyalty program about themselves, shopped, asked, stand in golden sets, and have a line in quarantine.
# The first shops again on the day of the next night.
HOUSEHOLD, OTHER = 19, 2312
NEXT_DAY, NEXT_MORNING = "2017-10-04", "2017-10-05T06:00:00Z"
DUE = "2017-10-04T23:01:00+00:00"
PLACES = {
    "lake/demographics",
    "lake/transactions",
    "lake/quarantine.transactions",
    "lake/features.household_category",
    "lake/features.household_product",
    "lake/features.household_recent",
    "lake/predictions",
    "lake/outcomes",
    "online.db blobs_v1 household_category",
    "online.db blobs_v1 household_product",
    "online.db blobs_v1 household_recent",
}


@dataclass(frozen=True)
class Story:
    """What was found on disk and told, at each point."""

    data: Path
    before: dict[int, Counter[str]]
    after: dict[int, Counter[str]]
    later: dict[int, Counter[str]]
    trained: set[str]
    restored: dict[str, Any]
    keys: tuple[int, int]
    certificate: dict[str, Any]
    events: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.data / "steek.db")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def story(undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("erasure")
    data = shutil.copytree(undisturbed.data, folder / "data")
    shell = Shell(undisturbed.store, {"STEEK_DATA_PATH": str(data)})
    wanted = [_wanted(shell, household) for household in (HOUSEHOLD, OTHER)]

    def look() -> dict[int, Counter[str]]:
        return {each.household: search(data, each) for each in wanted}

    before = look()
    trained = {
        f"trained:{model['model']}@{number}"
        for model in shell.json("models", "list")
        for number in range(1, model["newest"] + 1)
    }
    backup, passphrase = folder / "keys.backup", folder / "passphrase"
    passphrase.write_text("kept in a safe\n")
    shell.json("privacy", "backup", str(backup), "--passphrase-file", str(passphrase))
    asked = shell.json(
        *("erasure", "request", "household", str(HOUSEHOLD), "--delay", "1h", "--yes"),
        *("--reason", "asked by letter", "--key", "letter-18", "--actor", "loyalty@grocer"),
    )
    keys = shell.json("privacy", "keys")["keys"]
    assert shell.json("housekeeping", "run")["done"].get("erasures") is None, "the delay is not over"
    (data / "clock").write_text(DUE)
    assert shell.json("housekeeping", "run")["done"]["erasures"] == {asked["id"]: "certified"}
    restored = shell.json("privacy", "restore", str(backup), "--passphrase-file", str(passphrase), "--yes")
    left = shell.json("privacy", "keys")["keys"]
    after = look()
    with replaying(undisturbed.store, data, free_ports(), nights=NIGHTS + 1) as run:
        run.finish(LIMIT_S)
    certificate = shell.json("erasure", "certificate", asked["id"])
    events = str(shell.json("ledger", "list", "--subject", f"erasure:{asked['id']}"))
    return Story(data, before, after, look(), trained, restored, (keys, left), certificate, events)


def _wanted(shell: Shell, household: int) -> Wanted:
    asked = (
        "privacy",
        "pseudonym",
        str(household),
        "household",
        "--reason",
        "asked by letter",
        "--actor",
        "dpo@grocer",
    )
    return Wanted(household, shell.json(*asked)["pseudonyms"])


@pytest.mark.covers("D15", "D14")
def test_a_household_is_found_nowhere_on_disk_after_its_erasure(story: Story) -> None:
    for household in (HOUSEHOLD, OTHER):
        assert set(story.before[household]) >= PLACES
        assert sum(place.startswith("lake/golden/") for place in story.before[household]) == 2
        assert any(place.startswith("bytes of predictions/") for place in story.before[household])
    assert story.after[HOUSEHOLD] == {}
    tables = {place: times for place, times in story.before[OTHER].items() if not place.startswith("bytes of")}
    assert story.after[OTHER] | tables == story.after[OTHER]


@pytest.mark.covers("D15")
def test_the_certificate_accounts_for_what_lay_on_disk_and_says_who_learned(story: Story) -> None:
    removed = story.certificate["removed"]
    for place in (place for place in PLACES if place.startswith("lake/")):
        assert removed[place.removeprefix("lake/")] == story.before[HOUSEHOLD][place]
    # The fleet takes every line of its window, the rankings a sample of their examples.
    expected = {urn: "learned" if "partner_demand" in urn else "may have" for urn in story.trained}
    assert {model["model"]: model["certainty"] for model in story.certificate["models"]} == expected
    assert len(expected) == 3 * NIGHTS + 2
    assert story.certificate["searched"]["found"] == 0
    assert story.certificate["requested_by"] == "loyalty@grocer"
    assert f"'{HOUSEHOLD}'" not in story.events


@pytest.mark.covers("D15", "D16")
def test_a_backup_of_the_keys_does_not_bring_the_household_back(story: Story) -> None:
    assert (story.restored["restored"], story.restored["shredded"]) == (0, 1)
    had, left = story.keys
    assert left < had


@pytest.mark.covers("D15", "S7")
def test_the_next_night_runs_and_everybody_else_is_answered(story: Story) -> None:
    assert story.rows(f"select stage from nights where day = '{NEXT_DAY}'") == [("finished",)]
    # The day's answers are collected in the night after it; until then they lie in the log.
    lines = "".join(path.read_text() for path in (story.data / "predictions").glob("*.jsonl")).splitlines()
    answers = [answer for answer in map(json.loads, lines) if answer.get("at", "") >= NEXT_MORNING]
    assert {answer["model"] for answer in answers} == {"search_ranking", "next_purchase", "partner_demand"}
    assert all(answer["version"] for answer in answers if answer["route"] != "fallback")
    assert len(answers) > 300
    trained = story.rows("select name, max(version) from trained_models group by name order by name")
    assert [version for _, version in trained] == [NIGHTS + 1, NIGHTS + 3, NIGHTS + 1]


@pytest.mark.covers("D15", "D1")
def test_what_arrives_about_an_erased_household_is_left_out(story: Story) -> None:
    assert story.later[HOUSEHOLD] == {}
    assert story.later[OTHER].keys() >= PLACES
    bought = pl.read_delta(str(story.data / "lake" / "transactions"))
    on_the_day = bought.filter(pl.col("transaction_timestamp") >= pl.datetime(2017, 10, 4, 6, time_zone="UTC"))
    assert len(on_the_day) > 500
    assert HOUSEHOLD not in on_the_day["household_id"]
