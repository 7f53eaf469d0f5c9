"""Exit statuses by error code, in one table, and how an error is shown."""

import json
import sys

import typer

from steek.cli.output import say
from steek.kernel.errors import SteekError

# 1 is left to crashes and 2 to wrong usage, as everywhere.
EXIT_STATUS: dict[str, int] = {
    "input": 3,
    "settings": 3,
    "declaration": 3,
    "unreadable": 3,
    "contract_violation": 3,
    "too_large": 3,
    "not_found": 4,
    "conflict": 5,
    "illegal_transition": 5,
    "stale_write": 5,
    "frozen": 5,
    "refused": 6,
    "gate_refused": 6,
    "zero_matches": 6,
    "integrity": 7,
    "damaged_artifact": 7,
    "broken_chain": 7,
    "resource": 8,
    "storage_full": 8,
    "port_in_use": 8,
    "busy": 8,
    "missing_extra": 8,
    "user_code": 9,
    "steek": 1,
}


def report_error(error: SteekError) -> int:
    """Print an error on standard error, as JSON where the command was asked for it; returns the exit status."""
    if "--json" in sys.argv:
        body = {"error": error.code, "message": error.message, "next_step": error.next_step, "details": error.details}
        typer.echo(json.dumps(body), err=True)
    else:
        say(f"error ({error.code}): {error.message}".replace("\n", "\n  "), err=True)
        if error.next_step:
            say(f"  {error.next_step}", err=True)
    return EXIT_STATUS[error.code]
