"""On-call, pages, updates, questions and handovers at the terminal: every verb, in one process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from steek.cli import incident, oncall
from steek.cli.incident_people import PEOPLE_VERBS
from steek.cli.incident_status import STATUS_VERBS
from steek.kernel.errors import RefusedError

Steek = Callable[..., Any]
ROTATION = ("core", "ada", "ben", "--starts", "2020-01-06", "--zone", "Europe/Berlin", "--escalate", "5:next")
FROM = ("--from", "2030-01-01T09:00+01:00", "--until", "2030-01-02T09:00+01:00")


@pytest.fixture(scope="module")
def steek(tmp_path_factory: pytest.TempPathFactory) -> Steek:
    """Runs one verb in this process and reads the JSON that it prints."""
    folder = tmp_path_factory.mktemp("people")
    (folder / "steek.toml").write_text('name = "people"\n')
    commands = {**incident.COMMANDS, **oncall.COMMANDS}
    used: set[str] = set()

    def run(noun: str, *words: str) -> Any:
        used.add(words[0])
        asked = [*words, "--json", "--project", str(folder)]
        done = CliRunner().invoke(commands[noun], asked, catch_exceptions=True)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    run.used = used  # pyright: ignore[reportFunctionMemberAccess]
    run.folder = folder  # pyright: ignore[reportFunctionMemberAccess]
    return run


@pytest.mark.covers("N4", "I3", "I10", "I13")
def test_an_incident_of_people_from_the_page_to_the_last_question(steek: Steek) -> None:
    on_call(steek)
    told(steek)
    handed_over(steek)
    verbs = {name.replace("_", "-") for name in (*PEOPLE_VERBS, *STATUS_VERBS)} | set(
        oncall.COMMANDS["oncall"].commands
    )
    assert verbs - steek.used == set()  # pyright: ignore[reportFunctionMemberAccess]


def on_call(steek: Steek) -> None:
    added = steek("oncall", "add-rotation", *ROTATION)
    assert (added["escalation"], added["unreached"]) == ([{"after_minutes": 5, "to": "next"}], ["ada", "ben"])
    steek("oncall", "add-rotation", "old", "zoe", "--starts", "2020-01-06", "--duty", "business")
    assert steek("oncall", "remove-rotation", "old")["removed"]
    assert [one["name"] for one in steek("oncall", "rotations")] == ["core"]
    (now,) = steek("oncall", "who")
    assert now["person"] in {"ada", "ben"}
    assert now["warning"].startswith(f"no target reaches {now['person']}, so nothing calls them: 'steek oncall contact")
    for person in ("ada", "ben"):
        steek("oncall", "contact", person, f"phone:+49 30 {len(person)}")
    assert {one["person"] for one in steek("oncall", "contacts")} == {"ada", "ben"}
    (made,) = steek("oncall", "override", "core", "kim", *FROM)["overrides"]
    assert len(steek("oncall", "holiday", "ben", *FROM)["absences"]) == 1
    assert steek("oncall", "withdraw", made["id"])["overrides"] == []
    file: Path = steek.folder / "core.ics"  # pyright: ignore[reportFunctionMemberAccess]
    assert steek("oncall", "calendar", "--days", "14", "--ics", str(file))
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert steek("oncall", "gaps") == []
    assert steek("oncall", "reachable", "model:any")["chain"][0]["contacts"][0]["kind"] == "phone"
    added = steek("oncall", "add-stakeholder", "money", "cfo", "finance", "--sees", "summary")
    assert steek("oncall", "stakeholders") == [added]
    assert steek("oncall", "remove-stakeholder", "money")["removed"]
    assert steek("incident", "declare", "orders are missing", "--on", "any", "--severity", "sev1")["severity"] == "sev1"
    (page,) = steek("oncall", "pages")
    assert page["calls"][0]["notice"] == f"incident:{page['incident_id']}"
    assert steek("oncall", "page", page["incident_id"], "ben")["version"] == 2
    assert steek("oncall", "attend") == {"made": 0, "sent": 0}
    answered = steek("oncall", "acknowledge", page["incident_id"], "--actor", "ada")
    assert (answered["state"], answered["acknowledged_by"]) == ("acknowledged", "ada")


def told(steek: Steek) -> None:
    (known,) = steek("incident", "list")
    incident_id = known["id"]
    steek("incident", "assign", incident_id, "communications", "com")
    steek("incident", "update", incident_id, "what is known", "--outside", "Orders are late.", "--next-in", "20")
    with pytest.raises(RefusedError):
        steek("incident", "approve", incident_id, "1", "--actor", "ada")
    assert steek("incident", "approve", incident_id, "1", "--actor", "com")["outside_state"] == "approved"
    assert [one["number"] for one in steek("incident", "updates", incident_id)] == [1]
    assert steek("incident", "cadence", incident_id, "45")["every_minutes"] == 45
    assert steek("incident", "status", incident_id, "--for", "outsider") == {"page": "none"}
    assert steek("incident", "publish", incident_id, "Late orders", "--actor", "com")["path"].startswith("/status/")
    assert steek("incident", "status", incident_id, "--for", "outsider")["entries"][0]["text"] == "Orders are late."
    assert "known" not in steek("incident", "status", incident_id, "--for", "summary")
    assert steek("incident", "ask", incident_id, "how much?", "--actor", "ceo")["number"] == 1
    assert steek("incident", "answer", incident_id, "1", "little", "--actor", "com")["answer"] == "little"
    assert steek("incident", "status", incident_id)["questions"][0]["answer"] == "little"
    corrected = steek(
        "incident", "correct-outside", incident_id, "1", "They are back.", "--reason", "b", "--actor", "com"
    )
    assert (corrected["outside_text"], corrected["corrected_by"]) == ("They are back.", "com")
    assert steek("incident", "withdraw-page", incident_id, "--actor", "com") == {"links": 1}


def handed_over(steek: Steek) -> None:
    (known,) = steek("incident", "list")
    incident_id = known["id"]
    assert "**Known**" in steek("incident", "hand-over", incident_id, "commander", "ben", "--draft")["summary"]
    offered = steek("incident", "hand-over", incident_id, "commander", "ben", "--actor", "ada")
    assert steek("incident", "accept", offered["id"], "--actor", "ben")["state"] == "accepted"
    other = steek("incident", "hand-over", incident_id, "commander", "kim", "--actor", "ben")
    assert steek("incident", "withdraw-offer", other["id"], "--actor", "ben")["state"] == "withdrawn"
    taken = steek("incident", "take", incident_id, "commander", "--reason", "no answer", "--actor", "ada")
    assert (taken["state"], taken["giver"]) == ("taken", "ben")
    assert len(steek("incident", "handovers", incident_id)) == 3
    steek("incident", "assign", incident_id, "shadow", "zoe")
    assert "shadow" not in steek("incident", "leave-shadow", incident_id, "zoe")["roles"]


@pytest.mark.covers("I13", "N4")
def test_a_command_makes_the_calls_it_causes_and_says_whom_they_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", "0123456789abcdef0123456789abcdef")
    dead = 'kind = "webhook"\nurl = "http://127.0.0.1:9/"\nsecret = "env:HOOK"\npurposes = ["change"]\n'
    (tmp_path / "steek.toml").write_text(f'name = "people"\n[notify.targets.night]\n{dead}')
    commands = {**incident.COMMANDS, **oncall.COMMANDS}

    def steek(noun: str, *words: str) -> str:
        return CliRunner().invoke(commands[noun], [*words, "--project", str(tmp_path)], catch_exceptions=False).stdout

    declare = ("incident", "declare", "orders are missing", "--on", "any", "--severity", "sev1")
    assert "!  nobody could be called for " in (said := steek(*declare))
    assert "no rotation covers it" in said
    assert "!  no target reaches ada, so nothing calls them" in steek("oncall", "add-rotation", *ROTATION)
    assert "there is no target gone in steek.toml; there are: night" in steek("oncall", "contact", "ada", "target:gone")
    assert "no target reaches ada" in steek(*declare)
    steek("oncall", "contact", "ada", "target:night")
    assert "!  the call has not reached ada yet; it is tried again while a worker runs" in steek(*declare)
    assert "night: no connection" in steek("oncall", "pages")
