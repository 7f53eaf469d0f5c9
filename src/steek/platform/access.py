"""Access on an opened project: what the gate must know of every table, and questions about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from steek.data import AnyDataset, DerivedDataset, contract_of
from steek.features import FeatureView
from steek.governance import Actor, ColumnFacts, Decision, TableFacts, parse_filter, service
from steek.kernel.errors import InputError, NotFoundError
from steek.platform.origins import Origins
from steek.platform.record import Platform
from steek.project import Project

PERSONAL = "personal"
SERVICE_PREFIX = "service:"
FEATURES = "features."
QUARANTINE = "quarantine."
_OPEN = ColumnFacts(is_personal=False)
# Columns of the quarantine and of the prediction log that hold values of others, as text or in lists.
_QUARANTINE_FACTS = ("receipt_id", "position", "received_at")
_HOLDS_ENTITIES = ("entity", "features")


class ProjectFacts:
    """What is known of the tables of a project by their names, from contracts and from what is made of what.

    A column of an arriving dataset is what its contract says; one that the contract does not name is closed. Of what
    is derived from datasets, a column is personal when it is called as a personal column of an input, or when values
    of one may go into it, unless it counts them or its own contract gives it another sensitivity. Where nobody can
    tell what goes into it, it is personal when an input has anything personal.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._origins = Origins(project)
        self._known: dict[str, TableFacts] = {}

    def __call__(self, table: str) -> TableFacts:
        if table not in self._known:
            self._known[table] = self._facts(table)
        return self._known[table]

    def _facts(self, table: str) -> TableFacts:
        datasets = self._project.datasets
        if table in datasets:
            return self._of_dataset(datasets[table])
        if table.startswith(QUARANTINE):
            return self._of_quarantine(table)
        if table.startswith(FEATURES) and table.removeprefix(FEATURES) in self._project.views:
            view = self._project.views[table.removeprefix(FEATURES)]
            made = self._made(view)
            return TableFacts(table, made or {}, "as_of", closed=made is None, made_here=True)
        personal = self._personal(*datasets)
        entities = dict.fromkeys(_HOLDS_ENTITIES, ColumnFacts(is_personal=True)) if personal else {}
        return TableFacts(table, {**entities, **personal}, closed=False, made_here=True)

    def _of_dataset(self, dataset: AnyDataset) -> TableFacts:
        own = _fields(dataset)
        if not isinstance(dataset, DerivedDataset):
            return TableFacts(dataset.name, own, dataset.event_time)
        made = self._made(dataset)
        inherited = {**(made or {}), **_said(dataset), **self._personal(*dataset.inputs)}
        return TableFacts(dataset.name, inherited, dataset.event_time, closed=made is None)

    def _made(self, declared: DerivedDataset | FeatureView) -> dict[str, ColumnFacts] | None:
        """Facts of the columns of something derived; None where nobody can tell and an input has personal ones."""
        if not self._personal(*declared.inputs):
            return {}
        found = self._origins.of(declared).columns
        if found is None:
            return None
        counts = self._origins.counts(declared)
        personal = self._personal(*declared.inputs)
        return {
            column: personal.get(column) or ColumnFacts(is_personal=True)
            for column, uses in found.items()
            if column in personal
            or (
                column not in counts
                and any(use.effect == "value" and self(use.dataset).of(use.column).is_personal for use in uses)
            )
        }

    def _of_quarantine(self, table: str) -> TableFacts:
        # Rows as they came, under names that nobody checked.
        dataset = self._project.datasets.get(table.removeprefix(QUARANTINE))
        closed = dataset is None or bool(self._personal(dataset.name))
        return TableFacts(table, dict.fromkeys(_QUARANTINE_FACTS, _OPEN), closed=closed)

    def _personal(self, *datasets: str) -> dict[str, ColumnFacts]:
        """Personal columns of datasets, and of what those are derived from, by name."""
        found: dict[str, ColumnFacts] = {}
        for name in datasets:
            dataset = self._project.datasets.get(name)
            if dataset is not None:
                inputs = dataset.inputs if isinstance(dataset, DerivedDataset) else ()
                own = {column: facts for column, facts in _fields(dataset).items() if facts.is_personal}
                found |= {**self._personal(*inputs), **own}
        return found


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one version as their reader may see them; `closed` are columns of the table that it may not."""

    dataset: str
    version: int
    frame: pl.DataFrame
    closed: tuple[str, ...]


def read_rows(
    platform: Platform,
    actor: Actor,
    dataset: str,
    *,
    columns: Sequence[str] = (),
    where: str | None = None,
    limit: int = 100,
    version: int | None = None,
) -> Rows:
    """At most `limit` rows of a table of the lake, in no order; written down as read by `actor`.

    Args:
        platform: The project.
        actor: Who reads.
        dataset: A dataset, or another table such as "features.households".
        columns: By default all that are open.
        where: A condition on what the reader may see, e.g. "region == 'EU'".
        limit: At most so many.
        version: By default the latest.

    Raises:
        NotFoundError: no such table or version.
        RefusedError: nothing of it is open to `actor`.
        InputError: a column that is closed or not there, or a condition that does not fit the columns.
    """
    condition = None if where is None else parse_filter(where)
    found = version if version is not None else platform.lake.latest_version(dataset)
    frame = platform.lake.opened_by(actor).scan(dataset, version=found)
    opened = list(frame.collect_schema())
    asked = [*columns, *(() if condition is None else condition.meta.root_names())]
    missing = [name for name in asked if name not in opened]
    if missing:
        message = f"column {missing[0]!r} of {dataset} is closed to {actor.principal} or not there"
        raise InputError(message, next_step=f"Open to it: {', '.join(opened)}.")
    if condition is not None:
        frame = frame.filter(condition)
    try:
        rows = frame.select(list(columns) or opened).head(limit).collect()
    except pl.exceptions.PolarsError as cause:
        # Its words might quote values.
        message = f"the condition does not fit the types of {dataset}: {type(cause).__name__}"
        raise InputError(message, next_step="Compare text with 'text', numbers with numbers.") from None
    assert found is not None, "a table without versions is not found"
    closed = tuple(name for name in platform.lake.columns(dataset) if name not in opened)
    return Rows(dataset, found, rows, closed)


def explain_access(platform: Platform, principal: str, table: str, purpose: str) -> Decision:
    """What somebody would be given of a table now, and why; nothing is read.

    Raises:
        NotFoundError: no such dataset, and no table with data.
    """
    lake, access = platform.lake, platform.access
    declared = access.facts(table).columns if table in platform.project.datasets else ()
    columns = lake.columns(table) or list(declared)
    if not columns:
        raise NotFoundError.among("dataset or table with data", table, platform.project.datasets)
    if principal.startswith(SERVICE_PREFIX):
        actor = service(principal.removeprefix(SERVICE_PREFIX), purpose)
    else:
        actor = access.actor(principal, purpose)
    return access.decide(actor, table, columns)


def _said(dataset: DerivedDataset) -> dict[str, ColumnFacts]:
    """Facts of the columns of which its own contract says how sensitive they are."""
    contract, facts = contract_of(dataset), _fields(dataset)
    fields = () if contract is None else contract.fields
    return {field.name: facts[field.name] for field in fields if field.sensitivity.strip() or field.sealed}


def _fields(dataset: AnyDataset) -> Mapping[str, ColumnFacts]:
    contract = contract_of(dataset)
    if contract is None:
        return {}
    return {
        field.name: ColumnFacts(
            is_personal=field.sealed or field.sensitivity.strip().lower() == PERSONAL,
            subject=field.subject,
            scope=field.scope or dataset.name,
            is_pseudonym=bool(field.pseudonym),
        )
        for field in contract.fields
    }
