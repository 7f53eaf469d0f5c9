"""Where evaluations are kept: one run per call, with its figures, comparisons and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, Table, func, insert, select

from steek.evaluation.tables import calibration_bins, comparisons, evaluation_runs, evaluations
from steek.evaluation.types import CalibrationRow, Comparison, Evaluation
from steek.kernel.windows import Window
from steek.ledger import Database
from steek.models import TrainedModel, trained_urn

Kept = TypeVar("Kept", Evaluation, Comparison, CalibrationRow)


@dataclass(frozen=True, slots=True)
class Results:
    """What one run found."""

    evaluations: list[Evaluation] = field(default_factory=list[Evaluation])
    comparisons: list[Comparison] = field(default_factory=list[Comparison])
    calibration: list[CalibrationRow] = field(default_factory=list[CalibrationRow])


class EvaluationStore:
    """Reads and writes evaluations; of a version evaluated more than once the latest run counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run_of(self, key: str) -> int | None:
        """Number of the run that was made with `key`, or None."""
        with self._database.reading() as connection:
            return _run_of(connection, key)

    def add(
        self,
        connection: Connection,
        trained: TrainedModel,
        results: Results,
        *,
        key: str,
        against: int | None,
        at: datetime,
    ) -> bool:
        """Write a run inside the caller's transaction; False when the key is known and nothing was written."""
        if _run_of(connection, key) is not None:
            return False
        number = (connection.execute(select(func.max(evaluation_runs.c.number))).scalar_one() or 0) + 1
        run = {"number": number, "key": key, "name": trained.name, "version": trained.version, "against": against}
        connection.execute(insert(evaluation_runs).values(**run, evaluated_at=at))
        _write(connection, evaluations, number, results.evaluations)
        _write(connection, comparisons, number, results.comparisons)
        _write(connection, calibration_bins, number, results.calibration)
        return True

    def evaluations(self, name: str, version: int | None = None) -> list[Evaluation]:
        """Evaluations of one version, or of all versions of a model, oldest version first."""
        return [_to_evaluation(row) for row in self._rows(evaluations, name, version)]

    def comparisons(self, name: str, version: int | None = None) -> list[Comparison]:
        """Comparisons with baselines and with other versions, oldest version first."""
        return [Comparison(**_values(row, Comparison)) for row in self._rows(comparisons, name, version)]

    def calibration(self, name: str, version: int) -> list[CalibrationRow]:
        """The calibration plot of one version, lowest scores first; nothing where it was not measured."""
        return [CalibrationRow(**_values(row, CalibrationRow)) for row in self._rows(calibration_bins, name, version)]

    def against(self, name: str, version: int) -> int | None:
        """The version that the latest run of `version` was compared with, or None."""
        query = select(evaluation_runs.c.against).where(evaluation_runs.c.number.in_(_latest(name, version)))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def _rows(self, table: Table, name: str, version: int | None) -> Sequence[RowMapping]:
        query = (
            select(evaluation_runs.c.name, evaluation_runs.c.version, table)
            .join(table, table.c.run == evaluation_runs.c.number)
            .where(evaluation_runs.c.number.in_(_latest(name, version)))
            .order_by(evaluation_runs.c.version, table.c.place)
        )
        with self._database.reading() as connection:
            return connection.execute(query).mappings().all()


def _latest(name: str, version: int | None) -> Select[Any]:
    query = select(func.max(evaluation_runs.c.number)).where(evaluation_runs.c.name == name)
    if version is not None:
        query = query.where(evaluation_runs.c.version == version)
    return query.group_by(evaluation_runs.c.version)


def _run_of(connection: Connection, key: str) -> int | None:
    query = select(evaluation_runs.c.number).where(evaluation_runs.c.key == key)
    return connection.execute(query).scalar_one_or_none()


def _write(connection: Connection, table: Table, run: int, records: Sequence[Kept]) -> None:
    rows = [{"run": run, "place": place} | _to_row(record) for place, record in enumerate(records)]
    if rows:
        connection.execute(insert(table), rows)


def _to_row(record: Evaluation | Comparison | CalibrationRow) -> dict[str, Any]:
    values = {
        part.name: getattr(record, part.name) for part in fields(record) if part.name not in ("trained", "window")
    }
    if isinstance(record, Evaluation):
        values |= {"window_start_at": record.window.start_at, "window_end_at": record.window.end_at}
    return values


def _values(row: RowMapping, record: type[Kept]) -> dict[str, Any]:
    names = [part.name for part in fields(record) if part.name not in ("trained", "window")]
    return {"trained": trained_urn(row["name"], row["version"])} | {name: row[name] for name in names}


def _to_evaluation(row: RowMapping) -> Evaluation:
    return Evaluation(**_values(row, Evaluation), window=Window(row["window_start_at"], row["window_end_at"]))
