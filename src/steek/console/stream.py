"""Server-sent events: one look at the ledger for all readers in a process, and one drawing of an incident."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from steek.kernel.clock import Clock
from steek.kernel.ids import new_id
from steek.ledger import Ledger

POLL_S = 0.5
KEEP_ALIVE_S = 15.0
# What depends on the time, such as an update that is overdue, is drawn again this often when nothing is written.
REDRAW_S = 30.0
# A drawing that takes long is made rarely: at most this share of one core goes into it.
_DRAWING_SHARE = 0.25
_HELLO = "retry: 3000\nevent: hello\ndata: {}\n\n"
_KEEP_ALIVE = ": still here\n\n"
_logger = logging.getLogger(__name__)

DrawIncident = Callable[[str], Mapping[str, str]]


@dataclass(eq=False, slots=True)
class _Listener:
    """One reader; `woken` is set when there is something new for it."""

    actor: str = ""
    woken: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Room:
    """Everybody who looks at one incident, and what was drawn for them; a part carries the version it changed in."""

    boot: str
    listeners: set[_Listener] = field(default_factory=set[_Listener])
    parts: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    version: int = 0
    drawn: asyncio.Event = field(default_factory=asyncio.Event)
    # The newest event before the last drawing, and after it: it may show what was written meanwhile.
    sequence: int | None = None
    until_sequence: int = 0
    drawn_s: float = 0.0
    took_s: float = 0.0
    messages: dict[int, str] = field(default_factory=dict[int, str])

    def put(self, parts: Mapping[str, str]) -> None:
        """Keep what differs, under a new version, and wake everybody; the same again wakes nobody."""
        new = {name: html for name, html in parts.items() if self.parts.get(name, (0, None))[1] != html}
        if not new:
            return
        self.version += 1
        self.parts |= {name: (self.version, html) for name, html in new.items()}
        self.messages.clear()
        for listener in self.listeners:
            listener.woken.set()

    def message(self, seen: int) -> str:
        """What changed after version `seen`; encoded once for all readers who are as far."""
        if seen not in self.messages:
            parts = {name: html for name, (version, html) in self.parts.items() if version > seen}
            body = json.dumps({"version": self.version, "parts": parts}, ensure_ascii=False)
            self.messages[seen] = f"id: {self.boot}.{self.version}\nevent: parts\ndata: {body}\n\n"
        return self.messages[seen]


class Live:
    """Tells pages that something was written.

    Readers of one process share one look at the ledger every `poll_s` seconds, and readers of one incident share one
    drawing of it; a slow reader gets what is newest once, not everything in between. Without readers nothing runs.

    Args:
        ledger: What is watched.
        clock: For intervals.
        draw: The parts of an incident's page as HTML, by name, the same for everybody; called in a thread.
        here: The part that says who is here, from the names given and the number of those without.
        poll_s: Seconds between two looks.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        draw: DrawIncident,
        here: Callable[[tuple[str, ...], int], str],
        poll_s: float = POLL_S,
    ) -> None:
        self._ledger, self._clock = ledger, clock
        self._draw, self._here, self._poll_s = draw, here, poll_s
        self._listeners: set[_Listener] = set()
        self._rooms: dict[str, _Room] = {}
        self._sequence = 0
        self._watching: asyncio.Task[None] | None = None

    def newest(self) -> int:
        """The sequence of the newest event, 0 before the first."""
        found = self._ledger.events(newest_first=True, limit=1)
        return found[0].sequence if found else 0

    def present(self, incident_id: str) -> tuple[tuple[str, ...], int]:
        """Who looks at an incident now: their names, sorted, and how many gave none."""
        room = self._rooms.get(incident_id)
        actors = [listener.actor for listener in room.listeners] if room is not None else []
        return tuple(sorted({actor for actor in actors if actor})), actors.count("")

    async def changes(self) -> AsyncGenerator[str]:
        """For any page: that something was written, after which the page fetches itself anew."""
        listener = _Listener()
        seen = await run_in_threadpool(self.newest)
        self._listeners.add(listener)
        self._watch()
        try:
            yield _HELLO.format(seen)
            while True:
                if await _within(listener.woken, KEEP_ALIVE_S):
                    listener.woken.clear()
                if self._sequence > seen:
                    seen = self._sequence
                    yield f"id: {seen}\nevent: changed\ndata: {seen}\n\n"
                else:
                    yield _KEEP_ALIVE
        finally:
            self._listeners.discard(listener)

    async def room(
        self, incident_id: str, *, actor: str = "", seen_sequence: int = 0, last_id: str = ""
    ) -> AsyncGenerator[str]:
        """For the page of an incident: the parts of it that changed, as HTML.

        Args:
            incident_id: Which.
            actor: Name of the reader for the others, "" for none.
            seen_sequence: The newest event when the page was drawn; parts that changed since are sent at once.
            last_id: Where a lost connection ended: what changed since is sent at once.
        """
        listener = _Listener(actor)
        room = self._rooms.get(incident_id)
        if room is None:
            room = self._rooms[incident_id] = _Room(new_id(self._clock.now()))
        room.listeners.add(listener)
        self._tell_here(incident_id, room)
        self._watch()
        try:
            yield _HELLO.format(room.version)
            while not await _within(room.drawn, KEEP_ALIVE_S):
                yield _KEEP_ALIVE
            boot, _, version = last_id.rpartition(".")
            seen = int(version) if boot == room.boot and version.isdecimal() else 0
            if not last_id and room.until_sequence <= seen_sequence:
                yield self._only_here(room)
                seen = room.version
            while True:
                if room.version > seen:
                    message, seen = room.message(seen), room.version
                    yield message
                if await _within(listener.woken, KEEP_ALIVE_S):
                    listener.woken.clear()
                else:
                    yield _KEEP_ALIVE
        finally:
            room.listeners.discard(listener)
            self._tell_here(incident_id, room)
            if not room.listeners:
                self._rooms.pop(incident_id, None)

    def _only_here(self, room: _Room) -> str:
        body = json.dumps({"version": room.version, "parts": {"here": room.parts["here"][1]}}, ensure_ascii=False)
        return f"id: {room.boot}.{room.version}\nevent: parts\ndata: {body}\n\n"

    def _tell_here(self, incident_id: str, room: _Room) -> None:
        room.put({"here": self._here(*self.present(incident_id))})

    def _watch(self) -> None:
        """Start looking, unless somebody of this event loop already does."""
        task = self._watching
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            self._watching = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._listeners or self._rooms:
            try:
                newest = await run_in_threadpool(self.newest)
                if newest > self._sequence:
                    self._sequence = newest
                    for listener in self._listeners:
                        listener.woken.set()
                # Nothing may make a room wait for another one that cannot be drawn: the next look begins elsewhere.
                due = [each for each in self._rooms.items() if self._is_due(each[1], newest)]
                for incident_id, room in sorted(due, key=lambda each: each[1].drawn_s):
                    room.drawn_s = self._clock.monotonic_s()
                    await self._redraw(incident_id, room, newest)
            except Exception:
                # The database may be away for a while; readers keep what they have, and the next look tries again.
                _logger.exception("looking for news failed")
            await asyncio.sleep(self._poll_s)

    def _is_due(self, room: _Room, newest: int) -> bool:
        if room.sequence is None:
            return True
        since_s = self._clock.monotonic_s() - room.drawn_s
        return since_s > REDRAW_S or (newest > room.sequence and since_s > room.took_s / _DRAWING_SHARE)

    async def _redraw(self, incident_id: str, room: _Room, newest: int) -> None:
        began_s = self._clock.monotonic_s()
        parts = await run_in_threadpool(self._draw, incident_id)
        room.until_sequence = await run_in_threadpool(self.newest)
        room.put(parts)
        # Of before the drawing: whatever was written during it makes another one due.
        room.sequence = newest
        room.drawn_s = self._clock.monotonic_s()
        room.took_s = room.drawn_s - began_s
        room.drawn.set()


async def _within(event: asyncio.Event, wait_s: float) -> bool:
    """Whether something happened before so many seconds were over."""
    try:
        await asyncio.wait_for(event.wait(), wait_s)
    except TimeoutError:
        return False
    return True
