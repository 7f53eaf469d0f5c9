"""The outbox: notices go in with the transaction that causes them, and deliveries to their targets come of that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from steek.kernel.state_machine import transition
from steek.notify.notice import Notice, NoticeState
from steek.notify.plain_text import plain_line, plain_lines
from steek.notify.routing import Route, routes_of
from steek.notify.states import DELIVERY_TRANSITIONS, moved
from steek.notify.tables import deliveries, notice_members, notices
from steek.notify.targets import Target

TITLE_CHARACTERS = 300
_BODY_CHARACTERS = 8_000
_URL_CHARACTERS = 500
_LABEL_CHARACTERS = 1_000


def post(connection: Connection, notice: Notice, targets: Sequence[Target], *, now: datetime) -> str | None:
    """Take a notice in, in the caller's transaction; told of again in the same state, nothing changes.

    A notice whose group is open already joins it: targets that know of the group are not told again. A group is
    acknowledged when all that is open of it is, and resolved when all of it is.

    Returns:
        Key of the notice that people are told of, its own or that of its group; None where a notice ends that was
        never open.
    """
    known = connection.execute(select(notice_members).where(notice_members.c.key == notice.key)).mappings().first()
    if known is not None:
        _follow(connection, known, notice, now)
        if notice.to and notice.state == "open":
            _route(connection, str(known["notice"]), replace(notice, only_to=True), targets, now)
        return str(known["notice"])
    if notice.state != "open":
        return None
    head = _open_group(connection, notice.group or notice.key)
    if head is None:
        head = _begin(connection, notice, now)
    else:
        _grow(connection, head, notice)
        if connection.execute(select(notices.c.state).where(notices.c.key == head)).scalar_one() == "acknowledged":
            # Something new is wrong: what was seen was less than what is there.
            _reopen(connection, head, now)
    member = {"key": notice.key, "notice": head, "state": "open", "title": plain_line(notice.title, TITLE_CHARACTERS)}
    connection.execute(insert(notice_members).values(**member, changed_at=now))
    _route(connection, head, notice, targets, now)
    return head


def read_notice(connection: Connection, key: str) -> Notice | None:
    """A notice as it is now, told as one for all of its group; None when there is none."""
    row = connection.execute(select(notices).where(notices.c.key == key)).mappings().first()
    return None if row is None else to_notice(row)


def open_notices(connection: Connection, target: str) -> list[Notice]:
    """What a target was told of and is still open, oldest first."""
    both = notices.join(deliveries, deliveries.c.notice == notices.c.key)
    known = (deliveries.c.target == target, deliveries.c.told.is_not(None), deliveries.c.told != "resolved")
    query = select(notices).select_from(both).where(*known, notices.c.state != "resolved")
    return [to_notice(row) for row in connection.execute(query.order_by(notices.c.opened_at)).mappings()]


def to_notice(row: RowMapping) -> Notice:
    """A notice from its row; the title says how many it stands for."""
    members: int = row["members"]
    return Notice(
        key=row["key"],
        title=row["title"] if members == 1 else f"{row['title']} (and {members - 1:,} more of one group)",
        body=row["body"],
        severity=row["severity"],
        subject=row["subject"],
        at=row["opened_at"],
        purpose=row["purpose"],
        owner=row["owner"],
        url=row["url"],
        state=row["state"],
        group=None if row["group_name"] == row["key"] else row["group_name"],
        labels=row["labels"],
    )


def renew(connection: Connection, delivery: RowMapping, wanted: NoticeState, *, due_at: datetime) -> None:
    """Have a target told of a state, whatever came of the ones before."""
    state = transition(DELIVERY_TRANSITIONS, delivery["state"], "renew", what=f"delivery to {delivery['target']}")
    where = (deliveries.c.notice == delivery["notice"], deliveries.c.target == delivery["target"])
    values = {"state": state, "wanted": wanted, "attempts": 0, "due_at": due_at, "last_error": None}
    connection.execute(update(deliveries).where(*where).values(values))


def _begin(connection: Connection, notice: Notice, now: datetime) -> str:
    values = {
        "key": notice.key,
        "group_name": (notice.group or notice.key)[:200],
        # A change is told and over: nothing of it stays open.
        "state": "resolved" if notice.purpose == "change" else "open",
        "purpose": notice.purpose,
        "severity": notice.severity,
        "owner": plain_line(notice.owner, 200),
        "subject": plain_line(notice.subject, 300),
        "title": plain_line(notice.title, TITLE_CHARACTERS),
        "body": plain_lines(notice.body, _BODY_CHARACTERS),
        "url": notice.url[:_URL_CHARACTERS],
        "labels": {name: plain_line(value, _LABEL_CHARACTERS) for name, value in notice.labels.items()},
        "members": 1,
        "opened_at": notice.at,
        "changed_at": now,
    }
    connection.execute(insert(notices).values(values))
    return notice.key


def _grow(connection: Connection, head: str, notice: Notice) -> None:
    """A group is as bad as the worst of it ever was."""
    row = connection.execute(select(notices).where(notices.c.key == head)).mappings().one()
    values = {
        "members": row["members"] + 1,
        "severity": min(row["severity"], notice.severity),
        "purpose": "page" if "page" in (row["purpose"], notice.purpose) else row["purpose"],
    }
    connection.execute(update(notices).where(notices.c.key == head).values(values))


def _open_group(connection: Connection, group: str) -> str | None:
    query = select(notices.c.key).where(notices.c.group_name == group[:200], notices.c.state != "resolved")
    return connection.execute(query).scalar_one_or_none()


def _route(connection: Connection, head: str, notice: Notice, targets: Sequence[Target], now: datetime) -> None:
    query = select(deliveries).where(deliveries.c.notice == head)
    known = {row["target"]: row for row in connection.execute(query).mappings().all()}
    for route in routes_of(notice, targets, now=now):
        if route.target in known:
            _hasten(connection, known[route.target], route)
        else:
            values = {"notice": head, "target": route.target, "state": "waiting", "wanted": "open", "attempts": 0}
            connection.execute(insert(deliveries).values(**values, due_at=route.due_at, reason=route.reason[:500]))


def _hasten(connection: Connection, delivery: RowMapping, route: Route) -> None:
    """What waits for the end of quiet hours, as a member of a group, goes out when a later member may."""
    if delivery["state"] == "waiting" and delivery["attempts"] == 0 and route.due_at < delivery["due_at"]:
        where = (deliveries.c.notice == delivery["notice"], deliveries.c.target == delivery["target"])
        connection.execute(update(deliveries).where(*where).values(due_at=route.due_at, reason=route.reason[:500]))


def _reopen(connection: Connection, head: str, now: datetime) -> None:
    connection.execute(update(notices).where(notices.c.key == head).values(state="open", changed_at=now))
    _renew_all(connection, head, "open", now)


def _follow(connection: Connection, member: RowMapping, notice: Notice, now: datetime) -> None:
    after = moved(member["state"], notice.state)
    if after == member["state"]:
        return
    mine = notice_members.c.key == notice.key
    connection.execute(update(notice_members).where(mine).values(state=after, changed_at=now))
    head = member["notice"]
    counted = select(notice_members.c.state, func.count()).where(notice_members.c.notice == head)
    states = {state for state, _ in connection.execute(counted.group_by(notice_members.c.state))}
    whole: NoticeState = "open" if "open" in states else "acknowledged" if "acknowledged" in states else "resolved"
    before: NoticeState = connection.execute(select(notices.c.state).where(notices.c.key == head)).scalar_one()
    if whole == before or moved(before, whole) != whole:
        return
    values: dict[str, object] = {"state": whole, "changed_at": now}
    if notice.body:
        values["body"] = plain_lines(notice.body, _BODY_CHARACTERS)
    connection.execute(update(notices).where(notices.c.key == head).values(values))
    _renew_all(connection, head, whole, now)


def _renew_all(connection: Connection, head: str, wanted: NoticeState, now: datetime) -> None:
    rows = connection.execute(select(deliveries).where(deliveries.c.notice == head)).mappings().all()
    for row in rows:
        # Who was not told yet, as in quiet hours, is told of the newest state when the time comes.
        due_at = max(now, row["due_at"]) if row["state"] == "waiting" and row["attempts"] == 0 else now
        renew(connection, row, wanted, due_at=due_at)


def as_wanted(notice: Notice, wanted: NoticeState) -> Notice:
    """The notice as one delivery tells it."""
    return replace(notice, state=wanted)
