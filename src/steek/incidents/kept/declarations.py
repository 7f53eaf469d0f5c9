"""Declarations that could not be written, each in a file of its own until the database takes it."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from steek.incidents.text import NAME_CHARACTERS, TITLE_CHARACTERS, checked
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
    """What somebody declares; fields as of `Incidents.declare`."""

    title: str
    on: str
    severity: str
    actor: str
    freeze: bool
    key: str


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
    _check(said)
    known = _by_key(folders, said.key)
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


def _check(said: Said) -> None:
    checked(said.title, what="title", most=TITLE_CHARACTERS)
    checked(said.on, what="system", most=NAME_CHARACTERS)
    checked(said.actor, what="actor", most=NAME_CHARACTERS)
    checked(said.key, what="key", most=_KEY_CHARACTERS)
    if said.severity not in set(Severity):
        message = f"{said.severity!r} is no severity; allowed: {', '.join(Severity)}"
        raise InputError(message)


def waiting(folders: Sequence[Path]) -> list[KeptDeclaration]:
    """Declarations that no database has taken yet, in the order of the folders and of their numbers."""
    return [_read(path) for path in _files(folders)]


def _files(folders: Sequence[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted((folder / FOLDER).glob(f"*{_WAITING}"), key=_number)]


def _by_key(folders: Sequence[Path], key: str) -> KeptDeclaration | None:
    """What is kept under a key; a file that cannot be read is no reason to keep nothing new."""
    for path in _files(folders):
        try:
            kept = _read(path)
        except ResourceError:
            continue
        if kept.said.key == key:
            return kept
    return None


def sync(
    folders: Sequence[Path],
    declare: Callable[[KeptDeclaration, float], Incident],
    *,
    local_now: datetime,
    now: datetime,
) -> list[Synced]:
    """Declare what was kept. Killed anywhere, it can be called again: every declaration becomes one incident.

    One that is refused, or a file that cannot be read, stays where it is and keeps none of the others from being
    declared; the first such error is raised when all were tried.

    Args:
        folders: Where declarations may lie.
        declare: Writes one, idempotently by its key; gets the seconds that the local clock goes ahead.
        local_now: Now, by the clock of this machine, which `said_at` was read from.
        now: Now, by the clock of the project.
    """
    ahead_s = (local_now - now).total_seconds()
    done: list[Synced] = []
    errors: list[SteekError] = []
    for path in _files(folders):
        try:
            kept = _read(path)
            incident = declare(kept, ahead_s)
        except SteekError as cause:
            errors.append(cause)
            continue
        # Only what the database has is taken from the list; killed in between, the same key finds the same incident.
        path.rename(path.with_suffix(_WRITTEN))
        _flush(path.parent)
        done.append(Synced(kept, incident, ahead_s))
    if errors:
        raise errors[0]
    return done


def _write(folder: Path, text: str, at: datetime) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{new_id(at)}.new"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        number = 1 + max((_number(path) for path in folder.iterdir()), default=0)
        path = _linked(draft, folder, number)
    finally:
        draft.unlink(missing_ok=True)
    _flush(folder)
    return path


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
        return KeptDeclaration(_number(path), Said(**values["said"]), said_at, values["reason"], str(path))
    except (OSError, ValueError, KeyError, TypeError) as cause:
        message = f"the kept declaration {path} cannot be read: {cause}"
        raise ResourceError(
            message, next_step="Read it with your eyes, declare it by hand, and move it away."
        ) from cause
