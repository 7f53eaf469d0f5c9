"""Computing derived datasets, one window after the other, with every join counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, RowMapping, insert, select

from steek.data.cleaning.surprises import UNEXPECTED
from steek.data.contracts.log import note_contract
from steek.data.datasets import JOIN_PARAMETER, AnyDataset, DerivedDataset, contract_of
from steek.data.derivation import join_reports
from steek.data.derivation.join_reports import JoinReport
from steek.data.derivation.joins import CountingJoin
from steek.data.lake.lake import Lake, check_key, previous_version
from steek.data.tables import derivations
from steek.data.validation.rows import validate
from steek.kernel.clock import Clock
from steek.kernel.errors import ContractViolationError, NotFoundError, UserCodeError, ZeroMatchesError, user_code
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.measures import Volume, unexpected


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
        rows_before: Rows of the input that they are said to come from; None where nothing was said.
        unexpected: How far their number is from what the dataset implies; None where it is not.
    """

    urn: str | None
    dataset: str
    window: Window
    rows: int
    joins: tuple[JoinReport, ...]
    inputs: dict[str, int]
    at: datetime
    rows_before: int | None = None
    unexpected: str | None = None


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
        result = self._compute(run)
        self._write(run, None if result is None else self._compared(run, result))
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
            return join_reports.read(connection, name, since=since, until=until)

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

    def _compared(self, run: "_Run", rows: pl.DataFrame) -> "_Result":
        """The rows beside those of the input that they are said to come from.

        Raises:
            ContractViolationError: their number is not what the dataset implies, and it refuses that.
        """
        dataset = run.dataset
        if dataset.implied is None:
            return _Result(rows, None, None)
        of = dataset.implied_of or dataset.inputs[0]
        before = self._input(of, run.window, run.inputs[of]).select(pl.len()).collect().item()
        surprise = unexpected(dataset.implied, Volume(before), Volume(rows.height))
        if surprise is not None and dataset.implied.refuse:
            message = f"derived dataset {dataset.name!r} is not what it implies, of the rows of {of!r}: {surprise}"
            raise ContractViolationError(message, next_step="Mend its function, or what it implies.")
        return _Result(rows, before, None if surprise is None else f"of the rows of {of!r}: {surprise}")

    def _write(self, run: "_Run", result: "_Result | None") -> None:
        name = run.dataset.name
        if result is None:
            with self._database.transaction() as connection:
                if _find(connection, name, run.key) is None:
                    self._record(connection, run, None, version=None)
            return

        def record(connection: Connection, version: int) -> None:
            self._record(connection, run, result, version=version)

        self._lake.replace_window(
            name, result.rows, column=run.dataset.event_time, window=run.window, key=run.key, connection_work=record
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

    def _record(self, connection: Connection, run: "_Run", result: "_Result | None", *, version: int | None) -> None:
        name, failed = run.dataset.name, version is None
        reports = [join_reports.report(connection, each, name, run.window, run.at) for each in run.counting.measured]
        for each in reports:
            join_reports.write(connection, each, run.key)
        connection.execute(insert(derivations).values(_row(run, result, version)))
        drafts = [join_reports.measured_event(each, kind="join.measured", actor=run.actor) for each in reports]
        if failed:
            nothing = [each for each in reports if each.found_nothing]
            drafts += [join_reports.measured_event(each, kind="join.failed", actor=run.actor) for each in nothing]
        else:
            contract = contract_of(run.dataset)
            if contract is not None:
                drafts += note_contract(connection, contract, actor=run.actor, at=run.at)
            drafts.append(_derived_event(connection, run, result, version))
            if result is not None and result.unexpected is not None:
                drafts.append(_unexpected_event(run, result, version))
        self._ledger.append(connection, *drafts)

    def _stored(self, name: str, key: str) -> DerivationReport | None:
        with self._database.reading() as connection:
            row = _find(connection, name, key)
            if row is None:
                return None
            reports = tuple(join_reports.read(connection, name, key=key))
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


@dataclass(frozen=True, slots=True)
class _Result:
    rows: pl.DataFrame
    rows_before: int | None
    unexpected: str | None


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


def _unexpected_event(run: _Run, result: _Result, version: int | None) -> Draft:
    """`transformation.unexpected`: it happened all the same, and somebody should look."""
    facts: dict[str, object] = {
        "transformation": f"dataset:{run.dataset.name}",
        "key": run.key,
        "rows_before": result.rows_before,
        "rows_after": result.rows.height,
        "unexpected": [result.unexpected],
    }
    return Draft(UNEXPECTED, f"dataset:{run.dataset.name}@{version}", run.actor, facts, at=run.at)


def _derived_event(connection: Connection, run: _Run, result: _Result | None, version: int | None) -> Draft:
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
        "rows": 0 if result is None else result.rows.height,
        "rows_before": None if result is None else result.rows_before,
        "inputs": run.inputs,
        "definition_hash": run.dataset.definition_hash,
    }
    return Draft("dataset.derived", urn, run.actor, facts, at=run.at, edges=tuple(edges))


def _row(run: _Run, result: _Result | None, version: int | None) -> dict[str, object]:
    return {
        "dataset": run.dataset.name,
        "key": run.key,
        "window_start_at": run.window.start_at,
        "window_end_at": run.window.end_at,
        "rows": 0 if result is None else result.rows.height,
        "rows_before": None if result is None else result.rows_before,
        "unexpected": None if result is None else result.unexpected,
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
        rows_before=row["rows_before"],
        unexpected=row["unexpected"],
    )


def _nothing_matched(report: DerivationReport) -> ZeroMatchesError:
    failed = [each for each in report.joins if each.found_nothing]
    message = f"a join of {report.dataset!r} matched nothing ({'; '.join(each.shortage for each in failed)})"
    return ZeroMatchesError(
        message,
        next_step="Look for a changed key in its inputs: 'steek changes'. Derive again once they are mended.",
        details={"dataset": report.dataset, "joins": [each.name for each in failed]},
    )
