"""The service: findings about the architecture as they are now, people's entries, reviews that were held."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from steek.incidents.defences.situation import Situation
from steek.incidents.reviews.findings import FindingKind, ReviewFinding, found
from steek.incidents.reviews.tables import entries, reviews
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.kernel.records import to_plain
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Ledger

_SUBJECT = "project:architecture"
_OVERRIDES = 100


@dataclass(frozen=True, slots=True)
class Review:
    """One review as it was held: what stood then, and what is different from the one before."""

    id: str
    reviewed_at: datetime
    actor: str
    note: str
    findings: tuple[ReviewFinding, ...]


@dataclass(frozen=True, slots=True)
class ReviewState:
    """The architecture now, the last review (None before the first), and what changed since."""

    at: datetime
    findings: tuple[ReviewFinding, ...]
    last: Review | None
    new: tuple[ReviewFinding, ...]
    gone: tuple[ReviewFinding, ...]


class Reviews:
    """Reviews of the architecture; findings are read anew when asked, entries and reviews are stored.

    Args:
        database: Holds entries and reviews, and the ledger's events in the same transactions.
        ledger: Is told of reviews and entries.
        clock: Processing time.
        situation: What is found by itself is found there.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, situation: Situation) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._situation = situation

    def now(self) -> ReviewState:
        """What stands now, against the last review."""
        held, standing = self.list(limit=1), self.findings()
        last = held[0] if held else None
        before = {one.id: one for one in last.findings} if last else {}
        present = {one.id for one in standing}
        new = tuple(one for one in standing if one.id not in before)
        gone = tuple(one for one in before.values() if one.id not in present)
        return ReviewState(self._clock.now(), standing, last, new, gone)

    def findings(self) -> tuple[ReviewFinding, ...]:
        """What the configuration tells, then what people added and nobody settled."""
        situation = self._situation
        overridden: dict[str, list[str]] = {}
        for event in reversed(situation.newest("gate.overridden", limit=_OVERRIDES)):
            trained = Urn.parse(event.subject)
            overridden.setdefault(trained.name, []).append(trained.version or "")
        own = found(situation.declared, situation.routes.all(), situation.rollbacks(), overridden)
        query = select(entries).where(entries.c.settled_at.is_(None)).order_by(entries.c.number)
        with self._database.reading() as connection:
            return (*own, *(_entry(row) for row in connection.execute(query).mappings()))

    def list(self, limit: int = 100) -> tuple[Review, ...]:
        """Reviews that were held, newest first."""
        query = select(reviews).order_by(reviews.c.number.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(_review(row) for row in connection.execute(query).mappings())

    def hold(self, *, note: str, actor: str, key: str) -> Review:
        """Write down that the findings were looked at, as they are now.

        Raises:
            InputError: an empty or unstorable note.
        """
        said, by, at_key = _text(note, "note"), _actor(actor), _key(key)
        standing = self.findings()
        with self._database.transaction() as connection:
            row = connection.execute(select(reviews).where(reviews.c.key == at_key)).mappings().first()
            if row is not None:
                return _review(row)
            number = _next(connection, reviews.c.number)
            now = self._clock.now()
            plain: Any = to_plain(standing)
            values = {"id": f"R-{number}", "number": number, "reviewed_at": now, "actor": by, "note": said}
            connection.execute(insert(reviews).values(key=at_key, findings=plain, **values))
            payload: dict[str, object] = {"review": f"R-{number}", "note": said, "findings": len(standing)}
            self._ledger.append(connection, Draft("architecture.reviewed", _SUBJECT, by, payload))
        return Review(f"R-{number}", now, by, said, standing)

    def add(self, text: str, *, kind: str, subject: str, actor: str, key: str) -> ReviewFinding:
        """Add what no configuration tells.

        Raises:
            InputError: an unknown kind, or a text that cannot be stored.
        """
        if kind not in set(FindingKind):
            raise InputError(f"no finding is a {kind[:40]!r}; allowed: {', '.join(FindingKind)}")
        said, about = _text(text, "text"), checked(subject, what="subject", most=300)
        by, at_key = _actor(actor), _key(key)
        with self._database.transaction() as connection:
            row = connection.execute(select(entries).where(entries.c.key == at_key)).mappings().first()
            if row is None:
                number, now = _next(connection, entries.c.number), self._clock.now()
                values = {"id": f"A-{number}", "number": number, "kind": kind, "subject": about, "text": said}
                connection.execute(insert(entries).values(key=at_key, actor=by, added_at=now, **values))
                self._tell(connection, "added", values, by)
                row = connection.execute(select(entries).where(entries.c.key == at_key)).mappings().one()
        return _entry(row)

    def settle(self, entry: str, *, reason: str, actor: str, key: str) -> ReviewFinding:
        """Say that what a person added is no more; with the same words again nothing is written.

        Raises:
            NotFoundError: no such entry; what configuration tells goes when the configuration changes.
            ConflictError: it was settled before, for another reason.
        """
        said, by = _text(reason, "reason"), _actor(actor)
        _key(key)
        with self._database.transaction() as connection:
            row = connection.execute(select(entries).where(entries.c.id == entry)).mappings().first()
            if row is None:
                known = connection.execute(select(entries.c.id).order_by(entries.c.number)).scalars()
                raise NotFoundError.among("entry", entry, known)
            if row["settled_at"] is not None:
                if row["settled_because"] == said:
                    return _entry(row)
                message = f"{entry} was settled by {row['settled_by']}: {row['settled_because']}"
                raise ConflictError(message, next_step="Add it anew if it came back.")
            values = {"settled_at": self._clock.now(), "settled_by": by, "settled_because": said}
            connection.execute(update(entries).where(entries.c.id == entry).values(values))
            self._tell(connection, "settled", {"id": entry, "reason": said}, by)
        return _entry(row)

    def _tell(self, connection: Connection, what: str, values: dict[str, Any], actor: str) -> None:
        payload: dict[str, object] = {"what": what, **{name: values[name] for name in values if name != "number"}}
        self._ledger.append(connection, Draft("architecture.noted", _SUBJECT, actor, payload))


def _next(connection: Connection, column: Any) -> int:
    return (connection.execute(select(func.max(column))).scalar_one() or 0) + 1


def _review(row: RowMapping) -> Review:
    findings = tuple(ReviewFinding(**{**one, "kind": FindingKind(one["kind"])}) for one in row["findings"])
    return Review(row["id"], row["reviewed_at"], row["actor"], row["note"], findings)


def _entry(row: RowMapping) -> ReviewFinding:
    return ReviewFinding(row["id"], FindingKind(row["kind"]), row["subject"], row["text"], "", row["actor"])


def _text(text: str, what: str) -> str:
    return checked(text, what=what, most=NOTE_CHARACTERS)


def _actor(actor: str) -> str:
    return checked(actor, what="actor", most=NAME_CHARACTERS)


def _key(key: str) -> str:
    return checked(key, what="key", most=300)
