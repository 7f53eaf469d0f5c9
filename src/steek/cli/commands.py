"""Turning Typer applications into the commands that the root looks up."""

from collections.abc import Callable
from typing import Any

import typer
from typer.main import get_command


def command(function: Callable[..., Any]) -> Any:
    """A noun that is itself the verb, e.g. `steek ingest`."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(function)
    return get_command(app)


def group(help: str, **verbs: Callable[..., Any]) -> Any:
    """A noun with verbs, e.g. `steek ledger verify`; underscores become dashes."""
    app = typer.Typer(
        help=help, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    # Without a callback, Typer takes a noun with one verb for the verb itself.
    app.callback()(_nothing)
    for name, function in verbs.items():
        app.command(name.rstrip("_").replace("_", "-"))(function)
    return get_command(app)


def _nothing() -> None:
    pass
