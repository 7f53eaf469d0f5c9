"""What would change by itself on held systems is listed before its time comes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.data.conftest import LINES

from steek.data.contracts.impact import Downstream
from steek.data.contracts.proposals import Proposals
from steek.incidents import Incident, Menu
from steek.incidents.control.change_control import ChangeControl
from steek.incidents.desk import Desk
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage
from steek.models import Freezes


@pytest.mark.covers("I4")
def test_nightly_trainings_and_open_proposals_are_listed(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, declared: Incident
) -> None:
    freezes = Freezes(database, ledger, clock)
    desk = Desk(database, ledger, lineage, clock, Menu({}))
    control = ChangeControl(desk, freezes, timedelta(hours=4), {"m": "daily 02:00", "other": "daily 03:00", "by": ""})
    proposals = Proposals(database, ledger, clock, Downstream(database, dict[str, str]().get), freezes)
    first = proposals.propose(LINES, reason="begin", key="p", actor="data@grocer")
    assert control.scheduled() == ()
    for system, actions in (("model:m", ("train",)), ("model:by", ("train",)), ("dataset:lines", ("contract",))):
        freezes.hold(system, actions, "keys changed", declared.urn, actor="steek", key=system)
    listed = [(one.subject, one.action, one.what, one.by) for one in control.scheduled(declared.id)]
    assert sorted(listed) == [
        ("dataset:lines", "contract", f"version {LINES.version}, proposal {first.id}", "data@grocer"),
        ("model:m", "train", "training, daily 02:00", "schedule"),
    ]
    proposals.withdraw(first.id, key="w", actor="data@grocer")
    second = proposals.propose(replace(LINES, version="9.9.9"), reason="again", key="q", actor="data@grocer")
    assert second.id in control.scheduled()[-1].what + control.scheduled()[0].what
    freezes.release(declared.urn, actor="sam")
    assert control.scheduled() == ()
