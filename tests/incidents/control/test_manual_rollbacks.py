"""What suspects name and nothing takes back by itself stands on the menu as a measure in words; freezes say why."""

import pytest
from tests.incidents.conftest import Loop, Reader, joins

from steek.incidents import Argument, Incidents, Menu, Mitigation, MitigationCall
from steek.incidents.control.manual_rollbacks import manual_rollbacks
from steek.incidents.mitigations import checked_arguments
from steek.incidents.timeline import describe
from steek.kernel import ReplayClock
from steek.kernel.errors import InputError
from steek.ledger import Database, Ledger
from steek.models import Freezes
from steek.platform.menu import mitigation_lines


def measure(_: MitigationCall) -> dict[str, object]:
    return {}


@pytest.mark.covers("I6", "I9")
def test_a_replaced_dataset_is_taken_back_by_hand(incidents: Incidents, loop: Loop) -> None:
    loop.history()
    replaced = loop.key_change()
    loop.at(1, 1)
    incident = incidents.consider_alert(loop.fire(joins())[1])
    assert incident is not None
    story = incidents.stories.read(incident.id)
    first, *_ = manual_rollbacks(story.changed)
    assert first.startswith("Put the contents of products back to what they were before (The contents of products")
    menu = Menu({"measure": Mitigation("measure", risk="r", effect="e", undo="u", run=measure)})
    lines = mitigation_lines(menu, story)
    assert [line.name for line in lines][-1] == "measure"
    assert first in lines[0].effect
    assert lines[-1].effect == "e"
    # What people rejected is not offered.
    incidents.note(incident.id, "it was not", "sam", key="n", about=replaced.id, verdict="rejected")
    rest = manual_rollbacks(incidents.stories.read(incident.id).changed)
    assert not any("products" in one for one in rest)


@pytest.mark.covers("I9")
def test_of_a_model_that_others_serve_the_menu_has_what_can_be_done_here(incidents: Incidents) -> None:
    incident = incidents.declare("too high", on="model:theirs", severity="sev2", actor="ada", key="d")
    back = Mitigation(
        "roll-back",
        risk="r",
        effect="e",
        undo="u",
        run=measure,
        arguments=(Argument("model", "whose versions"),),
        elsewhere=frozenset({"theirs"}),
    )
    menu = Menu({"roll-back": back, "measure": Mitigation("measure", risk="r", effect="e", undo="u", run=measure)})
    assert [one.name for one in menu.offered(incident)] == ["measure"]
    with pytest.raises(InputError, match="theirs is trained and served elsewhere"):
        checked_arguments(back, {"model": "theirs"})
    assert checked_arguments(back, {"model": "ours"}) == {"model": "ours"}


@pytest.mark.covers("I4", "I5")
def test_a_freeze_says_what_is_held_and_why(
    database: Database, ledger: Ledger, clock: ReplayClock, of_kind: Reader
) -> None:
    freezes = Freezes(database, ledger, clock)
    freezes.hold("model:m", ("train", "deploy"), "keys changed", "incident:2017-001", actor="sam", key="f")
    freezes.release("incident:2017-001", actor="sam")
    assert describe(of_kind("freeze.started")[0]) == (
        "deploy and train of model:m held still by incident:2017-001: keys changed"
    )
    assert describe(of_kind("freeze.ended")[0]).startswith("deploy and train of model:m no longer held")
