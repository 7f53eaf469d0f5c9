"""Joins as a service: reports of all of them, and joins outside of derived datasets that are counted the same way."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import select

from steek.data.derivation import join_reports
from steek.data.derivation.join_reports import JoinReport, Measured
from steek.data.derivation.join_verdicts import JoinVerdict, judge_join
from steek.data.derivation.matching import JoinPlan, match
from steek.data.lake.lake import check_key
from steek.data.tables import join_reports as reports_table
from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError, ZeroMatchesError
from steek.kernel.windows import Window
from steek.ledger import Database, Ledger


@dataclass(frozen=True, slots=True)
class JudgedJoin:
    """A report and what is to be thought of it."""

    report: JoinReport
    verdict: JoinVerdict


class Joins:
    """Counts of every join of every run, and joins by hand. Safe to share between threads and processes.

    Args:
        database: Where reports live.
        ledger: Where events go.
        clock: Processing time.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def join(
        self,
        left: pl.LazyFrame,
        right: pl.LazyFrame,
        plan: JoinPlan,
        *,
        of: str,
        window: Window,
        key: str,
        actor: str,
    ) -> tuple[pl.LazyFrame, JoinReport]:
        """Join two frames, keep what was counted, and compare it with the windows before.

        Args:
            left: The rows that look for a partner.
            right: Where they look.
            plan: How; its name is the same for every window.
            of: Dataset of the left rows; reports are kept under it.
            window: Event time of the left rows.
            key: The run's own name. Again with the same key joins again and gives the stored report.
            actor: Who joins.

        Raises:
            ZeroMatchesError: no row found a partner, or none of a slice that must; the counts are kept.
            DeclarationError: columns whose types do not fit.
        """
        check_key(key)
        found = match(left, right, plan)
        report = self._keep(Measured.of(plan, found), of, window, key, actor)
        if report.found_nothing:
            message = f"a join of {of!r} matched nothing ({report.shortage})"
            raise ZeroMatchesError(message, next_step="Look for a changed key on either side: 'steek changes'.")
        return found.rows, report

    def reports(
        self,
        dataset: str | None = None,
        *,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[JudgedJoin]:
        """Reports whose window starts in [since, until), each with its verdict, ordered by window.

        A window that was joined again has a report for each run; the last one counts.
        """
        with self._database.reading() as connection:
            found = join_reports.read(connection, dataset, name=name, since=since, until=until)
        return [JudgedJoin(each, judge_join(each)) for each in found]

    def latest(self, dataset: str | None = None) -> list[JudgedJoin]:
        """The report of the latest window of each join, by dataset and name."""
        newest = {(each.report.dataset, each.report.name): each for each in self.reports(dataset)}
        return [newest[pair] for pair in sorted(newest)]

    def history(self, dataset: str, name: str, limit: int = 28) -> list[JudgedJoin]:
        """Reports of one join, newest window first.

        Raises:
            NotFoundError: no such join was ever run.
        """
        found = self.reports(dataset, name=name)
        if not found:
            with self._database.reading() as connection:
                query = select(reports_table.c.name).where(reports_table.c.dataset == dataset).distinct()
                known = connection.execute(query).scalars().all()
            raise NotFoundError.among(f"join of {dataset!r}", name, known)
        return found[::-1][:limit]

    def _keep(self, measured: Measured, of: str, window: Window, key: str, actor: str) -> JoinReport:
        with self._database.transaction() as connection:
            stored = join_reports.read(connection, of, key=key, name=measured.name)
            if stored:
                return stored[0]
            report = join_reports.report(connection, measured, of, window, self._clock.now())
            join_reports.write(connection, report, key)
            drafts = [join_reports.measured_event(report, kind="join.measured", actor=actor)]
            if report.found_nothing:
                drafts.append(join_reports.measured_event(report, kind="join.failed", actor=actor))
            self._ledger.append(connection, *drafts)
        return report
