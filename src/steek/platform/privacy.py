"""What may leave: groups of people in a dataset, counted with its sealed columns opened."""

from collections.abc import Sequence

from steek.data import contract_of
from steek.governance import MAINTENANCE, service
from steek.kernel.errors import InputError, NotFoundError
from steek.measures import AnonymityCheck, check_anonymity
from steek.platform.record import Platform


def check_export(
    platform: Platform,
    dataset: str,
    quasi: Sequence[str],
    *,
    k: int,
    sensitive: str | None = None,
    l: int | None = None,  # noqa: E741 - the field's own letter
) -> AnonymityCheck:
    """Whether the rows of a dataset may leave; reads all of them as a keeper of the lake and gives counts only.

    People are counted by the field of the contract that names them, where there is one; else each row is a person.

    Args:
        platform: The project.
        dataset: A declared dataset with data.
        quasi: Columns that somebody may know of a person from elsewhere.
        k: Least people in a group.
        sensitive: Column whose value a reader must not learn.
        l: Least distinct values of it in a group.

    Raises:
        NotFoundError: no such dataset, or it has no data.
        InputError: a column that is not there, or a bound below 1.
    """
    if dataset not in platform.project.datasets:
        raise NotFoundError.among("dataset", dataset, platform.project.datasets)
    contract = contract_of(platform.project.datasets[dataset])
    rows = platform.lake.opened_by(service("verification", MAINTENANCE)).scan(dataset)
    columns = rows.collect_schema().names()
    wanted = {name for name in (*quasi, sensitive) if name is not None}
    fields = () if contract is None else contract.fields
    person = next((field.name for field in fields if field.subject and field.name in columns), None)
    missing = sorted(wanted - set(columns))
    if missing:
        message = f"no column {', '.join(map(repr, missing))} in {dataset}; there are: {', '.join(columns)}"
        raise InputError(message)
    needed = sorted(wanted | ({person} if person else set[str]()))
    return check_anonymity(rows.select(needed).collect(), quasi, k=k, person=person, sensitive=sensitive, l=l)
