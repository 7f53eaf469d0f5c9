"""What a project declares about access: roles and policies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Literal, get_args

import polars as pl

from steek.governance.access.actors import SERVICE, SERVICE_PREFIX
from steek.governance.access.row_filter import parse_filter
from steek.kernel.errors import DeclarationError, InputError
from steek.kernel.records import content_hash
from steek.kernel.units import parse_duration

Treatment = Literal["allow", "pseudonym", "mask", "deny"]
TREATMENTS: tuple[Treatment, ...] = get_args(Treatment)
ANYTHING = "*"
_OLDEST = timedelta(days=365_000)
_LEAST_GROUP = 2
_NAME = re.compile(r"[A-Za-z0-9_.:@+/-]{1,100}")


@dataclass(frozen=True, slots=True)
class Role:
    """A role and who has it.

    Args:
        name: What policies call it. "owner" and "member" see all that is not personal; so does whoever has any role.
        members: Principals: "ana@grocer", "job:weekly-report".
        owner: Who answers for its membership.
        reason: What the role is for.
    """

    name: str
    members: tuple[str, ...] = ()
    owner: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        _check_names(f"role {self.name!r}", (self.name, *self.members))
        if self.name == SERVICE or self.name.startswith(SERVICE_PREFIX):
            message = f"role {self.name!r} belongs to the services of this house"
            raise DeclarationError(message, next_step="Name the role by what its people do, e.g. 'analyst'.")


@dataclass(frozen=True, eq=False)
class Policy:
    """What some roles may see of a dataset, for some purposes.

    Personal columns are closed; a policy opens one by naming it. "*" stands for every dataset (or, after a prefix as
    in "features.*", for those that begin so), for every role, or for every column; as a column it never opens a
    personal one. Of several policies the most specific decides a column, among equals the most restrictive one;
    conditions on rows, age and groups hold all together.

    Args:
        dataset: Name of a dataset, or of a table of the lake such as "features.households".
        to: Roles and principals.
        purposes: What they may read for.
        columns: Column to treatment: "allow", "pseudonym", "mask" (text becomes •••, numbers null, dates their year)
            or "deny" (the column is not there).
        rows: Only rows that fit: text such as "region == 'EU'", or a polars expression. None gives all.
        newer_than: Only rows whose event is younger, e.g. "90d", by the project's clock. None gives all.
        k_anonymity: Only rows of groups of at least so many people who have the values of `quasi` in common; people
            are counted by the column that names them, where there is one, else each row is a person.
        quasi: Columns that somebody may know of a person from elsewhere, such as age and postal code.
        owner: Who answers for it.
        reason: Why it is so.
    """

    dataset: str
    to: tuple[str, ...]
    purposes: tuple[str, ...]
    columns: Mapping[str, Treatment] = field(default_factory=dict[str, Treatment])
    rows: str | pl.Expr | None = None
    newer_than: str | timedelta | None = None
    k_anonymity: int | None = None
    quasi: tuple[str, ...] = ()
    owner: str = field(kw_only=True)
    reason: str = field(kw_only=True)

    def __post_init__(self) -> None:
        what = f"policy on {self.dataset!r}"
        for name, given in (("to", self.to), ("purposes", self.purposes)):
            if isinstance(given, str) or not given:
                message = f"{what}: {name} is {given!r}; it must be a tuple that names at least one"
                raise DeclarationError(message, next_step=f"For example {name}=('analyst',).")
        _check_names(what, (*self.to, *self.purposes), ANYTHING)
        if ANYTHING in self.purposes:
            message = f"{what}: a purpose is a word, not '*'"
            raise DeclarationError(message, next_step="Name the purposes, e.g. purposes=('research',).")
        for column, treatment in self.columns.items():
            if treatment not in TREATMENTS:
                message = f"{what}: column {column!r} has {treatment!r}; allowed: {', '.join(TREATMENTS)}"
                raise DeclarationError(message)
        if not self.reason.strip() or not self.owner.strip():
            message = f"{what} needs an owner and a reason"
            raise DeclarationError(message, next_step="Say who answers for it and why it is so.")
        if (self.k_anonymity is None) == bool(self.quasi) or isinstance(self.quasi, str):
            message = f"{what}: k_anonymity and quasi belong together; they are {self.k_anonymity} and {self.quasi!r}"
            raise DeclarationError(message, next_step="For example k_anonymity=5, quasi=('age', 'postal_code').")
        if self.k_anonymity is not None and self.k_anonymity < _LEAST_GROUP:
            message = f"{what}: k_anonymity is {self.k_anonymity}; a group of one hides nobody"
            raise DeclarationError(message, next_step="Statistical offices use 5.")
        try:
            _check_narrowing(what, self.condition, self.age)
        except InputError as cause:
            message = f"{what}: {cause.message}"
            raise DeclarationError(message, next_step=cause.next_step) from None

    @cached_property
    def condition(self) -> pl.Expr | None:
        """The condition on rows as an expression, None for all rows."""
        return parse_filter(self.rows) if isinstance(self.rows, str) else self.rows

    @cached_property
    def age(self) -> timedelta | None:
        """The greatest age of a row, None for any."""
        return None if self.newer_than is None else parse_duration(self.newer_than)

    @cached_property
    def hash(self) -> str:
        """Content hash, 64 hexadecimal digits."""
        return content_hash(self.described())

    @property
    def name(self) -> str:
        """How reasons and the audit name it: whom, what, and the beginning of its hash."""
        return f"policy {self.dataset} to {','.join(self.to)} #{self.hash[:8]}"

    def described(self) -> dict[str, object]:
        """All of it as plain values."""
        rows = self.rows if isinstance(self.rows, str) or self.rows is None else str(self.rows)
        # Policies without groups keep the hash that they have always had.
        groups: dict[str, object] = {"k_anonymity": self.k_anonymity, "quasi": sorted(self.quasi)} if self.quasi else {}
        return {
            **groups,
            "dataset": self.dataset,
            "to": sorted(self.to),
            "purposes": sorted(self.purposes),
            "columns": dict(sorted(self.columns.items())),
            "rows": rows,
            "newer_than_s": None if self.age is None else self.age.total_seconds(),
            "owner": self.owner,
            "reason": self.reason,
        }

    def is_about(self, table: str) -> bool:
        """Whether it speaks of a table."""
        return matches(self.dataset, table)


def matches(pattern: str, name: str) -> bool:
    """A name, or its beginning followed by a star.

    >>> matches("features.*", "features.households")
    True
    """
    return name.startswith(pattern[:-1]) if pattern.endswith(ANYTHING) else pattern == name


def _check_narrowing(what: str, condition: pl.Expr | None, age: timedelta | None) -> None:
    if condition is not None and not isinstance(condition, pl.Expr):  # pyright: ignore[reportUnnecessaryIsInstance]
        message = f"{what}: rows is a {type(condition).__name__}; it must be text or a polars expression"
        raise DeclarationError(message, next_step="For example rows=\"region == 'EU'\".")
    if condition is not None and condition.meta.has_multiple_outputs():
        message = f"{what}: rows speaks of several columns at once, so nobody can tell which rows fit"
        raise DeclarationError(message, next_step="Name each column.")
    if age is not None and not timedelta(0) < age <= _OLDEST:
        message = f"{what}: newer_than is {age}; it must be more than nothing and at most {_OLDEST.days} days"
        raise DeclarationError(message, next_step="For example newer_than='90d'.")


def _check_names(what: str, names: tuple[str, ...], *also: str) -> None:
    wrong = [name for name in names if not _NAME.fullmatch(name) and name not in also]
    if wrong:
        message = f"{what}: {wrong[0]!r} is not a name; use letters, digits and . _ : @ + / - (at most 100)"
        raise DeclarationError(message)
