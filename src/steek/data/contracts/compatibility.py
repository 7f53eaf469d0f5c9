"""Comparing two contracts: every difference, its class, and why it is of that class."""

from steek.data.contracts.changes import Compatibility, ContractDiff
from steek.data.contracts.contract import Contract
from steek.data.contracts.field_changes import added_field, field_changes, removed_field
from steek.data.contracts.promise_changes import promise_changes
from steek.data.contracts.renaming import renamed_fields
from steek.kernel.errors import InputError

_ORDER = (Compatibility.BREAKING, Compatibility.WIDENING, Compatibility.COMPATIBLE)


def compare(before: Contract, after: Contract) -> ContractDiff:
    """What changes for readers and senders when `after` takes the place of `before`.

    The order of fields and of categories says nothing. A change of key, unit or meaning is breaking though all types
    agree; an allowance that grows is widening, one that shrinks is breaking, because rows that were good are then
    refused and stored ones do not fit.

    Raises:
        InputError: they are contracts of different datasets.

    >>> from steek.data.contracts.contract import Field
    >>> old = Contract("t", "1", (Field("paid", "number", unit="USD"),), owner="o")
    >>> new = Contract("t", "1", (Field("paid", "number", unit="EUR"),), owner="o")
    >>> [(change.what, str(change.compatibility)) for change in compare(old, new).changes]
    [('unit', 'breaking')]
    """
    if before.dataset != after.dataset:
        message = f"contracts of {before.dataset!r} and of {after.dataset!r} are not versions of one another"
        raise InputError(message, next_step="Compare two contracts of one dataset.")
    removed = [field for field in before.fields if after.field(field.name) is None]
    added = [field for field in after.fields if before.field(field.name) is None]
    pairs = [(old, new) for old in before.fields if (new := after.field(old.name)) is not None]
    changes = [
        *renamed_fields(removed, added),
        *(removed_field(field) for field in removed),
        *(added_field(field) for field in added),
        *(change for old, new in pairs for change in field_changes(old, new)),
        *promise_changes(before, after),
    ]
    return ContractDiff(tuple(sorted(changes, key=lambda change: _ORDER.index(change.compatibility))))
