"""Which questions are replayed: logged ones, typed ones, or rows of the examples with what was right."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import polars as pl

from steek.data import Lake
from steek.features import ExampleSets
from steek.features.question_rows import LABEL, QUERY
from steek.kernel.errors import InputError, NotFoundError, UnreadableError
from steek.kernel.windows import Window
from steek.models import ModelDefinition
from steek.serving.prediction_record import PREDICTIONS
from steek.serving.queries import parse_moment

MOST_QUERIES = 5_000
REQUEST = "_request"
SERVED = "_served"
_INSTANT = pl.Datetime("us", "UTC")
_DEFAULT_SPAN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Which questions. Typed ones if there are any, else `examples` or the logged ones that fit all conditions.

    Args:
        typed: Questions as mappings of entity columns to values; the moment column may be among them.
        examples: Take rows of the model's examples, whose right answers are known, instead of logged questions.
        requests: Ids of logged requests.
        window: Moments to take; None takes the last day before now.
        slice: "column=value" of the entity.
        limit: At most so many, the newest first.
        as_said: Typed values are as persons say them; what the data hold under pseudonyms is made one.
    """

    typed: Sequence[Mapping[str, object]] = field(default_factory=list[Mapping[str, object]])
    examples: bool = False
    requests: Sequence[str] = ()
    window: Window | None = None
    slice: str | None = None
    limit: int = 200
    as_said: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.limit <= MOST_QUERIES:
            raise InputError(f"{self.limit} questions are asked for; 1 to {MOST_QUERIES:,} are allowed")
        if len(self.typed) > MOST_QUERIES or len(self.requests) > MOST_QUERIES:
            raise InputError(f"too many questions are given; {MOST_QUERIES:,} are allowed")
        if self.slice is not None and "=" not in self.slice:
            raise InputError(f"slice {self.slice[:80]!r} is not of the form column=value")

    @property
    def source(self) -> str:
        """Where they come from: "typed", "examples" or "logged"."""
        return "typed" if self.typed else "examples" if self.examples else "logged"


class Questions:
    """Finds questions for the bench, as one frame each.

    A frame has `_query` (u32, 0 upwards), `_request` (text), the entity columns, the moment, and where known
    `_served` (f64, the best score that was answered then) and `_label` (f64, what was right; regressions only).
    """

    def __init__(self, lake: Lake, example_sets: ExampleSets) -> None:
        self._lake, self._example_sets = lake, example_sets

    def find(self, definition: ModelDefinition, asking: Asking, now: datetime) -> pl.DataFrame:
        """The questions, newest first, at most `asking.limit`.

        Raises:
            NotFoundError: none fits, or nothing was logged yet.
            InputError: a typed question that the model cannot be asked.
        """
        if asking.typed:
            found = _typed(definition, asking.typed, now)
        elif asking.examples:
            found = self._examples(definition, asking.window or Window.before(now, _DEFAULT_SPAN), now)
        else:
            found = self._logged(definition, asking, now)
        if asking.slice is not None:
            column, _, value = asking.slice.partition("=")
            if column not in entity_columns(definition):
                raise NotFoundError.among("entity column", column, entity_columns(definition))
            found = found.filter(pl.col(column).cast(pl.String) == value)
        if found.is_empty():
            raise NotFoundError("no question fits", next_step="Widen the window, or leave conditions out.")
        moment = definition.examples.moment
        newest = found.sort(moment, REQUEST, descending=[True, False]).head(asking.limit)
        return newest.with_row_index(QUERY).with_columns(pl.col(QUERY).cast(pl.UInt32))

    def _logged(self, definition: ModelDefinition, asking: Asking, now: datetime) -> pl.DataFrame:
        frame = self._lake.scan(PREDICTIONS).filter(pl.col("model") == definition.name)
        if asking.requests:
            frame = frame.filter(pl.col("request_id").is_in(list(asking.requests)))
        else:
            window = asking.window or Window.before(now + timedelta(microseconds=1), _DEFAULT_SPAN)
            frame = frame.filter((pl.col("at") >= window.start_at) & (pl.col("at") < window.end_at))
        columns = ("request_id", "at", "entity", "scores")
        # Twice the limit is enough where nothing else is asked, and a slice is looked for among so many.
        most = MOST_QUERIES * 10 if asking.slice is not None else asking.limit
        rows = frame.select(columns).sort("at", "request_id", descending=[True, False]).head(most).collect()
        entities: list[dict[str, Any]] = [json.loads(text) for text in rows["entity"]]
        names = entity_columns(definition)
        data: dict[str, Any] = {name: [entity.get(name) for entity in entities] for name in names}
        served = rows["scores"].list.first().cast(pl.Float64)
        made = (
            pl.DataFrame(data, strict=False)
            if names and entities
            else pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        )
        moment = rows["at"].cast(_INSTANT).alias(definition.examples.moment)
        return made.with_columns(rows["request_id"].alias(REQUEST), moment, served.alias(SERVED)).drop_nulls(names)

    def _examples(self, definition: ModelDefinition, window: Window, now: datetime) -> pl.DataFrame:
        made = self._example_sets.build(
            definition.examples,
            columns=definition.columns(),
            candidates=None if definition.candidates is None else definition.candidates.name,
            window=window,
            known_at=now,
            member_column=definition.partition_by,
        ).frame
        names, moment = entity_columns(definition), definition.examples.moment
        if definition.task == "ranking":
            chosen = made.select(QUERY, *names, moment).unique(QUERY, keep="first", maintain_order=True)
        else:
            chosen = made.select(QUERY, *names, moment, LABEL)
        request = pl.format("example/{}", pl.col(moment).dt.to_string("iso:strict")).alias(REQUEST)
        return chosen.with_columns(request, pl.lit(None, pl.Float64).alias(SERVED)).drop(QUERY)


def entity_columns(definition: ModelDefinition) -> tuple[str, ...]:
    """Columns that name what a question is about, with the one that names the member of a fleet."""
    columns, member = definition.examples.entity, definition.partition_by
    return columns if member is None or member in columns else (*columns, member)


def _typed(definition: ModelDefinition, typed: Sequence[Mapping[str, object]], now: datetime) -> pl.DataFrame:
    names, moment = entity_columns(definition), definition.examples.moment
    rows: list[dict[str, object]] = []
    for number, question in enumerate(typed, start=1):
        missing = [name for name in names if name not in question]
        unknown = sorted(set(question) - {*names, moment})
        if missing or unknown:
            wrong = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)[:80]}, which is not asked"
            message = f"question {number} {wrong}; {definition.name} is asked with {', '.join(names)}"
            raise InputError(message, next_step=f"{moment} may be given, too.")
        values = {name: question[name] for name in names}
        if any(isinstance(value, bool) or not isinstance(value, int | str) for value in values.values()):
            raise InputError(f"question {number}: values are whole numbers or text")
        rows.append({**values, moment: _moment(question.get(moment), now), REQUEST: f"typed/{number}"})
    made = cast("list[dict[str, Any]]", rows)
    frame = pl.DataFrame(made, schema_overrides={moment: _INSTANT}, infer_schema_length=None)
    return frame.with_columns(pl.lit(None, pl.Float64).alias(SERVED))


def _moment(value: object, now: datetime) -> datetime:
    if value is None:
        return now
    try:
        return value if isinstance(value, datetime) else parse_moment(value)
    except UnreadableError as cause:
        raise InputError(cause.message) from cause
