"""Access in an emergency on an opened project: who asks, and rows under a grant."""

from dataclasses import replace

from steek.data import Lake
from steek.governance import Access, Actor, caller
from steek.governance.emergency.break_glass import BreakGlass
from steek.kernel.errors import InputError, RefusedError
from steek.platform.access import Rows


def person_asking(access: Access, claimed: str) -> Actor:
    """Who is at the other end: the token's principal, else the name that was given, with its declared roles only.

    At this machine everybody may look at everything that is not personal; raw data take a role that the project gave.
    """
    found = caller()
    return found if found is not None and found.token is not None else access.actor(claimed)


def read_in_emergency(
    break_glass: BreakGlass, lake: Lake, actor: Actor, grant: str, dataset: str | None = None
) -> Rows:
    """Rows that a grant opens, from the latest version; in the ledger before they are handed out.

    Args:
        break_glass: Knows the grant.
        lake: Where the rows lie.
        actor: Must be who asked.
        grant: Id of the grant.
        dataset: Which of its tables; may be left out where it opens one.

    Raises:
        NotFoundError: no such grant, or the table has no data.
        RefusedError: it is somebody else's, is not granted, or ended.
        InputError: the grant opens several tables and none was named.
    """
    found = break_glass.get(grant)
    if actor.principal != found.asker or found.state != "granted":
        whose = "" if actor.principal == found.asker else f" for {found.asker}"
        message = f"{actor.principal} may not read under emergency access {grant}: it is {found.state}{whose}"
        raise RefusedError(message, next_step="Only who asked reads, between the grant and its end.")
    names = [each.dataset for each in found.openings]
    if dataset is None and len(names) > 1:
        message = f"emergency access {grant} opens {len(names)} tables: {', '.join(names)}"
        raise InputError(message, next_step="Name one of them.")
    table = dataset or names[0]
    if table not in names:
        message = f"emergency access {grant} does not open {table}"
        raise RefusedError(message, next_step=f"It opens {', '.join(names)}.")
    version = lake.latest_version(table)
    rows = lake.opened_by(replace(actor, purpose=found.reads_for)).scan(table, version=version).collect()
    assert version is not None, "a table without versions is not found"
    closed = tuple(name for name in lake.columns(table) if name not in rows.columns)
    return Rows(table, version, rows, closed)
