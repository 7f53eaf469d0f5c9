"""What people decide of rows in quarantine, and which rows are spoken for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

import polars as pl
from sqlalchemy import Connection, insert, select, update

from steek.data.quarantine.rows import Ranges, RowState, from_ranges
from steek.data.quarantine.tables import quarantine_decisions
from steek.kernel.errors import ConflictError
from steek.kernel.state_machine import transition

QuarantineAction = Literal["replay", "discard"]
DecisionState = Literal["begun", "done"]

# A replay writes down which rows it will send before it sends them, so that no other replay sends them too.
TRANSITIONS: dict[tuple[DecisionState, Literal["finish"]], DecisionState] = {("begun", "finish"): "done"}
_BECOMES: dict[QuarantineAction, RowState] = {"replay": "replayed", "discard": "discarded"}


@dataclass(frozen=True, slots=True)
class QuarantineDecision:
    """One act on rows in quarantine.

    Args:
        key: Its own name; the same key again is the same act.
        dataset: Whose rows.
        action: replay or discard.
        state: A replay is begun before its rows are sent, and done when their receipts are written.
        asked: Which rows were asked for.
        rows: The rows it took, as stretches of positions by receipt.
        row_count: How many.
        left_count: Rows that were asked for and stay, because they still do not fit.
        contract_hash: Contract that a replay judged by; None for a discard.
        receipts: Receipts of the batches that a replay sent.
        actor: Who.
        reason: Why.
        at: When.
    """

    key: str
    dataset: str
    action: QuarantineAction
    state: DecisionState
    asked: Mapping[str, Any]
    rows: Ranges
    row_count: int
    left_count: int
    contract_hash: str | None
    actor: str
    reason: str
    at: datetime
    receipts: Sequence[str] = field(default_factory=list[str])


def find(connection: Connection, key: str, asked: Mapping[str, Any]) -> QuarantineDecision | None:
    """The act under a key. Raises ConflictError where the key stood for something else."""
    found = next(iter(_all(connection, quarantine_decisions.c.key == key)), None)
    if found is not None and found.asked != asked:
        message = f"key {key!r} was used for another act on the quarantine of {found.dataset!r}"
        raise ConflictError(message, next_step="Give each act its own key; repeat a key only to repeat its act.")
    return found


def list_decisions(connection: Connection, dataset: str) -> list[QuarantineDecision]:
    """All acts on a dataset's quarantine, in order."""
    return _all(connection, quarantine_decisions.c.dataset == dataset)


def states(acts: Sequence[QuarantineDecision]) -> pl.DataFrame:
    """Columns receipt_id, position and state of every row that an act took; the last act decides."""
    taken = [from_ranges(act.rows).with_columns(pl.lit(_BECOMES[act.action]).alias("state")) for act in acts]
    empty = pl.DataFrame(schema={"receipt_id": pl.String, "position": pl.Int64, "state": pl.String})
    return pl.concat([empty, *taken]).unique(["receipt_id", "position"], keep="last", maintain_order=True)


def write(connection: Connection, decision: QuarantineDecision) -> None:
    """Store an act; its key must be new."""
    connection.execute(insert(quarantine_decisions).values(asdict(decision)))


def finish(connection: Connection, decision: QuarantineDecision, receipts: Sequence[str]) -> bool:
    """Mark a replay as done; False where another process did so first."""
    query = select(quarantine_decisions.c.state).where(quarantine_decisions.c.key == decision.key)
    if connection.execute(query).scalar_one() == "done":
        return False
    state = transition(TRANSITIONS, decision.state, "finish", what=f"replay {decision.key!r}")
    changed = update(quarantine_decisions).where(quarantine_decisions.c.key == decision.key)
    connection.execute(changed.values(state=state, receipts=list(receipts)))
    return True


def _all(connection: Connection, condition: Any) -> list[QuarantineDecision]:
    query = select(quarantine_decisions).where(condition).order_by(quarantine_decisions.c.sequence)
    names = QuarantineDecision.__dataclass_fields__
    return [QuarantineDecision(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]
