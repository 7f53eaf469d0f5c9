"""Counting good events of a window, by the name that a declaration carries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import polars as pl
from sqlalchemy import select

from steek.data import Derivation, JoinReport, Lake, Objective
from steek.data.erasure.tables import erasures
from steek.data.tables import receipts
from steek.evaluation import OUTCOMES
from steek.kernel.errors import IntegrityError, NotFoundError
from steek.kernel.windows import Window
from steek.ledger import Database
from steek.measures.budgets import NOTHING, Tally
from steek.monitoring.monitor import IndicatorSpec
from steek.monitoring.objectives import slis
from steek.serving import PREDICTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The rooms below, as far as events are counted in them; nothing is written through it.

    `rules` tells how the rules of compliance stand now.
    """

    lake: Lake
    derivation: Derivation
    database: Database
    rules: Callable[[], Sequence[Objective]]


Count = Callable[[Readings, IndicatorSpec, Window], Tally]


def count(readings: Readings, spec: IndicatorSpec, window: Window) -> Tally:
    """Good events of all events of a window.

    Raises:
        SteekError: what is read cannot be read.
        ValueError: what is read counts more good events than events.
    """
    try:
        return COUNTED[spec.name](readings, spec, window)
    except pl.exceptions.PolarsError as cause:
        message = f"{spec.name} of {spec.target}: its table holds something else: {str(cause).splitlines()[0]}"
        raise IntegrityError(message, next_step="Look at the table with 'steek lake show'.") from cause


def _answers_within(readings: Readings, spec: IndicatorSpec, window: Window) -> Tally:
    deadline_ms = spec.parameters["deadline_ms"]
    assert isinstance(deadline_ms, int | float)
    return _of_log(readings, PREDICTIONS, "at", spec, window, pl.col("latency_ms") <= deadline_ms)


def _answers_of_the_model(readings: Readings, spec: IndicatorSpec, window: Window) -> Tally:
    return _of_log(readings, PREDICTIONS, "at", spec, window, pl.col("fallback").is_null())


def _right_answers(readings: Readings, spec: IndicatorSpec, window: Window) -> Tally:
    # A regression has outcomes that are neither right nor wrong; they have no `hit`.
    return _of_log(readings, OUTCOMES, "moment", spec, window, pl.col("hit").cast(pl.Boolean))


def _of_log(
    readings: Readings, table: str, moment: str, spec: IndicatorSpec, window: Window, is_good: pl.Expr
) -> Tally:
    try:
        rows = readings.lake.scan(table)
    except NotFoundError:
        return NOTHING
    of_window = rows.filter(
        pl.col(moment) >= window.start_at, pl.col(moment) < window.end_at, pl.col("model") == spec.target.name
    )
    good, total = of_window.select(is_good.sum().alias("good"), is_good.count().alias("total")).collect().row(0)
    return Tally(int(good or 0), int(total))


def _rows_accepted(readings: Readings, spec: IndicatorSpec, window: Window) -> Tally:
    query = select(receipts.c.accepted_rows, receipts.c.quarantined_rows).where(
        receipts.c.dataset == spec.target.name,
        receipts.c.received_at >= window.start_at,
        receipts.c.received_at < window.end_at,
        receipts.c.unchanged.is_(False),
    )
    with readings.database.reading() as connection:
        found = connection.execute(query).all()
    accepted = sum(row.accepted_rows for row in found)
    return Tally(accepted, accepted + sum(row.quarantined_rows for row in found))


def _rows_joined(readings: Readings, spec: IndicatorSpec, window: Window) -> Tally:
    reports = readings.derivation.join_reports(spec.target.name, since=window.start_at, until=window.end_at)
    asked = spec.parameters["join"]
    latest: dict[str, JoinReport] = {report.name: report for report in reports if report.window == window}
    chosen = [report for name, report in latest.items() if asked is None or name == asked]
    return sum((Tally(report.matched_rows, report.left_rows) for report in chosen), start=NOTHING)


def _rules_kept(readings: Readings, spec: IndicatorSpec, _window: Window) -> Tally:
    asked = spec.parameters["rule"]
    judged = [each.met for each in readings.rules() if each.met != "undecided" and asked in {None, each.rule}]
    return Tally(judged.count("yes"), len(judged))


def _erasures_in_time(readings: Readings, spec: IndicatorSpec, window: Window) -> Tally:
    patience_s = spec.parameters["patience_s"]
    assert isinstance(patience_s, int | float)
    query = select(erasures.c.state, erasures.c.due_at, erasures.c.changed_at).where(
        erasures.c.due_at >= window.start_at, erasures.c.due_at < window.end_at, erasures.c.state != "cancelled"
    )
    with readings.database.reading() as connection:
        due = connection.execute(query).all()
    patience = timedelta(seconds=patience_s)
    good = sum(row.state == "certified" and row.changed_at <= row.due_at + patience for row in due)
    return Tally(good, len(due))


COUNTED: Mapping[str, Count] = MappingProxyType(
    {
        slis.ANSWERS_OF_THE_MODEL: _answers_of_the_model,
        slis.ANSWERS_WITHIN: _answers_within,
        slis.ERASURES_IN_TIME: _erasures_in_time,
        slis.RIGHT_ANSWERS: _right_answers,
        slis.ROWS_ACCEPTED: _rows_accepted,
        slis.ROWS_JOINED: _rows_joined,
        slis.RULES_KEPT: _rules_kept,
    }
)

# Measured as things stand at the moment of the check: a window that was missed cannot be counted later.
OF_NOW = frozenset({slis.RULES_KEPT})
