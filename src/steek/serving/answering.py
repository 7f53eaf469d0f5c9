"""Answering queries: the version the split chose first, then the fallback chain, then nothing with a reason."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steek.features import FeatureReader
from steek.kernel.errors import NotFoundError
from steek.models.specs import PREVIOUS_VERSION
from steek.serving.answers import NO_CANDIDATES, Answer, best, implausible
from steek.serving.masks import masked_reason, without_masked
from steek.serving.queries import Query
from steek.serving.served import ServedModel
from steek.serving.split import share_of
from steek.serving.types import RouteName
from steek.serving.warm import WarmVersion

EMPTY = "empty"


@dataclass(slots=True)
class _Inputs:
    """What one query needs from the online store; matrices are built once per list of features."""

    candidates: NDArray[Any] | None
    matrices: dict[tuple[str, ...], NDArray[np.float32]] = field(default_factory=dict[Any, Any])
    oldest: dict[tuple[str, ...], datetime | None] = field(default_factory=dict[Any, Any])


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query with the version and the route that the split chose for it."""

    query: Query
    version: int | None
    route: RouteName


class Answering:
    """Turns queries into answers; stateless apart from the feature reader, so any thread may use it."""

    def __init__(self, reader: FeatureReader) -> None:
        self._reader = reader

    def answer(self, model: ServedModel, queries: Sequence[Query], pinned: int | None = None) -> list[Answer]:
        """One answer per query, in order; a failure of one query falls back for that query alone.

        Queries that the same version answers are predicted in one call.

        Args:
            model: The model as served.
            queries: Questions to it.
            pinned: The version the client named, or None for the route's choice.
        """
        asked = [_choose(model, query, pinned) for query in queries]
        inputs: dict[int, _Inputs] = {}
        answers: dict[int, Answer] = {}
        groups: defaultdict[tuple[int | None, str | None], list[int]] = defaultdict(list)
        for position, one in enumerate(asked):
            groups[one.version, one.query.member].append(position)
        for positions in groups.values():
            answers.update(self._answer_group(model, asked, positions, inputs))
        return [answers[position] for position in range(len(asked))]

    def fall_back(
        self, model: ServedModel, queries: Sequence[Query], reason: str, pinned: int | None = None
    ) -> list[Answer]:
        """Answers from the fallback chain alone, for queries whose version is not to be waited for any longer."""
        asked = [_choose(model, query, pinned) for query in queries]
        return [self._chain(model, one, None, reason) for one in asked]

    def _answer_group(
        self, model: ServedModel, asked: Sequence[_Asked], positions: Sequence[int], inputs: dict[int, _Inputs]
    ) -> Iterator[tuple[int, Answer]]:
        """Answers of queries that share version and member: features each, one prediction for all."""
        first = asked[positions[0]]
        warm = None if first.version is None else model.versions.get(first.version)
        if warm is None:
            reason = _unavailable(model, first.version)
            yield from ((position, self._chain(model, asked[position], None, reason)) for position in positions)
            return
        ready: list[int] = []
        for position in positions:
            off = masked_reason(model.masks, asked[position].query) if model.masks else None
            if off is not None:
                yield position, self._chain(model, asked[position], None, off)
                continue
            try:
                inputs[position] = self._inputs(model, asked[position].query, warm.trained.feature_names)
                ready.append(position)
            except Exception as error:  # noqa: BLE001 - a store that fails is one of the cases the chain is for
                yield position, self._chain(model, asked[position], None, _error(error))
        scored = self._predicted(warm, first.query.member, [inputs[position] for position in ready])
        for position, scores in zip(ready, scored, strict=True):
            yield position, self._judged(model, asked[position], warm, inputs[position], scores)

    def _predicted(
        self, warm: WarmVersion, member: str | None, inputs: Sequence[_Inputs]
    ) -> list[NDArray[np.float64] | str]:
        """Scores per query, or the reason why there are none."""
        matrices = [one.matrices[warm.trained.feature_names] for one in inputs]
        try:
            predictor = warm.predictor(member)
            if len(matrices) == 1:
                return [predictor.predict(matrices[0])]
            scores = predictor.predict(np.concatenate(matrices)) if matrices else np.empty(0)
            ends = np.cumsum([len(matrix) for matrix in matrices])
            return list(np.split(scores, ends[:-1])) if matrices else []
        except Exception as error:  # noqa: BLE001 - whatever a model raises, the chain answers
            return [_error(error)] * len(matrices)

    def _judged(
        self, model: ServedModel, one: _Asked, warm: WarmVersion, inputs: _Inputs, scores: NDArray[np.float64] | str
    ) -> Answer:
        if inputs.candidates is not None and not len(inputs.candidates):
            return _nothing(one, NO_CANDIDATES + _candidate_key(model, one.query))
        reason = scores if isinstance(scores, str) else _implausible(scores)
        if reason is not None:
            return self._chain(model, one, inputs, reason)
        assert not isinstance(scores, str)
        return _answered(model, one, inputs, warm.trained.feature_names, scores, version=warm.version)

    def _chain(self, model: ServedModel, one: _Asked, inputs: _Inputs | None, reason: str) -> Answer:
        """The first link of the definition's chain that gives a believable answer."""
        for spec in model.definition.serving.fallback:
            try:
                if spec.kind == PREVIOUS_VERSION:
                    answer = self._previous(model, one, inputs, reason)
                else:
                    answer = self._feature(model, one, inputs, str(spec.parameters["feature"]), reason)
            except Exception:  # noqa: BLE001, S112 - the next link answers; the first reason is the one that is told
                continue
            if answer is not None:
                return answer
        return _nothing(one, reason)

    def _previous(self, model: ServedModel, one: _Asked, inputs: _Inputs | None, reason: str) -> Answer | None:
        version = _version_before(model, one)
        warm = None if version is None else model.versions.get(version)
        if warm is None:
            return None
        names = warm.trained.feature_names
        inputs = self._inputs(model, one.query, names, inputs)
        scores = warm.predictor(one.query.member).predict(inputs.matrices[names])
        if not len(scores) or implausible(scores) is not None:
            return None
        fallback = (f"{PREVIOUS_VERSION}@{version}", reason)
        return _answered(model, one, inputs, names, scores, version=version, fallback=fallback)

    def _feature(
        self, model: ServedModel, one: _Asked, inputs: _Inputs | None, feature: str, reason: str
    ) -> Answer | None:
        names = (feature,)
        inputs = self._inputs(model, one.query, names, inputs)
        scores = inputs.matrices[names][:, 0].astype(np.float64)
        known = np.isfinite(scores)
        if not known.any():
            return None
        if not known.all():
            # Of candidates without the feature nothing is known; they are not offered.
            kept = None if inputs.candidates is None else inputs.candidates[known]
            inputs = _Inputs(kept, {names: inputs.matrices[names][known]}, inputs.oldest)
        fallback = (f"feature:{feature}", reason)
        return _answered(model, one, inputs, names, scores[known], version=None, fallback=fallback)

    def _inputs(
        self, model: ServedModel, query: Query, names: tuple[str, ...], known: _Inputs | None = None
    ) -> _Inputs:
        inputs = known or _Inputs(self._candidates(model, query))
        if names not in inputs.matrices:
            column = model.form.candidate_column
            matrix, oldest, _ = self._reader.matrix(names, query.entity, inputs.candidates, column, query.moment)
            inputs.matrices[names] = without_masked(model.masks, names, matrix) if model.masks else matrix
            inputs.oldest[names] = oldest
        return inputs

    def _candidates(self, model: ServedModel, query: Query) -> NDArray[Any] | None:
        form = model.form
        if form.candidate_view is None:
            return None
        block = self._reader.block(form.candidate_view, tuple(query.entity[name] for name in form.candidate_key))
        return np.empty(0, dtype=np.int64) if block is None or block.members is None else block.members


def _choose(model: ServedModel, query: Query, pinned: int | None) -> _Asked:
    route = model.route
    if pinned is not None:
        return _Asked(query, pinned, "pinned")
    alone = route.members.get(query.member) if query.member is not None else None
    if alone is not None:
        return _Asked(query, alone, "primary")
    if route.candidate is not None:
        first = next(iter(query.entity.values()))
        if share_of(model.name, route.candidate, first) < route.fraction:
            return _Asked(query, route.candidate, "candidate")
    return _Asked(query, route.primary, "primary")


def _version_before(model: ServedModel, one: _Asked) -> int | None:
    """The version a query falls back to: the primary for a candidate's, else the latest older primary."""
    if one.route == "candidate":
        return model.route.primary
    older = (version for version in model.route.previous if one.version is None or version < one.version)
    return next(older, None)


def _answered(
    model: ServedModel,
    one: _Asked,
    inputs: _Inputs,
    names: tuple[str, ...],
    scores: NDArray[np.float64],
    *,
    version: int | None,
    fallback: tuple[str, str] | None = None,
) -> Answer:
    top = best(scores, model.definition.serving.top)
    matrix = inputs.matrices[names]
    return Answer(
        query=one.query,
        asked_version=one.version,
        asked_route=one.route,
        version=version,
        route=one.route if fallback is None else "fallback",
        fallback=None if fallback is None else fallback[0],
        fallback_reason=None if fallback is None else fallback[1],
        candidates=len(scores),
        answers=[] if inputs.candidates is None else inputs.candidates[top].tolist(),
        scores=scores[top].tolist(),
        features=matrix[top[0]].tolist() if version is not None else [],
        feature_as_of=inputs.oldest[names],
    )


def _nothing(one: _Asked, reason: str) -> Answer:
    return Answer(
        query=one.query,
        asked_version=one.version,
        asked_route=one.route,
        version=None,
        route="fallback",
        fallback=EMPTY,
        fallback_reason=reason,
        answers=[],
        scores=[],
        features=[],
        feature_as_of=None,
    )


def nothing(model: ServedModel, queries: Sequence[Query], reason: str, pinned: int | None = None) -> list[Answer]:
    """Empty answers, for when even the fallback chain is not to be waited for."""
    return [_nothing(_choose(model, query, pinned), reason) for query in queries]


def _implausible(scores: NDArray[np.float64]) -> str | None:
    reason = implausible(scores)
    return None if reason is None else f"implausible: {reason}"


def _unavailable(model: ServedModel, version: int | None) -> str:
    if version is None:
        return "unavailable: no version is deployed"
    return f"unavailable: version {version}: {model.broken.get(version, 'not loaded')}"


def _error(error: Exception) -> str:
    kind = "unavailable" if isinstance(error, NotFoundError) else "error"
    return f"{kind}: {type(error).__name__}: {error}"


def _candidate_key(model: ServedModel, query: Query) -> str:
    return ": " + ", ".join(f"{name}={query.entity[name]!r}" for name in model.form.candidate_key)
