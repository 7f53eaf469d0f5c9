"""Point-in-time correct example sets: what a model may learn from, with the features of each row's own moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from steek.data import AnyDataset, LabelStore, Lake
from steek.features.candidates import KEPT_FRACTION, candidate_lists, to_candidate_rows
from steek.features.declarations import FeatureRef, FeatureView, MomentFeatures
from steek.features.example_declaration import WINDOW, Examples
from steek.features.feature_join import FeatureJoin
from steek.features.inputs import check_inputs, collect_from, versions_known, visible_frames
from steek.features.label_inputs import final_after, known_labels, labels_among
from steek.features.point_in_time import choose_snapshots
from steek.features.question_rows import LABEL, QUERY, Questions, Sample, to_questions
from steek.features.service import FeatureService
from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration
from steek.kernel.windows import Window

WEIGHT = "_weight"
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ExampleSet:
    """Rows to learn from or to be measured on.

    Args:
        frame: `_query` (u32), entity columns, the candidate column (ranking), the moment, extra columns, `_label`
            (f64), `_weight` (f64), `_kept_fraction` (f64), then the features, float32, NaN where unknown; sorted by
            `_query` and candidate.
        feature_names: "view.column" names in the order that was asked for.
        snapshots: URNs of the feature snapshots that were read.
        dataset_versions: Dataset to the table version that examples came from.
        matured_until: End of the window, or, where that is earlier, the last moment whose answers were complete.
        queries: Number of queries asked, with or without candidates.
        queries_without_candidates: How many of them have no row at all.
        incomplete: Example rows left out for a null in entity, moment or outcome.
        rows: Height of the frame.
        labels: URNs of the versions of labels that the examples read; empty where they read none.
    """

    frame: pl.DataFrame
    feature_names: tuple[str, ...]
    snapshots: tuple[str, ...]
    dataset_versions: dict[str, int]
    matured_until: datetime
    queries: int
    queries_without_candidates: int
    incomplete: int
    rows: int
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Order:
    """What `ExampleSets.build` was asked for."""

    examples: Examples
    columns: tuple[FeatureRef | str, ...]
    candidates: str | None
    window: Window
    known_at: datetime
    sample: Sample
    extra: tuple[str, ...]
    half_life: timedelta | None
    final_after: timedelta

    @property
    def matured_until(self) -> datetime:
        return min(self.window.end_at, self.known_at - self.final_after)


@dataclass(frozen=True, slots=True)
class _Made:
    """What the declared function returned, and the versions of what it read."""

    frame: pl.DataFrame
    versions: dict[str, int]
    labels: tuple[str, ...]


class ExampleSets:
    """Builds example sets from declared examples and materialised features.

    Args:
        features: Snapshots of the views.
        lake: Where datasets are read.
        views: Declared views by name.
        moments: Declared features of the moment by name.
        datasets: Declared datasets by name.
        labels: Labels that examples may name beside datasets; None where a project has none.
    """

    def __init__(
        self,
        features: FeatureService,
        lake: Lake,
        views: Mapping[str, FeatureView],
        moments: Mapping[str, MomentFeatures],
        datasets: Mapping[str, AnyDataset],
        labels: LabelStore | None = None,
    ) -> None:
        self._features = features
        self._lake = lake
        self._datasets = datasets
        self._labels = labels
        self._join = FeatureJoin(features, views, moments)

    def build(
        self,
        examples: Examples,
        *,
        columns: Sequence[FeatureRef | str],
        candidates: str | None,
        window: Window,
        known_at: datetime,
        negatives_per_query: int | None = None,
        sample_fraction: float = 1.0,
        seed: int = 0,
        member_column: str | None = None,
        weight_half_life: str | timedelta | None = None,
        extra_columns: Sequence[str] = (),
    ) -> ExampleSet:
        """Rows with moment in `window` whose answers are complete at `known_at`, with features as of their moment.

        Labels that the examples read come as they were known at `known_at`, without any later correction; where their
        own window is longer than the label window of the examples, answers are complete only after it.

        Args:
            examples: What was asked, and what was right.
            columns: Features: references, "view.column" names, or names of views that are taken whole.
            candidates: Ranking: the view whose members, at the moment, are the possible answers. A query whose right
                answer is not among them stays, all with label 0.
            window: Moments to take.
            known_at: Event time up to which answers are known.
            negatives_per_query: Wrong candidates kept of each query; None keeps all.
            sample_fraction: Share of the queries to keep, in (0, 1].
            seed: Seed of both samples.
            member_column: Column of the examples that tells partners apart, kept in the frame.
            weight_half_life: Age before the window's end at which a row weighs half; None weighs all 1.
            extra_columns: Further columns of the examples to keep; of a query's rows the first counts.

        Raises:
            NotFoundError: an unknown view or feature, or a view that was never materialised.
            DeclarationError: examples, candidates and views do not fit together.
            ConflictError: snapshots of another definition of a view lie in the window.
        """
        kept = (*(() if member_column is None else (member_column,)), *extra_columns)
        extra = tuple(dict.fromkeys(name for name in kept if name not in (*examples.entity, examples.moment)))
        sample = Sample(negatives_per_query, sample_fraction, seed)
        half_life = None if weight_half_life is None else parse_duration(weight_half_life)
        final = final_after(examples, self._labels)
        order = _Order(examples, tuple(columns), candidates, window, known_at, sample, extra, half_life, final)
        return self._build(order)

    def _build(self, order: _Order) -> ExampleSet:
        examples = order.examples
        made = self._examples(order)
        # The moment at which answers have just become complete still counts.
        until = min(order.window.end_at, order.matured_until + _TICK)
        span = (order.window.start_at, until)
        questions = to_questions(examples, made.frame, span=span, extra=order.extra, sample=order.sample)
        rows, candidate_urns = self._rows(order, questions)
        weight = _weights(rows[examples.moment], order.window.end_at, order.half_life)
        joined = self._join.join(examples, questions.frame, rows, order.columns)
        answer = () if examples.answer is None else (examples.answer,)
        first = [QUERY, *examples.entity, *answer, examples.moment, *order.extra]
        frame = rows.with_columns(weight).select(*first, LABEL, WEIGHT, KEPT_FRACTION)
        return ExampleSet(
            frame=frame.with_columns(joined.columns),
            feature_names=joined.names,
            snapshots=tuple(sorted({*joined.snapshots, *candidate_urns})),
            dataset_versions=made.versions,
            matured_until=order.matured_until,
            queries=questions.frame.height,
            queries_without_candidates=questions.frame.height - rows[QUERY].n_unique(),
            incomplete=questions.incomplete,
            rows=rows.height,
            labels=made.labels,
        )

    def _examples(self, order: _Order) -> _Made:
        """What the declared function returns for the rows it may see."""
        examples, window = order.examples, order.window
        what = f"examples {examples.name}"
        told = labels_among(examples, self._labels)
        inputs = [name for name in examples.inputs if name not in told]
        check_inputs(what, inputs, self._datasets)
        versions = versions_known(self._lake, self._datasets, inputs, order.known_at)
        start_at = window.start_at - examples.lookback
        end_at = max(min(window.end_at + examples.label_window, order.known_at), start_at + _TICK)
        span = Window(start_at, end_at)
        visible = visible_frames(self._lake, self._datasets, versions, span)
        arguments: dict[str, object] = {**visible}
        urns: tuple[str, ...] = ()
        if self._labels is not None and told:
            known = [known_labels(self._labels, name, span, order.known_at) for name in told]
            arguments |= {name: each.frame for name, each in zip(told, known, strict=True)}
            urns = tuple(each.urn for each in known if each.urn is not None)
        if examples.takes_window:
            arguments[WINDOW] = window
        return _Made(collect_from(what, examples.function, arguments), versions, urns)

    def _rows(self, order: _Order, questions: Questions) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """One row per question, or per question and candidate; and the snapshots that candidates came from."""
        examples = order.examples
        if questions.answers is None:
            return questions.frame.with_columns(pl.lit(1.0).alias(KEPT_FRACTION)), ()
        if order.candidates is None:
            message = f"examples {examples.name} have answers to be ranked, but no view of candidates is given"
            raise DeclarationError(message, next_step="Name the view whose members are the possible answers.")
        view = self._join.view(order.candidates)
        if view.entity[-1] != examples.answer or not set(view.entity[:-1]) <= set(examples.entity):
            message = (
                f"feature view {view.name} has the entity {', '.join(view.entity)}; as candidates of examples "
                f"{examples.name} it needs some of {', '.join(examples.entity)}, and then {examples.answer}"
            )
            raise DeclarationError(message)
        choice = choose_snapshots(self._features, view, questions.frame[examples.moment])
        lists = candidate_lists(self._features, choice, questions.frame)
        rows = to_candidate_rows(examples, questions, lists, sample=order.sample)
        asked = questions.frame[rows[QUERY].to_numpy()].drop(QUERY)
        return rows.with_columns(asked.get_columns()), tuple(snapshot.urn for snapshot in choice.used)


def _weights(moments: pl.Series, end_at: datetime, half_life: timedelta | None) -> pl.Series:
    if half_life is None:
        return pl.repeat(1.0, len(moments), dtype=pl.Float64, eager=True).alias(WEIGHT)
    age_s = (pl.lit(end_at) - pl.col(moments.name)).dt.total_seconds(fractional=True)
    weight = pl.lit(0.5).pow(age_s / half_life.total_seconds()).alias(WEIGHT)
    return pl.DataFrame([moments]).select(weight).to_series()
