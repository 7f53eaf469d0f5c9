"""The service: notices in, deliveries out, and how they stand."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError
from steek.kernel.records import content_hash, to_plain
from steek.ledger import Database, Draft, Ledger
from steek.notify import outbox
from steek.notify.notice import Notice, NoticePurpose
from steek.notify.opening import OpenTargets
from steek.notify.records import (
    Delivery,
    TargetState,
    Tested,
    read_deliveries,
    read_deliveries_of,
    read_targets,
)
from steek.notify.sender import Draw, Sender
from steek.notify.states import DeliveryState
from steek.notify.tables import deliveries, notices, requests


class Notices:
    """What people and other systems are told; safe to share between threads and processes.

    Args:
        database: Holds the outbox.
        ledger: Is told what arrived, what was given up and what was tried again.
        clock: The time of the world outside, also where the project replays another.
        open_targets: Who is told, and how.
        draw: Makes the picture of a notice; None draws nothing.
    """

    def __init__(
        self, database: Database, ledger: Ledger, clock: Clock, open_targets: OpenTargets, draw: Draw | None = None
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._open = open_targets
        self._targets = list(open_targets.targets.values())
        self._sender = Sender(database, ledger, clock, open_targets.targets, open_targets.notifiers, draw)

    def now(self) -> datetime:
        """The time of the world outside, by which everything here is dated."""
        return self._clock.now()

    def is_told(self, purpose: NoticePurpose | None = None) -> bool:
        """Whether any target is told of notices of this purpose; with None, whether there is a target."""
        return any(purpose is None or purpose in target.purposes for target in self._targets)

    def post(self, *told: Notice) -> None:
        """Take notices in, in one transaction; what was told of before in the same state changes nothing."""
        with self._database.transaction() as connection:
            self.post_in(connection, told)

    def post_in(self, connection: Connection, told: Iterable[Notice]) -> list[str | None]:
        """Take notices in, in the transaction of what causes them; keys that people are told of them under."""
        return [outbox.post(connection, notice, self._targets, now=self._clock.now()) for notice in told]

    def deliver(self, only: str | None = None) -> int:
        """Send everything that is due, and return how many attempts that took.

        Raises:
            NotFoundError: no target of the name `only`.
        """
        if only is not None:
            self._check(only)
        return self._sender.deliver(only)

    def sending(self, every_s: float = 1.0) -> AbstractContextManager[None]:
        """Send in threads during the block; without any target nothing runs."""
        return self._sender.running(every_s)

    def test(self, target: str, *, key: str, actor: str) -> Tested:
        """Send a test to one target, once: that something is wrong, and that it is over. The same key sends nothing.

        Raises:
            NotFoundError: no such target.
        """
        self._check(target)
        stored = content_hash(["test", target, key])
        known = self._known(stored, "test")
        if isinstance(known, dict):
            return Tested(**known)  # pyright: ignore[reportUnknownArgumentType]
        tested = self._sender.test(target, f"test-{content_hash([target, key])[:12]}")
        told = Draft("notice.tested", f"target:{target}", actor, {"outcome": tested.outcome, "reason": tested.detail})
        self._remember(stored, "test", tested, told)
        return tested

    def retry(self, notice: str, target: str | None = None, *, key: str, actor: str) -> list[Delivery]:
        """Have a notice sent again, to one target or to all that gave it up; what waits is due at once.

        Raises:
            NotFoundError: no such notice, or it does not go to that target.
        """
        with self._database.transaction() as connection:
            found = read_deliveries_of(connection, notice)
            if target is not None and target not in {each.target for each in found}:
                raise NotFoundError.among(f"target of notice {notice}", target, [each.target or "" for each in found])
            stored = content_hash(["retry", notice, target, key])
            known = connection.execute(select(requests.c.result).where(requests.c.key == stored)).scalar_one_or_none()
            if known is None:
                again = [each for each in found if _is_meant(each, target)]
                self._renew(connection, notice, again)
                names = [each.target for each in again]
                values = {"key": stored, "operation": "retry", "result": names, "at": self._clock.now()}
                connection.execute(insert(requests).values(values))
                told: dict[str, object] = {"notice": notice, "targets": names}
                self._ledger.append(connection, Draft("notice.renewed", found[0].subject, actor, told))
            return read_deliveries_of(connection, notice)

    def deliveries(
        self, state: DeliveryState | None = None, *, notice: str | None = None, limit: int = 100
    ) -> list[Delivery]:
        """Deliveries, latest notice first; "dead" are those that were given up. `notice` asks for those of one."""
        with self._database.reading() as connection:
            return read_deliveries(connection, state=state, notice=notice, limit=limit)

    def targets(self) -> list[TargetState]:
        """How every target stands, in the order of steek.toml."""
        with self._database.reading() as connection:
            return read_targets(connection, self._targets)

    def came_back(self, connection: Connection, key: str, *, at: datetime) -> bool:
        """Note that another system told us of our own notice; False when it is none of ours."""
        mine = update(notices).where(notices.c.key == key).values(came_back_at=at)
        return connection.execute(mine).rowcount > 0

    def close(self) -> None:
        """Let go of every connection."""
        self._open.close()

    def _check(self, target: str) -> None:
        if target not in self._open.targets:
            raise NotFoundError.among(
                "target", target, self._open.targets, next_step="Targets are [notify.targets.NAME] in steek.toml."
            )

    def _known(self, key: str, operation: str) -> object:
        query = select(requests.c.result).where(requests.c.key == key, requests.c.operation == operation)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def _remember(self, key: str, operation: str, result: object, told: Draft) -> None:
        with self._database.transaction() as connection:
            values = {"key": key, "operation": operation, "result": to_plain(result), "at": self._clock.now()}
            connection.execute(insert(requests).values(values))
            self._ledger.append(connection, told)

    def _renew(self, connection: Connection, notice: str, again: list[Delivery]) -> None:
        query = select(deliveries).where(deliveries.c.notice == notice)
        rows = {row["target"]: row for row in connection.execute(query).mappings().all()}
        for each in again:
            assert each.target is not None
            assert each.wanted is not None
            outbox.renew(connection, rows[each.target], each.wanted, due_at=self._clock.now())


def _is_meant(each: Delivery, target: str | None) -> bool:
    if each.target is None:
        return False
    return each.state in ("dead", "waiting") if target is None else each.target == target
