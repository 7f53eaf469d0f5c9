"""Postmortems as they are stored: rows as records, and the one way in which a new version is written."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.incidents.postmortems.publication import Stage, Step, move
from steek.incidents.postmortems.report import Report, plain, read_report
from steek.incidents.postmortems.tables import reports, requests, versions
from steek.kernel.errors import ConflictError, NotFoundError
from steek.kernel.urn import Urn


@dataclass(frozen=True, slots=True)
class PostmortemRecord:
    """One postmortem. `version` grows with every change, `revision` with every publication; 0 before the first.

    `writers` wrote in it since it was last published; whoever reviews it is none of them.
    """

    id: str
    incident_id: str | None
    stage: Stage
    version: int
    revision: int
    report: Report
    writers: tuple[str, ...]
    asked_by: str | None
    reviewed_by: str | None
    source_name: str | None
    source_hash: str | None
    created_at: datetime
    changed_at: datetime
    changed_by: str
    published_at: datetime | None

    @property
    def urn(self) -> str:
        """Subject of its events: the incident, or for an imported one itself."""
        return str(Urn("incident", self.incident_id) if self.incident_id else Urn("postmortem", self.id))


@dataclass(frozen=True, slots=True)
class PostmortemVersion:
    """A postmortem as it stood once; `revision` is its number if that was published."""

    postmortem_id: str
    version: int
    revision: int | None
    stage: Stage
    step: Step | None
    report: Report
    actor: str
    at: datetime


def to_record(row: RowMapping) -> PostmortemRecord:
    """A record from a row of its table."""
    values = {
        name: row[name] for name in PostmortemRecord.__dataclass_fields__ if name not in {"stage", "report", "writers"}
    }
    report = read_report(row["document"])
    return PostmortemRecord(stage=Stage(row["stage"]), report=report, writers=tuple(row["writers"]), **values)


def find_or_none(connection: Connection, postmortem_id: str) -> PostmortemRecord | None:
    """One postmortem by its id, or None."""
    row = connection.execute(select(reports).where(reports.c.id == postmortem_id)).mappings().first()
    return None if row is None else to_record(row)


def find(connection: Connection, postmortem_id: str) -> PostmortemRecord:
    """One postmortem by its id. Raises NotFoundError; its message lists the latest."""
    found = find_or_none(connection, postmortem_id)
    if found is None:
        latest = select(reports.c.id).order_by(reports.c.changed_at.desc()).limit(20)
        next_step = "A draft is begun with 'steek postmortem draft INCIDENT', or when an incident is resolved."
        raise NotFoundError.among(
            "postmortem", postmortem_id, connection.execute(latest).scalars(), next_step=next_step
        )
    return found


def create(
    connection: Connection,
    report: Report,
    *,
    actor: str,
    at: datetime,
    stage: Stage = Stage.DRAFT,
    source: tuple[str, str] | None = None,
) -> PostmortemRecord:
    """The first version of a postmortem.

    Args:
        connection: A write transaction.
        report: What it says.
        actor: Who brings it.
        at: When.
        stage: Where it stands.
        source: Name and SHA-256 of the file it came from.
    """
    name, digest = source or (None, None)
    connection.execute(
        insert(reports).values(
            id=report.id,
            incident_id=report.incident if source is None else None,
            stage=stage.value,
            version=1,
            revision=0,
            document=plain(report),
            writers=[],
            source_name=name,
            source_hash=digest,
            created_at=at,
            changed_at=at,
            changed_by=actor,
            published_at=None,
        )
    )
    made = find(connection, report.id)
    keep_version(connection, made, step=None, actor=actor)
    return made


def write(
    connection: Connection, before: PostmortemRecord, report: Report, step: Step, *, actor: str, at: datetime
) -> PostmortemRecord:
    """The next version of a postmortem that was read in the same write transaction.

    Raises:
        IllegalTransitionError: the step is not possible from its stage.
    """
    stage = move(before.stage, step, postmortem=before.id)
    values: dict[str, object] = {
        "stage": stage.value,
        "version": before.version + 1,
        "document": plain(report),
        "changed_at": at,
        "changed_by": actor,
    }
    if step is Step.EDIT:
        values["writers"] = sorted({*before.writers, actor})
    if step is Step.ASK_REVIEW:
        values["asked_by"] = actor
    if step is Step.ACCEPT:
        values["reviewed_by"] = actor
    if step is Step.PUBLISH:
        values |= {"revision": before.revision + 1, "published_at": at, "writers": [], "asked_by": None}
    if stage in {Stage.DRAFT, Stage.IN_REVIEW}:
        values["reviewed_by"] = None
    connection.execute(update(reports).where(reports.c.id == before.id).values(values))
    after = find(connection, before.id)
    keep_version(connection, after, step=step, actor=actor)
    return after


def keep_version(connection: Connection, record: PostmortemRecord, *, step: Step | None, actor: str) -> None:
    """Store a postmortem as it stands as a version of its history."""
    published = record.stage is Stage.PUBLISHED
    connection.execute(
        insert(versions).values(
            postmortem_id=record.id,
            version=record.version,
            revision=record.revision if published else None,
            stage=record.stage.value,
            step="" if step is None else step.value,
            document=plain(record.report),
            actor=actor,
            at=record.changed_at,
        )
    )


def version_of(connection: Connection, postmortem_id: str, version: int) -> PostmortemVersion | None:
    """A postmortem as it stood at a version, or None when it never had that one."""
    query = select(versions).where(versions.c.postmortem_id == postmortem_id, versions.c.version == version)
    row = connection.execute(query).mappings().first()
    return None if row is None else to_version(row)


def to_version(row: RowMapping) -> PostmortemVersion:
    """A version from a row of its table."""
    return PostmortemVersion(
        postmortem_id=row["postmortem_id"],
        version=row["version"],
        revision=row["revision"],
        stage=Stage(row["stage"]),
        step=Step(row["step"]) if row["step"] else None,
        report=read_report(row["document"]),
        actor=row["actor"],
        at=row["at"],
    )


def asked_before(connection: Connection, key: str, operation: str, postmortem_id: str) -> PostmortemRecord | None:
    """The postmortem as it is now, when `key` did this to it before; None when the key is new.

    Raises:
        ConflictError: the key did the same to another postmortem.
    """
    query = select(requests.c.postmortem_id).where(requests.c.key == key, requests.c.operation == operation)
    done = connection.execute(query).scalar_one_or_none()
    if done is None:
        return None
    if done != postmortem_id:
        message = f"key {key!r} was already used to {operation} postmortem {done}"
        raise ConflictError(message, next_step="Take a new key for a new request.")
    return find(connection, postmortem_id)


def remember(connection: Connection, key: str, operation: str, record: PostmortemRecord) -> None:
    """Bind `key` to what it wrote; stands or falls with the surrounding transaction."""
    values = {"key": key, "operation": operation, "postmortem_id": record.id, "version": record.version}
    connection.execute(insert(requests).values(values))
