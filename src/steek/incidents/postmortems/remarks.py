"""What people said about a postmortem without changing it, and what they wrote into it too late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from steek.incidents.postmortems.tables import comments, unsettled
from steek.kernel.ids import new_id

_MOST_UNSETTLED = 20


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about a postmortem, or about one section or point of it (`about`)."""

    id: str
    postmortem_id: str
    version: int
    about: str | None
    text: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What somebody wrote into a field that somebody else changed first; `seen` is the version they looked at."""

    id: str
    field: str
    text: str
    seen: int
    actor: str
    at: datetime


def keep_comment(connection: Connection, comment: Comment) -> None:
    """Store a comment."""
    connection.execute(insert(comments).values({name: getattr(comment, name) for name in Comment.__slots__}))


def comments_on(connection: Connection, postmortem: str) -> tuple[Comment, ...]:
    """Comments, oldest first."""
    query = select(comments).where(comments.c.postmortem_id == postmortem).order_by(comments.c.at, comments.c.id)
    return tuple(Comment(**row) for row in connection.execute(query).mappings())


def keep_unsettled(
    connection: Connection, postmortem: str, texts: Mapping[str, str], *, seen: int, actor: str, at: datetime
) -> None:
    """Texts by field in the place of those of the same person; an empty one only takes theirs away."""
    of_actor = [unsettled.c.postmortem_id == postmortem, unsettled.c.actor == actor]
    for name, text in texts.items():
        connection.execute(delete(unsettled).where(*of_actor, unsettled.c.field == name[:300]))
        if text.strip():
            values = {"id": new_id(at), "field": name[:300], "text": text, "seen": seen, "actor": actor, "at": at}
            connection.execute(insert(unsettled).values(postmortem_id=postmortem, **values))


def unsettled_in(connection: Connection, postmortem: str) -> tuple[Unsettled, ...]:
    """Texts that were set aside, newest first."""
    query = select(unsettled).where(unsettled.c.postmortem_id == postmortem).order_by(unsettled.c.at.desc())
    rows = connection.execute(query.limit(_MOST_UNSETTLED)).mappings().all()
    return tuple(Unsettled(**{name: row[name] for name in Unsettled.__slots__}) for row in rows)
