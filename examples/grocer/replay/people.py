"""The people on call: some at a terminal, some in the console; both reach the same incident."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

COMMANDER, OPERATIONS, COMMUNICATIONS = "ariel@grocer", "sam@grocer", "gabi@grocer"
LEADER, REVIEWER = "dana@grocer", "noa@grocer"
LARGEST_PARTNER = "69"
FIRST_GROUP = 40
FLEET = "partner_demand"
REASON = "trained on a day without partner lines"


class CommandError(Exception):
    """A command of steek, or a form of its console, was refused; its text is what was said."""


@dataclass(frozen=True)
class People:
    """Works the incident that the changed keys cause.

    Args:
        project: Folder of the project.
        environment: Variables of every command, the project's settings among them.
        console: Address of the console.
        reach: Moves the replayed time, because people take minutes; False when what happens then was done before.
    """

    project: Path
    environment: dict[str, str]
    console: str
    reach: Callable[[datetime], bool]

    def incident_of(self, night: date) -> str | None:
        """The id of the incident declared on the morning after a night, whatever became of it; None when there is none.

        Also one that is resolved by now: a replay that was interrupted goes on with what people do after that.
        """
        morning = (night + timedelta(days=1)).isoformat()
        declared = (one for one in self.steek("incident", "list") if one["declared_at"].startswith(morning))
        return next((one["id"] for one in declared), None)

    def mitigate(self, incident: str, night: date) -> None:
        """From the page to a fleet that serves the last good models again, one partner first."""
        if self._at(night, "06:43"):
            self._do(COMMANDER, "incident", "assign", incident, "commander", COMMANDER)
            for role, person in (("operations", OPERATIONS), ("communications", COMMUNICATIONS)):
                self._send(COMMANDER, f"/incidents/{incident}/roles", role=role, person=person)
        if self._at(night, "06:48"):
            self._suppose(incident)
        if self._at(night, "06:55"):
            self._do(
                OPERATIONS, "rollback", FLEET, "--partner", LARGEST_PARTNER, "--to", "last-good",
                "--incident", incident, "--reason", REASON,
            )  # fmt: skip
        if self._at(night, "07:02"):
            verified = f"Partner {LARGEST_PARTNER} answers as before the change; going on with the fleet."
            self._do(OPERATIONS, "incident", "judge", incident, "1", "confirmed", "--reason", verified)
            self._do(
                OPERATIONS, "rollback", FLEET, "--fleet", "--to", "last-good",
                "--incident", incident, "--reason", REASON,
            )  # fmt: skip
        if self._at(night, "07:10"):
            looked = "Forecasts of all partners are those of the day before again."
            self._do(COMMANDER, "incident", "advance", incident, "mitigate", "--reason", looked)
        if self._at(night, "07:15"):
            self._tell(incident)

    def recover(self, incident: str, night: date, partners_file: Path) -> None:
        """From the new key table to retrained, verified models, a resolved incident and what is learned from it."""
        if self._at(night, "10:05"):
            self.steek("ingest", "partners", str(partners_file), "--key", "partners-with-new-keys", actor=OPERATIONS)
        if self._at(night, "10:12"):
            self._do(OPERATIONS, "extract", "partner_lines", "--day", night.isoformat(), "--incident", incident)
        if self._at(night, "10:20"):
            self._do(OPERATIONS, "incident", "act", incident, "release-freeze")
            self._do(
                OPERATIONS, "train", FLEET, "--known-until", night.isoformat(), "--by-priority", str(FIRST_GROUP),
                "--incident", incident,
            )  # fmt: skip
        if self._at(night, "10:40"):
            check = ("monitor", "check", night.isoformat(), "--monitor", "lines joined with partners")
            self.steek(*check, "--key", _key(check))
            self._do(COMMANDER, "incident", "resolve", incident, "--verify")
        if self._at(night, "11:10"):
            self._learn(incident)

    def _suppose(self, incident: str) -> None:
        """Say what they believe of the first suspect; the key leaves out its event, whose id no two replays share."""
        first = self.steek("incident", "suspects", incident)["suspects"][0]["event"]["id"]
        self.steek(
            "incident", "hypothesis", incident,
            "The product master of last night carries keys that partners do not have.",
            "--test", "one partner on yesterday's model must answer as before the change",
            "--owner", OPERATIONS, "--about", first, "--key", _key(("hypothesis", incident)), actor=OPERATIONS,
        )  # fmt: skip

    def _tell(self, incident: str) -> None:
        self._send(
            COMMUNICATIONS,
            f"/incidents/{incident}/updates",
            text="The fleet serves yesterday's models; the keys of the product master changed overnight.",
            impact="Forecasts of all partners were empty for half an hour.",
            doing="The supplier maps the new keys; then the day is extracted again and the fleet retrained.",
            outside="Forecasts of today rest on the day before. We expect fresh ones this morning.",
        )
        question = "Do partner managers have to call anybody?"
        self._do(LEADER, "incident", "ask", incident, question)
        self._do(COMMUNICATIONS, "incident", "answer", incident, "1", "No: orders of today were not placed yet.")

    def _learn(self, incident: str) -> None:
        """Whom it harmed, and the postmortem from draft to publication by three people."""
        harmed = "partners: half an hour without forecasts, before any order was placed"
        self._do(COMMANDER, "incident", "groups", incident, "--not-harmed", harmed)
        self._do(
            OPERATIONS, "postmortem", "edit", incident,
            "lessons=A join is watched, but only after training: the monitor must run before it.",
        )  # fmt: skip
        suggested = self.steek("postmortem", "show", incident)["report"]["points"]
        first = next(one["id"] for one in suggested if one["role"] == "category")
        self._do(OPERATIONS, "postmortem", "judge", incident, first, "confirmed")
        self._do(OPERATIONS, "postmortem", "review", incident, "ask")
        self._send(REVIEWER, f"/postmortems/{incident}/step", step="accept")
        later = "What is only suggested is gone through with the partners."
        self._do(COMMANDER, "postmortem", "publish", incident, "--reason", later)
        self._do(
            COMMANDER, "follow-up", "create", "Watch the join before the fleet is trained",
            "--owner", OPERATIONS, "--kind", "improvement", "--priority", "P1", "--value", "high", "--cost", "days",
            "--due", "2017-11-03", "--postmortem", incident,
        )  # fmt: skip

    def steek(self, *words: str, actor: str | None = None) -> Any:
        """Run one command with `--json` and give back what it printed.

        Raises:
            CommandError: it did not succeed.
        """
        command = [sys.executable, "-m", "steek", *words, "--project", str(self.project), "--json"]
        if actor:
            command += ["--actor", actor]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False)
        if done.returncode:
            raise CommandError(f"steek {' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)

    def _do(self, actor: str, *words: str) -> None:
        """Say it once: when the replay was interrupted and says it again, the key tells that it is the same."""
        self.steek(*words, "--key", _key(words), actor=actor)

    def _send(self, actor: str, path: str, **fields: str) -> None:
        """Send a form of the console once, as `_do` says a command once.

        Raises:
            CommandError: the console showed an error instead of leading on.
        """
        key = _key((path, *fields, *fields.values()))
        answer = httpx.post(self.console + path, data={**fields, "actor": actor, "key": key}, timeout=120, verify=False)
        if answer.status_code != HTTPStatus.SEE_OTHER:
            raise CommandError(f"{path}: {answer.status_code} {answer.text[:2000]}")

    def _at(self, night: date, clock: str) -> bool:
        return self.reach(datetime.combine(night + timedelta(days=1), time.fromisoformat(clock), tzinfo=UTC))


def _key(words: Sequence[str]) -> str:
    return f"replay:{sha256(' '.join(words).encode()).hexdigest()[:16]}"
