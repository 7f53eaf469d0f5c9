"""What a dataset promises: its fields, and who answers for them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from steek.data.contracts.volume import ExpectedVolume
from steek.kernel.errors import DeclarationError
from steek.kernel.records import content_hash
from steek.kernel.units import parse_duration

FieldType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
FIELD_TYPES: tuple[str, ...] = get_args(FieldType)
Pseudonym = Literal["", "keyed", "prefix"]
_BOUNDED = ("integer", "number")
_LISTABLE = ("string", "integer")
_LARGEST = 1e308


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    Args:
        name: Column name.
        type: One of string, integer (64 bit), number (finite 64-bit float), boolean, date, timestamp (UTC).
        unit: Unit of the values, e.g. "USD" or "items"; empty when they have none.
        meaning: What one value says, for people.
        nullable: Whether a value may be absent.
        minimum: Smallest allowed value, itself allowed; integer and number only.
        maximum: Largest allowed value, itself allowed; integer and number only.
        categories: The only allowed values; empty allows all. String and integer only.
        key: Part of the dataset's key: never absent, and no two rows of one batch agree on all key fields.
        sensitivity: Class of protection, e.g. "public", "internal", "personal".
        subject: Kind of person that a value names, e.g. "household"; empty when it names nobody. Erasure and
            sealing find a person's rows by it.
        pseudonym: How the value is replaced on its way in: "" not at all, "keyed" by a keyed hash, "prefix" so that
            equal beginnings stay equal (postal codes, addresses). The stored type is string then.
        scope: Pseudonyms of one scope are equal for equal values, across datasets; empty means this dataset alone.
        sealed: The value is encrypted under the key of the row's subject, and gone when that key is shredded.
    """

    name: str
    type: FieldType
    unit: str = ""
    meaning: str = ""
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str | int, ...] = ()
    key: bool = False
    sensitivity: str = "internal"
    subject: str = ""
    pseudonym: Pseudonym = ""
    scope: str = ""
    sealed: bool = False

    def __post_init__(self) -> None:
        if self.type not in FIELD_TYPES:
            message = f"field {self.name!r} has the type {self.type!r}; allowed: {', '.join(FIELD_TYPES)}"
            raise DeclarationError(message)
        for bound in (self.minimum, self.maximum):
            if bound is not None and not (type(bound) in (int, float) and -_LARGEST <= bound <= _LARGEST):
                message = f"field {self.name!r} has the bound {str(bound)[:40]!r}, which is no number"
                raise DeclarationError(message)
        if (self.minimum is not None or self.maximum is not None) and self.type not in _BOUNDED:
            message = f"field {self.name!r} of type {self.type} has bounds; only {' and '.join(_BOUNDED)} can have them"
            raise DeclarationError(message)
        if self.categories and self.type not in _LISTABLE:
            message = f"field {self.name!r} of type {self.type} has categories; only {' and '.join(_LISTABLE)} can"
            raise DeclarationError(message)
        kind = int if self.type == "integer" else str
        odd = [item for item in self.categories if type(item) is not kind]
        if odd:
            message = f"field {self.name!r} of type {self.type} has categories that are {type(odd[0]).__name__}"
            raise DeclarationError(message, next_step="Each category is a value of the field's type; quote texts.")
        if self.pseudonym not in get_args(Pseudonym):
            message = f"field {self.name!r} has pseudonym {self.pseudonym!r}; allowed: keyed, prefix, or nothing"
            raise DeclarationError(message)
        if self.key and self.nullable:
            message = f"field {self.name!r} is part of the key and nullable; a key is never absent"
            raise DeclarationError(message, next_step="Set nullable to false (required: true).")


@dataclass(frozen=True, slots=True)
class Contract:
    """The promise about one dataset, versioned by its author.

    Args:
        dataset: Name of the dataset.
        version: The author's version, e.g. "1.0.0".
        fields: The columns, in the order in which they are stored.
        owner: Who answers for it.
        source: Where the data come from.
        jurisdiction: Whose law applies, e.g. "US" or "EU"; empty when nobody said.
        retention: How long rows are kept, e.g. "730d"; None when nobody said.
        cadence: How often data are expected, e.g. "1d"; None when nobody said.
        description: What one row is.
        volumes: How many rows a period is expected to bring, in total and per slice.
    """

    dataset: str
    version: str
    fields: tuple[Field, ...]
    owner: str
    source: str = ""
    jurisdiction: str = ""
    retention: str | None = None
    cadence: str | None = None
    description: str = ""
    volumes: tuple[ExpectedVolume, ...] = ()

    def __post_init__(self) -> None:
        if not self.fields:
            message = f"the contract of {self.dataset!r} has no fields"
            raise DeclarationError(message, next_step="Declare at least one field.")
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"the contract of {self.dataset!r} names these fields twice: {', '.join(twice)}"
            raise DeclarationError(message)
        reserved = [name for name in names if name.startswith("_")]
        if reserved:
            message = (
                f"the contract of {self.dataset!r} uses reserved names (a leading underscore): {', '.join(reserved)}"
            )
            raise DeclarationError(message, next_step="Columns that begin with an underscore belong to steek.")
        for text in (self.retention, self.cadence):
            if text is not None:
                parse_duration(text)
        stray = sorted({volume.by for volume in self.volumes if volume.by} - set(names))
        if stray:
            message = f"the contract of {self.dataset!r} expects volumes by {', '.join(stray)}, which it does not have"
            raise DeclarationError(message, next_step=f"Fields: {', '.join(names)}.")

    @property
    def hash(self) -> str:
        """Content hash over every part, 64 hexadecimal digits."""
        return _hash_of(self)

    @property
    def names(self) -> list[str]:
        """Names of the fields, in order."""
        return [field.name for field in self.fields]

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)


@lru_cache(maxsize=1024)
def _hash_of(contract: Contract) -> str:
    # Asked for with every batch, and a contract never changes.
    return content_hash(contract)


def contract_difference(before: Contract, after: Contract) -> dict[str, object]:
    """What changed, for an event: `added`, `removed`, `changed` fields and changed facts of the contract itself.

    >>> old = Contract("t", "1", (Field("a", "integer"),), owner="o")
    >>> contract_difference(old, Contract("t", "2", (Field("a", "string"),), owner="o"))["changed"]
    {'a': {'type': ['integer', 'string']}}
    """
    old = {field.name: field for field in before.fields}
    new = {field.name: field for field in after.fields}
    changed = {name: _differing(old[name], new[name], Field) for name in old if name in new and old[name] != new[name]}
    return {
        "added": [name for name in new if name not in old],
        "removed": [name for name in old if name not in new],
        "changed": changed,
        "about": {name: pair for name, pair in _differing(before, after, Contract).items() if name != "fields"},
    }


def _differing(before: object, after: object, kind: type[Field] | type[Contract]) -> dict[str, list[object]]:
    pairs = {name: [getattr(before, name), getattr(after, name)] for name in kind.__dataclass_fields__}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
