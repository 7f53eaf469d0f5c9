"""One pass over everything: all persons that are due, each step for all of them, in the order of the states."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from steek.data.erasure.certificate import certificate_of
from steek.data.erasure.identity import Identities
from steek.data.erasure.ports import Exposure, Finding, Holder, Learned, LearnedFrom
from steek.data.erasure.records import Erasure, find_by, move, refuse_from_now, sealed_value
from steek.data.erasure.states import Action, State
from steek.data.erasure.subjects import Subject, Trace
from steek.kernel.clock import Clock
from steek.kernel.errors import IntegrityError
from steek.kernel.records import content_hash, to_plain
from steek.ledger import Database, Draft, Ledger

Exposures = Callable[[Sequence[Trace]], list[Exposure]]


class ErasurePass:
    """The steps of an erasure.

    What a step does outside of the database it does before its state is written, and so that doing it again changes
    nothing: a pass that died is simply run again. Persons in different states wait for each other only in so far as
    each step is done once for all that are ready for it.

    Args:
        identities: Digests and forms of persons.
        exposures: Tells where and when rows of persons lay, for what models may have learned from.
        holders: Every place, in the order in which they are rewritten.
        learned_from: Tells which trained models had rows before them.
        database: Where erasures live.
        ledger: Gets the events of each step.
        clock: Processing time.
    """

    def __init__(
        self,
        identities: Identities,
        exposures: Exposures,
        holders: Sequence[Holder],
        learned_from: LearnedFrom,
        database: Database,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._identities = identities
        self._exposures = exposures
        self._holders = tuple(holders)
        self._learned_from = learned_from
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def run(self, due: Sequence[Erasure], *, actor: str) -> None:
        """Take every erasure as far as it goes."""
        ids = [erasure.id for erasure in due]
        self._shred(self._in_state(ids, "requested"), actor)
        self._rewrite(self._in_state(ids, "shredded", "incomplete"), actor)
        self._vacuum(self._in_state(ids, "rewritten"), actor)
        self._verify(self._in_state(ids, "vacuumed"), actor)
        self._certify(self._in_state(ids, "verified"), actor)

    def search(self, traces: Sequence[Trace]) -> list[Finding]:
        """What every holder, and the vault, still has of these persons."""
        found = [finding for holder in self._holders for finding in holder.find(traces)]
        keys = self._identities.with_key(traces)
        return [*found, *(Finding(trace.digest, "key vault", 1, "keys") for trace in keys)]

    def _shred(self, ready: list[Erasure], actor: str) -> None:
        if not ready:
            return
        # Refused first: rows that arrive from here on do not get in while the rest is going on.
        with self._database.transaction() as connection:
            for erasure in ready:
                refuse_from_now(connection, erasure, self._clock.now())
        traces = self._traces(ready)
        places = _by_digest(self.search(traces))
        learned = self._learned(traces)
        self._identities.shred(traces)
        with self._database.transaction() as connection:
            for erasure in ready:
                lay, models = places.get(erasure.digest, []), learned.get(erasure.digest, [])
                told = {"places": lay, "models": models}
                facts: dict[str, object] = {"kind": erasure.kind, "digest": erasure.digest, "places": lay}
                self._move(connection, erasure, "shred", actor, facts | {"models": len(models)}, **told)

    def _rewrite(self, ready: list[Erasure], actor: str) -> None:
        if ready:
            traces = self._traces(ready)
            taken_out = {holder.name: holder.erase(traces, cause=_cause(ready)) for holder in self._holders}
            with self._database.transaction() as connection:
                for erasure in ready:
                    facts: dict[str, object] = {"persons": len(ready), "taken_out": taken_out}
                    self._move(connection, erasure, "rewrite", actor, facts)

    def _vacuum(self, ready: list[Erasure], actor: str) -> None:
        if ready:
            traces = self._traces(ready)
            destroyed = {holder.name: holder.clear(traces, cause=_cause(ready)) for holder in self._holders}
            with self._database.transaction() as connection:
                for erasure in ready:
                    facts: dict[str, object] = {"persons": len(ready), "destroyed_files": destroyed}
                    self._move(connection, erasure, "vacuum", actor, facts)

    def _verify(self, ready: list[Erasure], actor: str) -> None:
        if not ready:
            return
        left = _by_digest(self.search(self._traces(ready)))
        with self._database.transaction() as connection:
            for erasure in ready:
                findings = left.get(erasure.digest, [])
                action: Action = "find" if findings else "verify"
                self._move(connection, erasure, action, actor, {"found": findings}, findings=findings)

    def _certify(self, ready: list[Erasure], actor: str) -> None:
        if not ready:
            return
        names, at = [holder.name for holder in self._holders], self._clock.now()
        with self._database.transaction() as connection:
            for erasure in ready:
                certificate = certificate_of(erasure, names, at)
                self._move(connection, erasure, "certify", actor, certificate, certificate=certificate, sealed=None)
        self._identities.forget_requests([erasure.id for erasure in ready])

    def _move(
        self,
        connection: Connection,
        erasure: Erasure,
        action: Action,
        actor: str,
        facts: dict[str, object],
        **told: object,
    ) -> None:
        stored = find_by(connection, id=erasure.id)
        if stored is None or stored.state != erasure.state:
            # Another process did the same step at the same time, with the same result.
            return
        moved = move(connection, erasure, action, self._clock.now(), **told)
        self._ledger.append(connection, Draft(f"erasure.{moved.state}", erasure.urn, actor, facts))

    def _in_state(self, ids: Sequence[str], *states: State) -> list[Erasure]:
        with self._database.reading() as connection:
            found = [find_by(connection, id=id) for id in ids]
        return [erasure for erasure in found if erasure is not None and erasure.state in states]

    def _traces(self, of: Sequence[Erasure]) -> list[Trace]:
        with self._database.reading() as connection:
            sealed = {erasure.id: sealed_value(connection, erasure.id) for erasure in of}
        values = self._identities.unseal({id: text for id, text in sealed.items() if text is not None})
        lost = [id for id in sealed if id not in values]
        if lost:
            message = f"the value that erasure {lost[0]} looks for is not kept any more"
            raise IntegrityError(message, next_step="Request it anew.")
        return self._identities.traces([Subject(erasure.kind, values[erasure.id]) for erasure in of])

    def _learned(self, traces: Sequence[Trace]) -> dict[str, list[dict[str, object]]]:
        told: dict[str, list[dict[str, object]]] = {}
        for each in self._learned_from(self._exposures(traces)):
            told.setdefault(each.digest, []).append(_about(each))
        return told


def _cause(ready: Sequence[Erasure]) -> str:
    """The same for each try of a pass over the same persons; names one erasure, or says how many."""
    if len(ready) == 1:
        return f"erasure {ready[0].id}"
    return f"erasure {content_hash(sorted(erasure.id for erasure in ready))[:32]} of {len(ready)} persons"


def _by_digest(findings: Sequence[Finding]) -> dict[str, list[dict[str, object]]]:
    told: dict[str, list[dict[str, object]]] = {}
    for finding in findings:
        place: dict[str, object] = {"where": finding.where, "count": finding.count, "unit": finding.unit}
        told.setdefault(finding.digest, []).append(place)
    return told


def _about(learned: Learned) -> dict[str, object]:
    plain = to_plain(learned)
    assert isinstance(plain, dict)
    return {str(name): value for name, value in plain.items() if name != "digest"}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
