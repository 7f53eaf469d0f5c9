"""Spans of a source: what was planned to be taken, written down first, so that a try that died is repeated alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from steek.kernel.records import content_hash
from steek.monitoring.watching.tables import watched_spans

_BEGUN, _DONE = "begun", "done"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one part of a source.

    Args:
        dataset: Where its rows go.
        part: A file, or "" for a source of one part.
        start: Where it begins, in the source's own terms; "" is the beginning.
        end: Where it ends.
    """

    dataset: str
    part: str
    start: str
    end: str

    @property
    def id(self) -> str:
        """The same for the same stretch; also the key of its batch."""
        return content_hash([self.dataset, self.part, self.start, self.end])[:32]


def begin(connection: Connection, spans: Iterable[Span], at: datetime) -> None:
    """Write down what will be taken; a span that is known stays as it is."""
    known = set(connection.execute(select(watched_spans.c.id)).scalars())
    rows = [
        {"id": span.id, "dataset": span.dataset, "part": span.part, "start": span.start, "end": span.end}
        for span in spans
        if span.id not in known
    ]
    if rows:
        fixed = {"state": _BEGUN, "rows": 0, "begun_at": at}
        connection.execute(insert(watched_spans), [{**row, **fixed} for row in rows])


def finish(connection: Connection, span: Span, *, receipt: str | None, rows: int, at: datetime) -> None:
    """Note that a span's rows are durable; `receipt` is None where it held no row."""
    values = {"state": _DONE, "receipt": receipt, "rows": rows, "done_at": at}
    connection.execute(update(watched_spans).where(watched_spans.c.id == span.id).values(values))


def forget(connection: Connection, span: Span) -> None:
    """Take back what was planned of a span that nothing was taken of."""
    connection.execute(delete(watched_spans).where(watched_spans.c.id == span.id, watched_spans.c.state == _BEGUN))


def unfinished(connection: Connection, dataset: str) -> list[Span]:
    """Spans that were begun and not finished, in order."""
    query = select(watched_spans).where(watched_spans.c.dataset == dataset, watched_spans.c.state == _BEGUN)
    return [_span(row) for row in connection.execute(query.order_by(watched_spans.c.begun_at, watched_spans.c.part))]


def reached(connection: Connection, dataset: str) -> Mapping[str, str]:
    """How far each part was taken: each span goes on where the one before ended, whatever the clock said meanwhile."""
    query = select(watched_spans).where(watched_spans.c.dataset == dataset, watched_spans.c.state == _DONE)
    ends: dict[str, dict[str, str]] = {}
    for row in connection.execute(query.order_by(watched_spans.c.done_at, watched_spans.c.begun_at)):
        ends.setdefault(row.part, {})[row.start] = row.end
    return {part: _last(following) for part, following in ends.items()}


def _last(following: dict[str, str]) -> str:
    at, left = "", dict(following)
    while at in left:
        at = left.pop(at)
    return at


def _span(row: Row[tuple[object, ...]]) -> Span:
    return Span(row.dataset, row.part, row.start, row.end)
