"""Conditions on rows as people write them: `region == 'EU' and spend > 10`, and nothing that could run."""

import ast
import operator
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from steek.kernel.errors import InputError

Column = Callable[[str], pl.Expr]
_LONGEST = 2000
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], pl.Expr]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_NEXT_STEP = (
    "Write columns, numbers, 'text', date('2017-10-02') or instant('2017-10-02T06:00Z'), joined by == != < <= > >=, "
    "in (…), is None, and, or, not. For example: region == 'EU' and spend > 10."
)


def parse_filter(text: str, column: Column = pl.col) -> pl.Expr:
    """The condition as an expression; a row for which it is unknown (null) does not fit.

    Args:
        text: As people write it.
        column: What a name stands for; by default the column of that name as it is stored.

    Raises:
        InputError: it is something else than columns, constants, comparisons, and, or, not; the message names what.

    >>> pl.DataFrame({"n": [1, 5, None]}).filter(parse_filter("n > 2 or n is None"))["n"].to_list()
    [5, None]
    """
    if not text.strip() or len(text) > _LONGEST:
        message = f"a condition on rows has 1 to {_LONGEST:,} characters, this one {len(text):,}"
        raise InputError(message, next_step=_NEXT_STEP)
    try:
        made = _condition(ast.parse(text.strip(), mode="eval").body, column)
        # Whatever polars would refuse by itself, such as a comparison of two constants, is refused here.
        made.meta.root_names()
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError, pl.exceptions.PolarsError) as cause:
        message = f"a condition on rows cannot be read: {type(cause).__name__}"
        raise InputError(message, next_step=_NEXT_STEP) from None
    return made


def _condition(node: ast.expr, column: Column) -> pl.Expr:
    if isinstance(node, ast.BoolOp):
        parts = [_condition(each, column) for each in node.values]
        return pl.all_horizontal(parts) if isinstance(node.op, ast.And) else pl.any_horizontal(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ~_condition(node.operand, column)
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        steps = zip(sides, node.ops, sides[1:], strict=False)
        return pl.all_horizontal([_comparison(left, op, right, column) for left, op, right in steps])
    if isinstance(node, ast.Name):
        return column(node.id)
    raise _refused(node)


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, column: Column) -> pl.Expr:
    if isinstance(op, ast.Is | ast.IsNot):
        if not (isinstance(right, ast.Constant) and right.value is None):
            raise _refused(right)
        value = _value(left, column)
        return value.is_null() if isinstance(op, ast.Is) else value.is_not_null()
    if isinstance(op, ast.In | ast.NotIn):
        if not isinstance(right, ast.Tuple | ast.List) or not right.elts:
            raise _refused(right)
        within = _value(left, column).is_in([_constant(each) for each in right.elts])
        return within if isinstance(op, ast.In) else ~within
    return _COMPARISONS[type(op)](_value(left, column), _value(right, column))


def _value(node: ast.expr, column: Column) -> pl.Expr:
    return column(node.id) if isinstance(node, ast.Name) else pl.lit(_constant(node))


def _constant(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_constant(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        given = node.args[0]
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            return _moment(node.func.id, given.value, node)
    raise _refused(node)


def _moment(kind: str, text: str, node: ast.expr) -> date | datetime:
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "instant":
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    raise _refused(node)


def _refused(node: ast.expr) -> InputError:
    # The kind of thing and where, never its text: a condition may hold a personal value.
    message = f"a condition on rows holds a {type(node).__name__} at character {node.col_offset + 1}, not allowed here"
    return InputError(message, next_step=_NEXT_STEP)
