"""One pass over everything: all persons that are due, each step for all of them, in the order of the states."""

from collections.abc import Callable, Mapping, Sequence

from steek.data.erasure.certificate import certificate_of
from steek.data.erasure.identity import Identities
from steek.data.erasure.ports import Exposure, Finding, Holder, Learned, LearnedFrom
from steek.data.erasure.records import Erasure, find_all, move_all, refuse_from_now, sealed_values
from steek.data.erasure.states import EVENTS, Action, State
from steek.data.erasure.subjects import Subject, Trace
from steek.kernel.clock import Clock
from steek.kernel.errors import IntegrityError
from steek.kernel.records import content_hash, to_plain
from steek.ledger import Database, Draft, Ledger

Exposures = Callable[[Sequence[Trace]], list[Exposure]]

Told = dict[str, dict[str, object]]


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
            refuse_from_now(connection, ready, self._clock.now())
        traces = self._traces(ready)
        places = _by_digest(self.search(traces))
        learned = self._learned(traces)
        self._identities.shred(traces)
        told: Told = {}
        facts: Told = {}
        for each in ready:
            lay, models = places.get(each.digest, []), learned.get(each.digest, [])
            told[each.id] = {"places": lay, "models": models}
            facts[each.id] = {"kind": each.kind, "digest": each.digest, "places": lay, "models": len(models)}
        self._move(ready, dict.fromkeys(told, "shred"), actor, facts, told)

    def _rewrite(self, ready: list[Erasure], actor: str) -> None:
        if ready:
            traces, cause = self._traces(ready), _cause(ready)
            taken_out = {holder.name: holder.erase(traces, cause=cause) for holder in self._holders}
            facts: Told = {each.id: {"persons": len(ready), "taken_out": taken_out} for each in ready}
            self._move(ready, dict.fromkeys(facts, "rewrite"), actor, facts)

    def _vacuum(self, ready: list[Erasure], actor: str) -> None:
        if ready:
            traces, cause = self._traces(ready), _cause(ready)
            destroyed = {holder.name: holder.clear(traces, cause=cause) for holder in self._holders}
            facts: Told = {each.id: {"persons": len(ready), "destroyed_files": destroyed} for each in ready}
            self._move(ready, dict.fromkeys(facts, "vacuum"), actor, facts)

    def _verify(self, ready: list[Erasure], actor: str) -> None:
        if not ready:
            return
        left = _by_digest(self.search(self._traces(ready)))
        told: Told = {each.id: {"findings": left.get(each.digest, [])} for each in ready}
        actions: dict[str, Action] = {id: "find" if values["findings"] else "verify" for id, values in told.items()}
        facts: Told = {id: {"found": values["findings"]} for id, values in told.items()}
        self._move(ready, actions, actor, facts, told)

    def _certify(self, ready: list[Erasure], actor: str) -> None:
        if not ready:
            return
        names, at = [holder.name for holder in self._holders], self._clock.now()
        certificates: Told = {each.id: certificate_of(each, names, at) for each in ready}
        told: Told = {id: {"certificate": certificate, "sealed": None} for id, certificate in certificates.items()}
        self._move(ready, dict.fromkeys(told, "certify"), actor, certificates, told)
        self._identities.forget_requests([each.id for each in ready])

    def _move(
        self,
        ready: Sequence[Erasure],
        actions: Mapping[str, Action],
        actor: str,
        facts: Told,
        told: Told | None = None,
    ) -> None:
        with self._database.transaction() as connection:
            moved = move_all(connection, ready, actions, self._clock.now(), told or {})
            drafts = [
                Draft(EVENTS[moved[each.id]], each.urn, actor, facts[each.id]) for each in ready if each.id in moved
            ]
            self._ledger.append(connection, *drafts)

    def _in_state(self, ids: Sequence[str], *states: State) -> list[Erasure]:
        with self._database.reading() as connection:
            found = find_all(connection, ids)
        return [erasure for erasure in found if erasure.state in states]

    def _traces(self, of: Sequence[Erasure]) -> list[Trace]:
        with self._database.reading() as connection:
            sealed = sealed_values(connection, [erasure.id for erasure in of])
        values = self._identities.unseal(sealed)
        lost = [erasure.id for erasure in of if erasure.id not in values]
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
