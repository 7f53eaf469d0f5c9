"""Fitting a fleet: one small model per member, each on its own rows alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from steek.engines import Engine
from steek.kernel.errors import RefusedError, user_code
from steek.models import LearnerSpec
from steek.training.learners import open_learner
from steek.training.ports import FittedModel
from steek.training.rows import TrainingRows, to_rows

# Handing over one task costs more than one fit; a hundred fits repay it.
_MEMBERS_PER_TASK = 100

Outcome = Literal["fitted", "too_few_rows", "refused"]


@dataclass(frozen=True, slots=True)
class MemberFit:
    """What became of one member; `model` only when it was fitted, `reason` only when it was refused."""

    member: str
    rows: int
    outcome: Outcome
    model: FittedModel | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    learner: LearnerSpec
    feature_names: tuple[str, ...]
    seed: int
    members: tuple[tuple[str, TrainingRows], ...]


def fit_members(
    frame: pl.DataFrame,
    *,
    member_column: str,
    feature_names: tuple[str, ...],
    learner: LearnerSpec,
    seed: int,
    engine: Engine,
    only: Sequence[str] | None = None,
) -> list[MemberFit]:
    """Fit every member that has rows in `frame`, or those in `only`; in order of their names.

    A member's result depends on its own rows alone: it is handed a copy of them and nothing else.

    Raises:
        RefusedError: the frame is empty or holds numbers nobody can learn from.
        UserCodeError: the learner raised.
    """
    names = frame[member_column].cast(pl.String)
    rows = to_rows(frame, feature_names, what="the fleet")
    wanted = None if only is None else set(only)
    members = [(member, rows.taken(indices)) for member, indices in _split(names) if wanted is None or member in wanted]
    tasks = [
        _Task(learner, feature_names, seed, tuple(members[start : start + _MEMBERS_PER_TASK]))
        for start in range(0, len(members), _MEMBERS_PER_TASK)
    ]
    return [fit for done in engine.map(_fit_task, tasks) for fit in done]


def _split(names: pl.Series) -> list[tuple[str, np.ndarray[tuple[int], np.dtype[np.intp]]]]:
    """Row indices of each member, members sorted, rows in their order."""
    members, codes = np.unique(names.to_numpy().astype(str), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(1, len(members)))
    return list(zip(members.tolist(), np.split(order, bounds), strict=True))


def _fit_task(task: _Task) -> list[MemberFit]:
    learner = open_learner(task.learner)
    fits: list[MemberFit] = []
    for member, rows in task.members:
        if len(rows) < learner.minimum_rows:
            fits.append(MemberFit(member, len(rows), "too_few_rows"))
            continue
        try:
            with user_code(f"learner {task.learner.name} for member {member}"):
                model = learner.fit(rows.matrix, rows.labels, rows.weights, rows.groups, task.feature_names, task.seed)
            fits.append(MemberFit(member, len(rows), "fitted", model))
        except RefusedError as error:
            # One sick member must not stop the others; it keeps the model it had.
            fits.append(MemberFit(member, len(rows), "refused", reason=error.message))
    return fits
