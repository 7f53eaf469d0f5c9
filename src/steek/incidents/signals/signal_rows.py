"""Rows of signals and prompts as records."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from steek.incidents.rows import family
from steek.incidents.signals.gathering import Gathering
from steek.incidents.signals.tables import prompts, signals
from steek.incidents.signals.types import Prompt, PromptState, Signal, SignalKind, SignalState
from steek.kernel.errors import NotFoundError

_LATEST = 20


def to_signal(row: RowMapping) -> Signal:
    values: dict[str, Any] = {name: row[name] for name in Signal.__dataclass_fields__}
    values["kind"], values["state"] = SignalKind(row["kind"]), SignalState(row["state"])
    return Signal(**values)


def to_prompt(row: RowMapping) -> Prompt:
    values: dict[str, Any] = {name: row[name] for name in Prompt.__dataclass_fields__}
    values["state"] = PromptState(row["state"])
    values["signals"], values["alerts"] = tuple(row["signals"]), tuple(row["alerts"])
    return Prompt(**values)


def read_signals(
    connection: Connection,
    *,
    state: SignalState | None = None,
    since: datetime | None = None,
    system: str | None = None,
    incident_id: str | None = None,
    ids: Iterable[str] | None = None,
    limit: int = 1000,
) -> list[Signal]:
    """Signals that fit all the given conditions, newest first."""
    query = select(signals).order_by(signals.c.filed_at.desc(), signals.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(signals.c.state == state.value)
    if since is not None:
        query = query.where(signals.c.filed_at >= since)
    if system is not None:
        query = query.where(signals.c.system == system)
    if incident_id is not None:
        query = query.where(signals.c.incident_id.in_(family(connection, incident_id)))
    if ids is not None:
        query = query.where(signals.c.id.in_(list(ids)))
    return [to_signal(row) for row in connection.execute(query).mappings()]


def find_signal(connection: Connection, signal_id: str) -> Signal:
    """One signal. Raises NotFoundError when there is none by that id; the message lists the latest."""
    row = connection.execute(select(signals).where(signals.c.id == signal_id)).mappings().first()
    if row is None:
        latest = select(signals.c.id).order_by(signals.c.filed_at.desc()).limit(_LATEST)
        raise NotFoundError.among("signal", signal_id, connection.execute(latest).scalars())
    return to_signal(row)


def read_prompts(connection: Connection, *, state: PromptState | None = None, limit: int = 100) -> list[Prompt]:
    """Prompts, newest first."""
    query = select(prompts).order_by(prompts.c.prompted_at.desc(), prompts.c.id).limit(limit)
    if state is not None:
        query = query.where(prompts.c.state == state.value)
    return [to_prompt(row) for row in connection.execute(query).mappings()]


def find_prompt(connection: Connection, prompt_id: str) -> Prompt:
    """One prompt. Raises NotFoundError when there is none by that id; the message lists the open ones."""
    row = connection.execute(select(prompts).where(prompts.c.id == prompt_id)).mappings().first()
    if row is None:
        waiting = [prompt.id for prompt in read_prompts(connection, state=PromptState.OPEN)]
        raise NotFoundError.among("prompt", prompt_id, waiting, next_step="Run 'steek signal list'.")
    return to_prompt(row)


def prompt_of(connection: Connection, gathering: Gathering) -> Prompt | None:
    """The open prompt that a gathering makes grow, or None when it is a new one."""
    for prompt in read_prompts(connection, state=PromptState.OPEN):
        if set(prompt.signals) & set(gathering.signals):
            return prompt
    return None


def decide_signals(
    connection: Connection, ids: Sequence[str], state: SignalState, *, actor: str, **values: object
) -> None:
    """Write what has become of signals."""
    written = {"state": state.value, "decided_by": actor, **values}
    connection.execute(update(signals).where(signals.c.id.in_(list(ids))).values(written))
