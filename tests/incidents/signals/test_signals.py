"""Signals from the first line to the incident that takes them in."""

from datetime import datetime, timedelta

import pytest
from tests.incidents.conftest import Loop, Production, Reader, joins

from steek.incidents import Incidents, State
from steek.incidents.desk import Desk
from steek.incidents.signals.signals import Signals
from steek.incidents.signals.types import Prompt, PromptState, SignalState
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.ledger import Database, Ledger, Lineage


@pytest.fixture
def signals(
    database: Database,
    ledger: Ledger,
    lineage: Lineage,
    clock: ReplayClock,
    production: Production,
    incidents: Incidents,
) -> Signals:
    desk = Desk(database, ledger, lineage, clock, incidents.menu)
    return Signals(desk, within=timedelta(hours=24))


def two_notes(signals: Signals, loop: Loop) -> None:
    loop.history()
    loop.at(1, 2)
    signals.file("partner 69 sells nothing", on="partner_demand", kind="partner", actor="kim@support", key="s1")
    loop.at(1, 2.5)
    signals.file("revenue of partners halved?", on="partner_lines", kind="finance", actor="lee@finance", key="s2")


@pytest.mark.covers("I1")
def test_two_people_about_connected_systems_prompt_a_declaration_that_takes_them_in(
    signals: Signals, loop: Loop, incidents: Incidents, of_kind: Reader
) -> None:
    two_notes(signals, loop)
    [prompt] = signals.prompts()
    assert prompt.state is PromptState.OPEN
    assert len(prompt.signals) == 2
    assert prompt.sentence.endswith("by 2 sources within 30 min.")
    declared = signals.declare(prompt.id, severity="sev2", actor="ariel", key="p1")
    again = signals.declare(prompt.id, severity="sev1", actor="sam", key="p2")
    assert again == declared
    assert len(incidents.list()) == 1
    assert {one.state for one in signals.list()} == {SignalState.JOINED}
    assert signals.list(incident=declared.id) == signals.list()
    assert signals.prompts() == ()
    joined = of_kind("signal.joined")
    assert [event.payload["text"] for event in joined] == ["partner 69 sells nothing", "revenue of partners halved?"]
    told = [entry.text for entry in incidents.timeline(declared.id) if entry.kind == "signal.joined"]
    assert told == [
        "signal taken in, partner complaint from kim@support: partner 69 sells nothing",
        "signal taken in, finance question from lee@finance: revenue of partners halved?",
    ]


@pytest.mark.covers("I1")
def test_the_same_key_files_once_and_a_prompt_grows_instead_of_doubling(
    signals: Signals, loop: Loop, of_kind: Reader
) -> None:
    two_notes(signals, loop)
    two_notes(signals, loop)
    assert len(signals.list()) == 2
    assert len(of_kind("signal.prompted")) == 1
    signals.file("stock is off", on="partner_demand", kind="data", actor="mo@ops", key="s3")
    [prompt] = signals.prompts()
    assert len(prompt.signals) == 3
    assert len(of_kind("signal.prompted")) == 2


@pytest.mark.covers("I1")
def test_an_alert_and_one_note_are_enough(signals: Signals, loop: Loop, incidents: Incidents, of_kind: Reader) -> None:
    loop.history()
    loop.at(1, 1)
    alert, event = loop.fire(joins(declare=None))
    assert incidents.consider_alert(event) is None
    signals.file("orders are odd", on="partner_demand", kind="support", actor="kim", key="s1")
    [prompt] = signals.prompts()
    assert prompt.alerts == (alert.id,)
    incident = signals.declare(prompt.id, severity="sev3", actor="ariel", key="p")
    assert [one.alert_id for one in incidents.stories.read(incident.id).alerts] == [alert.id]
    assert len(of_kind("incident.alert_attached")) == 1


@pytest.mark.covers("I1")
def test_an_open_incident_takes_in_what_is_noticed_about_its_systems(
    signals: Signals, loop: Loop, incidents: Incidents
) -> None:
    two_notes(signals, loop)
    declared = incidents.declare("partners sell nothing", on="partner_lines", severity="sev2", actor="ariel", key="d")
    signals.gather()
    assert signals.prompts() == ()
    assert signals.prompts(open_only=False)[0].incident_id == declared.id
    late = signals.file("still nothing", on="partner_demand", kind="support", actor="kim", key="s3")
    assert (late.state, late.incident_id) == (SignalState.JOINED, declared.id)
    incidents.resolve(declared.id, actor="ariel", key="r", verify=False, reason="over")
    assert incidents.get(declared.id).state is State.FOLLOW_UP
    assert signals.file("again", on="partner_demand", kind="support", actor="kim", key="s4").state is SignalState.OPEN


@pytest.mark.covers("I1")
def test_dismissed_is_told_with_its_reason_and_declares_nothing(signals: Signals, loop: Loop, of_kind: Reader) -> None:
    two_notes(signals, loop)
    [prompt] = signals.prompts()
    signals.dismiss(prompt.id, "a test of the shop", "ariel", key="x")
    signals.dismiss(prompt.id, "a test of the shop", "ariel", key="x")
    assert len(of_kind("signal.dismissed")) == 1
    assert signals.list(open_only=True) == ()
    with pytest.raises(ConflictError, match="dismissed by ariel: a test of the shop"):
        signals.declare(prompt.id, severity="sev2", actor="sam", key="p")
    with pytest.raises(NotFoundError):
        signals.dismiss("nothing", "why", "ariel", key="y")


@pytest.mark.covers("I1")
def test_hostile_lines_are_kept_as_given_and_unstorable_ones_refused(signals: Signals) -> None:
    line = "<script>alert(1)</script> | [x](javascript:1) \u202e '; DROP TABLE incidents --"
    assert signals.file(line, on="<b>", kind="other", actor="<i>kim", key="<k>").text == line
    for wrong in ("", "  \n ", "a\x00b", "x" * 1_000_000):
        with pytest.raises(InputError):
            signals.file(wrong, on="x", kind="other", actor="kim", key="w")
    with pytest.raises(InputError, match="allowed: support, data, partner, finance, other"):
        signals.file("x", on="x", kind="gossip", actor="kim", key="w")
    with pytest.raises(InputError, match="has no zone"):
        signals.file("x", on="x", kind="other", actor="kim", key="w", said_at=datetime(2017, 10, 2))  # noqa: DTZ001


class Counting(Signals):
    """Says how often it gathered."""

    gathered = 0

    def gather(self) -> tuple[Prompt, ...]:
        self.gathered += 1
        return super().gather()


@pytest.mark.covers("I1", "O8")
def test_a_storm_is_gathered_once_for_each_round_and_not_for_slices_of_what_fires(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents, loop: Loop
) -> None:
    desk = Desk(database, ledger, lineage, clock, incidents.menu)
    signals = Counting(desk, within=timedelta(hours=24))
    loop.history()
    loop.at(1, 1)
    for number in range(40):
        signals.file(f"line {number}", on=f"shop {number}", kind="support", actor=f"person {number}", key=f"s{number}")
    filed = signals.gathered
    # All at once: one round of delivery.
    round_ = [loop.fire(joins(f"m{number}", declare=None), slice="a")[1] for number in range(60)]
    for event in round_:
        signals.on_event(event)
    assert signals.gathered - filed == 1
    # One by one, each delivered before the next fires: slices of the same rule bring no further source.
    loop.at(1, 2)
    for number in range(30):
        signals.on_event(loop.fire(joins("m1", declare=None), slice=f"b{number}")[1])
    assert signals.gathered - filed == 1
    signals.on_event(loop.fire(joins("another", declare=None))[1])
    assert signals.gathered - filed == 2
    # Another process begins anew, with one.
    restarted = Counting(desk, within=timedelta(hours=24))
    for event in round_:
        restarted.on_event(event)
    assert restarted.gathered == 1


@pytest.mark.covers("I1")
def test_a_prompt_names_one_alert_of_a_storm_and_all_of_it_is_evidence_before_suspects_are_ranked(
    signals: Signals, loop: Loop, incidents: Incidents, of_kind: Reader
) -> None:
    loop.history()
    loop.key_change()
    loop.at(1, 1)
    for number in range(30):
        loop.fire(joins(declare=None), slice=f"partner_id={number}")
    signals.file("orders are odd", on="partner_demand", kind="support", actor="kim", key="s1")
    [prompt] = signals.prompts()
    assert len(prompt.alerts) == 1
    incident = signals.declare(prompt.id, severity="sev3", actor="ariel", key="p")
    assert len(incidents.stories.read(incident.id).alerts) == 30
    assert len(of_kind("incident.alert_attached")) == 30
    [ranked] = of_kind("suspects.ranked")
    assert of_kind("incident.alert_attached")[-1].sequence < ranked.sequence
    assert ranked.payload["suspects"]


@pytest.mark.covers("I1")
def test_a_signal_is_gathered_by_when_it_was_noticed(signals: Signals, loop: Loop) -> None:
    loop.history()
    yesterday = loop.at(0, 20)
    alert, _ = loop.fire(joins(declare=None))
    loop.at(1, 1)
    loop.recover(joins(declare=None), alert, day=0)
    loop.at(3, 1)
    signals.file("odd today", on="partner_demand", kind="support", actor="kim", key="s1")
    assert signals.prompts() == ()
    signals.file("odd two days ago", on="partner_demand", kind="support", actor="lee", key="s2", said_at=yesterday)
    [prompt] = signals.prompts()
    assert prompt.alerts == (alert.id,)
    assert "1 past alert" in prompt.sentence
