"""What closing an incident would end too early: a watch that lasts, indicators that are not back."""

from datetime import datetime

from sqlalchemy import Connection, select

from steek.incidents.recovery.tables import watches
from steek.incidents.verification import Verification
from steek.kernel.errors import ConflictError
from steek.kernel.verdict import Verdict

_WATCHING = "watching"
_NAMED = 3


def cut_short(connection: Connection, incident_id: str, verification: Verification, now: datetime) -> tuple[str, ...]:
    """What would be cut short by closing now, one sentence each; empty when nothing would."""
    query = select(watches.c.until_at).where(watches.c.incident_id == incident_id, watches.c.state == _WATCHING)
    lasting = [until_at for until_at in connection.execute(query).scalars() if until_at > now]
    found = [
        f"its watch until {until_at:%Y-%m-%d %H:%M} UTC ends with it, and a relapse reopens nothing"
        for until_at in lasting
    ]
    if verification.verdict is Verdict.FAIL:
        out = verification.not_back()
        more = f"; and {len(out) - _NAMED} more" if len(out) > _NAMED else ""
        found.append("; ".join(one.sentence for one in out[:_NAMED]) + more)
    return tuple(found)


def require_reason(incident_id: str, early: tuple[str, ...], reason: str) -> None:
    """Return when there is a reason to close in spite of what it would cut short, or nothing is.

    Raises:
        ConflictError: closing is early, and nobody said why; `details["early"]` lists what it would cut short.
    """
    if early and not reason.strip():
        message = f"closing incident {incident_id} now is early: {'; '.join(early)}"
        step = "Wait for it, or close it with the reason why that does not matter; the reason stays on record."
        raise ConflictError(message, next_step=step, details={"early": list(early)})
