"""What people switched off in serving for a while: a whole model, a slice of its questions, a feature."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError
from steek.ledger import Database, Draft, Ledger
from steek.serving.queries import Query
from steek.serving.tables import masks

_SLICE = re.compile(r"([^=\s]+)=(.+)")


class MaskKind(StrEnum):
    """`MODEL`: every question goes to the fallback chain. `SLICE`: those of one entity value, "partner_id=69".
    `FEATURE`: a feature, "partner_recent.sales_7d", is missing (NaN) to every version, as an unknown one would be.
    """

    MODEL = "model"
    SLICE = "slice"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Mask:
    """One thing switched off; `what` is the slice or the feature, "" for the model. `ended_at` is None while it is."""

    key: str
    model: str
    kind: MaskKind
    what: str
    reason: str
    actor: str
    started_at: datetime
    ended_at: datetime | None

    @property
    def sentence(self) -> str:
        """What is off, in words."""
        named = {MaskKind.MODEL: "all answers", MaskKind.SLICE: f"answers for {self.what}"}
        return f"{named.get(self.kind, f'feature {self.what}')} of {self.model}"


class Masks:
    """Switches things off and on again; serving processes see it within their next reading of the routes.

    Safe to share between threads and processes.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def put(self, model: str, kind: MaskKind, what: str, *, reason: str, actor: str, key: str) -> Mask:
        """Switch something off; with a known key it returns that mask and writes nothing.

        Args:
            model: Name of the model.
            kind: What is switched off.
            what: The slice or the feature; "" for the model.
            reason: Why, for those who read the answers' reasons.
            actor: Who does it.
            key: Idempotency key.

        Raises:
            InputError: a slice that is not written column=value.
            ConflictError: it is off already.
        """
        if kind is MaskKind.SLICE and _SLICE.fullmatch(what) is None:
            raise InputError(f"{what[:200]!r} is no slice", next_step="Write it as column=value, partner_id=69.")
        with self._database.transaction() as connection:
            known = connection.execute(select(masks).where(masks.c.key == key)).mappings().first()
            if known is not None:
                return _to_record(known)
            mask = Mask(key, model, kind, what, reason, actor, self._clock.now(), None)
            for other in _active(connection, model):
                if (other.kind, other.what) == (kind, what):
                    message = f"{mask.sentence} are off since {other.started_at:%Y-%m-%d %H:%M} UTC ({other.reason})"
                    raise ConflictError(message, next_step="Switch it on again first, or leave it.")
            values = {name: getattr(mask, name) for name in Mask.__dataclass_fields__}
            connection.execute(insert(masks).values({**values, "kind": kind.value}))
            payload: dict[str, object] = {"kind": kind, "what": what, "reason": reason}
            self._ledger.append(connection, Draft("mask.put", f"model:{model}", actor, payload))
        return mask

    def lift(
        self, model: str, *, what: str | None = None, keys: Collection[str] | None = None, actor: str
    ) -> tuple[Mask, ...]:
        """Switch on again what is off in a model, all or one thing; repeated, () and nothing is written.

        With `keys` only what was switched off under one of them.
        """
        with self._database.transaction() as connection:
            found = [one for one in _active(connection, model) if what is None or one.what == what]
            lifted = [one for one in found if keys is None or one.key in keys]
            now = self._clock.now()
            for one in lifted:
                connection.execute(update(masks).where(masks.c.key == one.key).values(ended_at=now))
                payload: dict[str, object] = {"kind": one.kind, "what": one.what}
                self._ledger.append(connection, Draft("mask.lifted", f"model:{model}", actor, payload))
        return tuple(lifted)

    def active(self, model: str | None = None) -> tuple[Mask, ...]:
        """What is off now, oldest first, in one model or in all."""
        with self._database.reading() as connection:
            return tuple(_active(connection, model))


def masked_reason(active: Sequence[Mask], query: Query) -> str | None:
    """Why a question is answered by the fallback chain, None when it goes to the model.

    >>> from datetime import UTC
    >>> now = datetime(2017, 10, 2, tzinfo=UTC)
    >>> off = Mask("k", "m", MaskKind.SLICE, "partner_id=69", "wrong sums", "sam", now, None)
    >>> masked_reason([off], Query("r", {"partner_id": 69}, now, None))
    'switched off: answers for partner_id=69 of m (wrong sums)'
    >>> masked_reason([off], Query("r", {"partner_id": 70}, now, None)) is None
    True
    """
    for mask in active:
        if mask.kind is MaskKind.MODEL or (mask.kind is MaskKind.SLICE and _is_in(mask.what, query.entity)):
            return f"switched off: {mask.sentence} ({mask.reason})"
    return None


def without_masked(active: Sequence[Mask], names: Sequence[str], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix with the columns of dropped features missing (NaN); itself when none of `names` is dropped."""
    dropped = {mask.what for mask in active if mask.kind is MaskKind.FEATURE}
    columns = [place for place, name in enumerate(names) if name in dropped]
    if not columns:
        return matrix
    changed = matrix.copy()
    changed[:, columns] = np.nan
    return changed


def _is_in(what: str, entity: Mapping[str, object]) -> bool:
    column, _, value = what.partition("=")
    return column in entity and str(entity[column]) == value


def _active(connection: Connection, model: str | None) -> list[Mask]:
    query = select(masks).where(masks.c.ended_at.is_(None)).order_by(masks.c.started_at, masks.c.key)
    if model is not None:
        query = query.where(masks.c.model == model)
    return [_to_record(row) for row in connection.execute(query).mappings()]


def _to_record(row: RowMapping) -> Mask:
    values: dict[str, Any] = dict(row)
    values["kind"] = MaskKind(row["kind"])
    return Mask(**values)
