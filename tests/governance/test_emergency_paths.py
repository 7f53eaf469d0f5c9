"""Whatever people do and in whatever order, raw data are open only between another person's grant and its end."""

from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.governance.emergency_world import INCOMES, Office, office

from steek.governance.emergency.grant_states import TRANSITIONS, UNFINISHED, GrantAction, GrantState
from steek.kernel import ReplayClock
from steek.kernel.errors import SteekError
from steek.ledger import Database, metadata

PEOPLE = ("ana", "ben", "pia", "eli", "mallory")
MAY_APPROVE = {"ben@grocer", "pia@grocer"}


@pytest.mark.covers("I12")
def test_there_is_no_way_to_open_data_but_a_grant_and_none_to_be_done_but_an_end() -> None:
    assert {state for state, _ in TRANSITIONS} | set(TRANSITIONS.values()) == set(GrantState)
    to_open = {pair for pair, after in TRANSITIONS.items() if after is GrantState.GRANTED}
    assert to_open == {(GrantState.ASKED, GrantAction.GRANT), (GrantState.GRANTED, GrantAction.USE)}
    reviewed = {pair for pair, after in TRANSITIONS.items() if after is GrantState.REVIEWED}
    assert reviewed == {(GrantState.ENDED, GrantAction.REVIEW)}
    final = set(GrantState) - {state for state, _ in TRANSITIONS}
    assert final == set(GrantState) - set(UNFINISHED)
    assert len(TRANSITIONS) < len(list(product(GrantState, GrantAction)))


class Paths(RuleBasedStateMachine):
    """People ask, grant, refuse, read, end, review and wait at will."""

    folder: Path
    count = 0

    @initialize()
    def open_office(self) -> None:
        Paths.count += 1
        place = self.folder / str(Paths.count)
        self.database = Database.open(f"sqlite:///{place / 'steek.db'}")
        metadata.create_all(self.database.engine)
        self.clock = ReplayClock(place / "clock")
        self.clock.set(datetime.fromisoformat("2017-10-02T06:00:00+00:00"))
        self.office: Office = office(place, self.database, self.clock)
        # Asker, who granted, until when: what the test itself remembers.
        self.asked: dict[str, str] = {}
        self.open_until: dict[str, datetime] = {}
        self.keys = 0

    def key(self) -> str:
        self.keys += 1
        return f"k{self.keys}"

    def do(self, work: Any) -> bool:
        try:
            work()
        except SteekError:
            return False
        return True

    @rule(by=st.sampled_from(PEOPLE), minutes=st.integers(-1, 70), first=st.booleans())
    def ask(self, by: str, minutes: int, first: bool) -> None:
        asked: list[Any] = []
        why = "none has it" if first else ""
        if self.do(lambda: asked.append(self.office.ask(self.key(), by=by, minutes=minutes, why_not_first=why))):
            assert by != "mallory"
            assert 0 < minutes <= 60
            assert first
            self.asked[asked[0].id] = by

    def chosen(self, which: int) -> str | None:
        return next(iter(list(self.asked)[which : which + 1]), None)

    @rule(by=st.sampled_from(PEOPLE), which=st.integers(0, 3))
    def grant(self, by: str, which: int) -> None:
        service, actor, grant = self.office.break_glass, self.office.actor(by), self.chosen(which)
        if grant is not None and self.do(lambda: service.grant(grant, actor, key=self.key())):
            assert actor.principal in MAY_APPROVE
            assert by != self.asked[grant]
            assert grant not in self.open_until
            self.open_until[grant] = self.clock.now() + timedelta(minutes=service.get(grant).minutes)

    @rule(by=st.sampled_from(PEOPLE), which=st.integers(0, 3), how=st.sampled_from(("refuse", "end", "review")))
    def decide(self, by: str, which: int, how: str) -> None:
        service, actor, grant = self.office.break_glass, self.office.actor(by), self.chosen(which)
        if grant is None:
            return
        works = {
            "refuse": lambda: service.refuse(grant, actor, reason="no", key=self.key()),
            "end": lambda: service.end(grant, actor, key=self.key()),
            "review": lambda: service.review(grant, actor, "proper", note="fine", key=self.key()),
        }
        done = self.do(works[how])
        if done and how == "review":
            assert by != self.asked[grant]
            assert not self.is_open(grant)
        if done and how == "end" and grant in self.open_until:
            self.open_until[grant] = self.clock.now()

    @rule(minutes=st.integers(1, 40))
    def wait(self, minutes: int) -> None:
        self.clock.set(self.clock.now() + timedelta(minutes=minutes))

    def is_open(self, grant: str) -> bool:
        return grant in self.open_until and self.clock.now() < self.open_until[grant]

    @rule(by=st.sampled_from(PEOPLE), which=st.integers(0, 3))
    def read(self, by: str, which: int) -> None:
        grant = self.chosen(which)
        if grant is None:
            return
        found, seen = self.office.break_glass.get(grant), list[Any]()
        may = self.is_open(grant) and by == self.asked[grant]
        assert self.do(lambda: seen.append(self.office.read(found, by).to_dicts())) == may
        assert seen == ([[{"household_id": 2, "income": INCOMES[2]}]] if may else [])

    @invariant()
    def every_read_is_written_down(self) -> None:
        if hasattr(self, "office"):
            events = self.office.ledger.events(kinds=["access.emergency_used"], limit=1000)
            assert len(events) == sum(each.uses for each in self.office.break_glass.list())

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()


@pytest.fixture
def folder(tmp_path: Path) -> None:
    Paths.folder = tmp_path


@pytest.mark.covers("I12", "D13")
@pytest.mark.usefixtures("folder")
def test_no_path_to_raw_data_without_a_second_person_time_left_and_a_condition() -> None:
    run_state_machine_as_test(Paths, settings=settings(max_examples=12, stateful_step_count=15, deadline=None))
