"""Fleets: many small models of one definition, kept in one artifact.

Layout: magic, length of the header (4 bytes, big-endian), header (canonical JSON: members with offset, size,
checksum and facts), then the members' own bytes, sorted by name. A member's bytes depend on nothing but itself.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from steek.kernel.errors import DamagedArtifactError, NotFoundError, UnreadableError
from steek.kernel.records import canonical_json

_MAGIC = b"steekfleet1\n"
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What is known of one member.

    Args:
        rows: Rows it was fitted on.
        data_until: Moment of the newest example it may have learned from.
        carried_from: Version of the fleet it was fitted in, when this one only carries it on; else None.
    """

    rows: int
    data_until: datetime
    carried_from: int | None = None


class FleetBundle:
    """An unpacked fleet: a view on the bundle's bytes, read-only."""

    def __init__(self, data: bytes, entries: Mapping[str, Mapping[str, Any]], start: int) -> None:
        self._data = data
        self._entries = entries
        self._start = start

    def names(self) -> list[str]:
        """Names of the members, sorted."""
        return list(self._entries)

    def get(self, member: str) -> bytes:
        """The artifact of one member.

        Raises:
            NotFoundError: no such member.
            DamagedArtifactError: its bytes are not what was packed.
        """
        entry = self._entry(member)
        begin = self._start + entry["offset"]
        data = self._data[begin : begin + entry["size_bytes"]]
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            message = f"member {member!r} of the fleet is damaged"
            raise DamagedArtifactError(message, next_step="Roll the member back, then retrain it.")
        return data

    def facts(self, member: str) -> MemberFacts | None:
        """What the trainer knew of one member; None when it said nothing.

        Raises:
            NotFoundError: no such member.
        """
        facts = self._entry(member)["facts"]
        if facts is None:
            return None
        return MemberFacts(facts["rows"], datetime.fromisoformat(facts["data_until"]), facts["carried_from"])

    def _entry(self, member: str) -> Mapping[str, Any]:
        if member not in self._entries:
            raise NotFoundError.among("fleet member", member, list(self._entries)[:10])
        return self._entries[member]


def pack(members: Mapping[str, bytes], facts: Mapping[str, MemberFacts] | None = None) -> bytes:
    """One artifact of many members; the same members give the same bytes.

    >>> unpack(pack({"69": b"model of 69", "2": b"model of 2"})).get("69")
    b'model of 69'
    """
    entries: dict[str, dict[str, object]] = {}
    offset = 0
    for name in sorted(members):
        data = members[name]
        entries[name] = {
            "offset": offset,
            "size_bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "facts": None if facts is None else facts.get(name),
        }
        offset += len(data)
    header = canonical_json({"members": entries}).encode()
    body = b"".join(members[name] for name in sorted(members))
    return _MAGIC + len(header).to_bytes(_LENGTH_BYTES, "big") + header + body


def unpack(data: bytes) -> FleetBundle:
    """Open a bundle; members are checked when they are taken out.

    Raises:
        UnreadableError: not a whole bundle.
    """
    header_at = len(_MAGIC) + _LENGTH_BYTES
    header_bytes = int.from_bytes(data[len(_MAGIC) : header_at], "big")
    start = header_at + header_bytes
    try:
        if not data.startswith(_MAGIC):
            raise _unreadable("it does not begin like one")
        entries: dict[str, dict[str, Any]] = json.loads(data[header_at:start])["members"]
        size_bytes = start + sum(entry["size_bytes"] for entry in entries.values())
    except (ValueError, KeyError, TypeError) as cause:
        raise _unreadable(f"its header cannot be read: {cause}") from cause
    if len(data) != size_bytes:
        raise _unreadable(f"it has {len(data)} bytes instead of {size_bytes}")
    return FleetBundle(data, dict(sorted(entries.items())), start)


def _unreadable(why: str) -> UnreadableError:
    return UnreadableError(f"not a fleet bundle: {why}", next_step="Take the artifact from the registry.")
