"""Rows of pages as records."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.incidents.oncall.page_steps import Call, PageRung, PageState
from steek.incidents.oncall.tables import pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How an incident paged: who was called on which targets, and who answered.

    `counted_from_at` and `called_at` of calls are by the clock of the world outside, the others by the project's.
    `rungs` are all who may be called; those without a call yet are called when their time comes.
    """

    incident_id: str
    state: PageState
    version: int
    rungs: tuple[PageRung, ...]
    calls: tuple[Call, ...]
    notice: str
    paged_at: datetime
    counted_from_at: datetime
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None

    @property
    def called(self) -> tuple[str, ...]:
        """Names of everybody who was called since the calling began last, in order, each once."""
        return tuple(dict.fromkeys(self.rungs[call.rung].person for call in self._latest))

    @property
    def reached(self) -> tuple[str, ...]:
        """Names of those of them whom a call was seen to reach, in order, each once."""
        arrived = (call for call in self._latest if call.delivered_at is not None)
        return tuple(dict.fromkeys(self.rungs[call.rung].person for call in arrived))

    @property
    def unreachable(self) -> tuple[str, ...]:
        """Names of those who are to be called now and whom no target reaches."""
        silent = [rung.person for rung in self.rungs if not rung.channels and not rung.ended]
        return tuple(dict.fromkeys(silent))

    @property
    def _latest(self) -> tuple[Call, ...]:
        """Calls since the calling began last; of a page that was answered or is over, all of them."""
        now = tuple(call for call in self.calls if not self.rungs[call.rung].ended)
        return now if self.state is PageState.OPEN else self.calls


def read_page(connection: Connection, incident_id: str) -> Page | None:
    """The page of an incident; None when it paged nobody."""
    row = connection.execute(select(pages).where(pages.c.incident_id == incident_id)).mappings().first()
    return None if row is None else _to_page(row)


def read_pages(connection: Connection, states: Sequence[PageState], *, limit: int = 200) -> tuple[Page, ...]:
    """Pages in any of these states, latest first."""
    query = select(pages).where(pages.c.state.in_([state.value for state in states]))
    query = query.order_by(pages.c.paged_at.desc(), pages.c.incident_id).limit(limit)
    return tuple(_to_page(row) for row in connection.execute(query).mappings())


def write_page(connection: Connection, page: Page, *, is_new: bool) -> None:
    """Write a page, in the caller's write transaction."""
    values: dict[str, Any] = {
        "state": page.state.value,
        "version": page.version,
        "rungs": [{**asdict(rung), "channels": list(rung.channels)} for rung in page.rungs],
        "calls": [_of_call(call) for call in page.calls],
        "notice": page.notice,
        "paged_at": page.paged_at,
        "counted_from_at": page.counted_from_at,
        "acknowledged_by": page.acknowledged_by,
        "acknowledged_at": page.acknowledged_at,
    }
    if is_new:
        connection.execute(insert(pages).values(incident_id=page.incident_id, **values))
    else:
        connection.execute(update(pages).where(pages.c.incident_id == page.incident_id).values(values))


def _to_page(row: RowMapping) -> Page:
    values: dict[str, Any] = {name: row[name] for name in Page.__dataclass_fields__}
    values["state"] = PageState(row["state"])
    values["rungs"] = tuple(_to_rung(rung) for rung in row["rungs"])
    values["calls"] = tuple(_to_call(call) for call in row["calls"])
    return Page(**values)


def _to_rung(stored: Mapping[str, Any]) -> PageRung:
    values: dict[str, Any] = {**stored, "channels": tuple(stored["channels"])}
    return PageRung(**values)


def _of_call(call: Call) -> dict[str, Any]:
    arrived = None if call.delivered_at is None else call.delivered_at.isoformat()
    return {**asdict(call), "called_at": call.called_at.isoformat(), "delivered_at": arrived}


def _to_call(stored: Mapping[str, Any]) -> Call:
    arrived = stored.get("delivered_at")
    values: dict[str, Any] = {**stored, "called_at": datetime.fromisoformat(stored["called_at"])}
    values["delivered_at"] = None if arrived is None else datetime.fromisoformat(arrived)
    return Call(**values)
