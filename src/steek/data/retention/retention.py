"""Retention: rows older than their contract keeps them are taken out, for good."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time
from typing import Literal

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.data.datasets import AnyDataset, contract_of
from steek.data.erasure.rewriting import Rewriting
from steek.data.retention.measuring import Age, rows_before, versions_before
from steek.data.retention.rules import kept_from
from steek.data.retention.tables import retention_runs
from steek.data.tables import table_versions
from steek.kernel.clock import Clock
from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition
from steek.ledger import Database, Draft, Ledger

State = Literal["begun", "rewritten", "done"]
TRANSITIONS: dict[tuple[State, str], State] = {("begun", "rewrite"): "rewritten", ("rewritten", "vacuum"): "done"}
_RECEIVED_AT = "received_at"


@dataclass(frozen=True, slots=True)
class DueTable:
    """A table with rows, or old versions, beyond what the contract of its dataset keeps.

    `column` is the moment that rows are kept by; None where only versions have an age.
    """

    table: str
    dataset: str
    column: str | None
    before_at: datetime
    rows: int
    versions: int


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """One clearing of a table; `rows` were taken out, everything is older than `before_at`."""

    id: str
    key: str
    table_name: str
    dataset: str
    before_at: datetime
    state: State
    rows: int
    actor: str
    changed_at: datetime


class Retention:
    """Takes rows out whose time is over, from tables and from their quarantine; old versions go with them.

    Rows of a dataset with event time are kept by that, those of its quarantine by when they came. Tables that are
    replaced as a whole keep their present content, but no version older than the retention.

    Args:
        rewriting: Takes rows out of tables.
        database: Where runs are recorded.
        ledger: Gets `retention.enforced`.
        clock: Processing time.
        datasets: Declarations by name.
        day_starts_at: Rows are kept to the beginning of a business day.
    """

    def __init__(
        self,
        rewriting: Rewriting,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        datasets: Mapping[str, AnyDataset],
        day_starts_at: time,
    ) -> None:
        self._rewriting = rewriting
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self._day_starts_at = day_starts_at

    def due(self) -> list[DueTable]:
        """Tables with something to take out now, in order of declaration; reads, and writes nothing."""
        found: list[DueTable] = []
        for dataset in self._datasets.values():
            contract = contract_of(dataset)
            if contract is None or contract.retention is None:
                continue
            before_at = kept_from(contract.retention, self._clock.now(), self._day_starts_at)
            for table, column in ((dataset.name, dataset.event_time), (f"quarantine.{dataset.name}", _RECEIVED_AT)):
                due = self._due(table, dataset.name, column, before_at)
                if due.rows or due.versions:
                    found.append(due)
        return found

    def age(self, dataset: str) -> Age | None:
        """Rows of a dataset beyond its retention; None where rows have no moment or no retention is promised."""
        declared = self._datasets[dataset]
        contract = contract_of(declared)
        if contract is None or contract.retention is None or declared.event_time is None:
            return None
        before_at = kept_from(contract.retention, self._clock.now(), self._day_starts_at)
        return rows_before(self._rewriting.files, dataset, declared.event_time, before_at)

    def run(self, *, actor: str) -> list[RetentionRun]:
        """Enforce every retention; what was done, also what a run that died had begun. Nothing due writes nothing."""
        begun = self._unfinished()
        for due in self.due():
            run = self._begin(due, actor)
            begun += [run] if run.state != "done" and run.id not in {each.id for each in begun} else []
        return [self._finish(run) for run in begun]

    def _due(self, table: str, dataset: str, column: str | None, before_at: datetime) -> DueTable:
        if not self._exists(table):
            return DueTable(table, dataset, column, before_at, 0, 0)
        if column is None:
            versions = versions_before(self._database, table, before_at)
            return DueTable(table, dataset, column, before_at, 0, versions)
        return DueTable(
            table, dataset, column, before_at, rows_before(self._rewriting.files, table, column, before_at).over, 0
        )

    def _exists(self, table: str) -> bool:
        query = select(table_versions.c.version).where(table_versions.c.name == table).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def _begin(self, due: DueTable, actor: str) -> RetentionRun:
        """The run for these rows; late ones that came since the run of the same day are another run."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            number = len(_runs_of(connection, due))
            key = f"retention:{due.table}:{due.before_at.isoformat()}:{number}"
            id = content_hash(["retention", key])[:32]
            run = RetentionRun(id, key, due.table, due.dataset, due.before_at, "begun", 0, actor, now)
            unfinished = [each for each in _runs_of(connection, due) if each.state != "done"]
            if unfinished:
                return unfinished[0]
            connection.execute(insert(retention_runs).values(asdict(run)))
        return run

    def _finish(self, run: RetentionRun) -> RetentionRun:
        if run.state == "begun":
            predicate = self._predicate(run)
            rows = self._rewriting.take_out(run.table_name, predicate, cause=f"retention {run.id}")
            run = self._move(run, "rewrite", rows)
        if run.state == "rewritten":
            self._rewriting.end(run.table_name)
            run = self._move(run, "vacuum", run.rows)
        return run

    def _predicate(self, run: RetentionRun) -> str | None:
        column = self._datasets[run.dataset].event_time if run.table_name == run.dataset else _RECEIVED_AT
        return None if column is None else f"\"{column}\" < '{run.before_at.isoformat()}'"

    def _move(self, run: RetentionRun, action: str, rows: int) -> RetentionRun:
        with self._database.transaction() as connection:
            row = connection.execute(select(retention_runs).where(retention_runs.c.id == run.id)).mappings().one()
            stored = _to_run(row)
            if stored.state != run.state:
                # Another process did the same.
                return stored
            state = transition(TRANSITIONS, run.state, action, what=f"retention {run.id}")
            values = {"state": state, "rows": rows, "changed_at": self._clock.now()}
            connection.execute(update(retention_runs).where(retention_runs.c.id == run.id).values(values))
            if state == "done":
                facts: dict[str, object] = {
                    "table": run.table_name,
                    "before": run.before_at,
                    "rows": rows,
                    "run": run.id,
                }
                self._ledger.append(connection, Draft("retention.enforced", f"dataset:{run.dataset}", run.actor, facts))
            row = connection.execute(select(retention_runs).where(retention_runs.c.id == run.id)).mappings().one()
            return _to_run(row)

    def _unfinished(self) -> list[RetentionRun]:
        query = select(retention_runs).where(retention_runs.c.state != "done").order_by(retention_runs.c.key)
        with self._database.reading() as connection:
            return [_to_run(row) for row in connection.execute(query).mappings()]


def _runs_of(connection: Connection, due: DueTable) -> list[RetentionRun]:
    query = select(retention_runs).where(
        retention_runs.c.table_name == due.table, retention_runs.c.before_at == due.before_at
    )
    return [_to_run(row) for row in connection.execute(query).mappings()]


def _to_run(row: RowMapping) -> RetentionRun:
    return RetentionRun(**row)
