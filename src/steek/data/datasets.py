"""Declarations: the datasets of a project."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from steek.data.cleaning.actions import Action
from steek.data.cleaning.documenting import check_cleaning, documented
from steek.data.contracts.contract import Contract, Field
from steek.data.contracts.odcs import read_contract
from steek.data.sampling.filtering import Filter
from steek.data.sampling.sampling import Sampling
from steek.data.validation.feed.checks import FeedChecks
from steek.kernel.errors import DeclarationError
from steek.kernel.records import content_hash
from steek.measures import Implied

Mode = Literal["append", "replace"]
_NAME = re.compile(r"[a-z][a-z0-9_]*")
JOIN_PARAMETER = "join"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset that arrives from outside.

    Args:
        name: Lower-case name, also of its table in the lake.
        contract: The contract, or a path to its YAML file relative to the project.
        event_time: Field of type timestamp that says when a row's event happened; None when rows have no moment.
        owner: Who answers for it.
        mode: "append": every batch adds rows. "replace": every batch is the whole table.
        volume_by: Fields whose slices are watched for volume.
        cleaning: What is done to every row before it is judged, in order; made by `sk.clean`.
        filters: Good rows that are left out.
        sampling: Which part of the rows is kept, and with what rate; None keeps all.
        feed: How its batches are compared with those before, and which checks hold a batch for a person.
    """

    name: str
    contract: Contract | str | Path
    event_time: str | None = None
    owner: str = field(kw_only=True)
    mode: Mode = "append"
    volume_by: tuple[str, ...] = ()
    cleaning: Sequence[Action] = ()
    feed: FeedChecks = field(default_factory=FeedChecks)
    filters: Sequence[Filter] = ()
    sampling: Sampling | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.mode not in get_args(Mode):
            message = f"dataset {self.name!r} has mode {self.mode!r}; allowed: {', '.join(get_args(Mode))}"
            raise DeclarationError(message)
        check_fit(self)


@dataclass(frozen=True, slots=True)
class DerivedDataset:
    """A dataset computed from others, one window of event time after the other; made by `derived_dataset`.

    Its function gets lazy frames named by its parameters: of append datasets the rows of the window, of replace
    datasets the whole table; and, if it has a parameter `join`, the join that counts.
    """

    name: str
    function: Callable[..., pl.LazyFrame]
    inputs: tuple[str, ...]
    event_time: str
    owner: str
    contract: Contract | str | Path | None
    volume_by: tuple[str, ...]
    description: str
    definition_hash: str
    joins: bool
    mode: Mode = "append"
    implied: Implied | None = None
    implied_of: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.implied_of is not None and self.implied_of not in self.inputs:
            message = f"derived dataset {self.name!r} has no input {self.implied_of!r}"
            raise DeclarationError(message, next_step=f"Its inputs: {', '.join(self.inputs)}.")
        if not self.inputs:
            message = f"derived dataset {self.name!r} has no inputs; name the datasets as parameters of its function"
            raise DeclarationError(message)
        check_fit(self)


AnyDataset = Dataset | DerivedDataset


def derived_dataset(
    *,
    event_time: str,
    owner: str,
    contract: Contract | str | Path | None = None,
    volume_by: tuple[str, ...] = (),
    implied: Implied | None = None,
    implied_of: str | None = None,
) -> Callable[[Callable[..., pl.LazyFrame]], DerivedDataset]:
    """Declare the decorated function as a derived dataset with the function's name.

    Args:
        event_time: Timestamp column of the result, inside the window that was asked for.
        owner: Who answers for it.
        contract: Contract of the result; None leaves the result unchecked.
        volume_by: Columns whose slices are watched for volume.
        implied: Share of the rows of an input that must come out, e.g. `sk.Implied(low_fraction=0.9)`; None says
            nothing.
        implied_of: Name of that input, by default the first.
    """

    def declare(function: Callable[..., pl.LazyFrame]) -> DerivedDataset:
        parameters = list(inspect.signature(function).parameters)
        return DerivedDataset(
            name=function.__name__,
            function=function,
            inputs=tuple(name for name in parameters if name != JOIN_PARAMETER),
            event_time=event_time,
            owner=owner,
            contract=contract,
            volume_by=volume_by,
            description=inspect.getdoc(function) or "",
            definition_hash=content_hash([inspect.getsource(function), event_time]),
            joins=JOIN_PARAMETER in parameters,
            implied=implied,
            implied_of=implied_of,
        )

    return declare


def load_contracts(datasets: Mapping[str, AnyDataset], folder: Path) -> dict[str, AnyDataset]:
    """The same declarations with every contract path replaced by the contract that it names.

    Args:
        datasets: Declarations by name.
        folder: The project; contract paths are relative to it.

    Raises:
        NotFoundError: a contract file is missing.
        DeclarationError: a contract is about another dataset or lacks a field that the declaration names.
    """
    return {name: _with_contract(dataset, folder) for name, dataset in datasets.items()}


def contract_of(dataset: AnyDataset) -> Contract | None:
    """The dataset's contract, which must have been loaded; None for a derived dataset without one."""
    if isinstance(dataset.contract, str | Path):
        message = f"the contract of {dataset.name!r} was not loaded from {dataset.contract}"
        raise DeclarationError(message, next_step="Pass the declarations through load_contracts first.")
    if dataset.contract is not None and isinstance(dataset, Dataset):
        return documented(dataset.contract, dataset.cleaning)
    return dataset.contract


def check_name(name: str) -> None:
    """Refuse a name that could not be a table, a column prefix and a URN at once."""
    if not _NAME.fullmatch(name):
        message = f"{name!r} is not a dataset name; use lower-case letters, digits and underscores"
        raise DeclarationError(message)


def check_fit(dataset: AnyDataset) -> None:
    """Refuse a declaration that names fields its contract does not have; a contract not yet loaded passes."""
    contract = dataset.contract
    if not isinstance(contract, Contract):
        return
    if contract.dataset != dataset.name:
        message = f"dataset {dataset.name!r} points to the contract of {contract.dataset!r}"
        raise DeclarationError(message)
    if isinstance(dataset, Dataset):
        contract = documented(contract, dataset.cleaning)
        check_cleaning(contract, dataset.cleaning)
        if dataset.sampling is not None:
            dataset.sampling.check(contract, dataset.event_time)
    missing = [name for name in dataset.volume_by if contract.field(name) is None]
    if missing:
        message = f"dataset {dataset.name!r}: volume_by names {', '.join(missing)}; fields: {', '.join(contract.names)}"
        raise DeclarationError(message)
    # Slices are counted, kept and told in alerts to whoever looks: their values must be nobody's.
    closed = [field.name for field in contract.fields if field.name in dataset.volume_by and _is_personal(field)]
    if closed:
        message = f"dataset {dataset.name!r} is to be counted by {', '.join(closed)}, whose values are personal"
        raise DeclarationError(message, next_step="Count by a field that tells of nobody, e.g. a store or a region.")
    if dataset.event_time is None:
        return
    moment = contract.field(dataset.event_time)
    if moment is None or moment.type != "timestamp" or moment.nullable:
        message = f"dataset {dataset.name!r}: event_time {dataset.event_time!r} must be a required timestamp field"
        raise DeclarationError(message, next_step=f"Fields of its contract: {', '.join(contract.names)}.")


def _is_personal(field: Field) -> bool:
    return bool(field.sealed or field.pseudonym or field.subject) or field.sensitivity.strip().lower() == "personal"


def _with_contract(dataset: AnyDataset, folder: Path) -> AnyDataset:
    if isinstance(dataset.contract, str | Path):
        return replace(dataset, contract=read_contract(folder / dataset.contract))
    return dataset
