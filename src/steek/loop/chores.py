"""What housekeeping does: each chore says what is due, and does it."""

from typing import Any, Protocol

from steek.data import Compliance, Erasures, Ingestion, Lake, Retention
from steek.data.erasure.lake_holder import LakeTables
from steek.data.erasure.table_files import TableFiles
from steek.data.lake.upkeep import LakeUpkeep

_MOST_FILES = 400


class Chore(Protocol):
    """One kind of regular work. Both methods may be called by several processes; a run that died is run again."""

    name: str

    def due(self) -> list[str]:
        """What `run` would do now, one line each, without personal values; empty and nothing written when nothing."""
        ...

    def run(self, *, actor: str) -> dict[str, Any]:
        """Do what is due; facts about it, JSON. Nothing due: nothing is written, {} is returned."""
        ...


class SpoolChore:
    """Commits what was acknowledged and not yet committed."""

    name = "spool"

    def __init__(self, ingestion: Ingestion) -> None:
        self._committer = ingestion.committer

    def due(self) -> list[str]:
        return [f"commit what waits in the spool for {name}" for name in self._committer.waiting()]

    def run(self, *, actor: str) -> dict[str, Any]:  # noqa: ARG002 - batches keep their own actors
        return {"committed": self._committer.commit_all()} if self._committer.waiting() else {}


class ErasureChore:
    """Carries out erasures whose delay is over."""

    name = "erasures"

    def __init__(self, erasures: Erasures) -> None:
        self._erasures = erasures

    def due(self) -> list[str]:
        return [f"erase {each.kind} {each.digest} ({each.id}, {each.state})" for each in self._erasures.due()]

    def run(self, *, actor: str) -> dict[str, Any]:
        return {each.id: each.state for each in self._erasures.run_due(actor=actor)}


class RetentionChore:
    """Takes out rows whose time is over."""

    name = "retention"

    def __init__(self, retention: Retention) -> None:
        self._retention = retention

    def due(self) -> list[str]:
        return [
            f"take {each.rows:,} rows and {each.versions:,} old versions out of {each.table}, from before "
            f"{each.before_at.isoformat()}"
            for each in self._retention.due()
        ]

    def run(self, *, actor: str) -> dict[str, Any]:
        return {each.table_name: each.rows for each in self._retention.run(actor=actor)}


class ComplianceChore:
    """Notes which objectives are no longer met, or are again."""

    name = "compliance"

    def __init__(self, compliance: Compliance) -> None:
        self._compliance = compliance

    def due(self) -> list[str]:
        return [
            f"note that {each.rule} of {each.subject} is not met: {each.reason}"
            for each in self._compliance.report()
            if each.met == "no" and each.since_at is None
        ]

    def run(self, *, actor: str) -> dict[str, Any]:
        return {f"{each.rule} of {each.subject}": each.met for each in self._compliance.check(actor=actor)}


class CompactionChore:
    """Joins files of tables that have become many.

    Args:
        upkeep: Rewrites them.
        tables: Names the tables.
        files: Counts them.
        lake: Tells the latest version of each, which is part of the key.
        most_files: A table with more than so many is compacted.
    """

    name = "compaction"

    def __init__(
        self, upkeep: LakeUpkeep, tables: LakeTables, files: TableFiles, lake: Lake, *, most_files: int = _MOST_FILES
    ) -> None:
        self._upkeep = upkeep
        self._tables = tables
        self._files = files
        self._lake = lake
        self._most_files = most_files

    def due(self) -> list[str]:
        return [f"join {count:,} files of {name}" for name, count in self._crowded()]

    def run(self, *, actor: str) -> dict[str, Any]:
        done: dict[str, Any] = {}
        for name, _ in self._crowded():
            key = f"housekeeping:{name}@{self._lake.latest_version(name)}"
            done[name] = self._upkeep.compact(name, key=key, actor=actor).files_after
        return done

    def _crowded(self) -> list[tuple[str, int]]:
        """Tables with too many files, and how many."""
        counted = ((name, len(self._files.current_files(name))) for name in self._tables.tables())
        return [(name, count) for name, count in counted if count > self._most_files]
