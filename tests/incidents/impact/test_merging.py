"""Two incidents that are one: nothing of the second is lost, the first owes what it owed, and it can be undone."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from tests.incidents.conftest import Loop, Reader, joins

from steek.governance import Actor
from steek.governance.emergency.asking import new_row
from steek.governance.emergency.grants import Opening
from steek.governance.emergency.tables import grants
from steek.incidents import Incidents, Severity, State
from steek.incidents.desk import Desk
from steek.incidents.ethics.groups import GroupAnswer, Groups
from steek.incidents.impact.merging import Merges
from steek.incidents.impact.severity import parse_rules
from steek.incidents.impact.triage import Triage
from steek.incidents.signals.signals import Signals
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError
from steek.ledger import Database, Ledger, Lineage


@pytest.fixture
def desk(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents) -> Desk:
    return Desk(database, ledger, lineage, clock, incidents.menu)


@pytest.fixture
def merges(desk: Desk) -> Merges:
    return Merges(desk)


def two(incidents: Incidents, severity: str = "sev2") -> tuple[str, str]:
    first = incidents.declare("sales down", on="search_ranking", severity="sev2", actor="ariel", key="d1")
    second = incidents.declare("carts empty", on="partner_demand", severity=severity, actor="sam", key="d2")
    return first.id, second.id


@pytest.mark.covers("I2")
def test_a_duplicate_is_merged_with_links_both_ways_and_loses_nothing(
    merges: Merges, incidents: Incidents, loop: Loop, of_kind: Reader
) -> None:
    loop.history()
    loop.at(1, 1)
    alert, event = loop.fire(joins())
    first = incidents.declare("sales down", on="search_ranking", severity="sev2", actor="ariel", key="d1")
    second = incidents.consider_alert(event)
    assert second is not None
    incidents.note(second.id, "seen at partner 69", "kim", key="n")
    survivor = merges.merge(second.id, first.id, "the same cause", "ariel", key="m", expected_version=second.version)
    assert merges.merge(second.id, first.id, "the same cause", "ariel", key="m") == survivor
    assert set(survivor.systems) == {*first.systems, *second.systems}
    gone = incidents.get(second.id)
    assert (gone.state, gone.merged_into) == (State.CLOSED, first.id)
    story = incidents.stories.read(first.id)
    assert [one.alert_id for one in story.alerts] == [alert.id]
    assert story.duplicates == (second.id,)
    told = [entry.text for entry in story.timeline]
    assert "seen at partner 69" in told
    assert f"incident {second.id} was merged into this one: the same cause" in told
    assert incidents.timeline(second.id)[-1].text == f"merged into incident {first.id}: the same cause"
    assert [one.payload["incident"] for one in of_kind("freeze.requested")][-1] == first.id
    assert of_kind("freeze.release_requested")[-1].payload["incident"] == second.id
    # What fires of the same group from now on joins the one that goes on.
    loop.at(1, 2)
    later = loop.fire(joins("other_joins", on="partner_lines"))[1]
    joined = incidents.consider_alert(later)
    assert joined is not None
    assert joined.id == first.id
    with pytest.raises(ConflictError, match="is merged into"):
        merges.merge(second.id, first.id, "again", "sam", key="m2")
    with pytest.raises(InputError, match="into itself"):
        merges.merge(first.id, first.id, "again", "sam", key="m3")


@pytest.mark.covers("I2", "I9")
def test_actions_signals_and_impact_of_the_duplicate_are_the_survivors(
    merges: Merges, incidents: Incidents, desk: Desk, clock: ReplayClock
) -> None:
    triage = Triage(desk, incidents.stories, lambda _: (), parse_rules("users:100/10000"))
    signals = Signals(desk, within=timedelta(hours=24))
    first, second = two(incidents)
    done = [incidents.act(second, "notice", {}, "sam", key="a2").key]
    clock.set(clock.now() + timedelta(minutes=1))
    done.append(incidents.act(first, "notice", {}, "sam", key="a1").key)
    filed = signals.file("no carts", on="partner_demand", kind="partner", actor="kim", key="s")
    triage.assess(second, "users", "kim", key="u", evidence="counted", low=50)
    triage.assess(second, "money", "kim", key="m", evidence="the till", low=5, unit="EUR")
    triage.assess(first, "money", "kim", key="m1", evidence="the bank", low=9, unit="EUR")
    merges.merge(second, first, "one cause", "ariel", key="m")
    story = incidents.stories.read(first)
    assert [action.key for action in story.actions] == done
    assert [signal.id for signal in signals.list(incident=first)] == [filed.id]
    assert {one.dimension.value: one.low for one in story.impacts if one.known} == {"users": 50, "money": 9}
    merges.undo(second, "no", "ariel", key="u")
    assert [action.key for action in incidents.stories.read(first).actions] == done[1:]


@pytest.mark.covers("I2")
def test_the_survivor_is_as_bad_as_the_worse_and_is_not_over_while_the_duplicate_is_not(
    merges: Merges, incidents: Incidents, of_kind: Reader
) -> None:
    first, second = two(incidents, severity="sev1")
    incidents.resolve(first, actor="ariel", key="r", verify=False, reason="over")
    with pytest.raises(ConflictError, match=f"{first} is over and {second} is not"):
        merges.merge(second, first, "one cause", "ariel", key="m0")
    incidents.advance(first, "reopen", "ariel", key="o")
    survivor = merges.merge(second, first, "one cause", "ariel", key="m")
    assert (survivor.severity, survivor.severity_reason) == (Severity.SEV1, None)
    (raised,) = of_kind("incident.severity_changed")
    assert raised.payload["reason"] == f"incident {second}, merged into this one, is sev1"
    third = incidents.declare("again", on="elsewhere", severity="sev3", actor="a", key="d3").id
    merges.merge(first, third, "all one", "ariel", key="m2")
    assert merges.duplicates(third) == (first, second)
    assert f"incident {second} was merged into this one: one cause" in [one.text for one in incidents.timeline(third)]


@pytest.mark.covers("I2", "I12")
def test_what_a_duplicate_still_owes_keeps_its_survivor_open(
    merges: Merges, incidents: Incidents, database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    groups = Groups(database, ledger, clock)
    first, second = two(incidents)
    groups.consider(first, [], nobody_because="it was at night", actor="a", key="g1")
    opening = Opening("lines", ("name",), "store == 1")
    words = {"purpose": "p", "why_raw": "w", "why_not_first": "n"}
    row = new_row("k", Actor("ana", ("member",), ""), second, [opening], words, minutes=5, most_rows=5, at=clock.now())
    with database.transaction() as connection:
        connection.execute(insert(grants).values(row | {"state": "ended", "pseudonymised_first": False}))
    clock.set(clock.now() + timedelta(minutes=1))
    merges.merge(second, first, "one cause", "ariel", key="m")
    incidents.resolve(first, actor="a", key="r", verify=False, reason="over")
    with pytest.raises(ConflictError, match=f"was not reviewed.*harmed by incident {second}"):
        incidents.advance(first, "close", "a", key="c")
    with database.transaction() as connection:
        connection.execute(grants.update().values(state="reviewed"))
    clock.set(clock.now() + timedelta(minutes=1))
    groups.consider(first, [GroupAnswer("carts", "not_harmed", "they came back")], actor="a", key="g2")
    assert incidents.advance(first, "close", "a", key="c").state is State.CLOSED


@pytest.mark.covers("I2")
@pytest.mark.parametrize("survivor_holds", [True, False])
def test_a_merge_that_was_wrong_is_taken_back(
    merges: Merges, incidents: Incidents, loop: Loop, of_kind: Reader, survivor_holds: bool
) -> None:
    loop.history()
    loop.at(1, 1)
    first = incidents.declare(
        "sales down", on="elsewhere", severity="sev2", actor="ariel", key="d1", freeze=survivor_holds
    )
    alert, event = loop.fire(joins())
    second = incidents.consider_alert(event)
    assert second is not None
    incidents.advance(second.id, "investigate", "sam", key="i")
    before, held = incidents.get(second.id), len(of_kind("freeze.requested"))
    merges.merge(second.id, first.id, "one cause", "ariel", key="m")
    again = merges.undo(second.id, "the feed is another", "sam", key="u")
    assert merges.undo(second.id, "the feed is another", "sam", key="u") == again
    assert (again.state, again.merged_into, again.closed_at) == (State.TROUBLESHOOTING, None, None)
    assert (again.resolved_at, again.systems) == (None, before.systems)
    survivor = incidents.get(first.id)
    assert (survivor.systems, survivor.frozen) == (first.systems, first.frozen)
    assert [one.alert_id for one in incidents.stories.read(second.id).alerts] == [alert.id]
    assert incidents.stories.read(first.id).alerts == ()
    requested = of_kind("freeze.requested")[held:]
    assert [each.payload["incident"] for each in requested] == [first.id, second.id]
    released = [each.payload for each in of_kind("freeze.release_requested") if each.payload["incident"] == first.id]
    own = set(first.systems) if survivor_holds else set[str]()
    assert {each["system"] for each in released} == set(second.systems) - own
    assert f"no part of incident {first.id} after all: the feed is another" in [
        entry.text for entry in incidents.timeline(second.id)
    ]
    assert f"incident {second.id} is no part of this one after all: the feed is another" in [
        entry.text for entry in incidents.timeline(first.id)
    ]
    with pytest.raises(ConflictError, match="is merged into no other"):
        merges.undo(second.id, "again", "sam", key="u2")
    assert merges.merge(second.id, first.id, "it is after all", "sam", key="m2").id == first.id
