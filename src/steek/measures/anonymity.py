"""How small the smallest group of people is that a table tells apart: k-anonymity and l-diversity.

Sources: L. Sweeney, "k-anonymity: a model for protecting privacy", International Journal of Uncertainty, Fuzziness and
Knowledge-Based Systems 10(5), 2002 (k over quasi-identifiers, suppression); A. Machanavajjhala, D. Kifer, J. Gehrke,
M. Venkitasubramaniam, "l-diversity: privacy beyond k-anonymity", ACM TKDD 1(1), 2007 (distinct l-diversity).

Neither hides anything from somebody who knows more than the quasi-identifiers; both say what a table gives away on its
own, and choosing those columns is for people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from steek.kernel.errors import InputError, RefusedError

LEAST_GROUP = 5
_SIZE = "__people"
_DIVERSITY = "__values"


@dataclass(frozen=True, slots=True)
class AnonymityCheck:
    """What a table gives away, and whether it may leave.

    Args:
        verdict: "fail" when a group is smaller than `k_wanted` or less diverse than `l_wanted`, else "pass".
        quasi: The columns somebody may know from elsewhere.
        k: People in the smallest group; None for a table without rows.
        k_wanted: People a group must have.
        l: Distinct values of the sensitive column in the least diverse group; None when no such column was named.
        l_wanted: Values a group must have; None when none was asked for.
        groups: Groups in the table.
        small_groups: Groups that are too small or not diverse enough.
        rows: Rows of the table.
        small_rows: Rows in those groups: what suppression would leave out.
        reasons: Sentences that say why.
    """

    verdict: Literal["pass", "fail"]
    quasi: tuple[str, ...]
    k: int | None
    k_wanted: int
    l: int | None  # noqa: E741 - the field's own letter
    l_wanted: int | None
    groups: int
    small_groups: int
    rows: int
    small_rows: int
    reasons: tuple[str, ...]


def check_anonymity(
    frame: pl.DataFrame,
    quasi: Sequence[str],
    *,
    k: int = LEAST_GROUP,
    person: str | None = None,
    sensitive: str | None = None,
    l: int | None = None,  # noqa: E741 - the field's own letter
) -> AnonymityCheck:
    """Whether every combination of `quasi` values is shared by at least `k` people.

    Args:
        frame: What is about to leave.
        quasi: Columns that others may know of a person, such as age and postal code. Absent is a value too.
        k: Least people in a group; 5 by default, as statistical offices use it.
        person: Column that names the person, whose many rows then count once; by default each row is one.
        sensitive: Column whose value a reader must not learn.
        l: Least distinct values of `sensitive` in a group; needs it.

    Raises:
        InputError: a column that is not there, no quasi-identifier, or a bound below 1.

    >>> frame = pl.DataFrame({"age": ["45-54"] * 3 + ["65+"], "income": ["35-49K"] * 4})
    >>> check = check_anonymity(frame, ["age", "income"], k=2)
    >>> check.verdict, check.k, check.small_groups, check.small_rows
    ('fail', 1, 1, 1)
    """
    _check(frame, quasi, k=k, person=person, sensitive=sensitive, l=l)
    sizes = _sizes(frame, quasi, person, sensitive)
    small = sizes.filter(_too_small(k, l))
    smallest, least = _least(sizes[_SIZE]), _least(sizes[_DIVERSITY]) if sensitive else None
    reasons = [f"the smallest of {sizes.height} groups by {', '.join(quasi)} has {smallest} of {k} people"]
    if sensitive is not None:
        wanted = "" if l is None else f" of {l}"
        reasons.append(f"the least diverse group has {least}{wanted} values of {sensitive}")
    if sizes.is_empty():
        reasons = ["there are no rows, so nobody is told apart"]
    return AnonymityCheck(
        verdict="pass" if small.is_empty() else "fail",
        quasi=tuple(quasi),
        k=smallest,
        k_wanted=k,
        l=least,
        l_wanted=l,
        groups=sizes.height,
        small_groups=small.height,
        rows=frame.height,
        small_rows=int(small["rows"].sum()),
        reasons=tuple(reasons),
    )


def suppress_small_groups(
    frame: pl.DataFrame,
    quasi: Sequence[str],
    *,
    k: int = LEAST_GROUP,
    person: str | None = None,
    sensitive: str | None = None,
    l: int | None = None,  # noqa: E741 - the field's own letter
) -> pl.DataFrame:
    """The rows of groups that `check_anonymity` would pass, in their order; what is left passes it."""
    _check(frame, quasi, k=k, person=person, sensitive=sensitive, l=l)
    small = _sizes(frame, quasi, person, sensitive).filter(_too_small(k, l)).select(quasi)
    return frame.join(small, on=list(quasi), how="anti", nulls_equal=True, maintain_order="left")


def _sizes(frame: pl.DataFrame, quasi: Sequence[str], person: str | None, sensitive: str | None) -> pl.DataFrame:
    people = pl.len() if person is None else pl.col(person).n_unique()
    values = pl.lit(1) if sensitive is None else pl.col(sensitive).n_unique()
    return frame.group_by(list(quasi)).agg(people.alias(_SIZE), values.alias(_DIVERSITY), pl.len().alias("rows"))


def _too_small(k: int, l: int | None) -> pl.Expr:  # noqa: E741 - the field's own letter
    return (pl.col(_SIZE) < k) | (pl.col(_DIVERSITY) < (l or 0))


def _least(sizes: pl.Series) -> int | None:
    least = sizes.min()
    return least if isinstance(least, int) else None


def _check(
    frame: pl.DataFrame,
    quasi: Sequence[str],
    *,
    k: int,
    person: str | None,
    sensitive: str | None,
    l: int | None,  # noqa: E741 - the field's own letter
) -> None:
    if not quasi:
        message = "no quasi-identifier is named"
        raise InputError(message, next_step="Name the columns that somebody may know of a person from elsewhere.")
    missing = [name for name in (*quasi, person, sensitive) if name is not None and name not in frame.columns]
    if missing:
        message = f"no column {', '.join(map(repr, missing))}; there are: {', '.join(frame.columns)}"
        raise InputError(message)
    if k < 1 or (l is not None and l < 1):
        message = f"k is {k} and l is {l}; each must be at least 1"
        raise InputError(message)
    if l is not None and sensitive is None:
        message = f"l is {l}, but no sensitive column is named"
        raise InputError(message, next_step="Name the column whose value a reader must not learn.")


def require_anonymity(check: AnonymityCheck, what: str) -> None:
    """Let nothing leave that tells small groups apart.

    Raises:
        RefusedError: the check failed; the error says how far it is from passing.
    """
    if check.verdict == "fail":
        message = f"{what} tells small groups apart: {'; '.join(check.reasons)}"
        figures = ("k", "k_wanted", "l", "l_wanted", "groups", "small_groups", "rows", "small_rows")
        details: dict[str, object] = {name: getattr(check, name) for name in figures}
        next_step = (
            f"Suppress the {check.small_rows} rows of {check.small_groups} small groups, make values coarser, "
            "or leave a column out."
        )
        raise RefusedError(message, next_step=next_step, details=details)
