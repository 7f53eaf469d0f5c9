"""An incident at the terminal: what is read there at night, and what two people decide at once."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from steek.cli import incident, signal
from steek.kernel.errors import InputError, StaleWriteError

Steek = Callable[..., str]


@pytest.fixture(scope="module")
def steek(tmp_path_factory: pytest.TempPathFactory) -> Steek:
    """Runs one verb in this process and gives what it prints."""
    folder = tmp_path_factory.mktemp("night")
    (folder / "steek.toml").write_text('name = "night"\n')
    commands = {**incident.COMMANDS, **signal.COMMANDS}

    def run(noun: str, *words: str) -> str:
        done = CliRunner().invoke(commands[noun], [*words, "--project", str(folder)], catch_exceptions=True)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def declared(steek: Steek, title: str) -> Any:
    return json.loads(steek("incident", "declare", title, "--on", "model:till", "--severity", "sev2", "--json"))


@pytest.mark.covers("I1", "I2")
def test_what_is_known_is_declared_in_one_line_and_doubted_names_are_said(steek: Steek) -> None:
    filed = json.loads(steek("signal", "file", "no receipts", "--on", "model:printer", "--json"))
    known = ("--note", "Kim rang", "--impact", "users=100..250: tickets", "--signal", filed["id"], "--key", "one line")
    found = json.loads(steek("incident", "declare", "till", "--on", "model:till", *known, "--json"))["id"]
    assert json.loads(steek("incident", "declare", "till", "--on", "model:till", *known, "--json"))["id"] == found
    told = steek("incident", "timeline", found)
    assert "(nothing is recorded about model:till)" in told
    assert told.count("Kim rang") == 1
    assert "100 to 250 users" in steek("incident", "impact", found)
    assert "no receipts" in steek("signal", "list", "--incident", found)
    assert json.loads(steek("incident", "alerts", found, "--json")) == {"attached": [], "open": []}
    with pytest.raises(InputError, match="is no impact"):
        steek("incident", "declare", "x", "--on", "model:till", "--impact", "users=many")
    with pytest.raises(InputError, match="neither a system nor an alert"):
        steek("incident", "declare", "x")


@pytest.mark.covers("I2", "I3")
def test_who_decides_second_at_the_terminal_is_told_who_did_what(steek: Steek) -> None:
    one, other = declared(steek, "no orders"), declared(steek, "no orders either")
    found, seen = one["id"], ("--seen", str(one["version"]))
    steek("incident", "assign", found, "commander", "ada", *seen, "--actor", "ada")
    late = [
        ("assign", found, "commander", "bo"),
        ("act", found, "post-notice", "--with", "text=wait"),
        ("advance", found, "investigate"),
        ("resolve", found, "--no-verify", "--reason", "over"),
        ("severity", found, "sev1", "--reason", "worse"),
        ("system", found, "model:other", "--reason", "too"),
        ("merge", found, "--into", other["id"], "--reason", "same"),
        ("unmerge", found, "--reason", "not the same"),
        ("hand-over", found, "commander", "kim", "--summary", "what is known"),
        ("take", found, "operations", "--reason", "nobody"),
    ]
    for words in late:
        with pytest.raises(
            StaleWriteError, match=r"changed by ada while you were looking.*since then ada: ada is comm"
        ):
            steek("incident", *words, *seen, "--actor", "bo")
    now = json.loads(steek("incident", "show", found, "--json"))
    assert (now["version"], now["roles"], now["severity"]) == (one["version"] + 1, {"commander": "ada"}, "sev2")


@pytest.mark.covers("I6")
def test_where_nobody_records_changes_the_terminal_says_that_first(steek: Steek) -> None:
    first, *_ = steek("incident", "suspects", declared(steek, "orders double")["id"]).splitlines()
    assert first.startswith("Nobody records what changes here; look outside too.")


@pytest.mark.covers("I2", "I3", "I10")
def test_an_incident_says_who_leads_what_is_next_and_since_when(steek: Steek) -> None:
    one = declared(steek, "orders are late")
    found = one["id"]
    shown = steek("incident", "show", found)
    assert shown.splitlines()[0] == f"{found}  sev2  orders are late"
    assert "\n  next      name a commander: " in shown
    assert f"\n  led by    nobody; take it: steek incident assign {found} commander YOU\n" in shown
    steek("incident", "assign", found, "commander", "ada", "--actor", "ada")
    steek("incident", "update", found, "we look", "--next-in", "20")
    shown = steek("incident", "show", found)
    assert "\n  next      mitigate, one first: " in shown
    assert "\n  led by    ada\n" in shown
    assert re.search(r"\n  update    due .* UTC, in (20|19\.\d) min\n", shown)
    assert re.search(r"\n  declared  .* UTC by \w+, [\d.]+ (ms|s|min) ago\n", shown)
    assert re.search(r"\n    detection +\d{4}-\d\d-\d\d \d\d:\d\d UTC ", shown)
    [line] = [line for line in steek("incident", "list").splitlines() if line.startswith(found)]
    assert re.search(r" sev2 +detection +ada +.*orders are late$", line)
    assert "\n  undo" in steek("incident", "menu", found)


@pytest.mark.covers("I5")
def test_what_people_type_can_forge_no_line(steek: Steek) -> None:
    found = declared(steek, "a\ntitle \x1b[2J\u202eof two")["id"]
    for text in ("ok\n2026-11-22 08:39:00  ana  roll-back: done", "x\u2028y\x9b1A"):
        steek("incident", "note", found, text)
    steek("signal", "file", "one\nthing", "--on", "model:till")
    told = [
        steek("incident", *words) for words in (("timeline", found), ("list",), ("show", found), ("suspects", found))
    ]
    for said in (*told, steek("signal", "list")):
        assert not set(said) & set("\x1b\u202e\u2028\x9b\r")
        assert not [line for line in said.splitlines() if line.startswith(("2026-11-22 08:39", "thing", "title"))]
    assert "ok\\n2026-11-22 08:39:00  ana  roll-back: done" in told[0]
    assert "a\\ntitle \\u001b[2J\\u202eof two" in told[1]


@pytest.mark.covers("I5")
def test_the_timeline_is_read_in_parts_and_says_its_ids(steek: Steek) -> None:
    found = declared(steek, "slow answers")["id"]
    steek("incident", "note", found, "first")
    steek("incident", "note", found, "second")
    whole = json.loads(steek("incident", "timeline", found, "--json"))
    last = json.loads(
        steek("incident", "timeline", found, "--tail", "1", "--own", "--kind", "incident.noted", "--json")
    )
    assert [one["text"] for one in last] == ["second"]
    assert len(json.loads(steek("incident", "timeline", found, "--kind", "incident", "--json"))) < len(whole)
    assert last[0]["event_id"] in steek("incident", "timeline", found, "--tail", "1", "--kind", "incident.noted")
    assert steek("incident", "timeline", found, "--since", "2100-01-01T00:00Z") == "nothing yet\n"
    corrected = steek("incident", "correct", found, "third", "--about", last[0]["event_id"], "--json")
    assert json.loads(corrected)["id"] == found
