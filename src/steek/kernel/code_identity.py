"""What a declared function computes, as content: its source, and what the source names."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from steek.kernel.errors import DeclarationError
from steek.kernel.records import to_plain

_CONSTANTS: tuple[type, ...] = (bool, int, float, str, date, timedelta, tuple, list, dict, set, frozenset)


def describe_code(function: Callable[..., Any]) -> dict[str, dict[str, str]]:
    """Source and constants that decide what `function` returns, as text ready to be hashed.

    Comments, layout, docstrings and decorators are left out, because they do not change the result. Functions
    that it calls by name and that live beside or below its file are followed; so are plain module constants and
    closed-over values. What is reached through another module's attribute (`settings.DAYS`) is not seen.

    Raises:
        DeclarationError: the source cannot be read, as for a function typed at a prompt.
    """
    home = Path(function.__code__.co_filename).parent
    sources: dict[str, str] = {}
    constants: dict[str, str] = {}
    waiting: list[Callable[..., Any]] = [function]
    while waiting:
        current = waiting.pop()
        # Where the declared function itself is nested does not matter.
        name = "" if current is function else current.__qualname__
        if name in sources:
            continue
        sources[name] = source_of(current)
        for name, value in _referenced(current):
            if isinstance(value, FunctionType):
                if Path(value.__code__.co_filename).is_relative_to(home):
                    waiting.append(value)
            elif isinstance(value, _CONSTANTS):
                constants[name] = repr(to_plain(value))
    return {"sources": sources, "constants": constants}


def source_of(function: Callable[..., Any]) -> str:
    """The function's source in one canonical layout, without comments, docstring and decorators."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as cause:
        message = f"the source of {function.__qualname__} cannot be read, so it cannot be versioned"
        raise DeclarationError(message, next_step="Declare it in a module of the project.") from cause
    try:
        node = ast.parse(text).body[0]
    except (
        SyntaxError
    ):  # A string with less indentation than the function defeats dedent; its text still identifies it.
        return text
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(node)


def _referenced(function: Callable[..., Any]) -> Iterator[tuple[str, object]]:
    spaces = inspect.getclosurevars(function)
    for name, value in (*sorted(spaces.nonlocals.items()), *sorted(spaces.globals.items())):
        yield name, value
    # getclosurevars does not look into nested functions and comprehensions.
    for name in sorted(_nested_names(function.__code__)):
        if name in function.__globals__ and name not in spaces.globals:
            yield name, function.__globals__[name]


def _nested_names(code: CodeType) -> set[str]:
    names: set[str] = set()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= set(constant.co_names) | _nested_names(constant)
    return names
