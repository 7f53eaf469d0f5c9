"""Versions of the taxonomy: the one that comes with steek, and those that people made of it; none is ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from steek.incidents.postmortems.tables import taxonomies
from steek.incidents.postmortems.taxonomy import Taxonomy, base_text, parse_taxonomy
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError, StaleWriteError
from steek.ledger import Database, Draft, Ledger

_TEXT_CHARACTERS = 200_000
_KEY_CHARACTERS = 300
SUBJECT = "taxonomy:failures"


@dataclass(frozen=True, slots=True)
class TaxonomyVersion:
    """One version, with who made it of the one before, when, why, and what became different; None for the first."""

    version: int
    text: str
    actor: str | None
    at: datetime | None
    reason: str
    changes: tuple[str, ...]


class Taxonomies:
    """The taxonomy as data: read, edited as a whole, every version kept. Safe to share between threads."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def current(self) -> Taxonomy:
        """The newest version."""
        with self._database.reading() as connection:
            return current_taxonomy(connection)

    def at(self, version: int) -> Taxonomy:
        """One version, which postmortems of its time refer to. Raises NotFoundError when there never was one."""
        return parse_taxonomy(self.stored(version).text)

    def stored(self, version: int | None = None) -> TaxonomyVersion:
        """A version with its text and how it came about; None for the newest.

        Raises:
            NotFoundError: there never was such a version.
        """
        known = self.history()
        found = next((one for one in known if version in {None, one.version}), None)
        if found is None:
            names = (str(one.version) for one in known)
            raise NotFoundError.among("version of the taxonomy", str(version), names)
        return found

    def history(self) -> tuple[TaxonomyVersion, ...]:
        """All versions, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(taxonomies).order_by(taxonomies.c.version.desc())).mappings().all()
        made = [
            TaxonomyVersion(row["version"], row["text"], row["actor"], row["at"], row["reason"], tuple(row["changes"]))
            for row in rows
        ]
        base = base_text()
        first = TaxonomyVersion(parse_taxonomy(base).version, base, None, None, "it came with steek", ())
        return (*made, first)

    def edit(
        self, text: str, *, actor: str, reason: str, key: str, expected_version: int | None = None
    ) -> TaxonomyVersion:
        """Make a new version; whatever number the text has, it gets the next one. Postmortems keep theirs.

        Args:
            text: A whole taxonomy in TOML, as `stored` gives it.
            actor: Who changes it.
            reason: Why.
            key: Idempotency key.
            expected_version: The version that was edited; None edits whatever is newest.

        Raises:
            InputError: it cannot be read, or nothing is different.
            StaleWriteError: somebody made a newer version meanwhile; nothing was written.
        """
        by, why = (
            checked(actor, what="actor", most=NAME_CHARACTERS),
            checked(reason, what="reason", most=NOTE_CHARACTERS),
        )
        asked = checked(key, what="key", most=_KEY_CHARACTERS)
        edited = parse_taxonomy(checked(text, what="taxonomy", most=_TEXT_CHARACTERS))
        with self._database.transaction() as connection:
            known = connection.execute(
                select(taxonomies.c.version).where(taxonomies.c.key == asked)
            ).scalar_one_or_none()
            if known is None:
                self._write(connection, text, edited, actor=by, reason=why, key=asked, seen=expected_version)
        return self.stored(known)

    def _write(
        self,
        connection: Connection,
        text: str,
        edited: Taxonomy,
        *,
        actor: str,
        reason: str,
        key: str,
        seen: int | None,
    ) -> None:
        before = current_taxonomy(connection)
        if seen is not None and seen != before.version:
            message = f"the taxonomy is at version {before.version}; you edited version {seen}"
            raise StaleWriteError(message, next_step="Take the newest with 'steek taxonomy show' and edit that.")
        changes = differences(before, edited)
        if not changes:
            message = f"this taxonomy says what version {before.version} says"
            raise InputError(message, next_step="Change a category, or leave it.")
        version = before.version + 1
        now = self._clock.now()
        connection.execute(
            insert(taxonomies).values(
                version=version, text=text, reason=reason, changes=list(changes), actor=actor, key=key, at=now
            )
        )
        payload: dict[str, object] = {"version": version, "before": before.version, "changes": list(changes)}
        self._ledger.append(connection, Draft("taxonomy.changed", SUBJECT, actor, payload))


def current_taxonomy(connection: Connection) -> Taxonomy:
    """The newest version, read with this connection; its number is the stored one."""
    query = select(taxonomies.c.version, taxonomies.c.text).order_by(taxonomies.c.version.desc()).limit(1)
    row = connection.execute(query).first()
    if row is None:
        return parse_taxonomy(base_text())
    return Taxonomy(row[0], parse_taxonomy(row[1]).categories)


def places(taxonomy: Taxonomy) -> Mapping[str, tuple[int, int]]:
    """Where each category lies on the two axes: id to (machine learning, distributed)."""
    return {one.id: (one.machine_learning, one.distributed) for one in taxonomy.categories}


def differences(before: Taxonomy, after: Taxonomy) -> tuple[str, ...]:
    """What became different, a sentence each; ids only, for what people wrote may be long."""
    old, new = ({one.id: one for one in version.categories} for version in (before, after))
    lines = [f"{name} is new" for name in new if name not in old]
    lines += [f"{name} is gone" for name in old if name not in new]
    for name in (name for name in new if name in old and new[name] != old[name]):
        fields = (
            field for field in old[name].__dataclass_fields__ if getattr(old[name], field) != getattr(new[name], field)
        )
        lines.append(f"{name} has other {', '.join(field.replace('_', ' ') for field in fields)}")
    return tuple(lines)
