"""From what a client sent to what a model is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from steek.kernel.errors import DeclarationError, InputError, UnreadableError, describe_unknown
from steek.models import ModelDefinition

Scalar = int | str
ColumnType = Literal["INT64", "BYTES"]

_PYTHON_TYPES: Mapping[ColumnType, type[int] | type[str]] = {"INT64": int, "BYTES": str}
_ANY = (int, str)


@dataclass(frozen=True, slots=True)
class Query:
    """One question to a model.

    Args:
        request_id: Unique per model; a repeated one is logged once.
        entity: Entity columns and their values, in the order of the definition's examples.
        moment: Event time it is about.
        member: The member of a fleet that answers, or None.
    """

    request_id: str
    entity: dict[str, Scalar]
    moment: datetime
    member: str | None


@dataclass(frozen=True, slots=True)
class QueryForm:
    """What a query to one model must say, worked out once from its definition.

    Args:
        columns: Entity columns, all required; the first one decides the sticky split.
        moment: Name of the moment column, optional in a request: without it the question is about now.
        partition_by: The column that names the member of a fleet, or None.
        candidate_view: Ranking: the view whose members are the candidates; None for a regression.
        candidate_key: Ranking: the query columns that pick the candidates.
        candidate_column: Ranking: the column whose values are answered with.
        types: Type of each column as the protocol names it, as far as the project's contracts tell.
    """

    columns: tuple[str, ...]
    moment: str
    partition_by: str | None
    candidate_view: str | None
    candidate_key: tuple[str, ...]
    candidate_column: str | None
    types: Mapping[str, ColumnType] = field(default_factory=dict[str, ColumnType])

    @classmethod
    def of(cls, definition: ModelDefinition, types: Mapping[str, ColumnType]) -> "QueryForm":
        """The form of a definition's queries.

        Raises:
            DeclarationError: a ranking whose candidates cannot be found from its queries.
        """
        columns = definition.examples.entity
        if definition.partition_by is not None and definition.partition_by not in columns:
            columns = (*columns, definition.partition_by)
        view = definition.candidates
        if definition.task == "regression" or view is None:
            return cls(columns, definition.examples.moment, definition.partition_by, None, (), None, types)
        missing = [name for name in view.entity[:-1] if name not in columns]
        if len(view.entity) < 2 or missing:
            message = f"candidates of {definition.name!r} are the members of {view.name}, whose entity is {view.entity}"
            next_step = f"It needs columns of the query ({', '.join(columns)}), then the candidate column."
            raise DeclarationError(message, next_step=next_step)
        key = view.entity[:-1]
        moment, member, last = definition.examples.moment, definition.partition_by, view.entity[-1]
        return cls(columns, moment, member, view.name, key, last, types)

    def queries(self, instances: Sequence[Mapping[str, object]], request_id: str, now: datetime) -> list[Query]:
        """Queries from instances; a request of one keeps its id, several get "<id>/<position>".

        Raises:
            InputError: no instance, a missing or unknown column, or a value that is no whole number and no text.
            UnreadableError: a moment that is no instant with an offset.
        """
        if not instances:
            message = "the request has no instances"
            raise InputError(message, next_step=f"Send at least one, with {', '.join(self.columns)}.")
        several = len(instances) > 1
        return [
            self._query(instance, f"{request_id}/{position}" if several else request_id, now)
            for position, instance in enumerate(instances)
        ]

    def _query(self, instance: Mapping[str, object], request_id: str, now: datetime) -> Query:
        entity: dict[str, Scalar] = {}
        for name in self.columns:
            value = instance.get(name)
            wanted = _PYTHON_TYPES[self.types[name]] if name in self.types else _ANY
            if not isinstance(value, wanted) or isinstance(value, bool):
                raise self._bad_value(name, instance)
            entity[name] = value
        if len(instance) > len(entity) + (self.moment in instance):
            self._refuse_unknown(instance)
        moment = parse_moment(instance[self.moment]) if self.moment in instance else now
        member = None if self.partition_by is None else str(entity[self.partition_by])
        return Query(request_id, entity, moment, member)

    def _bad_value(self, name: str, instance: Mapping[str, object]) -> InputError:
        if name not in instance:
            self._refuse_unknown(instance)
            message = f"an instance has no {name!r}"
            return InputError(message, next_step=f"Every instance needs {', '.join(self.columns)}.")
        allowed = {"INT64": "a whole number", "BYTES": "text", None: "a whole number or text"}[self.types.get(name)]
        message = f"{name!r} is {instance[name]!r}; allowed: {allowed}"
        return InputError(message)

    def _refuse_unknown(self, instance: Mapping[str, object]) -> None:
        known = (*self.columns, self.moment)
        for name in instance:
            if name not in known:
                message, hint = describe_unknown("column", name, known)
                raise InputError(message, next_step=hint)


def parse_moment(value: object) -> datetime:
    """An aware UTC instant from ISO 8601 text.

    Raises:
        UnreadableError: other text, or no offset.

    >>> parse_moment("2017-10-02T08:00:00+02:00").isoformat()
    '2017-10-02T06:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        message = f"{value!r} is not an instant"
        raise UnreadableError(message, next_step="Write ISO 8601 with an offset, for example 2017-10-02T06:00:00Z.")
    return moment.astimezone(UTC)
