"""What a freeze holds back is listed once, decided by those who may, passed once, and let go for a decision."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.incidents import Incident, Incidents, Menu
from steek.incidents.control.change_control import ChangeControl
from steek.incidents.desk import Desk
from steek.kernel import ReplayClock
from steek.kernel.errors import (
    ConflictError,
    FrozenError,
    IllegalTransitionError,
    InputError,
    NotFoundError,
    RefusedError,
    StaleWriteError,
    SteekError,
)
from steek.kernel.state_machine import legal_actions, transition
from steek.ledger import Database, Event, Ledger, Lineage
from steek.models import Freezes
from steek.models.freeze import actions_on
from steek.models.held_changes import TRANSITIONS, WAITING, ChangeAction, ChangeState

MODEL = "model:partner_demand"
Reader = Callable[[str], list[Event]]


@pytest.fixture
def freezes(database: Database, ledger: Ledger, clock: ReplayClock) -> Freezes:
    return Freezes(database, ledger, clock)


@pytest.fixture
def control(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, freezes: Freezes
) -> ChangeControl:
    return ChangeControl(Desk(database, ledger, lineage, clock, Menu({})), freezes, timedelta(hours=4))


@pytest.fixture
def frozen(incidents: Incidents, declared: Incident, freezes: Freezes) -> Incident:
    """An incident with a commander and operations that holds the model still."""
    incidents.assign(declared.id, "commander", "ariel", "ariel", key="r1")
    incidents.assign(declared.id, "operations", "sam", "ariel", key="r2")
    freezes.hold(MODEL, actions_on(MODEL), "keys changed", declared.urn, actor="steek", key="f1")
    return incidents.get(declared.id)


def train(control: ChangeControl, key: str = "night:1", what: str = "on data known until Monday") -> None:
    control.check(MODEL, "train", what, actor="night", key=key)


def attempt(control: ChangeControl, key: str = "night:1") -> str:
    with pytest.raises(FrozenError) as refusal:
        train(control, key)
    return str(refusal.value.details["change"])


@pytest.mark.covers("I4")
def test_what_is_refused_is_listed_once_with_who_what_and_why(
    control: ChangeControl, frozen: Incident, of_kind: Reader
) -> None:
    change = attempt(control)
    assert attempt(control, "night:1 again") == change
    [held] = control.held(frozen.id)
    assert (held.id, held.subject, held.action, held.held_by) == (change, MODEL, "train", "night")
    assert (held.what, held.reason) == ("on data known until Monday", "keys changed")
    [event] = of_kind("change.held")
    assert event.subject == frozen.urn
    assert event.payload["incident"] == frozen.id
    with pytest.raises(FrozenError, match="ask for it with 'steek freeze ask"):
        train(control)
    # Another day is another change.
    with pytest.raises(FrozenError):
        train(control, what="on data known until Tuesday")
    assert len(control.held(frozen.id)) == 2
    assert control.held(subject="model:search_ranking") == ()


@pytest.mark.covers("I4")
def test_an_approved_change_passes_once_and_says_who_approved_it(
    control: ChangeControl, frozen: Incident, of_kind: Reader
) -> None:
    change = attempt(control)
    assert control.ask(change, reason="stale by a week", actor="gabi", key="a").state is ChangeState.ASKED
    approved = control.approve(change, actor="sam", key="b", reason="only this one")
    assert (approved.state, approved.decided_by) == (ChangeState.APPROVED, "sam")
    train(control, "night:1 later")
    train(control, "night:1 later")  # the same request, repeated after a crash
    [passed] = of_kind("change.passed")
    assert (passed.payload["approved_by"], passed.actor) == ("sam", "night")
    assert control.get(change).state is ChangeState.PASSED
    assert attempt(control, "once more") == change
    assert len(of_kind("change.held")) == 2


@pytest.mark.covers("I4")
def test_an_approval_lapses(control: ChangeControl, frozen: Incident, clock: ReplayClock) -> None:
    change = attempt(control)
    approved = control.approve(change, actor="ariel", key="b", valid_for=timedelta(hours=1))
    assert approved.approved_until == clock.now() + timedelta(hours=1)
    clock.set(clock.now() + timedelta(hours=1, seconds=1))
    assert attempt(control) == change
    assert control.get(change).state is ChangeState.HELD
    assert frozen.id == control.get(change).incident.removeprefix("incident:")


@pytest.mark.covers("I4")
def test_only_commander_and_operations_decide(control: ChangeControl, frozen: Incident) -> None:
    change = attempt(control)
    for decide in (control.approve, control.refuse):
        with pytest.raises(RefusedError, match=r"gabi may not .* commander \(ariel\), operations \(sam\)"):
            decide(change, actor="gabi", key="x", reason="please")
    with pytest.raises(RefusedError, match="may not release"):
        control.release(frozen.id, actor="gabi")
    control.refuse(change, reason="not before the keys are back", actor="sam", key="r")
    with pytest.raises(FrozenError, match="sam refused this change: not before the keys are back"):
        train(control)
    # A refusal may be asked about again.
    assert control.ask(change, reason="they are back", actor="gabi", key="again").state is ChangeState.ASKED


@pytest.mark.covers("I4")
def test_a_release_lists_what_was_held_and_makes_nothing(
    control: ChangeControl, frozen: Incident, of_kind: Reader
) -> None:
    change = attempt(control)
    released, waiting = control.release(frozen.id, actor="sam")
    assert [one.subject for one in released] == [MODEL]
    assert [(one.id, one.state) for one in waiting] == [(change, ChangeState.RELEASED)]
    assert control.release(frozen.id, actor="sam") == (released, waiting)
    assert len(of_kind("change.released")) == 1
    assert of_kind("change.passed") == []
    train(control, "by hand")
    assert control.held(frozen.id) == ()
    assert control.get(change).passed_by == "night"


@pytest.mark.covers("I4")
def test_a_change_can_be_asked_for_before_anybody_tried_it(control: ChangeControl, frozen: Incident) -> None:
    asked = control.ask_for(frozen.id, MODEL, "deploy", "version 17", reason="a fix", actor="gabi", key="a")
    assert control.ask_for(frozen.id, MODEL, "deploy", "version 17", reason="a fix", actor="gabi", key="a") == asked
    control.approve(asked.id, actor="ariel", key="b")
    control.check(MODEL, "deploy", "version 17", actor="gabi", key="d")
    with pytest.raises(ConflictError, match="does not hold train of model:other"):
        control.ask_for(frozen.id, "model:other", "train", "x", reason="", actor="gabi", key="c")
    with pytest.raises(InputError, match="allowed: train, deploy, contract"):
        control.ask_for(frozen.id, MODEL, "delete", "x", reason="", actor="gabi", key="c")


@pytest.mark.covers("I4", "N3")
def test_keys_and_versions_guard_decisions(control: ChangeControl, frozen: Incident, ledger: Ledger) -> None:
    change = attempt(control)
    assert frozen.version
    once = control.approve(change, actor="sam", key="k")
    written = ledger.count()
    assert control.approve(change, actor="sam", key="k") == once
    assert ledger.count() == written
    with pytest.raises(StaleWriteError, match="you saw version 1, it is at 2 \\(approved by sam\\)"):
        control.refuse(change, reason="no", actor="ariel", key="l", expected_version=1)
    with pytest.raises(IllegalTransitionError, match="possible: lapse, make, refuse, release"):
        control.approve(change, actor="sam", key="m")
    with pytest.raises(NotFoundError, match="no held change named 'nothing'"):
        control.approve("nothing", actor="sam", key="n")
    with pytest.raises(FrozenError) as other:
        train(control, what="another")
    with pytest.raises(ConflictError, match="already used to approve change"):
        control.approve(str(other.value.details["change"]), actor="sam", key="k")


@pytest.mark.covers("I4")
def test_two_who_decide_at_once_make_one_decision(control: ChangeControl, frozen: Incident) -> None:
    change = attempt(control)
    version, start = control.get(change).version, Barrier(2)
    said: list[str] = []

    def decide(name: str) -> None:
        start.wait()
        try:
            if name == "ariel":
                control.approve(change, actor=name, key=name, expected_version=version)
            else:
                control.refuse(change, reason="no", actor=name, key=name, expected_version=version)
            said.append(name)
        except SteekError as error:
            said.append(error.code)

    people = [Thread(target=decide, args=(name,)) for name in ("ariel", "sam")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert max(said) == "stale_write"
    decided = control.get(change)
    assert decided.decided_by == min(said)
    assert frozen.id


@pytest.mark.covers("I4")
def test_two_incidents_must_both_approve(
    control: ChangeControl, frozen: Incident, incidents: Incidents, freezes: Freezes
) -> None:
    other = incidents.declare("also down", on="partner_demand", severity="sev3", actor="mo", key="d2")
    incidents.assign(other.id, "commander", "mo", "mo", key="r3")
    freezes.hold(MODEL, ("train",), "prices wrong", other.urn, actor="steek", key="f2")
    first = attempt(control)
    control.approve(first, actor="sam", key="b1")
    second = attempt(control)
    assert {control.get(one).incident for one in (first, second)} == {frozen.urn, other.urn}
    control.approve(second, actor="mo", key="b2")
    train(control)


@pytest.mark.covers("I4")
@given(st.lists(st.sampled_from(list(ChangeAction)), max_size=12))
def test_every_path_of_a_held_change_stays_in_the_table(path: list[ChangeAction]) -> None:
    state = ChangeState.HELD
    for action in path:
        if action.value in legal_actions(TRANSITIONS, state):
            before, state = state, transition(TRANSITIONS, state, action, what="change")
            # Nothing is made that was refused, and nothing leaves the list by itself.
            assert state is not ChangeState.PASSED or before is not ChangeState.REFUSED
            assert state in {*WAITING, ChangeState.PASSED, ChangeState.REFUSED}
