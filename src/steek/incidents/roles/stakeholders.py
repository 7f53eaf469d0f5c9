"""Stakeholders: who must be kept informed of incidents of which systems, and what each may see."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Connection, insert, select, update

from steek.incidents.oncall.rota_rows import known_result, remember_result
from steek.incidents.roles.tables import stakeholders
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, DeclarationError, InputError, NotFoundError
from steek.ledger import Database, Draft, Ledger

MOST_PATTERNS = 100


class Part(StrEnum):
    """What somebody is a stakeholder for."""

    PRODUCT = "product"
    BUSINESS = "business"
    FINANCE = "finance"
    LEGAL = "legal"
    PARTNER = "partner manager"
    SUPPLIER = "supplier"


class Sees(StrEnum):
    """What a stakeholder may see of an incident.

    `INTERNAL` is everything; `SUMMARY` has no personal data and no names of systems and people, as approved for
    outsiders, with severity, phase and times besides; `OUTSIDER` is what outsiders read and nothing more.
    """

    INTERNAL = "everything"
    SUMMARY = "summary"
    OUTSIDER = "outsider"


@dataclass(frozen=True, slots=True)
class Stakeholder:
    """Somebody who must know of incidents of some systems.

    Args:
        name: What the project calls the interest, such as "grocery partners".
        person: Who it is; contacts are kept with those of the people on call.
        part: "product", "business", "finance", "legal", "partner manager" or "supplier".
        sees: "everything", "summary" or "outsider".
        covers: Patterns with * over models, datasets and URNs.

    Raises:
        DeclarationError: an empty name or person, an unknown part or view.

    >>> partners = Stakeholder("partners", "gabi@grocer", "partner manager", "summary", ("partner_*",))
    >>> partners.is_for("model:partner_demand")
    True
    """

    name: str
    person: str
    part: str
    sees: str = Sees.SUMMARY.value
    covers: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        what = f"stakeholder {self.name[:80]!r}"
        for kind, value in ((Part, self.part), (Sees, self.sees)):
            if value not in {each.value for each in kind}:
                allowed = ", ".join(kind)
                message = f"{what}: {value!r} is no {'part' if kind is Part else 'view'}; allowed: {allowed}"
                raise DeclarationError(message)
        if isinstance(self.covers, str) or not 0 < len(self.covers) <= MOST_PATTERNS:
            message = f"{what} covers {str(self.covers)[:80]!r}; it must be a tuple of 1 to {MOST_PATTERNS} patterns"
            raise DeclarationError(message, next_step="For example covers=('partner_*',).")
        try:
            for label, text in (
                ("name", self.name),
                ("person", self.person),
                *(("pattern", each) for each in self.covers),
            ):
                checked(text, what=f"{label} of a stakeholder", most=NAME_CHARACTERS)
        except InputError as cause:
            raise DeclarationError(cause.message, next_step=cause.next_step) from None

    def is_for(self, *systems: str) -> bool:
        """Whether incidents of any of these systems, URNs or bare names, are theirs to know of."""
        bare = {name.partition(":")[2].partition("@")[0] for name in systems if ":" in name}
        return any(fnmatchcase(name, pattern) for name in {*systems, *bare} for pattern in self.covers)


class Stakeholders:
    """Stakeholders of the project and those added by people; safe to share between threads and processes.

    Args:
        database: Holds those that people added.
        ledger: Is told of every change.
        clock: Processing time.
        declared: Those of the project's modules, by name; they are changed there only.
    """

    def __init__(
        self, database: Database, ledger: Ledger, clock: Clock, declared: Callable[[], Mapping[str, Stakeholder]]
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._declared = declared

    def list(self, *systems: str) -> tuple[Stakeholder, ...]:
        """All, by name; with systems only those who must know of any of them."""
        query = select(stakeholders).where(stakeholders.c.removed.is_(False))
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        added = {
            row["name"]: Stakeholder(row["name"], row["person"], row["part"], row["sees"], tuple(row["covers"]))
            for row in rows
        }
        both = {**added, **self._declared()}
        return tuple(both[name] for name in sorted(both) if not systems or both[name].is_for(*systems))

    def of(self, system: str) -> tuple[tuple[str, str], ...]:
        """Who must know of one system, as (person, what they are)."""
        return tuple((one.person, one.part) for one in self.list(system))

    def put(self, stakeholder: Stakeholder, *, actor: str, key: str) -> Stakeholder:
        """Add one, or change the one of that name.

        Raises:
            ConflictError: the project declares one of that name.
        """
        if stakeholder.name in self._declared():
            message = f"stakeholder {stakeholder.name} is declared by the project"
            raise ConflictError(message, next_step="Change it in the module that declares it.")
        with self._database.transaction() as connection:
            if known_result(connection, "put stakeholder", checked(key, what="key", most=300)) is None:
                payload: dict[str, object] = {
                    "person": stakeholder.person,
                    "part": stakeholder.part,
                    "sees": stakeholder.sees,
                    "covers": list(stakeholder.covers),
                }
                self._write(connection, stakeholder.name, actor, {**payload, "removed": False})
                self._tell(connection, "stakeholder.changed", stakeholder.name, actor, payload)
                remember_result(connection, "put stakeholder", key, stakeholder.name)
        return stakeholder

    def remove(self, name: str, *, actor: str, key: str) -> None:
        """Take one out. Raises NotFoundError when people added none of that name."""
        with self._database.transaction() as connection:
            if known_result(connection, "remove stakeholder", checked(key, what="key", most=300)) is not None:
                return
            query = select(stakeholders.c.name).where(stakeholders.c.removed.is_(False))
            known = list(connection.execute(query).scalars())
            if name not in known:
                raise NotFoundError.among("stakeholder", name, known)
            self._write(connection, name, actor, {"removed": True})
            self._tell(connection, "stakeholder.removed", name, actor, {})
            remember_result(connection, "remove stakeholder", key, name)

    def _write(self, connection: Connection, name: str, actor: str, given: Mapping[str, Any]) -> None:
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        values = {**given, "changed_by": by, "changed_at": self._clock.now()}
        one = stakeholders.c.name == name
        if connection.execute(update(stakeholders).where(one).values(values)).rowcount == 0:
            connection.execute(insert(stakeholders).values(name=name, **values))

    def _tell(self, connection: Connection, kind: str, name: str, actor: str, payload: Mapping[str, object]) -> None:
        subject = f"stakeholder:{name.replace('@', ' at ')}"
        self._ledger.append(connection, Draft(kind, subject, actor, {"stakeholder": name, **payload}))
