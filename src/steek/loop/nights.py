"""The record of nights: which stage each has reached and what its steps said."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from steek.kernel.clock import Clock
from steek.ledger import Database, Draft, Ledger
from steek.loop.tables import nights

FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Night:
    """One nightly run. `report` maps each finished step to its summary; `finished_at` is None while it runs."""

    day: date
    stage: str
    started_at: datetime
    finished_at: datetime | None
    report: dict[str, Any]


class Nights:
    """Reads and writes the progress of nights."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def start(self, day: date) -> None:
        """Note that the night began; does nothing when it already has."""
        with self._database.transaction() as connection:
            if connection.execute(select(nights.c.day).where(nights.c.day == day.isoformat())).first() is None:
                row: dict[str, Any] = {"day": day.isoformat(), "stage": "starting", "started_at": self._clock.now()}
                row["report"] = {}
                connection.execute(insert(nights).values(row))
                self._ledger.append(connection, Draft("night.started", f"night:{day.isoformat()}", "steek"))

    def stage(self, day: date, stage: str) -> None:
        """Say what the night is doing now."""
        with self._database.transaction() as connection:
            connection.execute(update(nights).where(nights.c.day == day.isoformat()).values(stage=stage))

    def finish(self, day: date, report: dict[str, Any]) -> None:
        """Note the end of the night, once."""
        with self._database.transaction() as connection:
            unfinished = update(nights).where(nights.c.day == day.isoformat(), nights.c.finished_at.is_(None))
            values = {"stage": FINISHED, "finished_at": self._clock.now(), "report": report}
            if connection.execute(unfinished.values(values)).rowcount:
                draft = Draft("night.finished", f"night:{day.isoformat()}", "steek", {"report": report})
                self._ledger.append(connection, draft)

    def get(self, day: date) -> Night | None:
        """One night, or None when it never began."""
        with self._database.reading() as connection:
            row = connection.execute(select(nights).where(nights.c.day == day.isoformat())).mappings().first()
        return None if row is None else _to_night(row)

    def latest(self, limit: int = 1) -> list[Night]:
        """The last nights, newest first."""
        query = select(nights).order_by(nights.c.day.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [_to_night(row) for row in rows]


def _to_night(row: RowMapping) -> Night:
    values: dict[str, Any] = {**row, "day": date.fromisoformat(row["day"])}
    return Night(**values)
