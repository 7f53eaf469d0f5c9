"""One postmortem for an incident: drafts of before become it, or a comment on it; what was brought in says so."""

from collections import Counter
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0037"

_MACHINE = "steek"
_INSTANT = sa.DateTime(timezone=True)
_DRAFTS = sa.table(
    "postmortems",
    *(sa.column(name, sa.String()) for name in ("incident_id", "markdown")),
    *(sa.column(name, sa.Integer()) for name in ("revision", "taxonomy_version")),
    sa.column("drafted_at", _INSTANT),
    sa.column("document", sa.JSON()),
)
_REPORTS = sa.table(
    "postmortem_reports",
    *(sa.column(name, sa.String()) for name in ("id", "incident_id", "stage", "source_hash", "changed_by")),
    *(sa.column(name, sa.Integer()) for name in ("version", "revision")),
    *(sa.column(name, sa.JSON()) for name in ("document", "writers")),
    *(sa.column(name, _INSTANT) for name in ("created_at", "changed_at", "published_at")),
)
_VERSIONS = sa.table(
    "postmortem_versions",
    *(sa.column(name, sa.String()) for name in ("postmortem_id", "stage", "step", "actor")),
    *(sa.column(name, sa.Integer()) for name in ("version", "revision")),
    sa.column("document", sa.JSON()),
    sa.column("at", _INSTANT),
)
_COMMENTS = sa.table(
    "postmortem_comments",
    *(sa.column(name, sa.String()) for name in ("id", "postmortem_id", "text", "actor")),
    sa.column("version", sa.Integer()),
    sa.column("at", _INSTANT),
)


def upgrade() -> None:
    connection = op.get_bind()
    known = dict(connection.execute(sa.select(_REPORTS.c.id, _REPORTS.c.created_at)).all())
    made: Counter[str] = Counter()
    drafts = sa.select(_DRAFTS).order_by(_DRAFTS.c.incident_id, _DRAFTS.c.revision)
    for row in connection.execute(drafts).mappings().all():
        incident = row["incident_id"]
        if incident not in known:
            made[incident] += 1
            _write(connection, row, made[incident])
        elif row["drafted_at"] < known[incident]:
            _keep(connection, row)
    op.drop_table("postmortems")
    with op.batch_alter_table("follow_ups") as follow_ups:
        follow_ups.alter_column("postmortem", existing_type=sa.String(length=20), type_=sa.String(length=60))
    _brought_in(connection)


def _write(connection: sa.Connection, row: sa.RowMapping, version: int) -> None:
    """An old draft as a version of the postmortem of its incident; to draft anew adds what the record says."""
    report, at = _report(row), row["drafted_at"]
    now = {"version": version, "document": report, "changed_at": at}
    if version == 1:
        begun = {"id": report["id"], "incident_id": report["id"], "stage": "draft", "revision": 0, "created_at": at}
        connection.execute(_REPORTS.insert().values(**begun, **now, writers=[], changed_by=_MACHINE))
    else:
        connection.execute(_REPORTS.update().where(_REPORTS.c.id == report["id"]).values(**now))
    step = "" if version == 1 else "redraft"
    connection.execute(
        _VERSIONS.insert().values(
            postmortem_id=report["id"],
            version=version,
            stage="draft",
            step=step,
            document=report,
            actor=_MACHINE,
            at=at,
        )
    )


def _report(row: sa.RowMapping) -> dict[str, Any]:
    old: dict[str, Any] = row["document"]
    impact: dict[str, Any] = old.get("impact") or {}
    detection: dict[str, Any] = old.get("detection") or {}
    incident = row["incident_id"]
    report: dict[str, Any] = {
        "format_version": 2,
        "id": incident,
        "incident": incident,
        "title": old.get("title") or incident,
        "severity": old.get("severity"),
        "systems": impact.get("systems") or [],
        "began_at": detection.get("at"),
        "detected_by": detection.get("by"),
        "roles": old.get("roles") or {},
        "sections": {"Draft as it was stored": row["markdown"]},
        "taxonomy_version": row["taxonomy_version"],
    }
    return report | ({"times": old["times"]} if old.get("times") else {})


def _keep(connection: sa.Connection, row: sa.RowMapping) -> None:
    """A draft from before the postmortem was begun; it says something that no version of it says."""
    connection.execute(
        _COMMENTS.insert().values(
            id=str(uuid4()),
            postmortem_id=row["incident_id"],
            version=1,
            text=f"Draft {row['revision']}, from before this postmortem was begun:\n\n{row['markdown']}",
            actor=_MACHINE,
            at=row["drafted_at"],
        )
    )


def _brought_in(connection: sa.Connection) -> None:
    """What came from a file and was never reviewed here was stored as published; nobody had published it."""
    unread = (_VERSIONS.c.stage == "published") & (_VERSIONS.c.step == "")
    connection.execute(_VERSIONS.update().where(unread).values(stage="brought in", revision=None))
    newest = sa.select(_VERSIONS.c.postmortem_id).where(
        _VERSIONS.c.postmortem_id == _REPORTS.c.id,
        _VERSIONS.c.version == _REPORTS.c.version,
        _VERSIONS.c.stage == "brought in",
    )
    connection.execute(
        _REPORTS.update()
        .where(_REPORTS.c.source_hash.is_not(None), newest.exists())
        .values(stage="brought in", revision=0, published_at=None)
    )
