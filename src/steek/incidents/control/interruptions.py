"""Mitigations that a process left when it died: found, and taken up with their own key."""

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

from steek.incidents.acting import actions_of, is_interrupted, take_up
from steek.incidents.desk import Desk
from steek.incidents.lifecycle import State
from steek.incidents.mitigations import ActionTaken, Outcome
from steek.incidents.rows import find
from steek.incidents.tables import actions, incidents
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.kernel.errors import ConflictError, NotFoundError, SteekError
from steek.kernel.processes import is_gone

_logger = logging.getLogger(__name__)
# By judgement: what lay longer may not be wanted any more, so people decide about it.
_BY_ITSELF = timedelta(hours=1)
_ACTOR = "steek"


class InterruptedActions:
    """Finds and takes up what was left half done; safe to share between threads, several processes may run one.

    Args:
        desk: What is at hand.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def list(self, incident: str) -> tuple[ActionTaken, ...]:
        """Actions of an incident that nobody carries on, in the order in which they began."""
        now = self._desk.clock.now()
        with self._desk.database.reading() as connection:
            find(connection, incident)
            return tuple(one for one in actions_of(connection, incident) if is_interrupted(one, now))

    def take_up(self, incident: str, number: int, *, actor: str) -> ActionTaken:
        """Carry one on with the key it was begun with, so that what it did already is found and not done twice.

        Args:
            incident: Its incident.
            number: Of the action in the incident, from 1.
            actor: Who takes it up; who began it stays who did it.

        Raises:
            NotFoundError: the incident has no such action, or the menu no such mitigation any more.
            ConflictError: a process still carries it on, or the incident is closed.
        """
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        with self._desk.database.reading() as connection:
            known = {one.number: one for one in actions_of(connection, incident)}
            state = find(connection, incident).state
        if number not in known:
            message = f"incident {incident} has no action {number}"
            raise NotFoundError(message, next_step=f"It has: {', '.join(map(str, known)) or 'none'}.")
        if state is State.CLOSED and known[number].outcome is Outcome.STARTED:
            message = f"incident {incident} is closed; action {number} stays as it was left"
            raise ConflictError(message, next_step="Declare a new incident and act from there.")
        return take_up(self._desk, known[number], self._desk.menu.find(known[number].mitigation), by=by)

    def take_up_all(self) -> int:
        """Take up what processes of this host left within the last hour in open incidents; how many were taken up."""
        states = [state.value for state in State if state.is_open]
        query = select(actions.c.incident_id, actions.c.number, actions.c.process)
        query = query.join(incidents, incidents.c.id == actions.c.incident_id)
        query = query.where(actions.c.outcome == Outcome.STARTED.value, incidents.c.state.in_(states))
        query = query.where(actions.c.started_at > self._desk.clock.now() - _BY_ITSELF)
        with self._desk.database.reading() as connection:
            found = connection.execute(query).all()
        taken = 0
        for row in found:
            if row.process is None or is_gone(row.process):
                try:
                    self.take_up(row.incident_id, row.number, actor=_ACTOR)
                    taken += 1
                except SteekError as cause:
                    _logger.warning("action %s of %s was not taken up: %s", row.number, row.incident_id, cause.message)
        return taken

    @contextmanager
    def watched(self, every_s: float = 5.0) -> Generator[None]:
        """Take up in a thread during the block, in a thread of its own: a retraining may take hours."""
        stopping = threading.Event()
        thread = threading.Thread(
            target=self._run, args=(every_s, stopping), name="steek-interrupted-actions", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(5)

    def _run(self, every_s: float, stopping: threading.Event) -> None:
        while not stopping.wait(every_s):
            try:
                self.take_up_all()
            except Exception:
                _logger.exception("interrupted actions could not be looked for")
