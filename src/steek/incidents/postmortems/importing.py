"""Old postmortems brought in from files: looked at first if wanted, never twice, and never over what people wrote."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection, select, update

from steek.incidents.postmortems.publication import Stage
from steek.incidents.postmortems.published import published_payload
from steek.incidents.postmortems.reading import read_postmortem, slug
from steek.incidents.postmortems.recognising import recognised
from steek.incidents.postmortems.report import Report, plain
from steek.incidents.postmortems.stored import (
    PostmortemRecord,
    asked_before,
    create,
    find_or_none,
    keep_version,
    remember,
)
from steek.incidents.postmortems.tables import reports
from steek.incidents.postmortems.taxonomies import current_taxonomy
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError
from steek.ledger import Database, Draft, Ledger

_MOST_FILES = 10_000
_KEY_CHARACTERS = 280
_BY_THIS_KEY = "this key brought it"
_INCIDENT = re.compile(r"\d{4}-\d{1,6}")


class ImportOutcome(StrEnum):
    """What came of a file. `KEPT`: one of that name is here and people wrote in it, so it was left alone."""

    NEW = "new"
    UPDATED = "updated"
    SAME = "same"
    KEPT = "kept"
    LEFT_OUT = "left out"
    REFUSED = "refused"


_STORED = (ImportOutcome.NEW, ImportOutcome.UPDATED)


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What came of one file: the postmortem it is, what was recognised and what not, and what is worth knowing."""

    file: str
    outcome: ImportOutcome
    postmortem: str | None = None
    title: str | None = None
    recognised: tuple[str, ...] = ()
    not_recognised: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class PostmortemImport:
    """Brings in old postmortems. A file is known by its content: brought again it writes nothing."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def take(
        self, files: Mapping[str, bytes], *, actor: str, key: str, others: bool = False, dry_run: bool = False
    ) -> tuple[ImportedFile, ...]:
        """Read files and store what they say as postmortems that were brought in; nobody reviewed them here.

        Each file is a transaction of its own: one that is refused harms no other. What is there already is found by
        content, under whatever name it comes again.

        Args:
            files: Content by name; names that end in .json hold a report as it is exported, all others Markdown. Where
                both stand under one name, the Markdown is left out.
            actor: Who brings them.
            key: Idempotency key; with it again a file that it brought is told of as it was then.
            others: They are of others, also where a file does not say `origin: others` itself.
            dry_run: Only say what would come of it.

        Raises:
            InputError: more than ten thousand files.
        """
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        if len(files) > _MOST_FILES:
            raise InputError(f"{len(files):,} files; {_MOST_FILES:,} are read at once")
        both = {name.rpartition(".")[0] for name in files if name.endswith(".json")}
        asked = _Asked(checked(key, what="key", most=_KEY_CHARACTERS), by, others, dry_run)
        return tuple(self._one(name, files[name], both, asked) for name in sorted(files))

    def _one(self, name: str, content: bytes, both: set[str], asked: "_Asked") -> ImportedFile:
        stem, _, ending = name.rpartition(".")
        if ending != "json" and stem in both:
            return ImportedFile(name, ImportOutcome.LEFT_OUT, notes=("the JSON beside it says the same",))
        if slug(name) in {"readme", "index", "contributing"}:
            return ImportedFile(name, ImportOutcome.LEFT_OUT, notes=("its name says that it is none",))
        digest = hashlib.sha256(content).hexdigest()
        try:
            with self._database.reading() as connection:
                taxonomy = current_taxonomy(connection)
            report, notes = read_postmortem(content, name=name, actor=asked.actor, taxonomy=taxonomy)
            report = replace(report, origin="others") if asked.others else report
            shown = "".join(one if one.isprintable() else "\ufffd" for one in name)[-300:]
            with self._database.transaction() as connection:
                outcome, identity, why = _outcome(connection, report, shown, digest, key=asked.of(digest))
                stored = why == _BY_THIS_KEY
                if not asked.dry_run and not stored and outcome in {ImportOutcome.NEW, ImportOutcome.UPDATED}:
                    self._store(connection, replace(report, id=identity), (shown, digest), outcome, asked)
        except InputError as problem:
            return ImportedFile(name, ImportOutcome.REFUSED, notes=(problem.message,))
        told = (*notes, *([why] if why and not stored else []))
        return ImportedFile(name, outcome, identity, report.title, *recognised(report), told)

    def _store(
        self, connection: Connection, report: Report, source: tuple[str, str], outcome: ImportOutcome, asked: "_Asked"
    ) -> None:
        actor = asked.actor
        now = self._clock.now()
        before = find_or_none(connection, report.id)
        if before is None:
            made = create(connection, report, actor=actor, at=now, stage=Stage.BROUGHT_IN, source=source)
        else:
            values: dict[str, object] = {
                "document": plain(report),
                "version": before.version + 1,
                "source_name": source[0],
                "source_hash": source[1],
                "changed_at": now,
                "changed_by": actor,
            }
            connection.execute(update(reports).where(reports.c.id == report.id).values(values))
            made = find_or_none(connection, report.id) or before
            keep_version(connection, made, step=None, actor=actor)
        payload = {
            "postmortem": made.id,
            "outcome": outcome,
            "sections": len(report.sections),
            "points": len(report.points),
        }
        told = payload | published_payload(made)
        self._ledger.append(connection, Draft("postmortem.imported", made.urn, actor, told))
        remember(connection, asked.of(source[1]), f"import {outcome.value}", made)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is the same for all files of one import."""

    key: str
    actor: str
    others: bool
    dry_run: bool

    def of(self, digest: str) -> str:
        """The key of one file."""
        return f"{self.key}:{digest[:16]}"


def _outcome(
    connection: Connection, report: Report, name: str, digest: str, *, key: str
) -> tuple[ImportOutcome, str, str]:
    """What to do with a report, under which id, and why if that is not plain."""
    known = connection.execute(select(reports.c.id).where(reports.c.source_hash == digest)).scalar_one_or_none()
    if known is not None:
        before = next((one for one in _STORED if asked_before(connection, key, f"import {one.value}", known)), None)
        return (ImportOutcome.SAME, known, "") if before is None else (before, known, _BY_THIS_KEY)
    present = find_or_none(connection, report.id)
    if present is not None and present.source_hash is None:
        return ImportOutcome.KEPT, present.id, "a postmortem of an own incident has this id; it was left alone"
    # What looks like the number of an incident must stay free for one.
    identity = f"imported-{report.id}" if _INCIDENT.fullmatch(report.id) else report.id
    present = find_or_none(connection, identity)
    if present is not None and present.source_name != name:
        identity = f"{identity}-{digest[:6]}"
        present = find_or_none(connection, identity)
    if present is None:
        return ImportOutcome.NEW, identity, ""
    if _is_written(present):
        return ImportOutcome.KEPT, identity, "people wrote in it here since it was imported; it was left alone"
    return ImportOutcome.UPDATED, identity, "the file changed since it was imported"


def _is_written(record: PostmortemRecord) -> bool:
    return bool(record.writers or record.report.touched) or record.stage is not Stage.BROUGHT_IN
