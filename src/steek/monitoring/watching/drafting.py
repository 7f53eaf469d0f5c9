"""What the columns of a log seem to be: a contract that refuses no row for being new, and the roles of its fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from steek.data import Contract, Field, infer_contract
from steek.kernel.errors import InputError
from steek.monitoring.watching.declared import RESERVED

_IDS = ("request_id", "prediction_id", "inference_id", "event_id", "id", "uuid")
_MOMENTS = ("predicted_at", "scored_at", "requested_at", "prediction_time", "timestamp", "at", "time", "created_at")
_SCORES = ("score", "prediction", "predicted", "probability", "proba", "forecast", "yhat", "y_pred", "y_hat", "value")
_VERSIONS = ("model_version", "version")
_LATENCIES = ("latency_ms", "duration_ms")
_OUTCOMES = ("outcome", "label", "actual", "observed", "target", "y_true", "y")
# A column of more different values is no slice that a person would look through.
_MOST_VALUES = 50
_MOST_SLICES = 3
# Equal pseudonyms for equal ids in both datasets, so that answers still find their outcomes.
SCOPE = "watched"


@dataclass(frozen=True, slots=True)
class Roles:
    """Which field is what; None and () where there is none, or nobody said."""

    id: str | None = None
    at: str | None = None
    score: str | None = None
    version: str | None = None
    latency_ms: str | None = None
    slices: tuple[str, ...] = ()
    outcome: str | None = None


def draft_log(frame: pl.DataFrame, dataset: str, *, owner: str, textual: bool, roles: Roles) -> Contract:
    """The contract of a log as its rows show it: types only; all but id and moment may be absent; no ranges, no lists.

    A log is watched as it is; that a value is new is for profiles and indicators to say, not a reason to hold rows
    back. An id that seems to be a person's is pseudonymised.
    """
    drafted = infer_contract(frame, dataset, owner=owner, textual=textual).contract
    return replace(drafted, version="1.0.0", fields=tuple(_loosened(field, roles) for field in drafted.fields))


def guess_log_roles(contract: Contract, frame: pl.DataFrame, said: Roles) -> Roles:
    """Roles in a prediction log: what was said, and for the rest what names and types suggest.

    Raises:
        InputError: id, moment or score cannot be told; the message names the fields that could be it.
    """
    ids = [field.name for field in contract.fields if field.type in ("string", "integer")]
    moments = [field.name for field in contract.fields if field.type == "timestamp"]
    numbers = [field.name for field in contract.fields if field.type in ("number", "integer", "boolean")]
    roles = replace(
        said,
        id=_one("id", said.id, ids, _IDS, contract, alone=lambda name: frame[name].n_unique() == frame.height),
        at=_one("at", said.at, moments, _MOMENTS, contract, alone=lambda _: True),
        score=_one("score", said.score, numbers, _SCORES, contract, alone=lambda name: _is(contract, name, "number")),
        version=said.version or _named(contract, _VERSIONS),
        latency_ms=said.latency_ms or _named(contract, _LATENCIES),
    )
    for name in said.slices:
        _known("by", name, contract)
        if name in RESERVED:
            message = f"by is {name!r}, a name that the prediction log has of its own"
            raise InputError(message, next_step="Rename the field in the log, or slice by another.")
    return roles if said.slices else replace(roles, slices=_slices(contract, frame, roles))


def guess_outcome_field(contract: Contract, id: str, said: str | None) -> str:
    """The field of outcomes that says what was right.

    Raises:
        InputError: there is no such id in the outcomes, or several fields could be the outcome.
    """
    _known("id", id, contract)
    could = [field.name for field in contract.fields if field.type in ("number", "integer", "boolean")]
    return _one("outcome", said, [name for name in could if name != id], _OUTCOMES, contract, alone=lambda _: True)


def _one(
    role: str,
    said: str | None,
    could: Sequence[str],
    usual: Sequence[str],
    contract: Contract,
    *,
    alone: Callable[[str], bool],
) -> str:
    if said is not None:
        return _known(role, said, contract)
    found = [name for name in usual if name in could] or [name for name in could if alone(name)]
    if found and (found[0] in usual or len(found) == 1):
        return found[0]
    names = ", ".join(found or could) or "none of its fields"
    message = f"which field of {contract.dataset} is the {role} cannot be told; it could be {names}"
    raise InputError(message, next_step=f"Say --{role} FIELD.")


def _known(role: str, name: str, contract: Contract) -> str:
    if contract.field(name) is None:
        there = ", ".join(field.name for field in contract.fields)
        message = f"{role} is {name!r}, which {contract.dataset} does not have; it has {there}"
        raise InputError(message)
    return name


def _named(contract: Contract, usual: Sequence[str]) -> str | None:
    return next((name for name in usual if contract.field(name) is not None), None)


def _is(contract: Contract, name: str, type: str) -> bool:
    field = contract.field(name)
    return field is not None and field.type == type


def _slices(contract: Contract, frame: pl.DataFrame, roles: Roles) -> tuple[str, ...]:
    taken = {roles.id, roles.at, roles.score, roles.version, roles.latency_ms}
    found = [
        field.name
        for field in contract.fields
        if field.name not in taken | RESERVED
        and field.type in ("string", "boolean")
        and field.sensitivity != "personal"
        and 1 < frame[field.name].n_unique() <= _MOST_VALUES
    ]
    return tuple(found[:_MOST_SLICES])


def _loosened(field: Field, roles: Roles) -> Field:
    needed = field.name in (roles.id, roles.at)
    loose = replace(field, nullable=not needed, minimum=None, maximum=None, categories=(), key=False)
    if field.name == roles.id and field.sensitivity == "personal":
        return replace(loose, sensitivity="internal", pseudonym="keyed", scope=SCOPE, subject="customer")
    return loose
