"""Declaring whatever the state of the database: written when it can be, kept on this machine when it cannot."""

import logging
from collections.abc import Sequence
from pathlib import Path

from steek.incidents.impact.said_impacts import parse_impact
from steek.incidents.impact.triage import Triage
from steek.incidents.incidents import Incidents
from steek.incidents.kept.declarations import KeptDeclaration, Said, Synced, SyncReport, Waiting, keep, sync, waiting
from steek.incidents.signals.signals import Signals
from steek.incidents.types import Incident
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, ResourceError, SteekError

_KEY_CHARACTERS = 280  # with the part that is told it must fit into a key
_logger = logging.getLogger(__name__)


class OfflineDeclarations:
    """Keeps declarations that the database does not take, and writes them when it does.

    Args:
        incidents: Declares.
        triage: Writes down the impact that is said with it.
        signals: Take in those that are named with it.
        folders: Where to keep, in order.
        clock: The project's time.
        local_clock: The time of this machine, which people see when they declare.
    """

    def __init__(
        self,
        incidents: Incidents,
        triage: Triage,
        signals: Signals,
        folders: Sequence[Path],
        *,
        clock: Clock,
        local_clock: Clock,
    ) -> None:
        self._incidents = incidents
        self._triage = triage
        self._signals = signals
        self._folders = tuple(folders)
        self._clock = clock
        self._local_clock = local_clock

    def declare(self, said: Said) -> Incident | KeptDeclaration:
        """The incident, or what was kept because no database took it. Raises as `Incidents.declare` and `keep`."""
        said.check()
        try:
            for signal in said.signals:
                self._signals.get(signal)
            declared = self._incidents.declare(
                said.title,
                on=said.on or None,
                severity=said.severity,
                actor=said.actor,
                key=said.key,
                freeze=said.freeze,
                alert_id=said.alert,
            )
            return self._tell(declared, said)
        except ResourceError as cause:
            return keep(self._folders, said, said_at=self._local_clock.now(), reason=cause.message.partition("\n")[0])

    def waiting(self) -> Waiting:
        """What no database has taken yet."""
        return waiting(self._folders)

    def sync(self) -> SyncReport:
        """Declare what was kept; each becomes one incident, however often this is called or killed.

        Raises:
            SteekError: none of it could be declared: the database still does not take it, or each is refused.
        """
        return sync(self._folders, self._declare, local_now=self._local_clock.now(), now=self._clock.now())

    def sync_when_possible(self) -> tuple[Synced, ...]:
        """As `sync`; what is not possible is logged and tried again the next time."""
        try:
            report = self.sync()
        except SteekError as cause:
            _logger.warning("declarations kept on this machine are not written yet: %s", cause.message)
            return ()
        for left in report.left:
            _logger.warning("kept on this machine: %s: %s", left.path, left.reason)
        return report.declared

    def _declare(self, kept: KeptDeclaration, ahead_s: float) -> Incident:
        try:
            return self._write(kept, ahead_s, alert_id=kept.said.alert)
        except ConflictError as owned:
            # Meanwhile somebody declared on that alert: without a system of its own this is that incident.
            owner = owned.details.get("incident")
            if owner is None or kept.said.alert is None:
                raise
            return self._write(kept, ahead_s, alert_id=None) if kept.said.on else self._incidents.get(str(owner))

    def _write(self, kept: KeptDeclaration, ahead_s: float, *, alert_id: str | None) -> Incident:
        said = kept.said
        declared = self._incidents.declare(
            said.title,
            on=said.on or None,
            severity=said.severity,
            actor=said.actor,
            key=said.key,
            freeze=said.freeze,
            alert_id=alert_id,
            said_at=kept.said_at,
            clock_ahead_s=ahead_s,
        )
        return self._tell(declared, said)

    def _tell(self, incident: Incident, said: Said) -> Incident:
        """Write down what was said with a declaration, once for its key."""
        if said.note.strip():
            self._incidents.note(incident.id, said.note, said.actor, key=_key(said, "note"))
        for line in said.impacts:
            one = parse_impact(line)
            self._triage.assess(
                incident.id,
                one.dimension,
                said.actor,
                key=_key(said, one.dimension),
                evidence=one.evidence,
                low=one.low,
                high=one.high,
                unit=one.unit,
            )
        if said.signals:
            self._signals.take_in(incident.id, said.signals, said.actor)
        return self._incidents.get(incident.id)


def _key(said: Said, part: str) -> str:
    return f"{said.key[:_KEY_CHARACTERS]}:{part}"
