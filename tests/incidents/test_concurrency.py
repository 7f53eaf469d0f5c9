"""Two people act at once, each in a process of their own, on one SQLite file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.incidents.conftest import Reader

from steek.incidents import Incident, Incidents
from steek.ledger import Ledger

PERSON = """
import json, sys
from pathlib import Path
from steek.incidents import Incidents, Mitigation
from steek.kernel import ReplayClock
from steek.kernel.errors import SteekError
from steek.ledger import Database, Ledger, Lineage

folder, incident, name, version, what = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
database = Database.open(f"sqlite:///{folder / 'steek.db'}")
clock = ReplayClock(folder / "clock")
log = folder / "calls"


def run(call):
    with log.open("a") as file:
        file.write(call.key + "\\n")
    return {}


menu = {"roll": Mitigation("roll", risk="r", effect="e", undo="u", run=run)}
incidents = Incidents(database, Ledger(database, clock), Lineage(database), clock, menu)
print("ready", flush=True)
sys.stdin.readline()
try:
    if what == "advance":
        incidents.advance(incident, "investigate", name, key=name, expected_version=version)
    elif what == "act":
        incidents.act(incident, "roll", {}, name, key=name, expected_version=version)
    else:
        incidents.declare("down", on="x", severity="sev2", actor=name, key=name)
        incidents.note(incident, "seen", name, key=name)
    print(json.dumps({"code": "written"}))
except SteekError as error:
    print(json.dumps({"code": error.code, "message": error.message}))
"""


def together(folder: Path, incident: str, what: str) -> list[dict[str, str]]:
    people = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", PERSON, str(folder), incident, name, "1", what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("ariel", "sam")
    ]
    for person in people:
        assert person.stdout is not None
        assert person.stdout.readline() == "ready\n"
    for person in people:
        assert person.stdin is not None
        person.stdin.write("go\n")
        person.stdin.flush()
    return [json.loads(person.communicate(timeout=60)[0]) for person in people]


@pytest.mark.covers("I2", "I3")
@pytest.mark.parametrize("what", ["advance", "act"])
def test_the_second_decision_is_told_who_was_first(
    tmp_path: Path, incidents: Incidents, declared: Incident, ledger: Ledger, what: str
) -> None:
    answers = together(tmp_path, declared.id, what)
    assert sorted(answer["code"] for answer in answers) == ["stale_write", "written"]
    [refused] = [answer for answer in answers if answer["code"] == "stale_write"]
    first = incidents.get(declared.id).changed_by
    assert f"was changed by {first} while you were looking: you saw version 1" in refused["message"]
    if what == "act":
        assert (tmp_path / "calls").read_text() == f"{first}\n"
    assert ledger.verify() == ledger.count()


@pytest.mark.covers("I1", "I5")
def test_what_does_not_conflict_is_written_by_both(
    tmp_path: Path, incidents: Incidents, declared: Incident, ledger: Ledger, of_kind: Reader
) -> None:
    assert [answer["code"] for answer in together(tmp_path, declared.id, "declare")] == ["written", "written"]
    assert [incident.id for incident in incidents.list()] == ["2017-003", "2017-002", "2017-001"]
    assert sorted(event.actor for event in of_kind("incident.noted")) == ["ariel", "sam"]
    assert ledger.verify() == ledger.count()
