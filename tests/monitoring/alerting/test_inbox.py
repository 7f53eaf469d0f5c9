"""What people do with alerts: groups, silences, verdicts and noise, through the real tables and ledger."""

from datetime import timedelta
from typing import Any

import pytest
from tests.monitoring.conftest import FIRST, Bench, day, explicit

from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError, NotFoundError, StaleWriteError
from steek.kernel.state_machine import transition
from steek.ledger import Draft, Ledger
from steek.monitoring import AlertInbox, InboxOptions, Monitor, volume
from steek.monitoring.alerting.groups import GROUP_TRANSITIONS
from steek.monitoring.alerting.silences import SILENCE_TRANSITIONS
from steek.monitoring.alerts import Alert

HOUR = timedelta(hours=1)


class People:
    """An inbox over a bench with several monitors along one lineage: lines, what is made from them, and a model."""

    def __init__(self, bench: Bench, ledger: Ledger) -> None:
        self.bench, self.ledger = bench, ledger
        bench.clock.set(FIRST)
        self.monitors = {
            name: Monitor(
                name,
                indicator=volume(on.partition(":")[2], by="store_id"),
                threshold=explicit(lower=10),
                on=on,
                owner="data@grocer",
                purpose="page" if name == "answers" else "alert",
                declare="sev2" if name == "answers" else None,
            )
            for name, on in (
                ("lines", "dataset:lines"),
                ("makers", "dataset:makers"),
                ("answers", "model:demand"),
                ("weather", "dataset:weather"),
            )
        }
        edges = (
            ("dataset:lines@1", "dataset:makers@1"),
            ("dataset:makers@1", "features:recent@1"),
            ("features:recent@1", "trained:demand@1"),
        )
        ledger.record(Draft("model.trained", "trained:demand@1", "steek", {}, edges=edges))
        self.inbox = AlertInbox(bench.database, ledger, bench.clock, self.monitors, None, InboxOptions())

    def play(self, name: str, number: int, **stores: float) -> list[Alert]:
        self.bench.monitor = self.monitors[name]
        return self.bench.play(number, {f"store_id={store}": value for store, value in stores.items()})

    def kinds(self, *kinds: str) -> list[dict[str, Any]]:
        return [dict(event.payload) for event in self.ledger.events(kinds=list(kinds))]


@pytest.fixture
def people(bench: Bench, ledger: Ledger) -> People:
    return People(bench, ledger)


@pytest.mark.covers("O8", "O9")
def test_alerts_along_the_lineage_are_one_group_whose_head_moved_first(people: People) -> None:
    (late,) = people.play("answers", 0, a=2)
    (other,) = people.play("weather", 0, a=1)
    (middle,) = people.play("makers", 0, a=3)
    first, second = people.play("lines", 0, a=1, b=2)
    story = people.inbox.alert(late.id)
    assert story.line is not None
    group = story.line.group
    assert (group.subject, group.severity, story.line.alerts, group.is_told) == ("dataset:lines", "sev2", 4, True)
    assert group.id == late.group == middle.group == first.group == second.group != other.group
    assert [mover.urn for mover in story.movers] == ["dataset:lines", "dataset:makers", "model:demand"]
    assert len(people.kinds("alerts.grouped")) == 1
    assert [len(one.monitors) for one in people.inbox.inbox()] == [3, 1]
    people.play("lines", 1, a=50, b=50)
    assert people.inbox.group(group.id).line.resolved == 2
    people.play("makers", 1, a=50)
    people.play("answers", 1, a=50)
    assert people.inbox.group(group.id).line.group.state == "resolved"
    assert [line.group.subject for line in people.inbox.inbox("open")] == ["dataset:weather"]


@pytest.mark.covers("O8")
def test_groups_that_turn_out_to_be_one_are_merged_into_the_older(people: People, ledger: Ledger) -> None:
    (lines,) = people.play("lines", 0, a=2)
    (weather,) = people.play("weather", 0, a=2)
    assert lines.group != weather.group
    edges = tuple((f"dataset:{name}@2", "dataset:makers@2") for name in ("lines", "weather"))
    ledger.record(Draft("dataset.derived", "dataset:makers@2", "steek", {}, edges=edges))
    (makers,) = people.play("makers", 0, a=2)
    older, younger = sorted([lines.group or "", weather.group or ""])
    assert makers.group in (older, younger)
    gone = younger if makers.group == older else older
    assert people.inbox.group(gone).line.group.id == makers.group
    assert {one.group for one in people.inbox.group(gone).alerts} == {makers.group}
    assert people.kinds("alerts.merged") == [{"group": gone, "into": makers.group}]
    assert people.inbox.group(gone).line.alerts == 3


@pytest.mark.covers("O8")
def test_labels_that_come_late_join_the_group_that_was_over(people: People) -> None:
    (lines,) = people.play("lines", 0, a=2)
    people.play("lines", 1, a=50)
    people.bench.clock.set(day(5).end_at)
    people.bench.monitor = people.monitors["answers"]
    (late,) = people.bench.play(0, {"store_id=a": 1.0})
    assert late.group == lines.group
    assert people.inbox.group(late.group or "").line.group.state == "open"


@pytest.mark.covers("O8")
def test_a_flapping_alert_stays_one_and_says_so(people: People) -> None:
    values = [2, 50, 2, 50, 50, 2, 50, 50, 50]
    changed = [alert for number, value in enumerate(values) for alert in people.play("lines", number, a=value)]
    assert [(alert.state, alert.flapping_since_at is not None) for alert in changed] == [
        ("firing", False),
        ("resolved", False),
        ("firing", True),
        ("resolved", True),
    ]
    assert changed[2].evidence["flapping"] == "flapping: left its bounds 2 times in 3 windows"
    assert changed[3].resolution == "within its bounds, for 3 windows in a row after it flapped"


@pytest.mark.covers("O8")
def test_two_people_at_once_hear_of_each_other(people: People) -> None:
    fired = people.play("lines", 0, a=1, b=2)
    group = fired[0].group or ""
    seen = people.inbox.acknowledge(fired[0].id, actor="ariel@grocer", key="one")
    assert [alert.id for alert in seen] == [fired[0].id]
    assert people.inbox.acknowledge(fired[0].id, actor="ariel@grocer", key="one") == seen
    with pytest.raises(IllegalTransitionError, match=r"acknowledged already, by ariel@grocer at 2017-09-05 06:05 UTC"):
        people.inbox.acknowledge(fired[0].id, actor="noam@grocer", key="two")
    assert len(people.inbox.acknowledge(group, actor="noam@grocer", key="all")) == 2
    with pytest.raises(ConflictError, match="key 'all' was already used to acknowledge"):
        people.inbox.acknowledge(fired[0].id, actor="noam@grocer", key="all")
    version = people.inbox.group(group).line.version
    assert [one.verdict for one in people.inbox.judge(group, "useful", actor="ariel", key="j1", seen=version)] == [
        "useful",
        "useful",
    ]
    with pytest.raises(StaleWriteError, match="was judged useful by ariel while you were looking"):
        people.inbox.judge(group, "noise", actor="noam", key="j2", seen=version)
    again = people.inbox.judge(fired[0].id, "noise", actor="noam", key="j3", note="a test till")
    assert (again[0].version, again[0].note) == (2, "a test till")
    assert people.inbox.group(group).line.verdicts == {"useful": 1, "noise": 1, "unsure": 0}
    before = people.ledger.count()
    people.inbox.judge(group, "useful", actor="ariel", key="j1")
    assert people.ledger.count() == before
    with pytest.raises(InputError, match="'fine' is no verdict"):
        people.inbox.judge(group, "fine", actor="ariel", key="j4")
    with pytest.raises(NotFoundError, match="no alert named 'nobody'"):
        people.inbox.acknowledge("nobody", actor="ariel", key="k")


@pytest.mark.covers("O8")
def test_a_silence_is_counted_ends_and_then_tells(people: People) -> None:
    made = people.inbox.silence(monitor="li*", slice="store_id=*", lasts=6 * HOUR, reason="tills", actor="a", key="s")
    assert people.inbox.silence(monitor="x", lasts=HOUR, reason="tills", actor="a", key="s") == made
    people.bench.clock.set(day(0).end_at - HOUR)
    quiet = people.inbox.silence(monitor="lines", lasts=9 * HOUR, reason="tills", actor="a", key="t")
    (alert,) = people.play("lines", 0, a=1)
    assert alert.silence == quiet.id
    assert people.kinds("alert.fired")[0]["silence"] == quiet.id
    assert [(one.id, one.alerts) for one in people.inbox.silences("active")] == [(quiet.id, 1)]
    assert people.inbox.inbox()[0].silenced == 1
    assert [one.id for one in people.inbox.silences("overdue")] == [made.id]
    people.bench.clock.set(day(1).end_at)
    assert {one.id for one in people.inbox.expire()} == {made.id, quiet.id}
    assert people.inbox.expire() == []
    (told,) = people.kinds("alert.unsilenced")
    assert (told["alert"], told["silence"], told["group"]) == (alert.id, None, alert.group)
    assert [(one["alerts"], one["going_on"]) for one in people.kinds("silence.expired")] == [(0, 0), (1, 1)]
    assert people.inbox.alert(alert.id).silence is None
    with pytest.raises(IllegalTransitionError):
        people.inbox.unsilence(quiet.id, actor="a")


@pytest.mark.covers("O8")
def test_a_silence_hides_no_page_without_saying_so(people: People) -> None:
    with pytest.raises(InputError, match="only monitors that page or declare incidents fit") as refused:
        people.inbox.silence(monitor="answers", lasts=HOUR, reason="works", actor="a", key="1")
    assert "--pages" in refused.value.next_step
    every = people.inbox.silence(lasts=48 * HOUR, reason="works", actor="a", key="2")
    assert every.hides == ()
    assert [alert.silence for alert in people.play("answers", 0, a=1)] == [None]
    assert [alert.silence for alert in people.play("lines", 0, a=1)] == [every.id]
    hidden = people.inbox.silence(
        monitor="answers", lasts=48 * HOUR, reason="works", actor="a", key="3", covers_pages=True
    )
    assert hidden.hides == ("answers (pages, declares sev2)",)
    assert people.kinds("silence.began")[-1]["alerts"] == 1
    for lasts, reason, said in ((8 * 24 * HOUR, "x", "longer than 7 d"), (HOUR, " ", "needs a reason")):
        with pytest.raises(InputError, match=said):
            people.inbox.silence(lasts=lasts, reason=reason, actor="a", key=reason)
    assert people.inbox.unsilence(hidden.id, actor="b").ended_by == "b"
    assert people.inbox.unsilence(hidden.id, actor="b").state == "ended"


@pytest.mark.covers("O8")
def test_noise_is_named_by_what_people_said(people: People) -> None:
    for number in range(0, 24, 4):
        (useless,) = people.play("lines", number, a=1)
        people.inbox.judge(useless.group or "", "noise", actor="ariel", key=f"n{number}")
        people.play("lines", number + 1, a=50)
        people.play("lines", number + 2, a=50)
        people.play("lines", number + 3, a=50)
    people.play("weather", 22, a=1, b=1, c=1)
    report = people.inbox.noise_report(4)
    lines, weather = report.rules
    assert (report.noisy, report.unheard) == (("lines",), ("weather",))
    assert (lines.episodes, lines.noise, lines.precision.value) == (6, 6, 0.0)
    assert lines.precision.high == pytest.approx(0.39, abs=0.01)
    assert (weather.alerts, weather.episodes) == (3, 1)
    assert lines.suggestion == "move its bound, or make it purpose='chart'"
    assert weather.suggestion.startswith("nobody looks at it: agree with data@grocer")
    assert sum(lines.weekly) == 6
    assert report.sentence == "9 alerts of 2 rules; noisy: lines; never looked at: weather"
    told = people.inbox.tell_noise()
    assert told is not None
    assert people.inbox.tell_noise() is None
    (event,) = people.kinds("alerts.noise_reported")
    assert event["noisy"] == ["lines"]
    with pytest.raises(InputError, match="1 to 104 weeks"):
        people.inbox.noise_report(0)


@pytest.mark.covers("O8", "N3")
def test_a_storm_is_a_handful_of_groups_that_is_told_once_each(people: People) -> None:
    for name in ("answers", "makers", "lines", "weather"):
        people.bench.monitor = people.monitors[name]
        fired = people.bench.play(0, {f"store_id={number}": 1.0 for number in range(500)})
        assert len(fired) == 500
    lines = people.inbox.inbox()
    assert [(line.alerts, line.group.subject) for line in lines] == [(1500, "dataset:lines"), (500, "dataset:weather")]
    assert len(people.kinds("alerts.grouped")) == 2
    story = people.inbox.group(lines[0].group.id)
    assert len(story.alerts) == 200
    assert len(people.inbox.acknowledge(lines[0].group.id, actor="ariel", key="storm")) == 1500


def test_every_move_of_groups_and_silences_stands_in_its_table() -> None:
    for table in (GROUP_TRANSITIONS, SILENCE_TRANSITIONS):
        plain = {(str(state), str(action)): str(after) for (state, action), after in table.items()}
        with pytest.raises(IllegalTransitionError):
            transition(plain, "merged" if table is GROUP_TRANSITIONS else "expired", "reopen", what="it")
        for (state, action), after in plain.items():
            assert transition(plain, state, action, what="it") == after
