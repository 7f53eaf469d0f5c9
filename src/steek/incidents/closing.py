"""What keeps an incident open: questions of ethics that have to be answered before it may close."""

from sqlalchemy import Connection


def reasons_to_stay_open(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """Why an incident may not close yet, one sentence each; empty when nothing stands against it."""
    return ()
