"""The gate: what it takes to reach serving, decided once per key and written down with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping, Table, insert, select

from steek.evaluation.checks import Evidence, run_check
from steek.evaluation.decision import decide, in_the_way, never_trained_on
from steek.evaluation.evaluator import Evaluator
from steek.evaluation.golden import GoldenSets, windows_left_out
from steek.evaluation.scoring import matrix_of
from steek.evaluation.tables import gate_decisions, gate_overrides
from steek.evaluation.types import CheckResult, GateDecision, GateOverride
from steek.evaluation.validity import Limits, check_validity
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.verdict import Verdict
from steek.ledger import Database, Draft, Ledger
from steek.models import ModelDefinition, Registry, TrainedModel, trained_urn

_SAMPLE_ROWS = 200


class Gate:
    """Decides whether a trained model may serve.

    Args:
        evaluator: Its figures.
        golden: Pinned rows, which are also asked in the limited process.
        registry: Trained models and their artifacts.
        definitions: Model definitions by name, with their policies.
        database: Where decisions are kept.
        ledger: Gets `gate.decided` and `gate.overridden`.
        clock: Processing time.
        limits: What a process of production may use.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        golden: GoldenSets,
        registry: Registry,
        definitions: Mapping[str, ModelDefinition],
        database: Database,
        ledger: Ledger,
        clock: Clock,
        *,
        limits: Limits | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._golden = golden
        self._registry = registry
        self._definitions = definitions
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._limits = limits or Limits()

    def decide(self, trained: TrainedModel, *, against: int | None, key: str, actor: str = "steek") -> GateDecision:
        """Decide on a trained model; with a known key, the decision that was made.

        A model that is valid but was not yet evaluated beside `against` is evaluated now.

        Args:
            trained: The model.
            against: The version in production, or None when there is none.
            key: Idempotency key.
            actor: Who asked.

        Raises:
            NotFoundError: no such definition, or no such version as `against`.
        """
        known = self._by_key(key)
        if known is not None:
            return known
        if trained.name not in self._definitions:
            raise NotFoundError.among("model definition", trained.name, self._definitions)
        definition = self._definitions[trained.name]
        rows = self._sample(definition, trained, actor)
        validity = check_validity(self._registry, trained, definition.learner, rows, self._limits)
        windows = self._golden.windows(definition)
        if windows:
            content = self._registry.definition_content(trained.name, trained.definition_hash)
            validity.append(never_trained_on(windows, trained.window, windows_left_out(content)))
        evidence = self._evidence(trained, against, validity, key=key, actor=actor)
        verdict, checks = decide(validity, [run_check(spec, evidence) for spec in definition.gate])
        return self._write(trained, against, verdict, checks, key=key, actor=actor)

    def override(self, trained: TrainedModel, *, approver: str, reason: str, key: str) -> GateOverride:
        """Let a model through in spite of its gate; a named person answers for it.

        Raises:
            InputError: no name or no reason.
            NotFoundError: the gate has not decided on this model.
        """
        if not approver.strip() or not reason.strip():
            message = f"an override needs an approver and a reason; given: {approver!r}, {reason!r}"
            raise InputError(message, next_step="Name the person who answers for it, and why it may pass.")
        if self.decision(trained.name, trained.version) is None:
            message = f"the gate has not decided on {trained.urn}; there is nothing to override"
            raise NotFoundError(message, next_step="Let the gate decide first.")
        with self._database.transaction() as connection:
            found = connection.execute(select(gate_overrides).where(gate_overrides.c.key == key)).mappings().first()
            if found is not None:
                return _to_override(found)
            payload: dict[str, object] = {"approver": approver, "reason": reason}
            event = self._ledger.append(connection, Draft("gate.overridden", trained.urn, approver, payload))[0]
            row = {"key": key, "id": event.id, "name": trained.name, "version": trained.version, "at": event.at}
            connection.execute(insert(gate_overrides).values(**row, approver=approver, reason=reason))
        return GateOverride(id=event.id, trained=trained.urn, approver=approver, reason=reason, at=event.at)

    def decision(self, name: str, version: int) -> GateDecision | None:
        """The latest decision on one version, or None."""
        return next((one for one in self.decisions(name) if one.trained == trained_urn(name, version)), None)

    def decisions(self, name: str, limit: int = 100) -> list[GateDecision]:
        """Decisions on a model's versions, newest first."""
        return [_to_decision(row) for row in self._rows(gate_decisions, name, "decided_at", limit)]

    def overrides(self, name: str, limit: int = 100) -> list[GateOverride]:
        """Overrides for a model's versions, newest first."""
        return [_to_override(row) for row in self._rows(gate_overrides, name, "at", limit)]

    def _sample(self, definition: ModelDefinition, trained: TrainedModel, actor: str) -> NDArray[np.float32]:
        """Real rows to ask: some of each golden set, none where nothing is pinned."""
        parts = [np.empty((0, len(trained.feature_names)), dtype=np.float32)]
        for golden in self._golden.pinned(definition, actor=actor):
            if set(trained.feature_names) <= set(golden.frame.columns):
                step = max(1, golden.frame.height // _SAMPLE_ROWS)
                parts.append(matrix_of(golden.frame.gather_every(step), trained.feature_names)[:_SAMPLE_ROWS])
        return np.concatenate(parts)

    def _evidence(
        self, trained: TrainedModel, against: int | None, validity: Sequence[CheckResult], *, key: str, actor: str
    ) -> Evidence:
        name, version = trained.name, trained.version
        is_valid = Verdict.FAIL not in (check.verdict for check in validity)
        is_measured = bool(self._evaluator.evaluations(name, version))
        if is_valid and not (is_measured and self._evaluator.compared_with(name, version) == against):
            self._evaluator.evaluate(trained, key=f"{key}/evaluate", against=against, actor=actor)
        return Evidence(
            self._evaluator.evaluations(name, version),
            self._evaluator.comparisons(name, version),
            None if against is None else trained_urn(name, against),
        )

    def _write(
        self,
        trained: TrainedModel,
        against: int | None,
        verdict: Verdict,
        checks: tuple[CheckResult, ...],
        *,
        key: str,
        actor: str,
    ) -> GateDecision:
        content = {"verdict": verdict, "against": against, "blocking": list(in_the_way(checks))}
        payload: dict[str, object] = {**content, "checks": [_finite(check) for check in checks]}
        with self._database.transaction() as connection:
            row = connection.execute(select(gate_decisions).where(gate_decisions.c.key == key)).mappings().first()
            if row is not None:
                return _to_decision(row)
            event = self._ledger.append(connection, Draft("gate.decided", trained.urn, actor, payload))[0]
            values = event.payload | {"key": key, "id": event.id, "name": trained.name, "version": trained.version}
            connection.execute(insert(gate_decisions).values(**values, decided_at=event.at))
        return GateDecision(
            id=event.id,
            trained=trained.urn,
            against=against,
            verdict=verdict,
            checks=checks,
            blocking=in_the_way(checks),
            decided_at=event.at,
        )

    def _by_key(self, key: str) -> GateDecision | None:
        with self._database.reading() as connection:
            row = connection.execute(select(gate_decisions).where(gate_decisions.c.key == key)).mappings().first()
        return None if row is None else _to_decision(row)

    def _rows(self, table: Table, name: str, order: str, limit: int) -> Sequence[RowMapping]:
        query = select(table).where(table.c.name == name)
        query = query.order_by(table.c[order].desc(), table.c.version.desc(), table.c.key.desc()).limit(limit)
        with self._database.reading() as connection:
            return connection.execute(query).mappings().all()


def _finite(check: CheckResult) -> CheckResult:
    """A check fit for JSON, which has no word for infinite: such a figure stands in the reason only."""
    is_finite = check.value is None or np.isfinite(check.value)
    return check if is_finite else replace(check, value=None)


def _to_check(plain: Mapping[str, Any]) -> CheckResult:
    return replace(CheckResult(**plain), verdict=Verdict(plain["verdict"]))


def _to_decision(row: RowMapping) -> GateDecision:
    checks: list[dict[str, Any]] = row["checks"]
    return GateDecision(
        id=row["id"],
        trained=trained_urn(row["name"], row["version"]),
        against=row["against"],
        verdict=Verdict(row["verdict"]),
        checks=tuple(_to_check(check) for check in checks),
        blocking=tuple(row["blocking"]),
        decided_at=row["decided_at"],
    )


def _to_override(row: RowMapping) -> GateOverride:
    return GateOverride(
        id=row["id"],
        trained=trained_urn(row["name"], row["version"]),
        approver=row["approver"],
        reason=row["reason"],
        at=row["at"],
    )
