"""Objectives of compliance: measured now, and remembered when they change."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, select

from steek.data.datasets import AnyDataset, Dataset, contract_of
from steek.data.erasure.tables import erasures
from steek.data.retention.retention import Retention
from steek.data.retention.rules import Objective, judge_erasures, judge_jurisdiction, judge_retention
from steek.data.retention.tables import compliance
from steek.kernel.clock import Clock
from steek.kernel.errors import RefusedError
from steek.kernel.records import to_plain
from steek.ledger import Database, Draft, Ledger

# An erasure that is due is a night's work; two nights missed are a failure.
_PATIENCE = timedelta(hours=48)
_OPEN = ("requested", "shredded", "rewritten", "vacuumed", "verified", "incomplete")


class Compliance:
    """Says of each dataset whether its rules are met, and since when.

    Args:
        retention: Measures ages.
        database: Remembers what changed.
        ledger: Gets `compliance.changed`.
        clock: Processing time.
        datasets: Declarations by name.
        jurisdictions: Where this lake lies; empty when nobody said.
    """

    def __init__(
        self,
        retention: Retention,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        datasets: Mapping[str, AnyDataset],
        jurisdictions: Sequence[str],
    ) -> None:
        self._retention = retention
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self._jurisdictions = tuple(jurisdictions)

    def report(self) -> list[Objective]:
        """Every objective as it stands now, by rule and subject; reads only."""
        found = [self._erasures()]
        for dataset in self._datasets.values():
            contract = contract_of(dataset)
            if contract is not None:
                age = self._retention.age(dataset.name)
                over, oldest = (None, None) if age is None else (age.over, age.oldest_at)
                found.append(judge_retention(dataset.name, contract.retention, over, oldest))
            if contract is not None and isinstance(dataset, Dataset):
                found.append(judge_jurisdiction(contract, self._jurisdictions))
        known = self._known()
        dated = [_since(each, known.get((each.rule, each.subject))) for each in found]
        return sorted(dated, key=lambda each: (each.rule, each.subject))

    def check(self, *, actor: str) -> list[Objective]:
        """Remember what is otherwise than before, with an event each; those objectives.

        What was always met is not written down: only once it was not met it has a beginning to tell.
        """
        known = self._known()
        changed = [each for each in self.report() if _is_news(each, known.get((each.rule, each.subject)))]
        if not changed:
            return []
        now = self._clock.now()
        with self._database.transaction() as connection:
            for each in changed:
                _remember(connection, replace(each, since_at=now))
                facts: dict[str, object] = {"rule": each.rule, "met": each.met, "reason": each.reason}
                subject = f"dataset:{each.subject}" if each.subject in self._datasets else each.subject
                draft = Draft("compliance.changed", subject, actor, facts | {"measured": each.measured})
                self._ledger.append(connection, draft)
        return [replace(each, since_at=now) for each in changed]

    def admit(self, dataset: AnyDataset) -> None:
        """Let rows of a dataset in, unless its contract's law does not allow them to lie here.

        Raises:
            RefusedError: names both jurisdictions.
        """
        contract = contract_of(dataset)
        if contract is None or judge_jurisdiction(contract, self._jurisdictions).met != "no":
            return
        message = (
            f"rows of {dataset.name!r} are under the law of {contract.jurisdiction}; this lake is allowed to hold "
            f"{', '.join(self._jurisdictions)}"
        )
        step = "Send them to a lake that lies there, or change the setting jurisdictions or the contract."
        raise RefusedError(message, next_step=step)

    def _erasures(self) -> Objective:
        overdue = select(func.count()).where(
            erasures.c.state.in_(_OPEN), erasures.c.due_at < self._clock.now() - _PATIENCE
        )
        incomplete = select(func.count()).where(erasures.c.state == "incomplete")
        with self._database.reading() as connection:
            counts = connection.execute(overdue).scalar_one(), connection.execute(incomplete).scalar_one()
        return judge_erasures(*counts, _PATIENCE)

    def _known(self) -> dict[tuple[str, str], Objective]:
        with self._database.reading() as connection:
            rows = connection.execute(select(compliance)).mappings()
            return {(row["rule"], row["subject"]): Objective(**row) for row in rows}


def _is_news(now: Objective, before: Objective | None) -> bool:
    return now.met == "no" if before is None else now.met != before.met


def _since(now: Objective, before: Objective | None) -> Objective:
    return replace(now, since_at=before.since_at) if before is not None and before.met == now.met else now


def _remember(connection: Connection, objective: Objective) -> None:
    where = (compliance.c.rule == objective.rule, compliance.c.subject == objective.subject)
    connection.execute(delete(compliance).where(*where))
    row = asdict(objective) | {"measured": to_plain(objective.measured)}
    connection.execute(insert(compliance).values(row))
