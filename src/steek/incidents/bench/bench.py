"""The service: replay questions on chosen versions of models and data, keep what came out, compare it later."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from steek.features.question_rows import LABEL, QUERY
from steek.governance import Access, attributed, caller
from steek.incidents.bench.asking import REQUEST, SERVED, Asking, Questions, entity_columns
from steek.incidents.bench.comparison import Comparison, compare
from steek.incidents.bench.inquiry import Inquiry, SideAnswer, answer_of, entity_of
from steek.incidents.bench.order import Order, check_same
from steek.incidents.bench.replaying import CANDIDATE, SCORE, Replay, Replayed
from steek.incidents.bench.runs import SCORES, Run, Runs
from steek.incidents.bench.serving_sides import serving_sides
from steek.incidents.bench.side_results import compare_sides, side_run
from steek.incidents.bench.sides import Side, parse_sides
from steek.incidents.bench.veil import Hide, shown_entities
from steek.incidents.hypotheses.tables import hypotheses
from steek.incidents.rows import find
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError, SteekError
from steek.kernel.records import to_plain
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Ledger
from steek.models import ModelDefinition, Registry
from steek.serving import RouteChange
from steek.serving.prediction_record import PREDICTIONS

PURPOSE = "incident"
_KEY_CHARACTERS = 300
_TOP = 10
_JOINED = ("request", "entity", CANDIDATE)


@dataclass(frozen=True, slots=True)
class Material:
    """What the bench works with; it only reads from it.

    Args:
        registry: Trained models, also those that were refused or never deployed.
        definitions: Model definitions by name.
        questions: Finds what to ask.
        replay: Answers.
        access: Decides whether who asks may see answers at all.
        hide: Makes pseudonyms of what names a person.
        as_stored: Makes of a value as a person says it the pseudonym that the data hold.
        changes: Those of the route of a model, newest first: they say what served when.
    """

    registry: Registry
    definitions: Mapping[str, ModelDefinition]
    questions: Questions
    replay: Replay
    access: Access
    hide: Hide
    as_stored: Hide
    changes: Callable[[str], Sequence[RouteChange]]


class Bench:
    """Tests what people suppose. It changes nothing that serves: no route, no feature, no log.

    Every run is kept: `run` takes a key, and again with the same key it returns the run that was made. What is kept
    and shown has pseudonyms for everything that names a person.
    """

    def __init__(self, material: Material, runs: Runs, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._material, self._runs = material, runs
        self._database, self._ledger, self._clock = database, ledger, clock

    def run(
        self,
        model: str,
        sides: Sequence[str],
        asking: Asking,
        *,
        actor: str,
        key: str,
        incident: str | None = None,
        hypothesis: int | None = None,
        by: Sequence[str] = (),
    ) -> Run:
        """Ask all sides the same questions and keep the answers.

        Args:
            model: Whose versions.
            sides: "17", "17@2017-10-14T06:00:00Z" or "17+products=1"; the others are compared with the first. None
                takes what served when a single typed question was asked, and what serves now.
            asking: Which questions.
            actor: Who asks.
            key: Idempotency key.
            incident: What it is run for; its timeline gets it.
            hypothesis: Number of the hypothesis it tests.
            by: Entity columns to slice by; by default the one that names the member of a fleet.

        Raises:
            NotFoundError: no such model, version, incident, hypothesis, column or question.
            ConflictError: the key made a run that was asked for something else.
            InputError: a side or question that is none, or more than the bench takes.
            RefusedError: the asker may not see answers.
        """
        at_key, who = checked(key, what="key", most=_KEY_CHARACTERS), checked(actor, what="actor", most=NAME_CHARACTERS)
        definition = self._definition(model)
        if asking.as_said:
            asking = replace(asking, typed=[self._as_stored(question) for question in asking.typed])
        chosen = self._sides(definition, sides, asking)
        order = Order(definition, chosen, tuple(sides), asking, _slices(definition, by), incident, hypothesis, who)
        with self._database.reading() as connection:
            known = self._runs.by_key(connection, at_key)
            if known is None:
                _check_purpose(connection, incident, hypothesis)
        if known is not None:
            return check_same(known, order.said(self._material.hide), at_key)
        self._admit()
        return self._keep(self._made(order, at_key), at_key)

    def ask(
        self,
        model: str,
        entity: Mapping[str, object],
        sides: Sequence[str] = (),
        *,
        actor: str,
        moment: datetime | None = None,
        as_said: bool = False,
        top: int = 10,
        incident: str | None = None,
    ) -> Inquiry:
        """One question to several sides, with the features behind each answer.

        The answer is not kept; that it was asked, by whom and of what sides is an event `bench.asked`. About whom is
        in no event: the ledger cannot be changed, and an erasure must leave nothing behind.

        Args:
            model: Whose versions.
            entity: Entity columns and values.
            sides: As for `run`.
            actor: Who asks.
            moment: When it was asked; None means now.
            as_said: Values that are stored as pseudonyms are given as the person says them.
            top: Most answers of each side.
            incident: What it is asked for; its timeline gets it.

        Raises:
            NotFoundError, InputError, RefusedError: as for `run`.
        """
        if not 0 < top <= 100:
            raise InputError(f"top is {top}; allowed: 1 to 100")
        definition, who = self._definition(model), checked(actor, what="actor", most=NAME_CHARACTERS)
        self._admit()
        named = definition.examples.moment
        typed = {**entity} if moment is None else {**entity, named: moment}
        if as_said:
            typed = self._as_stored(typed)
        asking = Asking(typed=[typed], limit=1)
        chosen = self._sides(definition, sides, asking)
        question = self._material.questions.find(definition, asking, self._clock.now())
        with attributed(job="bench question", model=model):
            answers = tuple(self._answer(definition, side, question, top) for side in chosen)
        columns = entity_columns(definition)
        shown = shown_entities(question, columns, self._material.hide)
        found = Inquiry(model, entity_of(shown, columns), question[named][0], answers)
        self._note(found, who, incident)
        return found

    def list(self, *, model: str | None = None, incident: str | None = None, limit: int = 100) -> tuple[Run, ...]:
        """Runs, newest first."""
        return tuple(self._runs.list(model=model, incident=incident, limit=limit))

    def get(self, run: str) -> Run:
        """One run. Raises NotFoundError."""
        return self._runs.get(run)

    def results(self, run: str, *, limit: int | None = None) -> pl.DataFrame:
        """Rows of a run: request, pseudonymised entity, moment, candidate, `score_N` of each side, and where known
        what was served and what was right. Raises NotFoundError.
        """
        self._admit()
        found = self._runs.results(self._runs.get(run))
        return found if limit is None else found.head(limit)

    def compare(self, run: str, other: str, *, side: int = 0, other_side: int = 0) -> Comparison:
        """A side of one run against a side of another, on the questions that both asked.

        Args:
            run: The earlier run.
            other: The later run.
            side: Place of the side in the earlier run, from 0.
            other_side: The same in the later run.

        Raises:
            NotFoundError: no such run, or no such side.
            InputError: they have no question in common.
        """
        self._admit()
        first, second = self._runs.get(run), self._runs.get(other)
        left, right = self._scores(first, side), self._scores(second, other_side)
        if left.is_empty() or right.is_empty():
            raise NotFoundError("one of the two sides answered nothing", next_step="'steek bench show' has the sides.")
        joined = left.rename({"_one": "_a"}).join(
            right.select(*_JOINED, pl.col("_one").alias("_b")), on=_JOINED, how="full", coalesce=True, nulls_equal=True
        )
        if joined.drop_nulls(["_a", "_b"]).is_empty():
            message = f"{run} and {other} have no question in common"
            raise InputError(message, next_step="Run the second with the same window, requests or typed questions.")
        whole = joined.with_columns(pl.col(QUERY).fill_null(4_294_967_295))
        names = (f"{first.id} {first.sides[side].label}", f"{second.id} {second.sides[other_side].label}")
        slices = [name for name in first.question.get("by", ()) if name in whole.columns]
        return compare(whole, names, ("_a", "_b"), slices=slices)

    def _scores(self, run: Run, side: int) -> pl.DataFrame:
        if not 0 <= side < len(run.sides):
            raise NotFoundError.among(f"side of {run.id}", str(side), [str(n) for n in range(len(run.sides))])
        results = self._runs.results(run)
        return results.with_columns(pl.col(f"{SCORES}{side}").alias("_one")).drop_nulls("_one")

    def _made(self, order: Order, key: str) -> Run:
        """The run, with its results put into the store."""
        now, definition = self._clock.now(), order.definition
        run_id = f"b-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
        with attributed(job=f"bench {run_id}", model=definition.name):
            questions = self._material.questions.find(definition, order.asking, now)
            answered = [(side, *self._ask(definition, side, questions)) for side in order.sides]
        problem = next((problem for _, _, problem in answered if problem is not None), None)
        if problem is not None and all(replayed is None for _, replayed, _ in answered):
            raise problem
        results = self._results(definition, questions, [replayed for _, replayed, _ in answered])
        able = [replayed is not None for _, replayed, _ in answered]
        said = order.said(self._material.hide)
        if order.asking.typed and questions.height == 1:
            # Of one question everybody wants to know why.
            answers: Any = to_plain([self._answer(definition, side, questions, _TOP) for side in order.sides])
            said["answers"] = answers
            columns = entity_columns(definition)
            said["about"] = entity_of(shown_entities(questions, columns, self._material.hide), columns)
        return Run(
            id=run_id,
            model=definition.name,
            incident_id=order.incident,
            hypothesis=order.hypothesis,
            question=said,
            sides=tuple(side_run(side, replayed, problem) for side, replayed, problem in answered),
            comparisons=compare_sides(results, order.sides, able, order.slices),
            queries=questions.height,
            rows=results.height,
            results_sha256=self._runs.put(results),
            actor=order.actor,
            ran_at=now,
        )

    def _definition(self, model: str) -> ModelDefinition:
        if model not in self._material.definitions:
            raise NotFoundError.among("model definition", model, self._material.definitions)
        return self._material.definitions[model]

    def _sides(self, definition: ModelDefinition, sides: Sequence[str], asking: Asking) -> tuple[Side, ...]:
        """Those that were named, else what served and what serves."""
        if sides:
            return parse_sides(sides)
        changes = self._material.changes(definition.name)
        return serving_sides(definition, asking.typed, changes, now=self._clock.now())

    def _admit(self) -> None:
        """Whoever asks from outside must be somebody who may see answers for this purpose; it is written down."""
        asking = caller()
        if asking is not None:
            self._material.access.admit(replace(asking, purpose=PURPOSE), PREDICTIONS, ("scores", "model", "at"))

    def _note(self, asked: Inquiry, actor: str, incident: str | None) -> None:
        """Who asked which sides, and for what incident."""
        subject = str(Urn("model", asked.model)) if incident is None else str(Urn("incident", incident))
        payload: dict[str, object] = {"incident": incident, "model": asked.model, "moment": asked.moment}
        payload |= {"sides": [side.side for side in asked.sides]}
        with self._database.transaction() as connection:
            if incident is not None:
                find(connection, incident)
            self._ledger.append(connection, Draft("bench.asked", subject, actor, payload))

    def _as_stored(self, question: Mapping[str, object]) -> dict[str, object]:
        """A question as the data name things, from one as a person says it."""
        made = self._material.as_stored
        return {
            name: made(name, pl.Series(name, [value]))[0] if isinstance(value, str | int) else value
            for name, value in question.items()
        }

    def _ask(
        self, definition: ModelDefinition, side: Side, questions: pl.DataFrame
    ) -> tuple[Replayed | None, SteekError | None]:
        """The answers of one side, or why it has none: the others go on without it."""
        try:
            return self._material.replay.ask(definition, side, questions), None
        except SteekError as problem:
            return None, problem

    def _answer(self, definition: ModelDefinition, side: Side, question: pl.DataFrame, top: int) -> SideAnswer:
        replayed, problem = self._ask(definition, side, question)
        if replayed is None:
            assert problem is not None
            return SideAnswer(side.label, "", (), (), (), problem.message)
        trained = self._material.registry.get(definition.name, side.version)
        registry = self._material.registry
        return answer_of(registry, definition, trained, replayed, question, side=side.label, top=top)

    def _results(
        self, definition: ModelDefinition, questions: pl.DataFrame, replayed: Sequence[Replayed | None]
    ) -> pl.DataFrame:
        """One row per question and candidate, one column of scores per side, nobody's name in it."""
        rows: pl.DataFrame | None = None
        for number, one in enumerate(replayed):
            if one is None:
                continue
            scores = one.rows.select(QUERY, CANDIDATE, pl.col(SCORE).alias(f"{SCORES}{number}"))
            on = [QUERY, CANDIDATE]
            rows = scores if rows is None else rows.join(scores, on=on, how="full", coalesce=True, nulls_equal=True)
        assert rows is not None, "some side answered"
        missing = [
            pl.lit(None, pl.Float64).alias(f"{SCORES}{number}") for number, one in enumerate(replayed) if one is None
        ]
        answer = definition.examples.answer
        if answer is not None:
            rows = rows.with_columns(self._material.hide(answer, rows[CANDIDATE]).cast(pl.String).alias(CANDIDATE))
        shown = shown_entities(questions, entity_columns(definition), self._material.hide)
        label = (
            questions[LABEL]
            if LABEL in questions.columns
            else pl.repeat(None, questions.height, dtype=pl.Float64, eager=True)
        )
        about = shown.with_columns(
            questions[QUERY],
            questions[REQUEST].alias("request"),
            questions[definition.examples.moment].alias("moment"),
            questions[SERVED].alias("served"),
            label.alias("label"),
        )
        return rows.with_columns(missing).join(about, on=QUERY, how="left").sort(QUERY, CANDIDATE)

    def _keep(self, made: Run, key: str) -> Run:
        subject = str(Urn("model", made.model)) if made.incident_id is None else str(Urn("incident", made.incident_id))
        payload: dict[str, object] = {
            "incident": made.incident_id,
            "hypothesis": made.hypothesis,
            "run": made.id,
            "model": made.model,
            "sides": [side.label for side in made.sides],
            "questions": made.queries,
            "rows": made.rows,
            "text": made.sentence,
        }
        with self._database.transaction() as connection:
            known = self._runs.by_key(connection, key)
            if known is not None:
                return check_same(known, dict(made.question), key)
            self._runs.add(connection, made, key)
            self._ledger.append(connection, Draft("bench.ran", subject, made.actor, payload))
        return made


def _check_purpose(connection: Connection, incident: str | None, hypothesis: int | None) -> None:
    """What a run is for must be there."""
    if incident is not None:
        find(connection, incident)
    if hypothesis is None:
        return
    if incident is None:
        raise InputError(f"hypothesis {hypothesis} of no incident", next_step="Name the incident, too.")
    numbers = select(hypotheses.c.number).where(hypotheses.c.incident_id == incident).order_by(hypotheses.c.number)
    known = [str(each) for each in connection.execute(numbers).scalars()]
    if str(hypothesis) not in known:
        raise NotFoundError.among(f"hypothesis of incident {incident}", str(hypothesis), known)


def _slices(definition: ModelDefinition, by: Sequence[str]) -> tuple[str, ...]:
    columns = entity_columns(definition)
    for name in by:
        if name not in columns:
            raise NotFoundError.among("entity column", name, columns)
    default = () if definition.partition_by is None else (definition.partition_by,)
    return tuple(dict.fromkeys(by)) or default
