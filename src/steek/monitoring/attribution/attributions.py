"""The service: reads two stretches of a table, names the slices that explain the change, and keeps the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from steek.data import AnyDataset, Field, Lake, contract_of
from steek.data.lake.lake import check_key
from steek.evaluation import OUTCOMES
from steek.governance import is_technical
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError, describe_unknown
from steek.kernel.records import content_hash
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.measures.attribution.attribution import attribute
from steek.monitoring.alerts import Alert
from steek.monitoring.attribution.comparable import comparable_windows, cut
from steek.monitoring.attribution.questions import Question, question_of
from steek.monitoring.attribution.reading import cells, choose_dimensions, rows_of
from steek.monitoring.attribution.stored import Attributed, read_attributed, write_attributed
from steek.monitoring.monitor import Monitor
from steek.serving import PREDICTIONS

# Logs that the platform writes itself: their event time, and columns that tell single rows or measure.
_LOGS = {PREDICTIONS: "at", OUTCOMES: "moment"}
_NO_DIMENSIONS = frozenset({"request_id", "candidates", "version"})
_EVENT_SLICES = 3


@dataclass(frozen=True, slots=True)
class _Task:
    """What to attribute, with everything decided but the dimensions."""

    question: Question
    window: Window
    against: Sequence[Window]
    by: Sequence[str]
    monitor: str | None = None
    alert: Alert | None = None


class Attributions:
    """Attributions of a project; safe to share between threads and processes.

    Args:
        lake: Opened by a service for which personal columns are closed: they are neither dimensions nor amounts.
        database: Where answers are kept, with their events in the same transactions.
        ledger: Where they are told.
        clock: Processing time.
        datasets: Declarations by name, contracts loaded.
        monitors: Declarations by name.
    """

    def __init__(
        self,
        lake: Lake,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        datasets: Mapping[str, AnyDataset],
        monitors: Mapping[str, Monitor],
    ) -> None:
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self._monitors = monitors

    def attribute(
        self,
        question: Question,
        window: Window,
        *,
        against: Window | None = None,
        by: Sequence[str] = (),
        key: str,
        actor: str,
    ) -> Attributed:
        """Say which slices explain why the metric is what it is in the window.

        Args:
            question: Metric, table and rows.
            window: Event time in question.
            against: What to compare with, one or more windows of the same length; by default the four
                windows on the same weekdays before.
            by: Columns to slice by; by default those of at most 2,000 values, eight at most.
            key: Idempotency key; again with it returns the stored answer.
            actor: Who asks.

        Raises:
            NotFoundError: no such table, or no data yet.
            InputError: it has no event time, a column is not there or closed, or `against` does not fit.
        """
        windows = comparable_windows(window) if against is None else cut(against, window)
        return self._made(_Task(question, window, windows, by), key, actor)

    def attribute_alert(self, alert: Alert, *, key: str, actor: str = "steek") -> Attributed | None:
        """The same for the value that an alert fired with, against the same weekdays before its onset.

        Returns:
            None when its indicator adds nothing up (ages, a golden set), or its monitor is no longer declared.
        """
        monitor = self._monitors.get(alert.monitor)
        question = None if monitor is None else question_of(monitor.indicator, alert.slice)
        if monitor is None or question is None or self._event_time(question.table) is None:
            return None
        windows = comparable_windows(alert.window, before_at=alert.onset.start_at)
        return self._made(_Task(question, alert.window, windows, (), monitor.name, alert), key, actor)

    def attribute_monitor(
        self, name: str, window: Window, *, slice: str | None = None, key: str, actor: str
    ) -> Attributed | None:
        """The same for what a monitor measures, in a window of it.

        Raises:
            NotFoundError: no such monitor.
        """
        if name not in self._monitors:
            raise NotFoundError.among("monitor", name, self._monitors)
        question = question_of(self._monitors[name].indicator, slice)
        if question is None or self._event_time(question.table) is None:
            return None
        return self._made(_Task(question, window, comparable_windows(window), (), name), key, actor)

    def can_attribute(self, monitor: str) -> bool:
        """Whether what a monitor measures adds something up, so that slices can explain it."""
        declared = self._monitors.get(monitor)
        question = None if declared is None else question_of(declared.indicator, None)
        return question is not None and self._event_time(question.table) is not None

    def get(self, attribution_id: str) -> Attributed:
        """One by its id.

        Raises:
            NotFoundError: none of that id.
        """
        with self._database.reading() as connection:
            found = read_attributed(connection, id=attribution_id)
            known = [one.id for one in read_attributed(connection, limit=20)]
        if not found:
            raise NotFoundError.among("attribution", attribution_id, known)
        return found[0]

    def list(
        self, *, dataset: str | None = None, monitor: str | None = None, alert: str | None = None, limit: int = 20
    ) -> Sequence[Attributed]:
        """Attributions of a table, a monitor or an alert, newest first."""
        with self._database.reading() as connection:
            return read_attributed(connection, dataset=dataset, monitor=monitor, alert=alert, limit=limit)

    def _made(self, task: _Task, key: str, actor: str) -> Attributed:
        check_key(key)
        with self._database.reading() as connection:
            known = read_attributed(connection, key=key)
        if known:
            return known[0]
        made = replace(self._computed(task), id=content_hash(["attribution", key])[:12], actor=actor)
        with self._database.transaction() as connection:
            known = read_attributed(connection, key=key)
            if known:
                return known[0]
            write_attributed(connection, made, key)
            self._ledger.append(connection, _event(made, task.alert))
        return made

    def _computed(self, task: _Task) -> Attributed:
        event_time = self._event_time(task.question.table)
        if event_time is None:
            message = f"{task.question.table!r} has no event time, so it has no windows to compare"
            raise InputError(message, next_step="Declare event_time.")
        rows = self._lake.scan(task.question.table, technical=True)
        amount, names = task.question.amount, rows.collect_schema().names()
        for column in (*amount.columns, *task.question.where):
            if column not in names or is_technical(column):
                open_ones = [name for name in names if not is_technical(name)]
                message, hint = describe_unknown("column", column, open_ones)
                raise InputError(f"{task.question.table!r}: {message}", next_step=hint)
        inside = rows_of(rows, event_time, [task.window, *task.against], task.question.where)
        candidates, never = self._candidates(task.question, rows.collect_schema(), event_time)
        dimensions = choose_dimensions(inside, candidates, asked=task.by, never=never)
        if not dimensions.chosen:
            message = f"{task.question.table!r} has no column to slice by"
            said = "; ".join(f"{name}: {reason}" for name, reason in dimensions.left_out.items())
            raise InputError(message, next_step=said or "Add a column that groups its rows.")
        before, after = cells(inside, dimensions.chosen, amount)
        return Attributed(
            id="",
            question=task.question,
            window=task.window,
            against=tuple(task.against),
            left_out=dimensions.left_out,
            result=attribute(before, after, dimensions.chosen, metric=amount.metric, unit=self._unit(task.question)),
            actor="",
            made_at=self._clock.now(),
            monitor=task.monitor,
            alert=None if task.alert is None else task.alert.id,
        )

    def _candidates(
        self, question: Question, schema: pl.Schema, event_time: str
    ) -> tuple[Sequence[str], Mapping[str, str]]:
        """Columns that name groups, and why others cannot be dimensions; personal ones are not even in the schema."""
        measured = {*question.amount.columns, *question.where, event_time, *_NO_DIMENSIONS}
        units: set[str] = set()
        never: dict[str, str] = {}
        for field in self._fields(question.table):
            if field.sensitivity == "personal" or field.sealed or field.pseudonym or field.name not in schema:
                never[field.name] = "it is personal or closed"
            elif field.unit:
                units.add(field.name)
        found: list[str] = []
        for name, dtype in schema.items():
            if is_technical(name) or name in measured | units or name in never:
                continue
            if dtype.is_integer() or isinstance(dtype, pl.String | pl.Boolean):
                found.append(name)
        return found, never

    def _event_time(self, table: str) -> str | None:
        dataset = self._datasets.get(table)
        if dataset is not None:
            return dataset.event_time
        if table in _LOGS:
            return _LOGS[table]
        raise NotFoundError.among("dataset", table, [*self._datasets, *_LOGS])

    def _unit(self, question: Question) -> str:
        amount = question.amount
        if amount.kind == "count":
            return "rows"
        if amount.kind == "present" or amount.above == "hit":
            return "fraction"
        units = {field.name: field.unit for field in self._fields(question.table)}
        return "" if amount.kind == "ratio" else units.get(amount.above, "")

    def _fields(self, table: str) -> Sequence[Field]:
        dataset = self._datasets.get(table)
        contract = None if dataset is None else contract_of(dataset)
        return () if contract is None else contract.fields


def _event(made: Attributed, alert: Alert | None) -> Draft:
    result = made.result
    subject = alert.subject if alert is not None else f"dataset:{made.question.table}"
    payload: dict[str, object] = {
        "attribution": made.id,
        "dataset": made.question.table,
        "metric": made.question.metric,
        "window": {"start_at": made.window.start_at, "end_at": made.window.end_at},
        "before": result.total_before,
        "after": result.total_after,
        "slices": [one.slice for one in result.explained[:_EVENT_SLICES]],
        "undecided": result.undecided,
        "text": result.sentence,
        "monitor": made.monitor,
        "alert": made.alert,
    }
    return Draft("change.attributed", subject, made.actor, payload)
