"""Who sends what, when: deliveries are leased, so that no two senders do the same, and a dead one blocks nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, insert, or_, select, update

from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition
from steek.ledger import Draft
from steek.notify.backoff import next_delay_s
from steek.notify.notice import Notice, NoticeState, Receipt
from steek.notify.outbox import as_wanted, read_notice
from steek.notify.states import DELIVERY_TRANSITIONS
from steek.notify.tables import deliveries, notices, target_states
from steek.notify.targets import Target

# Beyond its timeout an attempt needs time to be written down.
_LEASE_MORE_S = 10.0
ACTOR = "steek"


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt about to be made: `notice` in the state that is to be told, `key` for the receiver."""

    notice: Notice
    target: str
    key: str
    attempts: int


def is_due(connection: Connection, target: str, now: datetime) -> bool:
    """Whether a target has anything to be told now; a query that takes no lock."""
    return connection.execute(select(deliveries.c.notice).where(_due(target, now)).limit(1)).first() is not None


def claim(connection: Connection, target: Target, now: datetime) -> Claim | None:
    """Lease the oldest delivery that is due, as far as the rate of the target allows; None when there is none."""
    query = select(deliveries).where(_due(target.name, now)).order_by(deliveries.c.due_at, deliveries.c.notice)
    row = connection.execute(query.limit(1)).mappings().first()
    if row is None or not _take_token(connection, target, now):
        return None
    notice = read_notice(connection, row["notice"])
    assert notice is not None, "a delivery refers to its notice"
    wanted: NoticeState = row["wanted"]
    leased_until = now + timedelta(seconds=target.timeout_s + _LEASE_MORE_S)
    attempts: int = row["attempts"] + 1
    values: dict[str, object] = {"attempts": attempts, "leased_until": leased_until, "last_at": now}
    connection.execute(update(deliveries).where(_one(notice.key, target.name)).values(values))
    return Claim(as_wanted(notice, wanted), target.name, delivery_key(notice, target.name, wanted), attempts)


def delivery_key(notice: Notice, target: str, wanted: NoticeState) -> str:
    """What a receiver knows one telling by: the same for each attempt, another for each state."""
    return content_hash([notice.key, target, wanted])[:32]


def settle(connection: Connection, done: Claim, target: Target, receipt: Receipt, now: datetime) -> list[Draft]:
    """Write down what came of an attempt; the event to append in the same transaction, if any."""
    where = _one(done.notice.key, target.name)
    row = connection.execute(select(deliveries).where(where)).mappings().one()
    error = receipt.detail[:500]
    values: dict[str, object] = {"leased_until": None}
    drafts: list[Draft] = []
    if receipt.outcome == "delivered":
        values |= {"told": done.notice.state, "last_error": None, "delivered_at": now}
        if row["wanted"] == done.notice.state:
            values["state"] = transition(DELIVERY_TRANSITIONS, row["state"], "deliver", what="a delivery")
        drafts = [_event("notice.delivered", done, {"attempts": done.attempts})]
        note_target(connection, target, now, {"delivered_at": now, "last_error": None})
    else:
        values["last_error"] = error
        note_target(connection, target, now, {"failed_at": now, "last_error": error})
        if row["wanted"] != done.notice.state:
            values["due_at"] = now
        elif receipt.outcome == "refused" or done.attempts >= target.most_attempts:
            values["state"] = transition(DELIVERY_TRANSITIONS, row["state"], "give up", what="a delivery")
            drafts = [_event("notice.given_up", done, {"attempts": done.attempts, "reason": error})]
        else:
            delay_s = next_delay_s(done.attempts, seed=done.key, retry_after_s=receipt.retry_after_s)
            values["due_at"] = now + timedelta(seconds=delay_s)
    if row["state"] == "waiting":
        connection.execute(update(deliveries).where(where).values(values))
    return drafts


def note_target(connection: Connection, target: Target, now: datetime, values: dict[str, object]) -> None:
    """Write down how a target stands."""
    changed = update(target_states).where(target_states.c.name == target.name).values(values)
    if connection.execute(changed).rowcount == 0:
        full = {"name": target.name, "tokens": float(target.per_minute), "refilled_at": now}
        connection.execute(insert(target_states).values({**full, **values}))


def claim_repeat(connection: Connection, target: Target, every_s: float, now: datetime) -> bool:
    """Whether this sender is to repeat to a target what is open; at most once in its time over all senders."""
    query = select(target_states.c.repeated_at).where(target_states.c.name == target.name)
    before = connection.execute(query).scalar_one_or_none()
    if before is not None and now < before + timedelta(seconds=every_s):
        return False
    note_target(connection, target, now, {"repeated_at": now})
    return True


def _take_token(connection: Connection, target: Target, now: datetime) -> bool:
    """A bucket that holds a minute's worth and refills steadily, shared by all senders."""
    row = connection.execute(select(target_states).where(target_states.c.name == target.name)).mappings().first()
    most = float(target.per_minute)
    tokens = most
    if row is not None:
        passed_s = max(0.0, (now - row["refilled_at"]).total_seconds())
        tokens = min(most, row["tokens"] + passed_s * most / 60)
    if tokens < 1:
        return False
    note_target(connection, target, now, {"tokens": tokens - 1, "refilled_at": now})
    return True


def _due(target: str, now: datetime):  # noqa: ANN202 - SQLAlchemy's own type of a condition
    free = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= now)
    return and_(deliveries.c.target == target, deliveries.c.state == "waiting", deliveries.c.due_at <= now, free)


def _one(notice: str, target: str):  # noqa: ANN202 - SQLAlchemy's own type of a condition
    return and_(deliveries.c.notice == notice, deliveries.c.target == target)


def _event(kind: str, done: Claim, payload: dict[str, object]) -> Draft:
    told: dict[str, object] = {"notice": done.notice.key, "state": done.notice.state, "target": done.target}
    return Draft(kind, done.notice.subject, ACTOR, {**told, **payload})


def waiting_since(connection: Connection, target: str) -> datetime | None:
    """When the oldest delivery that a target still waits for was opened; None when there is none."""
    both = deliveries.join(notices, notices.c.key == deliveries.c.notice)
    query = select(notices.c.changed_at).select_from(both)
    query = query.where(deliveries.c.target == target, deliveries.c.state == "waiting")
    return connection.execute(query.order_by(notices.c.changed_at).limit(1)).scalar_one_or_none()
