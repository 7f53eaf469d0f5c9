"""The service: takes what is new in the logs of others and brings it where indicators read."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl
from sqlalchemy import Connection

from steek.data import AnyDataset, Lake, contract_of
from steek.evaluation import OUTCOMES
from steek.kernel.clock import Clock
from steek.kernel.errors import DeclarationError, NotFoundError, SteekError
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.models import trained_urn
from steek.monitoring.watching.arrivals import ARRIVED_IN, arrivals
from steek.monitoring.watching.collecting import Answers, answers_of, changed, check_fields, outcomes_of
from steek.monitoring.watching.collections import (
    Collected,
    Plan,
    collected_version,
    drop_plan,
    latest_collections,
    plan_collection,
    stored_collection,
    write_collection,
)
from steek.monitoring.watching.declared import WatchedModel
from steek.monitoring.watching.pulling import Pulled, Puller
from steek.monitoring.watching.versions import number_versions
from steek.serving import PREDICTIONS

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class WatchRun:
    """What one run brought: from each source, and into the prediction log and outcomes; None where nothing was new."""

    model: str
    pulled: tuple[Pulled, ...]
    predictions: Collected | None
    outcomes: Collected | None


@dataclass(frozen=True, slots=True)
class WatchState:
    """How far a watched model is.

    Args:
        model: Its declaration.
        answers: Answers in the prediction log.
        with_outcome: Answers whose outcome is known.
        span: Moments from the first to the last answer; None before the first.
        recent: Latest collections, newest first.
    """

    model: WatchedModel
    answers: int
    with_outcome: int
    span: Window | None
    recent: tuple[Collected, ...]


class Watching:
    """Watched models of a project; each call may be repeated and be killed at any moment.

    Args:
        lake: Read as the one that watches; personal fields are closed to it.
        puller: Takes sources in.
        database: State, and the ledger's events in the same transactions.
        ledger: Gets `predictions.collected` and `outcomes.joined`.
        clock: Processing time.
        models: Declarations by name.
        datasets: Declared datasets by name.

    Raises:
        DeclarationError: a model names a dataset that is not declared, or fields that its contract lacks.
    """

    def __init__(
        self,
        lake: Lake,
        puller: Puller,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        models: Mapping[str, WatchedModel],
        datasets: Mapping[str, AnyDataset],
    ) -> None:
        for model in models.values():
            _check(model, datasets)
        self._lake = lake
        self._puller = puller
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self.models = dict(models)

    def run(self, name: str, *, actor: str) -> WatchRun:
        """Take what is new in the sources of a model, and collect it.

        Raises:
            NotFoundError: no such model.
            InputError, UnreadableError, ContractViolationError: a source cannot be read; what could be was taken.
        """
        model = self.model(name)
        pulled: list[Pulled] = []
        errors: list[SteekError] = []
        for dataset, source in ((model.predictions, model.predictions_from), (model.outcomes, model.outcomes_from)):
            if dataset is not None and source is not None:
                try:
                    pulled.append(self._puller.pull(dataset, source, self._fields(dataset), actor=actor))
                except SteekError as error:
                    errors.append(error)
        for dataset in (model.predictions, model.outcomes):
            if dataset is not None:
                self._puller.commit(dataset)
        collected = self.collect(name, actor=actor)
        if errors:
            raise errors[0]
        return WatchRun(name, tuple(pulled), *collected)

    def collect(self, name: str, *, actor: str) -> tuple[Collected | None, Collected | None]:
        """Bring committed rows of the datasets into "predictions" and "outcomes"; None where none were new."""
        model = self.model(name)
        predictions = self._collect_predictions(model, actor)
        return predictions, self._collect_outcomes(model, actor)

    def model(self, name: str) -> WatchedModel:
        """The declaration. Raises NotFoundError."""
        if name not in self.models:
            raise NotFoundError.among("watched model", name, self.models)
        return self.models[name]

    def state(self, name: str) -> WatchState:
        """How far a model is. Raises NotFoundError."""
        model = self.model(name)
        answers = self._of_model(PREDICTIONS, model)
        rows = known = 0
        span: Window | None = None
        if answers is not None:
            facts = answers.select(pl.len(), pl.col("at").min(), pl.col("at").max().alias("last")).collect()
            rows, first, last = facts.row(0)
            span = Window(first, last + timedelta(microseconds=1)) if rows else None
        if (joined := self._of_model(OUTCOMES, model)) is not None:
            known = int(joined.select(pl.len()).collect().item())
        with self._database.reading() as connection:
            recent = tuple(latest_collections(connection, name, _SHOWN))
        return WatchState(model, rows, known, span, recent)

    def _collect_predictions(self, model: WatchedModel, actor: str) -> Collected | None:
        latest = self._lake.latest_version(model.predictions)
        with self._database.reading() as connection:
            done = collected_version(connection, model.name, PREDICTIONS)
        if latest is None or latest == done:
            return None
        plan = self._planned(Plan(model.name, PREDICTIONS, latest))
        if plan is None:
            return None
        with self._or_dropped(plan):
            rows = arrivals(
                self._lake, self._database, model.predictions, model.columns, after=done, version=plan.source_version
            )
            versions = self._versions(model, rows)
            answers = answers_of(rows, model, versions, self._clock.now())
            fresh = self._without_repeats(model, answers)
        repeated = rows.height - answers.unusable - fresh.height
        collected = self._collected(plan, fresh.height, repeated, unusable=answers.unusable)
        source = f"dataset:{model.predictions}@{plan.source_version}"
        trained = [trained_urn(model.name, number) for number in sorted(set(fresh["version"].drop_nulls()))]
        edges = ((source, f"dataset:{PREDICTIONS}"), *((urn, f"dataset:{PREDICTIONS}") for urn in trained))
        return self._append(PREDICTIONS, fresh, collected, "predictions.collected", edges, actor)

    def _collect_outcomes(self, model: WatchedModel, actor: str) -> Collected | None:
        if model.outcomes is None or model.outcome is None:
            return None
        told_version, log_version = self._lake.latest_version(model.outcomes), self._lake.latest_version(PREDICTIONS)
        if told_version is None or log_version is None:
            return None
        with self._database.reading() as connection:
            done = collected_version(connection, model.name, OUTCOMES)
        plan = self._planned(Plan(model.name, OUTCOMES, told_version, log_version))
        if plan is None:
            return None
        with self._or_dropped(plan):
            told = arrivals(
                self._lake,
                self._database,
                model.outcomes,
                (model.id, model.outcome),
                after=None,
                version=plan.source_version,
            )
            waiting, corrected = self._waiting(model, told, done)
            matched = outcomes_of(told, waiting, model)
        collected = self._collected(plan, matched.height, corrected)
        if matched.is_empty():
            with self._database.transaction() as connection:
                drop_plan(connection, plan)
                if corrected:
                    write_collection(connection, collected)
            return collected if corrected else None
        sources = (f"dataset:{PREDICTIONS}@{plan.log_version}", f"dataset:{model.outcomes}@{plan.source_version}")
        edges = tuple((source, f"dataset:{OUTCOMES}") for source in sources)
        return self._append(OUTCOMES, matched, collected, "outcomes.joined", edges, actor)

    def _planned(self, plan: Plan) -> Plan | None:
        with self._database.transaction() as connection:
            return plan_collection(connection, plan, self._clock.now())

    @contextmanager
    def _or_dropped(self, plan: Plan) -> Generator[None]:
        """What cannot be collected as it is now may be mended in the next version; the plan must not hold on to it."""
        try:
            yield
        except (SteekError, pl.exceptions.PolarsError):
            with self._database.transaction() as connection:
                drop_plan(connection, plan)
            raise

    def _collected(self, plan: Plan, rows: int, repeated: int, *, unusable: int = 0) -> Collected:
        now = self._clock.now()
        return Collected(plan.key, plan.model, plan.what, plan.source_version, rows, repeated, unusable, None, now)

    def _waiting(self, model: WatchedModel, told: pl.DataFrame, done: int | None) -> tuple[pl.DataFrame, int]:
        """Answers whose outcome is not known yet, and how many known ones were told anew, and otherwise."""
        answers = self._of_model(PREDICTIONS, model)
        assert answers is not None, "there is a version of it"
        waiting = answers.filter(pl.col("logged_at") >= self._clock.now() - model.patience)
        joined = self._of_model(OUTCOMES, model)
        if joined is None:
            return waiting.collect(), 0
        known = joined.select("request_id", "observed").collect()
        news = told.filter(pl.col(ARRIVED_IN) > (done or -1))
        return waiting.collect().join(known, on="request_id", how="anti", maintain_order="left"), changed(
            news, known, model
        )

    def _append(
        self,
        table: str,
        rows: pl.DataFrame,
        collected: Collected,
        kind: str,
        edges: Sequence[tuple[str, str]],
        actor: str,
    ) -> Collected:
        """Rows, record and event stand or fall together."""
        payload: dict[str, object] = {
            name: getattr(collected, name) for name in ("rows", "repeated", "unusable", "source_version")
        }

        def record(connection: Connection, version: int) -> None:
            write_collection(connection, replace(collected, table_version=version))
            ends = tuple((source, f"{target}@{version}") for source, target in edges)
            self._ledger.append(connection, Draft(kind, f"model:{collected.model}", actor, payload, edges=ends))

        self._lake.append(table, rows, key=collected.key, connection_work=record)
        # What is recorded: of two at once, one brought the rows.
        with self._database.reading() as connection:
            return stored_collection(connection, collected.key)

    def _without_repeats(self, model: WatchedModel, answers: Answers) -> pl.DataFrame:
        known = self._of_model(PREDICTIONS, model)
        if known is None or answers.rows.is_empty():
            return answers.rows
        # An answer that comes again may say another moment; how far apart they are looked for is bounded.
        first, last = answers.rows.select(pl.col("at").min(), pl.col("at").max().alias("last")).row(0)
        near = pl.col("at").is_between(pl.lit(first) - model.patience, pl.lit(last) + model.patience)
        ids = known.filter(near).select("request_id").collect()
        return answers.rows.join(ids, on="request_id", how="anti", maintain_order="left")

    def _of_model(self, table: str, model: WatchedModel) -> pl.LazyFrame | None:
        if self._lake.latest_version(table) is None:
            return None
        return self._lake.scan(table).filter(pl.col("model") == model.name)

    def _versions(self, model: WatchedModel, rows: pl.DataFrame) -> dict[str, int]:
        if model.version is None:
            return {}
        names = rows[model.version].cast(pl.String).drop_nulls().unique().to_list()
        with self._database.transaction() as connection:
            return number_versions(connection, model.name, names)

    def _fields(self, dataset: str) -> tuple[str, ...]:
        contract = contract_of(self._datasets[dataset])
        assert contract is not None, "checked when the service was made"
        return tuple(field.name for field in contract.fields)


def _check(model: WatchedModel, datasets: Mapping[str, AnyDataset]) -> None:
    names: dict[str, list[str]] = {}
    for dataset in (model.predictions, model.outcomes):
        if dataset is None:
            continue
        contract = contract_of(datasets[dataset]) if dataset in datasets else None
        if contract is None:
            message = f"watched model {model.name!r} reads dataset {dataset!r}, which is not declared with a contract"
            raise DeclarationError(message, next_step=f"Declare sk.Dataset({dataset!r}, contract=...).")
        names[dataset] = [field.name for field in contract.fields]
    check_fields(model, names[model.predictions], names[model.outcomes] if model.outcomes else None)
