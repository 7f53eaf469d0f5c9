"""The routes of a project: which version of each model answers, changed by compare-and-set and never silently."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Literal

from sqlalchemy import Connection

from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError, StaleWriteError
from steek.ledger import Database, Event, Ledger
from steek.models import Freezes, Registry, TrainedModel, trained_urn
from steek.serving import rollout
from steek.serving.gate_evidence import require_passed_gate
from steek.serving.masks import Masks
from steek.serving.rollout import Move, RolloutAction
from steek.serving.route_events import route_events
from steek.serving.route_rows import change_of_key, read_changes, read_route, read_routes, was_primary, write_change
from steek.serving.types import Route, RouteChange

LastGood = Literal["last-good"]
LAST_GOOD: LastGood = "last-good"

_Permit = Callable[[Connection, Route], Event | None]


class Routes:
    """Reads and changes routes; safe to share between threads and processes.

    Every change takes an idempotency `key` (the same key again returns what was made the first time and writes
    nothing), and may take `expected_epoch`: the epoch its caller decided on, else StaleWriteError. Deployments
    need the gate's pass and are refused while an incident holds the model; going back needs neither.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, registry: Registry, freezes: Freezes) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._registry = registry
        self._freezes = freezes
        self.masks = Masks(database, ledger, clock)

    def get(self, model: str) -> Route:
        """The route of a model; an empty one of epoch 0 when nothing was ever deployed."""
        with self._database.reading() as connection:
            return read_route(connection, model)

    def all(self) -> dict[str, Route]:
        """Routes of all models that have one, by name, sorted."""
        with self._database.reading() as connection:
            return read_routes(connection)

    def history(self, model: str, limit: int = 100) -> list[RouteChange]:
        """Changes of a route, newest first."""
        with self._database.reading() as connection:
            return read_changes(connection, model, limit)

    def last_good(self, model: str, member: str | None = None) -> int:
        """The version a rollback to "last-good" goes to.

        Raises:
            ConflictError: there is no earlier version.
        """
        return rollout.last_good(self.get(model), member)

    def features(self, model: str) -> tuple[str, ...]:
        """Names of the features that what serves was trained with; () when nothing serves."""
        primary = self.get(model).primary
        return () if primary is None else self._registry.get(model, primary).feature_names

    def deploy(
        self,
        model: str,
        version: int,
        *,
        key: str,
        actor: str,
        gate_decision_id: str,
        expected_epoch: int | None = None,
    ) -> Route:
        """Give all traffic to `version` at once: the first one, or for a model without a canary.

        Raises:
            GateRefusedError: the gate did not pass it.
            FrozenError: an incident holds the model.
            IllegalTransitionError: a canary is running.
        """
        return self._change(
            model,
            RolloutAction.DEPLOY,
            lambda route: rollout.deploy(route, version),
            key=key,
            actor=actor,
            expected_epoch=expected_epoch,
            what=f"version {version}",
            permit=lambda _connection, route: self._permit_new(route, version, gate_decision_id),
        )

    def start_canary(
        self,
        model: str,
        version: int,
        fraction: float,
        *,
        key: str,
        actor: str,
        gate_decision_id: str,
        expected_epoch: int | None = None,
    ) -> Route:
        """Give `fraction` of the entities, inside (0, 1), to `version`. Raises as `deploy` does."""
        return self._change(
            model,
            RolloutAction.START_CANARY,
            lambda route: rollout.start_canary(route, version, fraction),
            key=key,
            actor=actor,
            expected_epoch=expected_epoch,
            what=f"canary of version {version} with {fraction:.0%}",
            permit=lambda _connection, route: self._permit_new(route, version, gate_decision_id),
        )

    def step_canary(
        self, model: str, fraction: float, *, key: str, actor: str, expected_epoch: int | None = None
    ) -> Route:
        """Give the candidate a larger `fraction`. Raises FrozenError while an incident holds the model."""
        return self._change(
            model,
            RolloutAction.STEP_CANARY,
            lambda route: rollout.step_canary(route, fraction),
            key=key,
            actor=actor,
            expected_epoch=expected_epoch,
            what=f"canary{self._candidate(model)} to {fraction:.0%}",
        )

    def promote(self, model: str, *, key: str, actor: str, expected_epoch: int | None = None) -> Route:
        """Give the candidate all traffic; members rolled back on their own rejoin. Raises as `step_canary` does."""
        return self._change(
            model,
            RolloutAction.PROMOTE,
            rollout.promote,
            key=key,
            actor=actor,
            expected_epoch=expected_epoch,
            what=f"promotion of the canary{self._candidate(model)}",
        )

    def abort_canary(
        self, model: str, *, reason: str, key: str, actor: str, expected_epoch: int | None = None
    ) -> Route:
        """Give the primary all traffic back; always allowed while a canary runs."""
        return self._change(
            model,
            RolloutAction.ABORT_CANARY,
            rollout.abort_canary,
            key=key,
            actor=actor,
            reason=reason,
            expected_epoch=expected_epoch,
        )

    def rollback(
        self,
        model: str,
        *,
        to: int | LastGood = LAST_GOOD,
        member: str | None = None,
        actor: str,
        reason: str,
        key: str,
        expected_epoch: int | None = None,
    ) -> Route:
        """Go back to an older version that once had all the traffic; a freeze does not stop it.

        Args:
            model: Name of the model; without `member` all of it goes back, a fleet as one.
            to: The version, or "last-good" for the latest earlier primary.
            member: One member of a fleet, which then stays there until the next promotion.
            actor: Who rolls back.
            reason: Why, for the history.
            key: Idempotency key.
            expected_epoch: The epoch the caller decided on.

        Raises:
            ConflictError: `to` is not older, or there is no earlier version.
            NotFoundError: `to` never had all the traffic, its artifact is gone, or it has no such member.
            DamagedArtifactError: its artifact is not what was trained; the route stays as it is.
        """

        def move(route: Route) -> Route:
            target = rollout.last_good(route, member) if to == LAST_GOOD else int(to)
            return rollout.rollback(route, target) if member is None else rollout.rollback_member(route, member, target)

        action = RolloutAction.ROLLBACK if member is None else RolloutAction.ROLLBACK_MEMBER
        return self._change(
            model,
            action,
            move,
            key=key,
            actor=actor,
            reason=reason,
            member=member,
            expected_epoch=expected_epoch,
            permit=lambda connection, route: self._permit_back(connection, move(route), member),
        )

    def _change(
        self,
        model: str,
        action: RolloutAction,
        move: Move,
        *,
        key: str,
        actor: str,
        reason: str = "",
        member: str | None = None,
        expected_epoch: int | None = None,
        what: str | None = None,
        permit: _Permit | None = None,
    ) -> Route:
        urn = f"model:{model}"
        # Only what goes forward says `what` it is: a freeze may hold it, and then it is written down.
        held = nullcontext() if what is None else self._freezes.keeping(urn, "deploy", what, actor=actor, key=key)
        # Read, check and write under one write lock: no freeze and no other change can slip in between.
        with held, self._database.transaction() as connection:
            known = change_of_key(connection, key)
            if known is not None:
                return known.route
            before = read_route(connection, model)
            _require_epoch(before, expected_epoch)
            moved = move(before)
            if what is not None:
                self._freezes.admit(connection, urn, "deploy", what, actor=actor, key=key)
            cause = None if permit is None else permit(connection, before)
            now = self._clock.now()
            after = replace(moved, epoch=before.epoch + 1, updated_at=now)
            change = RouteChange(key, action, after, actor, reason, now)
            write_change(connection, change)
            self._ledger.append(connection, *route_events(before, change, member=member, cause=cause))
        return after

    def _permit_new(self, route: Route, version: int, gate_decision_id: str) -> Event:
        trained = self._registry.get(route.model, version)
        self._registry.artifact(trained)
        return require_passed_gate(self._ledger, trained, gate_decision_id)

    def _candidate(self, model: str) -> str:
        candidate = self.get(model).candidate
        return "" if candidate is None else f" of version {candidate}"

    def _permit_back(self, connection: Connection, after: Route, member: str | None) -> None:
        target = after.version_of(member)
        assert target is not None
        if not was_primary(connection, after.model, target):
            message = f"{trained_urn(after.model, target)} never had all the traffic of {after.model}"
            raise NotFoundError(message, next_step="Roll back to a version of its deployment history.")
        trained = self._registry.get(after.model, target)
        if member is None:
            self._registry.artifact(trained)
        else:
            _require_member(self._registry, trained, member)


def _require_member(registry: Registry, trained: TrainedModel, member: str) -> None:
    if trained.members is None:
        message = f"{trained.urn} is a single model and has no member {member!r}"
        raise InputError(message, next_step="Roll the whole model back.")
    registry.bundle(trained).get(member)


def _require_epoch(route: Route, expected_epoch: int | None) -> None:
    if expected_epoch is not None and route.epoch != expected_epoch:
        message = f"the route of {route.model} is at epoch {route.epoch}, not {expected_epoch}"
        raise StaleWriteError(message, next_step="Read the route again and decide anew.")
