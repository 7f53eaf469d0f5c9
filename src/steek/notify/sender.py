"""Sending what waits in the outbox: one thread for each target, so that one that is down blocks no other."""

import logging
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from steek.kernel.clock import Clock
from steek.kernel.errors import SteekError
from steek.kernel.tracing import note, span
from steek.ledger import Database, Ledger
from steek.notify.claims import Claim, claim, claim_repeat, is_due, note_target, settle
from steek.notify.notice import Notice, Receipt
from steek.notify.outbox import open_notices
from steek.notify.plain_text import plain_line
from steek.notify.ports import Notifier
from steek.notify.records import Tested
from steek.notify.targets import Target

_logger = logging.getLogger(__name__)
_DETAIL_CHARACTERS = 500
Draw = Callable[[Notice], bytes | None]


class Sender:
    """Delivers at least once, in the order of states, with leases; a process that dies is replaced by any other.

    Args:
        database: Holds the outbox.
        ledger: Is told what arrived and what was given up.
        clock: The time of the world outside, also where the project replays another.
        targets: Who is told.
        notifiers: How, by name of the target.
        draw: Makes the picture of a notice; None draws nothing.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        targets: Mapping[str, Target],
        notifiers: Mapping[str, Notifier],
        draw: Draw | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._targets = targets
        self._notifiers = notifiers
        self._draw = draw
        self._using = {name: threading.Lock() for name in targets}

    def deliver(self, only: str | None = None) -> int:
        """Send everything that is due now, to all targets at once, and return how many attempts that took."""
        names = [name for name in self._targets if only in (None, name)]
        if not names:
            return 0
        with ThreadPoolExecutor(len(names), thread_name_prefix="steek-notify") as pool:
            return sum(pool.map(self._deliver_to, names))

    def test(self, name: str, key: str) -> Tested:
        """Tell one target of something that is wrong, and then that it is over; once, past the outbox."""
        target, notifier, now = self._targets[name], self._notifiers[name], self._clock.now()
        title = "Test of steek: nothing is wrong"
        subject = f"target:{name}"
        notice = Notice(key=key, title=title, severity="sev3", subject=subject, at=now, body="Somebody asked for it.")
        began_s = self._clock.monotonic_s()
        with self._using[name]:
            receipt = _guarded(target, lambda: notifier.send(notice, key=f"{key}-open", at=now))
            if receipt.outcome == "delivered":
                over = replace(notice, state="resolved")
                receipt = _guarded(target, lambda: notifier.send(over, key=f"{key}-resolved", at=self._clock.now()))
        took_ms = round(1000 * (self._clock.monotonic_s() - began_s), 1)
        return Tested(name, receipt.outcome, receipt.detail, took_ms)

    @contextmanager
    def running(self, every_s: float = 1.0) -> Generator[None]:
        """Send in threads during the block; an attempt that is under way at its end may take its timeout."""
        stopping = threading.Event()
        threads = [
            threading.Thread(target=self._run, args=(name, every_s, stopping), name=f"steek-notify-{name}", daemon=True)
            for name in self._targets
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopping.set()
            for name, thread in zip(self._targets, threads, strict=True):
                thread.join(self._targets[name].timeout_s + 1)

    def _run(self, name: str, every_s: float, stopping: threading.Event) -> None:
        while not stopping.wait(every_s):
            try:
                self._deliver_to(name, stopping)
            except SteekError as cause:
                _logger.warning("notices to %s could not be sent: %s", name, cause.message)
            except Exception:
                _logger.exception("notices to %s could not be sent", name)

    def _deliver_to(self, name: str, stopping: threading.Event | None = None) -> int:
        target, attempts = self._targets[name], 0
        with self._using[name]:
            while not (stopping is not None and stopping.is_set()):
                found = self._claim(target)
                if found is None:
                    break
                attempts += 1
                receipt = self._attempt(target, found)
                with self._database.transaction() as connection:
                    self._ledger.append(connection, *settle(connection, found, target, receipt, self._clock.now()))
            self._repeat(target)
        return attempts

    def _claim(self, target: Target) -> Claim | None:
        with self._database.reading() as connection:
            if not is_due(connection, target.name, self._clock.now()):
                return None
        with self._database.transaction() as connection:
            return claim(connection, target, self._clock.now())

    def _attempt(self, target: Target, found: Claim) -> Receipt:
        notifier, notice = self._notifiers[target.name], found.notice
        if notifier.takes_pictures and notice.picture_png is None:
            notice = replace(notice, picture_png=self._picture(notice))
        with span("steek.notify", {"steek.target": target.name, "steek.kind": target.kind}) as one:
            receipt = _guarded(target, lambda: notifier.send(notice, key=found.key, at=self._clock.now()))
            note(one, {"steek.outcome": receipt.outcome})
        return receipt

    def _repeat(self, target: Target) -> None:
        notifier = self._notifiers[target.name]
        every_s = notifier.repeat_every_s
        if every_s is None:
            return
        now = self._clock.now()
        with self._database.reading() as connection:
            known = open_notices(connection, target.name)
        if not known:
            return
        with self._database.transaction() as connection:
            if not claim_repeat(connection, target, every_s, now):
                return
        receipt = _guarded(target, lambda: notifier.repeat(known, at=now))
        if receipt.outcome != "delivered":
            with self._database.transaction() as connection:
                note_target(connection, target, now, {"failed_at": now, "last_error": receipt.detail[:500]})

    def _picture(self, notice: Notice) -> bytes | None:
        if self._draw is None:
            return None
        try:
            return self._draw(notice)
        except Exception:
            # A notice without its chart is better than none.
            _logger.exception("no picture of notice %s could be drawn", notice.key)
            return None


def _guarded(target: Target, attempt: Callable[[], Receipt]) -> Receipt:
    """A plug-in that raises has failed; what it says of secrets of its table is blotted out."""
    try:
        receipt = attempt()
    except SteekError as error:
        receipt = Receipt("failed", error.message)
    except Exception as error:  # noqa: BLE001 - a stranger's code; its kind is told, its words may hold anything
        receipt = Receipt("failed", f"the notifier raised {type(error).__name__}")
    # Words of the other side end up in terminals and tables.
    return replace(receipt, detail=plain_line(target.options.hide(receipt.detail), _DETAIL_CHARACTERS))
