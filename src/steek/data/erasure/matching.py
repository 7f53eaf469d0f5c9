"""Expressions that find persons in columns: typed ones, text, and JSON inside of text."""

import re
from collections.abc import Mapping

import polars as pl

from steek.data.erasure.subjects import Wanted

DIGEST = "_digest"
# What fits into 64 bits for sure.
_WHOLE = re.compile(r"-?\d{1,18}")


def digest_of(schema: Mapping[str, pl.DataType], looked_for: Wanted, json_columns: tuple[str, ...]) -> pl.Expr | None:
    """The digest of the person a row names, null where it names none of them; None where no column could name one.

    Args:
        schema: Columns of the frame and their types.
        looked_for: Column to its forms.
        json_columns: Columns of text that hold JSON objects with the same names inside.
    """
    parts: list[pl.Expr] = []
    for name, forms in looked_for.items():
        if name in schema:
            parts.append(_told(_as_text(name, schema[name]), forms))
    for name in json_columns:
        parts += [_told(_inside(name, key), forms) for key, forms in looked_for.items()]
    return pl.coalesce(parts).alias(DIGEST) if parts else None


def json_pattern(key: str) -> str:
    r"""Regular expression of one JSON pair; its first group is the value without quotes.

    >>> import re
    >>> re.search(json_pattern("guest_id"), '{"guest_id": "7"}').group(1)
    '7'
    """
    # Inside of text inside of text, quotes come with one, three or more backslashes; statistics may cut it off.
    return rf'\\*"{re.escape(key)}\\*"\s*:\s*\\*"?\s*([^",\\}}\]]*?)(?:\.0+)?\s*(?:[",\\}}\]]|$)'


def texts_of(
    schema: Mapping[str, pl.DataType], looked_for: Wanted, json_columns: tuple[str, ...]
) -> dict[str, pl.Expr]:
    """Columns of text that may name somebody, each with whether it does."""
    named = [name for name in looked_for if name in schema and schema[name] == pl.String]
    found = {name: _told(_as_text(name, schema[name]), looked_for[name]).is_not_null() for name in named}
    for name in json_columns:
        found[name] = pl.any_horizontal(
            _told(_inside(name, key), forms).is_not_null() for key, forms in looked_for.items()
        )
    return found


def condition(schema: Mapping[str, pl.DataType], looked_for: Wanted, texts: Mapping[str, set[str]]) -> str | None:
    """SQL for Delta that selects the rows which name somebody, None where no row can.

    Args:
        schema: Columns of the table and their types.
        looked_for: Column to its forms, for columns of numbers.
        texts: Column of text to the very texts in it that name somebody, as `texts_of` finds them.
    """
    parts: list[str] = []
    for name, forms in looked_for.items():
        if name in schema and schema[name].is_numeric():
            literals = [form for form in forms if _WHOLE.fullmatch(form)]
            parts += [f'"{name}" IN ({", ".join(literals)})'] if literals else []
    parts += [f'"{name}" IN ({", ".join(map(_quoted, sorted(values)))})' for name, values in texts.items() if values]
    return " OR ".join(parts) if parts else None


def _told(text: pl.Expr, forms: Mapping[str, str]) -> pl.Expr:
    return text.replace_strict(list(forms), list(forms.values()), default=None, return_dtype=pl.String)


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():
        return pl.when(column == column.floor()).then(column.cast(pl.Int64, strict=False)).cast(pl.String)
    if dtype == pl.String:
        return column.str.strip_chars()
    return column.cast(pl.String, strict=False) if not dtype.is_nested() else pl.lit(None, pl.String)


def _inside(name: str, key: str) -> pl.Expr:
    return pl.col(name).str.extract(json_pattern(key), 1)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
