"""Measuring a trained model on every distribution of its definition, beside its rivals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from steek.data import Lake
from steek.evaluation.checks import GOLDEN_CHANGE
from steek.evaluation.distribution import Distribution, measure_distribution
from steek.evaluation.golden import Answers, GoldenSet, GoldenSets, answers_of, changes, windows_left_out
from steek.evaluation.ports import Floats
from steek.evaluation.scoring import score_rows
from steek.evaluation.specs import HELD_OUT_BY_TIME, SLICED_BY, distribution_name
from steek.evaluation.store import EvaluationStore, Results
from steek.evaluation.types import CalibrationRow, Comparison, Evaluation
from steek.features import ExampleSets, FeatureRef
from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError, UserCodeError, user_code
from steek.kernel.units import parse_duration
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.measures import Bootstrap
from steek.models import BaselineSpec, EvaluationSpec, ModelDefinition, Registry, TrainedModel


@dataclass(frozen=True, slots=True)
class _Contest:
    """Who is measured and who stands beside it."""

    definition: ModelDefinition
    trained: TrainedModel
    against: TrainedModel | None


class Evaluator:
    """Evaluates trained models; safe to call again with the same key, which measures nothing twice.

    Args:
        registry: Trained models and their artifacts.
        example_sets: Builds held-out and golden rows.
        definitions: Model definitions by name.
        lake: Where golden sets are pinned.
        database: Where figures are kept.
        ledger: Gets `model.evaluated` and `golden.pinned`.
        clock: Processing time.
    """

    def __init__(
        self,
        registry: Registry,
        example_sets: ExampleSets,
        definitions: Mapping[str, ModelDefinition],
        lake: Lake,
        database: Database,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._example_sets = example_sets
        self._definitions = definitions
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._golden = GoldenSets(example_sets, lake, database, ledger, clock)
        self._store = EvaluationStore(database)

    def evaluate(
        self, trained: TrainedModel, *, key: str, against: int | None = None, actor: str = "steek"
    ) -> list[Evaluation]:
        """Measure a trained model on its definition's distributions.

        Args:
            trained: The model.
            key: Idempotency key.
            against: A version to compare with on the same rows, usually the one in production.
            actor: Who asked.

        Returns:
            The model's own figures; `comparisons` has those of baselines and of the other version.

        Raises:
            NotFoundError: no such definition, version or feature.
            DeclarationError: a slice column or metric that does not exist.
            UserCodeError: a baseline, feature or example of the project raised.
            DamagedArtifactError: an artifact is not what was trained.
        """
        if self._store.run_of(key) is not None:
            return self._store.evaluations(trained.name, trained.version)
        definition = self._definition(trained.name)
        other = None if against is None else self._registry.get(trained.name, against)
        contest = _Contest(definition, trained, other)
        results = Results()
        for spec in definition.evaluations:
            if spec.kind == HELD_OUT_BY_TIME:
                _extend(results, self._held_out(contest, spec))
        answered = [self._on_golden(contest, golden) for golden in self._golden.pinned(definition, actor=actor)]
        for _, _, found in answered:
            _extend(results, found)
        now = self._clock.now()
        with self._database.transaction() as connection:
            if self._store.add(connection, trained, results, key=key, against=against, at=now):
                for golden, answers, _ in answered:
                    self._golden.keep(connection, golden, trained, answers, at=now)
                self._ledger.append(connection, _event(contest, results, actor))
        return self._store.evaluations(trained.name, trained.version)

    def evaluations(self, name: str, version: int | None = None) -> list[Evaluation]:
        """The figures of one version, or of all versions of a model, oldest first; the latest run of each counts."""
        return self._store.evaluations(name, version)

    def comparisons(self, name: str, version: int | None = None) -> list[Comparison]:
        """The model beside baselines ("baseline:…") and beside another version, on the same rows."""
        return self._store.comparisons(name, version)

    def calibration(self, name: str, version: int) -> list[CalibrationRow]:
        """The calibration plot of a version, per distribution, lowest scores first."""
        return self._store.calibration(name, version)

    def compared_with(self, name: str, version: int) -> int | None:
        """The version beside which the latest evaluation of `version` was made, or None."""
        return self._store.against(name, version)

    def _definition(self, name: str) -> ModelDefinition:
        if name not in self._definitions:
            raise NotFoundError.among("model definition", name, self._definitions)
        return self._definitions[name]

    def _held_out(self, contest: _Contest, spec: EvaluationSpec) -> Results:
        definition, trained = contest.definition, contest.trained
        window = _held_out_window(definition, trained, spec)
        examples = self._example_sets.build(
            definition.examples,
            columns=definition.columns(),
            candidates=None if definition.candidates is None else definition.candidates.name,
            window=window,
            known_at=window.end_at + definition.examples.label_window,
            sample_fraction=spec.parameters["fraction"],
            seed=definition.seed,
            member_column=definition.partition_by,
            extra_columns=extra_columns(definition),
        )
        distribution = Distribution(
            name=distribution_name(spec),
            window=window,
            task=definition.task,
            frame=examples.frame,
            unanswerable=examples.queries_without_candidates,
            asked=_asked_metrics(definition),
            slice_columns=_slice_columns(definition),
        )
        scores = score_rows(self._registry, definition, trained, examples.frame)
        return self._measured(contest, distribution, scores)

    def _on_golden(self, contest: _Contest, golden: GoldenSet) -> tuple[GoldenSet, Answers, Results]:
        definition, trained = contest.definition, contest.trained
        distribution = Distribution(
            name=golden.distribution, window=golden.window, task=definition.task, frame=golden.frame
        )
        scores = score_rows(self._registry, definition, trained, golden.frame)
        results = self._measured(contest, distribution, scores)
        answers = _answers(definition, golden, scores)
        before = self._version_before(contest, golden)
        if before is not None:
            then = self._golden.answers(golden, before.version)
            if then is None:
                then = _answers(definition, golden, score_rows(self._registry, definition, before, golden.frame))
            moved = changes(answers, then, ranking=definition.task == "ranking")
            results.evaluations.append(_golden_change(trained, before, golden, moved))
        return golden, answers, results

    def _version_before(self, contest: _Contest, golden: GoldenSet) -> TrainedModel | None:
        if contest.against is not None:
            return contest.against if _fits(golden.frame, contest.against) else None
        version = self._golden.version_before(golden, contest.trained.version)
        return None if version is None else self._registry.get(contest.trained.name, version)

    def _measured(self, contest: _Contest, distribution: Distribution, scores: Floats) -> Results:
        definition, against, frame = contest.definition, contest.against, distribution.frame
        others: dict[str, Floats] = {}
        if against is not None and _fits(frame, against) and self._is_unseen(distribution.window, against):
            others[against.urn] = score_rows(self._registry, definition, against, frame)
        others |= baseline_scores(definition, frame)
        return measure_distribution(distribution, contest.trained.urn, scores, others)

    def _is_unseen(self, window: Window, trained: TrainedModel) -> bool:
        """Whether a model learned from none of these moments; one that did would look too good beside another."""
        if window.end_at <= trained.window.start_at or trained.window.end_at <= window.start_at:
            return True
        return window in windows_left_out(self._registry.definition_content(trained.name, trained.definition_hash))


def baseline_scores(definition: ModelDefinition, frame: pl.DataFrame) -> dict[str, Floats]:
    """[rows] scores of each baseline of a definition, as "baseline:<name>"; null is NaN.

    Raises:
        UserCodeError: a baseline raised.
    """
    scores: dict[str, Floats] = {}
    for baseline in definition.baselines:
        expression = _expression(definition, baseline, frame)
        with user_code(f"baseline {baseline.name} of {definition.name}"):
            column = frame.with_columns(expression.cast(pl.Float64).alias("_score"))["_score"]
        scores[f"baseline:{baseline.name}"] = column.fill_null(float("nan")).to_numpy()
    return scores


def columns_of_baselines(definition: ModelDefinition) -> Sequence[FeatureRef | str]:
    """The features that the baselines of a definition read; all of them when a baseline must see rows to say so."""
    try:
        expressions = [_expression(definition, spec, pl.DataFrame()) for spec in definition.baselines]
    except UserCodeError:
        return definition.columns()
    read = {name for expression in expressions for name in expression.meta.root_names()}
    # Entity columns are in every frame; features are the names with a point.
    features = [FeatureRef.parse(name) for name in sorted(read) if "." in name]
    return features or definition.columns()


def _expression(definition: ModelDefinition, baseline: BaselineSpec, frame: pl.DataFrame) -> pl.Expr:
    with user_code(f"baseline {baseline.name} of {definition.name}"):
        return baseline.score(frame)


def _held_out_window(definition: ModelDefinition, trained: TrainedModel, spec: EvaluationSpec) -> Window:
    """The last stretch before the answers end; training left out the longest of these and everything after."""
    lengths = [
        parse_duration(each.parameters["length"]) for each in definition.evaluations if each.kind == HELD_OUT_BY_TIME
    ]
    end_at = trained.window.end_at + max(lengths, default=timedelta())
    return Window.before(end_at, parse_duration(spec.parameters["length"]))


def _asked_metrics(definition: ModelDefinition) -> list[str]:
    return sorted({check.parameters["metric"] for check in definition.gate if "metric" in check.parameters})


def _slice_columns(definition: ModelDefinition) -> list[str]:
    named = [
        column for spec in definition.evaluations if spec.kind == SLICED_BY for column in spec.parameters["columns"]
    ]
    return list(
        dict.fromkeys([*named, *(check.parameters["by"] for check in definition.gate if "by" in check.parameters)])
    )


def extra_columns(definition: ModelDefinition) -> list[str]:
    """Columns to slice by that the examples must keep besides entity and moment."""
    known = {*definition.examples.entity, definition.examples.moment, definition.partition_by}
    return [column for column in _slice_columns(definition) if column not in known]


def _fits(frame: pl.DataFrame, trained: TrainedModel) -> bool:
    """Whether a model can stand on these rows; one trained on features that the definition has lost cannot."""
    return set(trained.feature_names) <= set(frame.columns)


def _answers(definition: ModelDefinition, golden: GoldenSet, scores: Floats) -> Answers:
    candidate = None if definition.candidates is None else definition.candidates.entity[-1]
    return answers_of(golden.frame, scores, candidate=candidate, top=definition.serving.top)


def _golden_change(trained: TrainedModel, before: TrainedModel, golden: GoldenSet, moved: Floats) -> Evaluation:
    generator = np.random.default_rng(before.version)
    estimate = Bootstrap(moved.size, generator).ratio(moved, np.ones(moved.size)).estimate()
    return Evaluation(
        trained=trained.urn,
        distribution=golden.distribution,
        window=golden.window,
        slice=None,
        metric=GOLDEN_CHANGE,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        rows=estimate.rows,
        reference=before.urn,
    )


def _extend(results: Results, more: Results) -> None:
    results.evaluations.extend(more.evaluations)
    results.comparisons.extend(more.comparisons)
    results.calibration.extend(more.calibration)


def _event(contest: _Contest, results: Results, actor: str) -> Draft:
    figures: dict[str, dict[str, object]] = {}
    for one in results.evaluations:
        if one.slice is None:
            # An infinite log loss is a figure, but JSON has no word for it.
            value = one.value if one.value is None or np.isfinite(one.value) else str(one.value)
            figures.setdefault(one.distribution, {})[one.metric] = value
    payload: dict[str, object] = {
        "against": None if contest.against is None else contest.against.urn,
        "figures": figures,
    }
    return Draft("model.evaluated", contest.trained.urn, actor, payload)
