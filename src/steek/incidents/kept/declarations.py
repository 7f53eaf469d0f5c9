"""Declarations that could not be written, each in a file of its own until the database takes it."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from steek.incidents.impact.said_impacts import parse_impact
from steek.incidents.systems import check_name, without_system
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, TITLE_CHARACTERS, checked
from steek.incidents.types import Incident, Severity
from steek.kernel.errors import InputError, ResourceError, SteekError, StorageFullError
from steek.kernel.ids import new_id
from steek.kernel.records import canonical_json

FOLDER = "declarations"
_WAITING, _WRITTEN = ".json", ".written"
_FORMAT = 1
_KEY_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody declares, with all that they know; fields as of `Incidents.declare`.

    `on` may be "" where `alert` names one. `impacts` are lines as of `parse_impact`, `signals` ids of signals that are
    taken in.
    """

    title: str
    on: str
    severity: str
    actor: str
    freeze: bool
    key: str
    alert: str | None = None
    note: str = ""
    impacts: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises InputError for what no database would take: nothing is kept that could never be declared."""
        checked(self.title, what="title", most=TITLE_CHARACTERS)
        if not self.on and self.alert is None:
            raise without_system()
        if self.on:
            check_name(checked(self.on, what="system", most=NAME_CHARACTERS))
        checked(self.actor, what="actor", most=NAME_CHARACTERS)
        checked(self.key, what="key", most=_KEY_CHARACTERS)
        if self.note.strip():
            checked(self.note, what="note", most=NOTE_CHARACTERS)
        for line in self.impacts:
            parse_impact(line)
        if self.severity not in set(Severity):
            message = f"{self.severity!r} is no severity; allowed: {', '.join(Severity)}"
            raise InputError(message)


@dataclass(frozen=True, slots=True)
class KeptDeclaration:
    """What was said while it could not be written.

    `number` is local to the folder of its file: it is what the person was told. `said_at` is by the clock of this
    machine. `reason` is why it could not be written.
    """

    number: int
    said: Said
    said_at: datetime
    reason: str
    path: str

    @property
    def name(self) -> str:
        """What the person is told."""
        return f"local-{self.number}"


@dataclass(frozen=True, slots=True)
class Synced:
    """A kept declaration that has become an incident; `clock_ahead_s` is how far the local clock went ahead."""

    kept: KeptDeclaration
    incident: Incident
    clock_ahead_s: float


@dataclass(frozen=True, slots=True)
class LeftFile:
    """A file that stays where it is, and why: nobody may read it, or what it says is refused."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What no database has taken yet, in the order of the folders and of their numbers; `unreadable` may hold more."""

    declarations: tuple[KeptDeclaration, ...]
    unreadable: tuple[LeftFile, ...]

    @property
    def words(self) -> str:
        """In a sentence, "" when nothing waits."""
        count, damaged = len(self.declarations), len(self.unreadable)
        waits = f"{count} declaration{'s wait' if count > 1 else ' waits'} on this machine: nobody was paged"
        paths = ", ".join(one.path for one in self.unreadable)
        broken = f"{damaged} kept file{'s' if damaged > 1 else ''} cannot be read: {paths}"
        return "; ".join(part for part, is_told in ((waits, count), (broken, damaged)) if is_told)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What became of what was kept: `declared` are incidents now, `left` stay, each for a reason of its own."""

    declared: tuple[Synced, ...]
    left: tuple[LeftFile, ...]


def keep(folders: Sequence[Path], said: Said, *, said_at: datetime, reason: str) -> KeptDeclaration:
    """Write a declaration down in the first folder that takes it; it is on the disk when this returns.

    Args:
        folders: Where to try, in order.
        said: The declaration; the same key again returns what is kept.
        said_at: Now, by the clock of this machine.
        reason: Why it could not be written to the database.

    Raises:
        InputError: what no database would take later either.
        StorageFullError: no folder takes it.
    """
    said.check()
    known = next((one for one in waiting(folders).declarations if one.said.key == said.key), None)
    if known is not None:
        return known
    text = canonical_json({"format": _FORMAT, "said": said, "said_at": said_at, "reason": reason})
    tried: list[str] = []
    for folder in folders:
        try:
            return _read(_write(folder / FOLDER, text, said_at))
        except OSError as cause:
            tried.append(f"{folder}: {cause.strerror}")
    message = f"the declaration could be kept nowhere: {'; '.join(tried)}"
    raise StorageFullError(message, next_step="Tell somebody by voice, and write it on paper with the time.")


def waiting(folders: Sequence[Path]) -> Waiting:
    """What is kept; a file that cannot be read is named and hinders nothing."""
    declarations: list[KeptDeclaration] = []
    unreadable: list[LeftFile] = []
    for path in _files(folders):
        try:
            declarations.append(_read(path))
        except ResourceError as cause:
            unreadable.append(LeftFile(str(path), cause.message))
    return Waiting(tuple(declarations), tuple(unreadable))


def _files(folders: Sequence[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted((folder / FOLDER).glob(f"*{_WAITING}"), key=_number)]


def sync(
    folders: Sequence[Path],
    declare: Callable[[KeptDeclaration, float], Incident],
    *,
    local_now: datetime,
    now: datetime,
) -> SyncReport:
    """Declare what was kept. Killed anywhere, it can be called again: every declaration becomes one incident.

    One that is refused, or a file that cannot be read, stays where it is and keeps none of the others from being
    declared.

    Args:
        folders: Where declarations may lie.
        declare: Writes one, idempotently by its key; gets the seconds that the local clock goes ahead.
        local_now: Now, by the clock of this machine, which `said_at` was read from.
        now: Now, by the clock of the project.

    Raises:
        SteekError: none could be declared; why the first could not.
    """
    ahead_s = (local_now - now).total_seconds()
    done: list[Synced] = []
    left: list[LeftFile] = []
    first: SteekError | None = None
    for path in _files(folders):
        try:
            kept = _read(path)
            synced = Synced(kept, declare(kept, ahead_s), ahead_s)
        except SteekError as cause:
            first = first or cause
            left.append(LeftFile(str(path), cause.message))
            continue
        done.append(synced)
        # Only what the database has is taken from the list; killed in between, the same key finds the same incident.
        try:
            path.rename(path.with_suffix(_WRITTEN))
            _flush(path.parent)
        except OSError as cause:
            why = f"it is incident {synced.incident.id} now; the file cannot be moved away: {cause.strerror}"
            left.append(LeftFile(str(path), why))
    if first is not None and not done:
        raise first
    return SyncReport(tuple(done), tuple(left))


def _write(folder: Path, text: str, at: datetime) -> Path:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):
            folder.chmod(0o700 | (folder.parent.stat().st_mode & 0o070))
    draft = folder / f"{new_id(at)}.new"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            _share(file.fileno(), folder)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        number = 1 + max((_number(path) for path in folder.iterdir()), default=0)
        path = _linked(draft, folder, number)
    finally:
        draft.unlink(missing_ok=True)
    _flush(folder)
    return path


def _share(file: int, folder: Path) -> None:
    """Let the group of the project read it as it may read the project's folder: its worker may be another user."""
    project = folder.parent.stat()
    with suppress(PermissionError):
        os.chown(file, -1, project.st_gid)
        os.fchmod(file, 0o600 | (project.st_mode & 0o060))


def _linked(draft: Path, folder: Path, number: int) -> Path:
    """Give a draft the next free number: whole or not there, and never over one that another process has written."""
    while True:
        path = folder / f"{number:06d}{_WAITING}"
        try:
            os.link(draft, path)
        except FileExistsError:
            number += 1
        else:
            return path


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _number(path: Path) -> int:
    return int(path.stem) if path.stem.isdecimal() else 0


def _read(path: Path) -> KeptDeclaration:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        said_at = datetime.fromisoformat(values["said_at"])
        said: dict[str, Any] = {**values["said"]}
        said |= {name: tuple(said.get(name, ())) for name in ("impacts", "signals")}
        return KeptDeclaration(_number(path), Said(**said), said_at, values["reason"], str(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
        message = f"the kept declaration {path} cannot be read: {cause}"
        raise ResourceError(
            message, next_step="Read it with your eyes, declare it by hand, and move it away."
        ) from cause
