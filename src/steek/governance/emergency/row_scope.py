"""Which rows an access in an emergency opens: a condition in which personal columns stand for their pseudonyms."""

import ast
import re
from collections.abc import Sequence

import polars as pl

from steek.governance.access.facts import TableFacts
from steek.governance.access.row_filter import parse_filter
from steek.governance.access.treatments import Pseudonymise
from steek.kernel.errors import InputError

# As `keyed_pseudonyms` makes them.
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
_NEXT_STEP = (
    "Take the pseudonym from a pseudonymised read of the same rows, for example household_id == "
    "'0f3b…' (32 hexadecimal digits), or name rows by columns that are not personal."
)


def check_rows(text: str, facts: TableFacts, columns: Sequence[str]) -> None:
    """Refuse a condition that would open everything, or that holds a personal value.

    Args:
        text: As the asker wrote it; no message repeats it.
        facts: Which columns are personal.
        columns: Columns of the table.

    Raises:
        InputError: it does not say of each row which value it has, as `==` and `in` do; a column that is not there; a
            personal column beside anything but pseudonyms or None.
    """
    parse_filter(text)
    tree = ast.parse(text.strip(), mode="eval")
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {"date", "instant"}
    missing = sorted(named - set(columns))
    if missing:
        message = f"the condition on rows names columns that {facts.name} does not have: {', '.join(missing)[:200]}"
        raise InputError(message, next_step=f"It has {', '.join(columns)}.")
    compared = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    for node in compared:
        _check_comparison(node, facts)
    if not _names_rows(tree.body):
        message = "the condition on rows names no value that they have, so it may open every row"
        next_step = "Name the rows that you need by == or in, for example store_id == 412."
        raise InputError(message, next_step=next_step)


def scoped_rows(text: str, facts: TableFacts, pseudonymise: Pseudonymise | None) -> pl.Expr:
    """The condition on stored values; personal columns go through `pseudonymise` first.

    Where there are no keys for pseudonyms, a personal column can only be compared with None.
    """

    def column(name: str) -> pl.Expr:
        known = facts.of(name)
        if not known.is_personal or known.is_pseudonym or pseudonymise is None:
            return pl.col(name)
        scope, subject, keyed = known.scope or facts.name, known.subject, pseudonymise

        def replaced(values: pl.Series) -> pl.Series:
            return keyed(values, scope, subject)

        return pl.col(name).map_batches(replaced, return_dtype=pl.String, is_elementwise=True)

    return parse_filter(text, column)


def _check_comparison(node: ast.Compare, facts: TableFacts) -> None:
    sides = [node.left, *node.comparators]
    personal = [side.id for side in sides if isinstance(side, ast.Name) and facts.of(side.id).is_personal]
    columns = [side for side in sides if isinstance(side, ast.Name)]
    if not columns:
        message = f"the condition on rows compares two constants at character {node.col_offset + 1}"
        raise InputError(message, next_step="Compare a column with a value.")
    if not personal or len(columns) == len(sides):
        return
    against_none = all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
    constants = [each for side in sides if not isinstance(side, ast.Name) for each in _constants(side)]
    equal = len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.In)
    if not against_none and not (equal and all(_is_pseudonym(each) for each in constants)):
        message = f"column {personal[0]!r} is personal: rows are named by its pseudonym, never by its value"
        raise InputError(message, next_step=_NEXT_STEP)


def _constants(side: ast.expr) -> list[ast.expr]:
    return list(side.elts) if isinstance(side, ast.Tuple | ast.List) else [side]


def _is_pseudonym(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_PSEUDONYM.fullmatch(node.value))


def _names_rows(node: ast.expr) -> bool:
    """Whether each row that fits has a value that the condition names; a range, a not or true and false name none."""
    if isinstance(node, ast.BoolOp):
        named = [_names_rows(each) for each in node.values]
        return any(named) if isinstance(node.op, ast.And) else all(named)
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.In):
        return False
    sides = [side for side in (node.left, *node.comparators) if not isinstance(side, ast.Name)]
    values = [each for side in sides for each in _constants(side)]
    return bool(values) and not any(isinstance(each, ast.Constant) and isinstance(each.value, bool) for each in values)
