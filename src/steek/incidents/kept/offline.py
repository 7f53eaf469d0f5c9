"""Declaring whatever the state of the database: written when it can be, kept on this machine when it cannot."""

import logging
from collections.abc import Sequence
from pathlib import Path

from steek.incidents.incidents import Incidents
from steek.incidents.kept.declarations import KeptDeclaration, Said, Synced, keep, sync, waiting
from steek.incidents.types import Incident
from steek.kernel.clock import Clock
from steek.kernel.errors import ResourceError, SteekError

_logger = logging.getLogger(__name__)


class OfflineDeclarations:
    """Keeps declarations that the database does not take, and writes them when it does.

    Args:
        incidents: Declares.
        folders: Where to keep, in order.
        clock: The project's time.
        local_clock: The time of this machine, which people see when they declare.
    """

    def __init__(
        self,
        incidents: Incidents,
        folders: Sequence[Path],
        *,
        clock: Clock,
        local_clock: Clock,
    ) -> None:
        self._incidents = incidents
        self._folders = tuple(folders)
        self._clock = clock
        self._local_clock = local_clock

    def declare(self, said: Said) -> Incident | KeptDeclaration:
        """The incident, or what was kept because no database took it. Raises as `Incidents.declare` and `keep`."""
        try:
            return self._incidents.declare(
                said.title, on=said.on, severity=said.severity, actor=said.actor, key=said.key, freeze=said.freeze
            )
        except ResourceError as cause:
            return keep(self._folders, said, said_at=self._local_clock.now(), reason=cause.message.partition("\n")[0])

    def waiting(self) -> list[KeptDeclaration]:
        """What no database has taken yet."""
        return waiting(self._folders)

    def sync(self) -> list[Synced]:
        """Declare what was kept; each becomes one incident, however often this is called or killed.

        Raises:
            ResourceError: the database still does not take it, or a file cannot be read; the others stay kept.
        """
        return sync(self._folders, self._declare, local_now=self._local_clock.now(), now=self._clock.now())

    def sync_when_possible(self) -> list[Synced]:
        """As `sync`; while it is not possible that is logged and tried again the next time."""
        try:
            return self.sync()
        except SteekError as cause:
            _logger.warning("declarations kept on this machine are not written yet: %s", cause.message)
            return []

    def _declare(self, kept: KeptDeclaration, ahead_s: float) -> Incident:
        said = kept.said
        return self._incidents.declare(
            said.title,
            on=said.on,
            severity=said.severity,
            actor=said.actor,
            key=said.key,
            freeze=said.freeze,
            said_at=kept.said_at,
            clock_ahead_s=ahead_s,
        )
