"""The options that all commands share, and what they mean when they are not given."""

import getpass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from steek.kernel.clock import SystemClock
from steek.kernel.errors import InputError
from steek.kernel.ids import new_id

ProjectOption = Annotated[
    Path | None, typer.Option("--project", help="Folder of the project; by default found from here upwards.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
ActorOption = Annotated[str | None, typer.Option("--actor", help="Who does it; by default your user name.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Idempotency key: the same key again does nothing twice.")]
IncidentOption = Annotated[
    str | None, typer.Option("--incident", help="Do it as an action of this incident, and in its timeline.")
]

SeenOption = Annotated[
    int | None,
    typer.Option("--seen", min=1, help="Version you decide on, as 'show' says it; refused when somebody was faster."),
]

EpochOption = Annotated[
    int | None,
    typer.Option("--epoch", help="Only if the route is still at this epoch, as 'steek models list' shows it."),
]


def actor_or_user(actor: str | None) -> str:
    """The name given, or the user of this machine."""
    return actor or getpass.getuser()


def key_or_new(key: str | None) -> str:
    """The key given, or a new one."""
    return key or f"cli:{new_id(SystemClock().now())}"


def to_day(text: str) -> date:
    """A business day as people write it.

    Raises:
        InputError: it is no date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a day"
        raise InputError(message, next_step="Write it as 2017-10-15.") from None


def to_instant(text: str) -> datetime:
    """An instant as people write it.

    Raises:
        InputError: it is no instant, or has no zone.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        message = f"{text!r} is not an instant with its zone"
        raise InputError(message, next_step="Write it as 2017-10-15T08:00Z, or with an offset like +02:00.")
    return at
