"""Communications is reminded, and stakeholders hear of updates what they may see."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from tests.incidents.conftest import Reader

from steek.incidents import Incident, Incidents, Stakeholder
from steek.incidents.oncall.contacts import Contact
from steek.incidents.oncall.rota_rows import write_person
from steek.incidents.updates.cadence import Due, cadence_of, due_at, standing
from steek.incidents.updates.outsiders import Outsiders
from steek.incidents.updates.telling import TELLING_KINDS, Telling
from steek.incidents.updates.updates import Updates
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Subscriptions
from steek.notify import Notice, Notices, OpenTargets, Receipt, read_target

MINUTE = timedelta(minutes=1)


@dataclass
class Inbox:
    """Takes whatever comes."""

    got: list[Notice] = field(default_factory=list[Notice])
    takes_pictures = False
    repeat_every_s = None

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:  # noqa: ARG002 - the seam's signature
        self.got.append(notice)
        return Receipt("delivered")

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:  # noqa: ARG002 - the seam's signature
        return Receipt("delivered")

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class Office:
    """Who is told, and a worker's turn."""

    database: Database
    telling: Telling
    inboxes: dict[str, Inbox]
    turn: Callable[..., int]

    def titles(self, who: str) -> list[tuple[str, str]]:
        return [(notice.title, notice.state) for notice in self.inboxes[who].got]


@pytest.fixture
def office(
    database: Database, ledger: Ledger, clock: ReplayClock, updates: Updates, declared: Incident
) -> Iterator[Office]:
    inboxes = {name: Inbox() for name in ("com", "product", "partners", "finance")}
    targets = {
        name: read_target(name, {"kind": "webhook", "purposes": ["change"], "subjects": ["none:*"]}) for name in inboxes
    }
    notices = Notices(database, ledger, clock, OpenTargets(targets, inboxes))
    with database.transaction() as connection:
        for name in inboxes:
            write_person(connection, f"{name}@grocer", (Contact("target", name),), at=clock.now())
    people = (
        Stakeholder("product", "product@grocer", "product", "everything"),
        Stakeholder("partners", "partners@grocer", "partner manager", "outsider", ("partner_*",)),
        Stakeholder("finance", "finance@grocer", "finance", "summary", ("search_*",)),
    )

    def stakeholders(*systems: str) -> list[Stakeholder]:
        return [one for one in people if one.is_for(*systems)]

    telling = Telling(database, ledger, clock, notices, updates, stakeholders, "http://here")
    deliveries = Subscriptions(ledger, {"telling": (TELLING_KINDS, telling.on_event)})

    def turn(after: timedelta = timedelta(0)) -> int:
        clock.set(clock.now() + after)
        deliveries.deliver()
        made = telling.tick()
        notices.deliver()
        return made

    yield Office(database, telling, inboxes, turn)
    notices.close()
    assert declared.id


@pytest.mark.covers("I10")
def test_communications_is_reminded_once_before_and_once_after(
    office: Office, updates: Updates, incidents: Incidents, declared: Incident, of_kind: Reader
) -> None:
    incidents.assign(declared.id, "communications", "com@grocer", "ariel", key="com")
    turn = office.turn
    assert turn(49 * MINUTE) == 0
    assert [turn(MINUTE), turn()] == [1, 0]
    assert [turn(10 * MINUTE), turn(), turn(90 * MINUTE)] == [1, 0, 0]
    assert [title.split(" (")[0] for title, _ in office.titles("com")] == [
        f"Incident {declared.id}: the next update is due soon",
        f"Incident {declared.id}: the next update is overdue",
    ]
    assert len(of_kind("incident.update_overdue")) == 1
    updates.post(declared.id, "here it is", actor="com@grocer", key="u")
    turn()
    assert [state for _, state in office.titles("com")] == ["open", "open", "resolved", "resolved"]
    assert turn(60 * MINUTE) == 1
    assert len(of_kind("incident.update_overdue")) == 2


@pytest.mark.covers("I3", "I10")
def test_stakeholders_are_told_what_they_may_see_of_their_systems(
    office: Office, updates: Updates, outsiders: Outsiders, incidents: Incidents, declared: Incident
) -> None:
    incidents.assign(declared.id, "communications", "com@grocer", "ariel", key="com")
    updates.post(declared.id, "partner_lines is broken", actor="ariel", key="u", outside="Orders are late.")
    office.turn()
    assert office.titles("partners") == []
    outsiders.approve(declared.id, 1, actor="com@grocer", key="a")
    for _ in range(2):
        office.turn()
    (product,) = office.inboxes["product"].got
    (partners,) = office.inboxes["partners"].got
    assert (product.body, partners.body) == ("partner_lines is broken", "Orders are late.")
    told = " ".join((partners.title, partners.body, partners.subject, partners.url, *partners.labels.values()))
    assert not any(private in told for private in ("partner_lines", declared.id, declared.title, "ariel"))
    assert office.titles("finance") == []


@pytest.mark.covers("I10")
def test_a_cadence_is_that_of_the_severity_until_people_set_one(declared: Incident) -> None:
    usual = cadence_of(declared.severity, {"sev2": 60}, None)
    own = cadence_of(declared.severity, {"sev2": 60}, 8)
    start = declared.declared_at
    due = due_at(is_open=True, declared_at=start, last_at=None, promised_at=None, cadence=usual)
    assert (usual.every_minutes, usual.is_set, own.every_minutes, own.is_set) == (60, False, 8, True)
    assert due == start + 60 * MINUTE
    seen = [standing(due, usual, now=start + minutes * MINUTE) for minutes in (0, 49, 50, 59, 60, 600)]
    assert seen == [Due.NOT_YET, Due.NOT_YET, Due.SOON, Due.SOON, Due.OVERDUE, Due.OVERDUE]
    assert standing(start + 8 * MINUTE, own, now=start + 3 * MINUTE) is Due.NOT_YET
    assert standing(None, own, now=start) is Due.NEVER


@pytest.mark.covers("I3", "I10", "I11")
def test_whoever_was_told_of_the_outage_is_told_of_its_end_and_of_corrections(
    office: Office, updates: Updates, outsiders: Outsiders, incidents: Incidents, declared: Incident
) -> None:
    incidents.assign(declared.id, "communications", "com@grocer", "ariel", key="com")
    updates.post(declared.id, "x", actor="com@grocer", key="u", outside="All orders are lost.")
    office.turn()
    outsiders.correct(declared.id, 1, "Orders are late.", reason="none is lost", actor="com@grocer", key="c")
    office.turn()
    incidents.resolve(declared.id, actor="ariel", key="r", verify=False, reason="it is over")
    for _ in range(2):
        office.turn()
    told = office.inboxes["partners"].got
    assert [notice.title for notice in told] == [
        "Update on a problem",
        "Correction of an update on a problem",
        "Update on a problem",
    ]
    assert [notice.body for notice in told[1:]] == ["Orders are late.", "The problem is solved."]
    assert {notice.severity for notice in told} == {"sev3"} != {declared.severity.value}
    assert declared.id not in str(told)
    assert [title for title, _ in office.titles("product")] == [
        f"Incident {declared.id}, update 1: x",
        f"Incident {declared.id} is over",
    ]
    incidents.advance(declared.id, "reopen", "ariel", key="again")
    office.turn()
    assert office.titles("product")[-1][0] == f"Incident {declared.id} goes on: it was reopened"
    assert told[-1].body == "The problem is back. We are working on it."


@pytest.mark.covers("I10")
def test_whoever_speaks_hears_of_a_question_until_it_is_answered(
    office: Office, updates: Updates, incidents: Incidents, declared: Incident
) -> None:
    incidents.assign(declared.id, "communications", "com@grocer", "ariel", key="com")
    updates.ask(declared.id, "what does it cost?", actor="ceo@grocer", key="q")
    office.turn()
    updates.answer(declared.id, 1, "little", actor="com@grocer", key="n")
    for _ in range(2):
        office.turn()
    title = f"Incident {declared.id}: question 1 waits for an answer"
    assert office.titles("com") == [(title, "open"), (title, "resolved")]
    assert "cost" not in str(office.inboxes["com"].got)


@pytest.mark.covers("I10")
def test_outsiders_who_were_told_nothing_hear_of_no_end(
    office: Office, updates: Updates, incidents: Incidents, declared: Incident
) -> None:
    updates.post(declared.id, "x", actor="ariel", key="u")
    # The contact of one was written down, and no such target is left.
    assert office.telling.unreached(declared.id) == ()
    with office.database.transaction() as connection:
        write_person(connection, "partners@grocer", (Contact("target", "gone"),), at=declared.declared_at)
    assert [one.person for one in office.telling.unreached(declared.id)] == ["partners@grocer"]
    incidents.resolve(declared.id, actor="ariel", key="r", verify=False, reason="it is over")
    office.turn()
    assert (len(office.titles("partners")), len(office.titles("product"))) == (0, 2)
