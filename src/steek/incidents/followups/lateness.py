"""What is late, who hears of it when, and the digest of the week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steek.incidents.followups import rows
from steek.incidents.followups.follow_up import FollowUp
from steek.incidents.followups.listeners import LEAD_STEP, OWNER_STEP
from steek.incidents.followups.telling import Telling
from steek.kernel.clock import Clock
from steek.ledger import Database, Draft, Ledger

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Late:
    """A follow-up that is late, and the step that is due: 1 its owner is told, 2 whoever answers for the owner."""

    follow_up: FollowUp
    step: int
    days: int


@dataclass(frozen=True, slots=True)
class Digest:
    """How all follow-ups stand in a week, e.g. "2017-W42": counts, and the most urgent ones in lines."""

    week: str
    open: int
    overdue: int
    done: int
    sentence: str
    lines: tuple[str, ...]


def late(found: Sequence[FollowUp], now: datetime, *, after: timedelta) -> tuple[Late, ...]:
    """Which are late and who has not been told of it yet.

    Args:
        found: Follow-ups.
        now: The present.
        after: How long after the day the second step comes.
    """
    due: list[Late] = []
    for one in found:
        if not one.is_overdue(now) or one.due_at is None:
            continue
        step = LEAD_STEP if now - one.due_at >= after else OWNER_STEP
        # Steps are not skipped: the owner hears of it first, also when nobody looked for weeks.
        step = min(step, one.escalation_step + 1)
        if step > one.escalation_step:
            due.append(Late(one, step, (now - one.due_at).days))
    return tuple(due)


def digest(found: Sequence[FollowUp], now: datetime) -> Digest:
    """The digest of the week that `now` is in."""
    year, number, _ = now.isocalendar()
    since = now - timedelta(days=7)
    open_ones = [one for one in found if one.state.is_open]
    overdue = [one for one in open_ones if one.is_overdue(now)]
    done = [one for one in found if one.ending is not None and one.ending.how != "dropped" and one.ending.at >= since]
    hard = sum(one.is_hard for one in open_ones)
    sentence = f"Follow-ups: {len(open_ones)} open, {len(overdue)} late, {len(done)} done in seven days"
    sentence += f", {hard} valuable but very hard" if hard else ""
    lines = [
        f"{one.id} {one.priority.value} {one.owner}: {one.text}"[:200] for one in (*overdue, *_rest(open_ones, now))
    ]
    return Digest(f"{year}-W{number:02}", len(open_ones), len(overdue), len(done), sentence, tuple(lines[:_SHOWN]))


def _rest(open_ones: Sequence[FollowUp], now: datetime) -> list[FollowUp]:
    return [one for one in open_ones if not one.is_overdue(now)]


class Lateness:
    """Escalations and the weekly digest, each once.

    Args:
        database: Holds state and ledger.
        ledger: Is told who was told.
        clock: Processing time.
        telling: Tells people.
        days: How many days after the day the second step comes.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, telling: Telling, *, days: int) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._telling = telling
        self._after = timedelta(days=days)

    def due(self) -> tuple[Late, ...]:
        """Who has to be told of what now."""
        with self._database.reading() as connection:
            return late(rows.listed(connection), self._clock.now(), after=self._after)

    def unheard(self) -> tuple[Late, ...]:
        """Those of which somebody has to be told now, and nobody can be: no target reaches anybody who should hear."""
        due, now = self.due(), self._clock.now()
        with self._database.reading() as connection:
            return tuple(
                one for one in due if self._telling.listener(connection, one.follow_up, one.step, at=now).person is None
            )

    def escalate(self) -> tuple[Late, ...]:
        """Tell whoever has to be told, one step for each follow-up, and return what was told.

        A step at which nobody could be told is not spent: it is tried again until somebody is reached.
        """
        told: list[Late] = []
        for waiting in self.due():
            with self._database.transaction() as connection:
                now = self._clock.now()
                # Read again: another process may have told meanwhile.
                present = rows.find(connection, waiting.follow_up.id)
                told += [one for one in late([present], now, after=self._after) if self._tell(connection, one, at=now)]
        return tuple(told)

    def _tell(self, connection: Connection, one: Late, *, at: datetime) -> bool:
        """Tell whoever is to hear of this step, and write down whom; False when that was nobody, said once."""
        present = one.follow_up
        to = self._telling.listener(connection, present, one.step, at=at)
        if to.person is None:
            key = f"nobody:{present.id}:{one.step}:{present.due_at:%Y%m%d}"
            if rows.known(connection, key, "escalate") is not None:
                return False
            rows.remember(connection, key, "escalate", present.id, at=at)
        else:
            rows.write(connection, present, actor="steek", now=at, escalation_step=one.step)
        self._telling.escalate(connection, present, one.step, to, at=at, days=one.days)
        payload: dict[str, object] = {
            "follow_up": present.id,
            "incident": present.postmortem,
            "step": one.step,
            "to": to.person,
            "because": to.because,
            "days": one.days,
        }
        self._ledger.append(connection, Draft("follow_up.escalated", present.urn, "steek", payload))
        return to.person is not None

    def digest(self) -> Digest:
        """How all follow-ups stand this week."""
        with self._database.reading() as connection:
            return digest(rows.listed(connection), self._clock.now())

    def untold_digest(self) -> Digest | None:
        """The digest of this week; None when it was told, or when there is nothing to tell."""
        found = self.digest()
        with self._database.reading() as connection:
            told = rows.known(connection, f"digest:{found.week}", "digest") is not None
        return None if told or not (found.open or found.done) else found

    def tell_digest(self) -> Digest | None:
        """Tell the digest of this week, once; None when there was nothing to tell."""
        found = self.untold_digest()
        if found is None:
            return None
        with self._database.transaction() as connection:
            if rows.known(connection, f"digest:{found.week}", "digest") is None:
                now = self._clock.now()
                self._telling.digest(connection, found.week, found.sentence, "\n".join(found.lines), at=now)
                rows.remember(connection, f"digest:{found.week}", "digest", None, at=now)
        return found
