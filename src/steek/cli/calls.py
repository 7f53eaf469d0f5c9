"""Calls that a command causes are made by it: a page waits for no worker, and whoever asked reads whom it reached."""

import typer

from steek.platform import Platform


def make_calls(platform: Platform, incident: str, *, as_json: bool) -> None:
    """Call who is to be called for an incident, send what is due, and say what came of it.

    Args:
        platform: The opened project.
        incident: Its id.
        as_json: Say nothing beside what the command prints; `steek oncall pages --json` tells.
    """
    platform.pager.attend(remind=False)
    platform.notices.deliver()
    # Where a channel is down the next one is tried, until none is left that was not.
    while platform.pager.attend(remind=False):
        platform.notices.deliver()
    page = platform.paging.of(incident)
    if page is None or as_json:
        return
    called = [person for person in page.called if person not in page.unreachable]
    waiting = [person for person in called if person not in page.reached]
    if not called:
        typer.echo(f"!  nobody could be called for {incident}: {_why_nobody(page.unreachable)}")
    if page.reached:
        typer.echo(f"The call reached {', '.join(page.reached)}.")
    if waiting:
        typer.echo(f"!  the call has not reached {', '.join(waiting)} yet; it is tried again while a worker runs")


def _why_nobody(unreachable: tuple[str, ...]) -> str:
    return f"no target reaches {', '.join(unreachable)}" if unreachable else "no rotation covers it"
