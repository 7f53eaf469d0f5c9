"""The people on call, who use nothing but the command line."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

COMMANDER, OPERATIONS, COMMUNICATIONS = "ariel@grocer", "sam@grocer", "gabi@grocer"
LARGEST_PARTNER = "69"
FIRST_GROUP = 40
FLEET = "partner_demand"
REASON = "trained on a day without partner lines"


class CommandError(Exception):
    """A command of steek ended with an error; its text is what the command said."""


@dataclass(frozen=True)
class People:
    """Works the incident that the changed keys cause.

    Args:
        project: Folder of the project.
        environment: Variables of every command, the project's settings among them.
        reach: Moves the replayed time, because people take minutes; False when what happens then was done before.
    """

    project: Path
    environment: dict[str, str]
    reach: Callable[[datetime], bool]

    def incident_to_work(self) -> str | None:
        """The id of the incident that waits for people; None when there is none."""
        incidents = self.steek("incident", "list", "--open")
        return incidents[0]["id"] if incidents else None

    def mitigate(self, incident: str, night: date) -> None:
        """From the page to a fleet that serves the last good models again, one partner first."""
        if self._at(night, "06:43"):
            self._do(COMMANDER, "incident", "assign", incident, "commander", COMMANDER)
            self._do(COMMANDER, "incident", "assign", incident, "operations", OPERATIONS)
            self._do(COMMANDER, "incident", "assign", incident, "communications", COMMUNICATIONS)
        if self._at(night, "06:48"):
            self.steek("incident", "suspects", incident)
            self._do(
                OPERATIONS, "incident", "note", incident,
                "The product master of last night carries keys that partners do not have; nothing of ours changed.",
            )  # fmt: skip
        if self._at(night, "06:55"):
            self._do(
                OPERATIONS, "rollback", FLEET, "--partner", LARGEST_PARTNER, "--to", "last-good",
                "--incident", incident, "--reason", REASON,
            )  # fmt: skip
        if self._at(night, "07:02"):
            self._do(
                OPERATIONS, "incident", "note", incident,
                f"Partner {LARGEST_PARTNER} answers as before the change; going on with the fleet.",
            )  # fmt: skip
            self._do(
                OPERATIONS,
                "rollback",
                FLEET,
                "--fleet",
                "--to",
                "last-good",
                "--incident",
                incident,
                "--reason",
                REASON,
            )
        if self._at(night, "07:15"):
            self._do(
                COMMUNICATIONS, "incident", "note", incident,
                "Partner managers told: forecasts of today come from yesterday's models until the keys are mapped.",
            )  # fmt: skip

    def recover(self, incident: str, night: date, partners_file: Path) -> None:
        """From the new key table to retrained, verified models and a resolved incident."""
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
            self.steek("incident", "postmortem", incident)

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

    def _at(self, night: date, clock: str) -> bool:
        return self.reach(datetime.combine(night + timedelta(days=1), time.fromisoformat(clock), tzinfo=UTC))


def _key(words: Sequence[str]) -> str:
    return f"replay:{sha256(' '.join(words).encode()).hexdigest()[:16]}"
