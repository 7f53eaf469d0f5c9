"""Follow-ups: agreed on once, done when a check or a person says so, told to trackers and to those who are late."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from defence_world import DAY, NOW, move, serve, told
from hypothesis import given
from hypothesis import strategies as st

from steek.incidents.followups.exporting import as_csv
from steek.incidents.followups.follow_up import FollowUp, Selection
from steek.incidents.followups.follow_up_chore import FollowUpChore
from steek.incidents.followups.lifecycle import FOLLOW_UP_TRANSITIONS, FollowUpState
from steek.incidents.followups.scales import COST_WORDS, VALUE_WORDS, place
from steek.incidents.followups.sentences import FOLLOW_UP_SENTENCES
from steek.kernel import Window
from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError, NotFoundError, StaleWriteError
from steek.platform import Platform

HOSTILE = "<script>alert(1)</script> **bold** \x1b[31m '; DROP TABLE follow_ups; --"


def agree(platform: Platform, text: str = "Gate the model", *, key: str = "k", **more: object) -> FollowUp:
    given = {"kind": "improvement", "priority": "P1", "value": 4, "cost": 2, "owner": "ana@grocer", "actor": "bo"}
    return platform.follow_ups.create(text, key=key, **{**given, **more})  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("P3")
def test_a_follow_up_is_agreed_on_once_and_keeps_what_was_said(platform: Platform) -> None:
    due = NOW + 5 * DAY
    made = agree(platform, HOSTILE, value="very high", cost="months", due_at=due, postmortem="2017-001", kind="fix")
    assert (made.id, made.state, made.text, made.is_hard) == ("F-1", FollowUpState.OPEN, HOSTILE, True)
    assert (made.value, made.cost, made.worth) == (5, 4, "value very high, cost months")
    assert agree(platform, "other words", key="k") == made
    events = platform.ledger.events(kinds=["follow_up.created"])
    assert [(each.subject, each.payload["incident"]) for each in events] == [("follow-up:F-1", "2017-001")]
    assert platform.follow_ups.get("F-1") == made
    with pytest.raises(NotFoundError, match="F-1"):
        platform.follow_ups.get("F-9")


@pytest.mark.covers("P3", "N3")
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "wish"}, "fix, improvement"),
        ({"priority": "P4"}, "P0, P1, P2, P3"),
        ({"value": 6}, "1 to 5"),
        ({"cost": "a bit"}, "hours, days"),
        ({"owner": " "}, "owner is empty"),
        ({"text": "\x00"}, "cannot be stored"),
        ({"text": "x" * 1_000_000}, "1,000,000 characters"),
        ({"check": {"kind": "magic"}}, "monitor_armed, notice_delivered, gate_rule"),
        ({"check": {"kind": "gate_rule", "model": "guarded"}}, "lacks rule"),
        ({"check": {"kind": "canary_set", "model": "m", "more": 1}}, "knows no more"),
        ({"check": {"kind": "contract_rule", "dataset": "d", "rule": "luck"}}, "no rule 'luck'"),
        ({"check": {"kind": "rollback_rehearsed", "model": "m", "since": "soon"}}, "no day"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(standing: Platform, wrong: dict[str, object], says: str) -> None:
    before = standing.follow_ups.list()
    with pytest.raises(InputError, match=says):
        agree(standing, **{"text": "t", **wrong})  # pyright: ignore[reportArgumentType]
    assert standing.follow_ups.list() == before


@pytest.mark.covers("P3")
def test_the_list_begins_with_what_is_urgent_and_worth_most_for_its_cost(platform: Platform) -> None:
    for number, (priority, value, cost) in enumerate([("P2", 5, 1), ("P1", 1, 5), ("P1", 5, 1), ("P0", 1, 1)], start=1):
        agree(platform, key=str(number), priority=priority, value=value, cost=cost)
    assert [one.id for one in platform.follow_ups.list()] == ["F-4", "F-3", "F-2", "F-1"]
    assert [one.id for one in platform.follow_ups.list(Selection(priority="P1"))] == ["F-3", "F-2"]
    assert [one.id for one in platform.follow_ups.list(Selection(owner="nobody"))] == []


@pytest.mark.covers("P3")
def test_done_needs_its_check_or_a_reason(platform: Platform) -> None:
    missing = agree(platform, check={"kind": "gate_rule", "model": "bare", "rule": "not_worse"})
    with pytest.raises(ConflictError, match="the gate of bare has no not_worse; it has no check"):
        platform.follow_ups.done(missing.id, actor="ana", key="d")
    by_word = platform.follow_ups.done(missing.id, actor="ana", key="d", reason="decided otherwise")
    assert by_word.ending is not None
    assert (by_word.ending.how, by_word.ending.actor, by_word.ending.reason) == ("word", "ana", "decided otherwise")
    since = {"kind": "rollback_rehearsed", "model": "guarded", "since": f"{NOW:%Y-%m-%d}"}
    there = agree(platform, key="2", check=since)
    rehearse(platform)
    by_check = platform.follow_ups.done(there.id, actor="ana", key="e")
    # What was agreed on before stays agreed on, also now that it passes.
    assert agree(platform, key="2", check=since).id == there.id
    with pytest.raises(ConflictError, match="passes already"):
        platform.follow_ups.change(agree(platform, key="3").id, {"check": since}, actor="bo", key="c")
    assert by_check.ending is not None
    assert by_check.ending.how == "check"
    assert by_check.ending.evidence[0].startswith("guarded was rolled back at")
    told_of = platform.ledger.events(kinds=["follow_up.done"])
    assert [each.payload["how"] for each in told_of] == ["word", "check"]
    assert platform.follow_ups.done(there.id, actor="ana", key="e") == by_check
    with pytest.raises(IllegalTransitionError, match="possible: reopen"):
        platform.follow_ups.done(there.id, actor="ana", key="f", reason="again")


@pytest.mark.covers("P3")
@pytest.mark.parametrize(
    ("check", "passes", "says"),
    [
        ({"kind": "monitor_armed", "monitor": "guarded_age"}, False, "has not measured anything yet"),
        ({"kind": "monitor_armed", "monitor": "drawn"}, False, "only draws a chart"),
        ({"kind": "monitor_armed", "monitor": "none"}, False, "no monitor none"),
        ({"kind": "gate_rule", "model": "guarded", "rule": "at_least"}, False, "only warns"),
        ({"kind": "contract_rule", "dataset": "transactions", "field": "sales_value", "rule": "minimum"}, True, "has"),
        (
            {"kind": "contract_rule", "dataset": "transactions", "field": "sales_value", "rule": "maximum"},
            False,
            "lacks",
        ),
        ({"kind": "contract_rule", "dataset": "transactions", "rule": "cadence"}, False, "has no cadence"),
        (
            {"kind": "contract_rule", "dataset": "products", "field": "product_id", "rule": "key"},
            True,
            "has the rule key",
        ),
        ({"kind": "fallback_set", "model": "guarded"}, True, "falls back to previous_version"),
        ({"kind": "fallback_set", "model": "bare"}, False, "has no fallback"),
        ({"kind": "canary_set", "model": "guarded"}, True, "in 2 steps"),
        ({"kind": "canary_set", "model": "nobody"}, False, "no model nobody"),
        ({"kind": "objective_met", "objective": "none"}, False, "no objective none"),
        ({"kind": "by_hand", "link": "https://adr/7"}, None, "a person must look at https://adr/7"),
    ],
)
def test_checks_read_the_real_configuration(
    standing: Platform, check: dict[str, str], passes: bool | None, says: str
) -> None:
    if passes:
        with pytest.raises(ConflictError, match="passes already, so it would show nothing: .*" + says):
            agree(standing, key=str(check), check=check)
        return
    looked = standing.follow_ups.look(agree(standing, key=str(check), check=check).id)
    assert looked.finding is not None
    assert (looked.finding.passes, says in looked.finding.sentence) == (passes, True)


def rehearse(platform: Platform) -> None:
    serve(platform)
    platform.routes.rollback("guarded", to=1, actor="ana", reason="rehearsal", key="r")
    told(platform, "predictions.collected", "dataset:predictions@1", rows=40)


@pytest.mark.covers("P3", "O9")
def test_a_monitor_shows_by_itself_what_was_agreed_on_after_that_and_not_long_ago(
    platform: Platform, tmp_path: Path
) -> None:
    check = {"kind": "monitor_armed", "monitor": "guarded_age"}
    made = agree(platform, check=check)

    def says() -> tuple[bool | None, str]:
        finding = platform.follow_ups.look(made.id).finding
        assert finding is not None
        return finding.passes, finding.sentence

    day = Window(NOW - DAY, NOW)
    assert says() == (False, "monitor guarded_age is declared and armed, and has not measured anything yet")
    platform.monitoring.evaluate(day, key="1", only=["guarded_age"])
    assert says()[1].endswith("before this was agreed on")
    with pytest.raises(ConflictError, match="passes already"):
        agree(platform, key="again", check=check)
    move(tmp_path, NOW + DAY)
    platform.monitoring.evaluate(Window(NOW, NOW + DAY), key="2", only=["guarded_age"])
    assert says()[0] is True
    move(tmp_path, NOW + 5 * DAY)
    assert says()[1].endswith("which is long ago")


@pytest.mark.covers("P3", "I3", "O11")
def test_that_an_alert_wakes_somebody_is_shown_by_a_notice_that_arrived(platform: Platform, tmp_path: Path) -> None:
    made = agree(platform, check={"kind": "notice_delivered", "monitor": "joined"})

    def says() -> str:
        finding = platform.follow_ups.look(made.id).finding
        assert finding is not None
        return finding.sentence

    assert says().endswith("delivered to a person: it did not fire")
    move(tmp_path, NOW + DAY)
    told(platform, "alert.fired", "model:guarded", alert="A-1", monitor="joined")
    told(platform, "notice.delivered", "model:guarded", notice="alert:A-1", target="tracker", state="open")
    assert says().endswith("it fired, and its notices arrived at no person")
    platform.oncall.set_contacts("ana", [{"kind": "target", "value": "tracker"}], actor="ana", key="a")
    assert says() == "ana was told of joined at 2017-10-09 06:00 UTC"
    (looked,) = platform.follow_ups.check(actor="steek")
    assert looked.follow_up.state is FollowUpState.DONE
    # By way of an incident that it declared, too; but not for what was agreed on only then.
    other = agree(platform, key="2", check={"kind": "notice_delivered", "monitor": "guarded_age"})
    move(tmp_path, NOW + 2 * DAY)
    told(platform, "incident.declared", "incident:2017-009", incident="2017-009", monitor="guarded_age")
    told(platform, "incident.page_delivered", "incident:2017-009", incident="2017-009", person="bo", target="night")
    found = platform.follow_ups.look(other.id).finding
    assert found is not None
    assert found.sentence.startswith("bo was told of guarded_age")


@pytest.mark.covers("P3", "P5")
def test_a_rehearsed_rollback_finishes_its_follow_up_by_itself(platform: Platform, tmp_path: Path) -> None:
    check = {"kind": "rollback_rehearsed", "model": "guarded", "since": f"{NOW:%Y-%m-%d}"}
    made = agree(platform, check=check)
    serve(platform)

    def says() -> str:
        (looked,) = platform.follow_ups.check(actor="steek")
        assert looked.finding is not None
        return looked.finding.sentence

    assert says().startswith("guarded was not rolled back since")
    platform.routes.rollback("guarded", to=1, actor="ana", reason="rehearsal", key="r")
    assert says() == "guarded was rolled back, but nothing was seen of it yet"
    move(tmp_path, NOW + timedelta(hours=2))
    told(platform, "predictions.collected", "dataset:predictions@1", rows=40)
    assert "answers were collected afterwards" in says()
    done = platform.follow_ups.get(made.id)
    assert done.ending is not None
    assert (done.state, done.ending.how, done.ending.actor) == (FollowUpState.DONE, "check", "steek")
    assert platform.follow_ups.check(actor="steek") == ()


@pytest.mark.covers("P3")
def test_changes_are_compared_with_what_was_seen(platform: Platform) -> None:
    made = agree(platform)
    changed = platform.follow_ups.change(
        made.id,
        {"priority": "P0", "check": {"kind": "canary_set", "model": "bare"}},
        actor="bo",
        key="1",
        expected_version=1,
    )
    assert (changed.priority, changed.version, changed.check is not None) == ("P0", 2, True)
    with pytest.raises(StaleWriteError, match="changed by bo while you were looking: you saw version 1, it is at 2"):
        platform.follow_ups.change(made.id, {"owner": "cy"}, actor="cy", key="2", expected_version=1)
    with pytest.raises(InputError, match="no field colour"):
        platform.follow_ups.change(made.id, {"colour": "red"}, actor="cy", key="3")
    with pytest.raises(InputError, match="reason is empty"):
        platform.follow_ups.change(made.id, {"action": "drop"}, actor="cy", key="4")
    started = platform.follow_ups.change(made.id, {"action": "start"}, actor="cy", key="5")
    dropped = platform.follow_ups.change(made.id, {"action": "drop", "reason": "not worth it"}, actor="cy", key="6")
    assert (started.state, dropped.state) == (FollowUpState.STARTED, FollowUpState.DROPPED)
    with pytest.raises(ConflictError, match="does not change any more"):
        platform.follow_ups.change(made.id, {"owner": "cy"}, actor="cy", key="7")
    again = platform.follow_ups.change(made.id, {"action": "reopen"}, actor="cy", key="8")
    assert (again.state, again.ending) == (FollowUpState.OPEN, None)


@pytest.mark.covers("P3")
def test_late_ones_escalate_one_step_at_a_time_and_once(platform: Platform, tmp_path: Path) -> None:
    for person in ("ana@grocer", "head@grocer"):
        platform.oncall.set_contacts(person, [{"kind": "target", "value": "tracker"}], actor="bo", key=person)
    agree(platform, due_at=NOW + DAY)
    agree(platform, key="2", due_at=NOW + 30 * DAY)
    chore = FollowUpChore(platform.lateness)
    assert platform.lateness.due() == ()
    move(tmp_path, NOW + 10 * DAY)
    assert chore.due()[0] == "tell the owner that F-1 is 9 days late"
    assert chore.run(actor="steek")["escalated"] == ["F-1 step 1"]
    # Nine days are more than the seven after which more people hear of it, but its owner heard first.
    assert chore.run(actor="steek")["escalated"] == ["F-1 step 2"]
    assert "escalated" not in chore.run(actor="steek")
    events = platform.ledger.events(kinds=["follow_up.escalated"])
    assert [(each.payload["step"], each.payload["to"]) for each in events] == [(1, "ana@grocer"), (2, "head@grocer")]
    keys = {each.notice for each in platform.notices.deliveries()}
    assert {"follow-up-late:F-1:1:20171009", "follow-up-late:F-1:2:20171009"} <= keys
    # A new day is a new agreement.
    platform.follow_ups.change("F-1", {"due_at": NOW + 11 * DAY}, actor="bo", key="later")
    assert platform.lateness.due() == ()


@pytest.mark.covers("P3", "I3")
def test_who_is_late_is_told_by_their_own_targets_or_by_whoever_is_on_call(platform: Platform, tmp_path: Path) -> None:
    agree(platform, due_at=NOW + DAY)
    chore = FollowUpChore(platform.lateness)
    move(tmp_path, NOW + 10 * DAY)
    # Nobody is reached: that is said once, and the step is not spent.
    silent = {"nobody could be told of": ["F-1 of ana@grocer"]}
    first = chore.run(actor="steek")
    assert {**first, **silent} == first
    assert "escalated" not in first
    chore.run(actor="steek")
    events = platform.ledger.events(kinds=["follow_up.escalated"])
    assert [(each.payload["step"], each.payload["to"]) for each in events] == [(1, None)]
    assert FOLLOW_UP_SENTENCES["follow_up.escalated"](events[0].payload) == (
        "follow-up F-1 is 9 days late; nobody could be told: no target reaches ana@grocer, nor anybody who is on call"
    )
    assert platform.follow_ups.get("F-1").escalation_step == 0
    # Whoever is on call hears of it for an owner without a target.
    night = {"name": "night", "people": ["bo"], "starts_on": f"{NOW:%Y-%m-%d}", "covers": ["*"]}
    platform.oncall.put_rotation(night, actor="bo", key="n")
    platform.oncall.set_contacts("bo", [{"kind": "target", "value": "pager"}], actor="bo", key="b")
    assert "escalated" not in chore.run(actor="steek")
    platform.oncall.set_contacts("bo", [{"kind": "target", "value": "night"}], actor="bo", key="b2")
    assert chore.run(actor="steek")["escalated"] == ["F-1 step 1"]
    last = platform.ledger.events(kinds=["follow_up.escalated"])[-1].payload
    assert (last["to"], last["because"]) == ("bo", "no target reaches ana@grocer; bo is on call for night")
    sent = {(each.notice, each.target) for each in platform.notices.deliveries()}
    assert ("follow-up-late:F-1:1:20171009", "night") in sent
    # At the second step the lead is told by their own target.
    platform.oncall.set_contacts("head@grocer", [{"kind": "target", "value": "night"}], actor="bo", key="h")
    assert chore.run(actor="steek")["escalated"] == ["F-1 step 2"]
    assert platform.ledger.events(kinds=["follow_up.escalated"])[-1].payload["to"] == "head@grocer"


@pytest.mark.covers("P3")
def test_the_digest_is_told_once_a_week(platform: Platform, tmp_path: Path) -> None:
    assert platform.lateness.untold_digest() is None
    agree(platform, due_at=NOW - DAY, value=5, cost=5)
    platform.oncall.set_contacts("head@grocer", [{"kind": "target", "value": "night"}], actor="bo", key="h")
    first = platform.lateness.tell_digest()
    assert first is not None
    assert first.sentence == ("Follow-ups: 1 open, 1 late, 0 done in seven days, 1 valuable but very hard")
    sent = {(each.notice, each.target) for each in platform.notices.deliveries()}
    assert sent >= {(f"follow-ups:{first.week}", "night"), (f"follow-ups:{first.week}", "tracker")}
    assert platform.lateness.tell_digest() is None
    move(tmp_path, NOW + 7 * DAY)
    second = platform.lateness.tell_digest()
    assert second is not None
    assert second.week != first.week


@pytest.mark.covers("P3")
def test_trackers_hear_of_each_under_one_key_and_tell_back_without_ending_anything(platform: Platform) -> None:
    made = agree(platform)
    platform.follow_ups.change(made.id, {"action": "start"}, actor="bo", key="s")
    heard = [each for each in platform.notices.deliveries() if each.notice == "follow-up:F-1"]
    assert [each.target for each in heard] == ["tracker"]
    tracked = platform.follow_ups.track(
        made.id, tracker="jira", outside_id="ML-7", url="https://jira/ML-7", state="closed", actor="jira", key="t"
    )
    assert tracked.tracked is not None
    assert (tracked.state, tracked.tracked.state) == (FollowUpState.STARTED, "closed")
    with pytest.raises(InputError, match="none of the web"):
        platform.follow_ups.track(
            made.id, tracker="jira", outside_id="1", url="javascript:x", state="open", actor="j", key="u"
        )


@pytest.mark.covers("P3")
def test_what_is_valuable_but_very_hard_is_looked_at_with_leaders(platform: Platform) -> None:
    hard = agree(platform, value=5, cost=5)
    easy = agree(platform, key="2", value=2, cost=2)
    assert [one.id for one in platform.follow_ups.list(Selection(hard=True))] == [hard.id]
    reviewed = platform.follow_ups.review(easy.id, note="worth a team", actor="head", key="r")
    assert reviewed.review is not None
    assert (reviewed.review.note, reviewed.for_leaders) == ("worth a team", True)
    assert [one.id for one in platform.follow_ups.list(Selection(hard=True))] == [hard.id, easy.id]


@pytest.mark.covers("P3")
def test_csv_can_be_read_back_and_runs_nothing(platform: Platform) -> None:
    agree(platform, '=HYPERLINK("http://x") and, "more"\nlines')
    (row,) = csv.DictReader(io.StringIO(as_csv(platform.follow_ups.list())))
    assert row["text"] == "'" + '=HYPERLINK("http://x") and, "more"\nlines'
    assert (row["id"], row["state"], row["value"]) == ("F-1", "open", "4")


def test_every_state_can_be_left_and_reached() -> None:
    assert {state for state, _ in FOLLOW_UP_TRANSITIONS} == set(FollowUpState)
    assert set(FOLLOW_UP_TRANSITIONS.values()) == set(FollowUpState)


@given(st.integers(1, 5), st.sampled_from([("value", VALUE_WORDS), ("cost", COST_WORDS)]))
def test_words_and_numbers_name_the_same_places(number: int, scale: tuple[str, tuple[str, ...]]) -> None:
    what, words = scale
    assert place(words[number - 1].upper(), what=what, words=words) == place(number, what=what, words=words) == number
