"""What a process runs with: settings, program, libraries, host; written down when it differs from the last start."""

import hashlib
import os
import platform as host
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, select

from steek.kernel.errors import ResourceError
from steek.kernel.settings import Settings
from steek.ledger import Draft, Event
from steek.ledger.ledger import to_event
from steek.ledger.tables import events
from steek.platform.record import Platform

# Whose numbers a change of version may move.
_LIBRARIES = ("deltalake", "lightgbm", "numpy", "polars", "scikit-learn", "sqlalchemy")
_SKIPPED = {"__pycache__", "lake", "node_modules", "venv"}
_LONGEST_VALUE = 300
_FIRST = {"settings": "settings.recorded", "binary": "binary.recorded"}
_LATER = {"settings": "settings.changed", "binary": "binary.changed"}


def note_process(platform: Platform, part: str) -> tuple[Event, ...]:
    """Compare settings and program of a part that starts with its last start; write down what differs.

    The first start of a part is `settings.recorded` and `binary.recorded`; later ones write `settings.changed` or
    `binary.changed` with the values before and after, and nothing where nothing differs. Secrets are never written.
    A part starts also where this cannot be written, as on a full disk.

    Args:
        platform: The project.
        part: What starts: "console", "serve" or "work".

    Returns:
        The events that were written; empty when all is as it was.
    """
    now: dict[str, Mapping[str, str]] = {
        "settings": settings_facts(platform.settings),
        "binary": program_facts(platform.settings.project_path),
    }
    written: list[Event] = []
    with suppress(ResourceError), platform.database.transaction() as connection:
        for what, facts in now.items():
            last = _last(connection, what, f"{what}:{part}")
            draft = _draft(what, part, facts, None if last is None else _facts(last))
            if draft is not None:
                written += platform.ledger.append(connection, draft)
    return tuple(written)


def settings_facts(settings: Settings) -> dict[str, str]:
    """Name to value as text; secrets are hidden, so their changes are not told."""
    return {row["name"]: row["value"][:_LONGEST_VALUE] for row in settings.shown()}


def program_facts(project_path: Path) -> dict[str, str]:
    """Version of steek, of Python and of libraries, the code of the project as a digest, and the kind of host."""
    facts = {"steek": _version("steek"), "python": host.python_version(), "project code": code_digest(project_path)}
    facts |= {library: found for library in _LIBRARIES if (found := _version(library)) != ""}
    facts |= {"system": f"{sys.platform} {host.machine()}", "cpus": str(os.cpu_count() or "")}
    return facts


def code_digest(folder: Path) -> str:
    """A digest of all Python files and steek.toml of a project; the same files give the same."""
    found = hashlib.sha256()
    paths = [folder / "steek.toml"]
    for place, folders, names in os.walk(folder):
        # Data may lie below a project, in more files than anybody wants to walk through.
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        paths += [Path(place, name) for name in names if name.endswith(".py")]
    for path in sorted(paths):
        if path.is_file():
            found.update(f"{path.relative_to(folder)}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str | None]]:
    """Names whose values differ, with both values; None where there was none.

    >>> difference({"a": "1", "b": "2"}, {"b": "3"})
    {'a': ['1', None], 'b': ['2', '3']}
    """
    names = sorted(before.keys() | after.keys())
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def _draft(what: str, part: str, facts: Mapping[str, str], before: Mapping[str, str] | None) -> Draft | None:
    subject = f"{what}:{part}"
    payload: dict[str, object] = {"part": part, "facts": dict(facts)}
    if before is None:
        return Draft(_FIRST[what], subject, "steek", payload)
    changed = difference(before, facts)
    return Draft(_LATER[what], subject, "steek", {**payload, "changed": changed}) if changed else None


def _last(connection: Connection, what: str, subject: str) -> Event | None:
    query = select(events).where(events.c.subject == subject, events.c.kind.in_((_FIRST[what], _LATER[what])))
    row = connection.execute(query.order_by(events.c.sequence.desc()).limit(1)).mappings().first()
    return None if row is None else to_event(row)


def _facts(event: Event) -> Mapping[str, str]:
    facts: Any = event.payload.get("facts")
    return cast("Mapping[str, str]", facts) if isinstance(facts, Mapping) else {}


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
