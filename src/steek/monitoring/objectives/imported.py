"""Objectives that came as OpenSLO documents: kept in the database, checked beside the declared ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import delete, insert, select, update

from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError
from steek.ledger import Database, Draft, Ledger
from steek.monitoring.objectives.objective import NOBODY, Objective
from steek.monitoring.objectives.openslo import read_openslo, write_openslo
from steek.monitoring.objectives.tables import objective_imports


class Imports:
    """Keeps imported objectives; safe to share between threads and processes."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def read(self) -> Mapping[str, Objective]:
        """Imported objectives by name."""
        with self._database.reading() as connection:
            held = select(objective_imports.c.document).where(objective_imports.c.retired_at.is_(None))
            rows = connection.execute(held.order_by(objective_imports.c.objective))
            documents = [str(row.document["openslo"]) for row in rows]
        return {one.name: one for text in documents for one, _ in read_openslo(text)}

    def put(self, objectives: Sequence[Objective], *, actor: str, key: str) -> None:
        """Store objectives, in place of earlier ones of their names; the same key again changes nothing."""
        with self._database.transaction() as connection:
            known = connection.execute(select(objective_imports.c.key).where(objective_imports.c.key == key)).first()
            if known is not None:
                return
            for one in objectives:
                # Who brought it answers for it, until its document names somebody.
                owned = replace(one, owner=actor) if one.owner == NOBODY else one
                document = write_openslo([(owned, None)])
                connection.execute(delete(objective_imports).where(objective_imports.c.objective == one.name))
                values = {"objective": one.name, "key": key, "document": {"openslo": document}, "actor": actor}
                connection.execute(insert(objective_imports).values(values | {"imported_at": self._clock.now()}))
                facts: dict[str, object] = {"objective": one.name, "target": one.target, "over": one.over}
                self._ledger.append(connection, Draft("objective.imported", f"objective:{one.name}", actor, facts))

    def remove(self, name: str, *, reason: str, actor: str) -> None:
        """Take an imported objective out; a second time changes nothing.

        Raises:
            NotFoundError: none by that name.
            InputError: no reason.
        """
        if not reason.strip():
            raise InputError("a promise is not retired without a reason", next_step="Say why.")
        with self._database.transaction() as connection:
            query = select(objective_imports.c.objective, objective_imports.c.retired_at)
            known = {row.objective: row.retired_at for row in connection.execute(query)}
            if name not in known:
                step = "Declared objectives are retired in the project's Python."
                raise NotFoundError.among("imported objective", name, known, next_step=step)
            if known[name] is not None:
                return
            held = update(objective_imports).where(objective_imports.c.objective == name)
            connection.execute(held.values(retired_at=self._clock.now()))
            facts: dict[str, object] = {"objective": name, "reason": reason.strip()}
            self._ledger.append(connection, Draft("objective.retired", f"objective:{name}", actor, facts))
