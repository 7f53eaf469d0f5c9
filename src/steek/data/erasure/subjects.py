"""Whom data name: persons, the columns that name them, and every form in which one of them may be written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from steek.data.contracts.contract import Pseudonym
from steek.data.datasets import AnyDataset, contract_of
from steek.governance import PERSON
from steek.kernel.errors import InputError, NotFoundError

RAW_PREFIX = "_raw_"
_LEAST_TELLING = 12


@dataclass(frozen=True, slots=True)
class Subject:
    """One person. `value` is what names them, as text: 2375 and "2375" are the same household."""

    kind: str
    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.value.strip():
            message = f"a {self.kind} without a value names nobody"
            raise InputError(message, next_step="Give the value that names it, for example 2375.")


@dataclass(frozen=True, slots=True)
class NamingColumn:
    """A column that names persons of one kind, as a contract says it; `pseudonym` "" means in the clear."""

    dataset: str
    name: str
    pseudonym: Pseudonym
    scope: str


@dataclass(frozen=True, slots=True)
class Trace:
    """One person as they may be written.

    Args:
        subject: Who.
        digest: Keyed hash, 32 hexadecimal digits: the only name under which the ledger knows them.
        columns: Columns that name persons of this kind, in whatever table.
        forms: The value and its pseudonyms under every version of their keys.
    """

    subject: Subject
    digest: str
    columns: tuple[str, ...]
    forms: frozenset[str] = field(repr=False)


Wanted = Mapping[str, Mapping[str, str]]
"""Column to the forms that are looked for in it, each with the digest of its person."""


def kinds_of(datasets: Iterable[AnyDataset]) -> set[str]:
    """All kinds of persons that the contracts name."""
    contracts = [contract_of(dataset) for dataset in datasets]
    return {item.subject for contract in contracts if contract for item in contract.fields if item.subject}


def naming_columns(datasets: Mapping[str, AnyDataset], kind: str) -> list[NamingColumn]:
    """Columns that name persons of a kind, in order of declaration.

    Raises:
        NotFoundError: no contract has a field whose subject is that kind.
    """
    found: list[NamingColumn] = []
    for dataset in datasets.values():
        contract = contract_of(dataset)
        named = [item for item in contract.fields if item.subject == kind] if contract else []
        found += [NamingColumn(dataset.name, item.name, item.pseudonym, item.scope or dataset.name) for item in named]
    if not found:
        step = "Give the field that names them `subject` in its contract."
        raise NotFoundError.among("kind of person", kind, kinds_of(datasets.values()), next_step=step)
    return found


def wanted(traces: Sequence[Trace]) -> dict[str, dict[str, str]]:
    """What to look for in which column; the raw values that cleaning keeps beside a column count as that column.

    >>> wanted([Trace(Subject("guest", "7"), "d", ("guest_id",), frozenset({"7"}))])
    {'guest_id': {'7': 'd'}, '_raw_guest_id': {'7': 'd'}}
    """
    found: dict[str, dict[str, str]] = {}
    for trace in traces:
        for column in trace.columns:
            for name in (column, f"{RAW_PREFIX}{column}"):
                found.setdefault(name, {}).update(dict.fromkeys(trace.forms, trace.digest))
    return found


def with_digests(looked_for: Wanted) -> Wanted:
    """Also the digests of the persons: sealed rows tell them, whatever else can still be read of these rows."""
    digests = {digest for forms in looked_for.values() for digest in forms.values()}
    return {**looked_for, PERSON: {digest: digest for digest in digests}} if digests else looked_for


def tells(form: str) -> bool:
    """Whether a text is long enough to be looked for as bytes: short ones are found in any large file by chance."""
    return len(form) >= _LEAST_TELLING
