"""Computing derived datasets, one window after the other, with every join counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, RowMapping, insert, select

from steek.data.contracts.log import note_contract
from steek.data.datasets import JOIN_PARAMETER, AnyDataset, DerivedDataset, contract_of
from steek.data.derivation import joins
from steek.data.derivation.joins import CountingJoin, JoinReport
from steek.data.lake.lake import Lake, check_key, previous_version
from steek.data.tables import derivations
from steek.data.validation.rows import validate
from steek.kernel.clock import Clock
from steek.kernel.errors import ContractViolationError, NotFoundError, UserCodeError, ZeroMatchesError, user_code
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger


@dataclass(frozen=True, slots=True)
class DerivationReport:
    """What one run made.

    Args:
        urn: The version it wrote, e.g. "dataset:partner_lines@17"; None when a join found nothing.
        dataset: The derived dataset.
        window: Event time that was derived.
        rows: Rows written for the window.
        joins: Reports of its joins, in the order of the function.
        inputs: Versions of the inputs that were read.
        at: Processing time.
    """

    urn: str | None
    dataset: str
    window: Window
    rows: int
    joins: tuple[JoinReport, ...]
    inputs: dict[str, int]
    at: datetime


class Derivation:
    """Runs the functions of derived datasets. Safe to share between threads and processes.

    Args:
        lake: Where inputs are read and results written.
        database: Where runs and join reports live.
        ledger: Where events go.
        clock: Processing time.
        datasets: Declarations by name, contracts loaded.
    """

    def __init__(
        self, lake: Lake, database: Database, ledger: Ledger, clock: Clock, datasets: Mapping[str, AnyDataset]
    ) -> None:
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets

    def derive(
        self, name: str, window: Window, *, key: str, actor: str, reference_at: datetime | None = None
    ) -> DerivationReport:
        """Compute one window and put it in the place of whatever the dataset held for it.

        Append inputs give their rows of the window, from their latest version, late rows included. Replace inputs
        give the whole table as a reader saw it at `reference_at`, or their first version where that came later.

        Args:
            name: A derived dataset.
            window: Stretch of event time.
            key: The run's own name. Again with the same key gives the same report, or the same error.
            actor: Who runs it.
            reference_at: Processing time of the replace inputs; by default the end of the window. Give a later
                one to derive a window again with a corrected table.

        Raises:
            NotFoundError: no such derived dataset, or an input has no data.
            ZeroMatchesError: a join found no partner for any row; its counts are recorded, no row is written.
            ContractViolationError: the result does not fit the contract, or has rows outside the window.
            UserCodeError: the function raised.
        """
        check_key(key)
        dataset = self._derived(name)
        stored = self._stored(name, key)
        if stored is not None:
            return stored
        versions = {each: self._input_version(each, reference_at or window.end_at) for each in dataset.inputs}
        run = _Run(dataset, window, key, actor, self._clock.now(), versions, CountingJoin())
        self._write(run, self._compute(run))
        report = self._stored(name, key)
        assert report is not None
        return report

    def join_reports(
        self, name: str | None = None, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[JoinReport]:
        """Reports of a derived dataset or of all, whose window starts in [since, until), ordered by window.

        A window that was derived again has a report for each run; the last one counts.
        """
        with self._database.reading() as connection:
            return joins.read(connection, name, since=since, until=until)

    def windows(self, name: str) -> set[Window]:
        """Windows of a derived dataset that were ever run, whatever came of it."""
        query = select(derivations.c.window_start_at, derivations.c.window_end_at).where(derivations.c.dataset == name)
        with self._database.reading() as connection:
            return {Window(start_at, end_at) for start_at, end_at in connection.execute(query)}

    def _compute(self, run: "_Run") -> pl.DataFrame | None:
        """The rows of the window, or None when a join found nothing."""
        dataset = run.dataset
        frames: dict[str, object] = {each: self._input(each, run.window, run.inputs[each]) for each in dataset.inputs}
        if dataset.joins:
            frames[JOIN_PARAMETER] = run.counting
        try:
            with user_code(f"derived dataset {dataset.name}"):
                result = dataset.function(**frames).collect()
        except UserCodeError:
            # Code that stumbles over an empty join is told about the join, not about where it fell.
            if run.counting.found_nothing:
                return None
            raise
        if run.counting.found_nothing:
            return None
        return _checked(dataset, _ordered(dataset, result), run.window)

    def _write(self, run: "_Run", rows: pl.DataFrame | None) -> None:
        name = run.dataset.name
        if rows is None:
            with self._database.transaction() as connection:
                if _find(connection, name, run.key) is None:
                    self._record(connection, run, rows=0, version=None)
            return

        def record(connection: Connection, version: int) -> None:
            self._record(connection, run, rows=rows.height, version=version)

        self._lake.replace_window(
            name, rows, column=run.dataset.event_time, window=run.window, key=run.key, connection_work=record
        )

    def _input(self, name: str, window: Window, version: int) -> pl.LazyFrame:
        declared = self._datasets[name]
        frame = self._lake.scan(name, version=version)
        if declared.mode == "replace" or declared.event_time is None:
            return frame
        moment = pl.col(declared.event_time)
        return frame.filter(moment.is_between(window.start_at, window.end_at, closed="left"))

    def _input_version(self, name: str, reference_at: datetime) -> int:
        if name not in self._datasets:
            raise NotFoundError.among("dataset", name, self._datasets)
        version = self._lake.latest_version(name)
        if version is None:
            message = f"dataset {name!r} has no data yet"
            raise NotFoundError(message, next_step="Send it a batch first.")
        if self._datasets[name].mode == "append":
            return version
        seen = self._lake.version_at(name, reference_at)
        return self._lake.readable_version(name, self._lake.first_version(name) if seen is None else seen)

    def _record(self, connection: Connection, run: "_Run", *, rows: int, version: int | None) -> None:
        name, failed = run.dataset.name, version is None
        reports = [joins.report(connection, each, name, run.window, run.at) for each in run.counting.measured]
        for each in reports:
            joins.write(connection, each, run.key)
        connection.execute(insert(derivations).values(_row(run, rows, version)))
        drafts = [joins.measured_event(each, kind="join.measured", actor=run.actor) for each in reports]
        if failed:
            nothing = [each for each in reports if each.found_nothing]
            drafts += [joins.measured_event(each, kind="join.failed", actor=run.actor) for each in nothing]
        else:
            contract = contract_of(run.dataset)
            if contract is not None:
                drafts += note_contract(connection, contract, actor=run.actor, at=run.at)
            drafts.append(_derived_event(connection, run, rows, version))
        self._ledger.append(connection, *drafts)

    def _stored(self, name: str, key: str) -> DerivationReport | None:
        with self._database.reading() as connection:
            row = _find(connection, name, key)
            if row is None:
                return None
            reports = tuple(joins.read(connection, name, key=key))
        report = _to_report(row, reports)
        if report.urn is None:
            raise _nothing_matched(report)
        return report

    def _derived(self, name: str) -> DerivedDataset:
        derived = {each: declared for each, declared in self._datasets.items() if isinstance(declared, DerivedDataset)}
        if name not in derived:
            raise NotFoundError.among("derived dataset", name, derived)
        return derived[name]


@dataclass(frozen=True, slots=True)
class _Run:
    dataset: DerivedDataset
    window: Window
    key: str
    actor: str
    at: datetime
    inputs: dict[str, int]
    counting: CountingJoin


def _ordered(dataset: DerivedDataset, result: pl.DataFrame) -> pl.DataFrame:
    # Rows in one order, whatever order threads finished in: a repeated run writes the same file.
    if dataset.event_time not in result.columns:
        message = f"derived dataset {dataset.name!r} has no column {dataset.event_time!r}, its event time"
        raise ContractViolationError(message, next_step=f"It has: {', '.join(result.columns)}.")
    sortable = [column for column, dtype in result.schema.items() if not dtype.is_nested()]
    rest = [column for column in sortable if column != dataset.event_time]
    return result.sort(dataset.event_time, *rest, maintain_order=True)


def _checked(dataset: DerivedDataset, result: pl.DataFrame, window: Window) -> pl.DataFrame:
    contract = contract_of(dataset)
    if contract is not None:
        judged = validate(contract, result, textual=False)
        if judged.reasons:
            told = "; ".join(f"{reason} ({rows} rows)" for reason, rows in judged.reasons.items())
            message = f"derived dataset {dataset.name!r} breaks its contract: {told}"
            raise ContractViolationError(message, next_step="Mend its function, or its contract.")
        result = judged.accepted
    outside = result.filter(
        ~pl.col(dataset.event_time).is_between(window.start_at, window.end_at, closed="left").fill_null(value=False)
    ).height
    if outside:
        message = (
            f"derived dataset {dataset.name!r} has {outside} rows whose {dataset.event_time} is outside the window"
        )
        raise ContractViolationError(message, next_step="A derived row keeps the event time of the row it came from.")
    return result


def _derived_event(connection: Connection, run: _Run, rows: int, version: int | None) -> Draft:
    name = run.dataset.name
    urn = f"dataset:{name}@{version}"
    edges = [(f"dataset:{each}@{number}", urn) for each, number in run.inputs.items()]
    before = None if version is None else previous_version(connection, name, version)
    if before is not None:
        edges.append((f"dataset:{name}@{before}", urn))
    facts: dict[str, object] = {
        "key": run.key,
        "window_start_at": run.window.start_at,
        "window_end_at": run.window.end_at,
        "rows": rows,
        "inputs": run.inputs,
        "definition_hash": run.dataset.definition_hash,
    }
    return Draft("dataset.derived", urn, run.actor, facts, at=run.at, edges=tuple(edges))


def _row(run: _Run, rows: int, version: int | None) -> dict[str, object]:
    return {
        "dataset": run.dataset.name,
        "key": run.key,
        "window_start_at": run.window.start_at,
        "window_end_at": run.window.end_at,
        "rows": rows,
        "table_version": version,
        "inputs": run.inputs,
        "definition_hash": run.dataset.definition_hash,
        "at": run.at,
    }


def _find(connection: Connection, name: str, key: str) -> RowMapping | None:
    query = select(derivations).where(derivations.c.dataset == name, derivations.c.key == key)
    return connection.execute(query).mappings().first()


def _to_report(row: RowMapping, reports: tuple[JoinReport, ...]) -> DerivationReport:
    version = row["table_version"]
    return DerivationReport(
        urn=None if version is None else f"dataset:{row['dataset']}@{version}",
        dataset=row["dataset"],
        window=Window(row["window_start_at"], row["window_end_at"]),
        rows=row["rows"],
        joins=reports,
        inputs=row["inputs"],
        at=row["at"],
    )


def _nothing_matched(report: DerivationReport) -> ZeroMatchesError:
    failed = [each for each in report.joins if each.found_nothing]
    told = "; ".join(f"{each.name}: 0 of {each.left_rows} rows" for each in failed)
    usual = [f"{each.expected_fraction:.0%}" for each in failed if each.expected_fraction is not None]
    message = f"a join of {report.dataset!r} matched nothing ({told}{'; usual: ' + ', '.join(usual) if usual else ''})"
    return ZeroMatchesError(
        message,
        next_step="Look for a changed key in its inputs: 'steek changes'. Derive again once they are mended.",
        details={"dataset": report.dataset, "joins": [each.name for each in failed]},
    )
