"""From draft to publication: edited by several, judged, reviewed by somebody else, never overwritten."""

import threading
from collections.abc import Callable

import pytest
from learning_world import Learning

from steek.incidents import Incident
from steek.incidents.postmortems.blamelessness import blame
from steek.incidents.postmortems.counting import Counted, count
from steek.incidents.postmortems.exporting import export
from steek.incidents.postmortems.gaps import gaps
from steek.incidents.postmortems.publication import TRANSITIONS, Stage, Step
from steek.incidents.postmortems.report import Point, PointRole, Report, Standing, make_point
from steek.incidents.postmortems.report_markdown import report_markdown
from steek.incidents.postmortems.roles_for_names import names_of, without_names
from steek.kernel.errors import (
    IllegalTransitionError,
    InputError,
    NotFoundError,
    RefusedError,
    StaleWriteError,
)
from steek.ledger import Draft

HOSTILE = "<script>alert(1)</script>\n# [x](javascript:alert(1)) \x07 " + "é" * 2_000


def published(learning: Learning, postmortem: str, *, by: str = "ariel", reviewer: str = "noa") -> None:
    learning.writing.ask_review(postmortem, actor=by, key=f"ask {by}")
    learning.writing.review(postmortem, accept=True, actor=reviewer, key=f"accept {by}")
    learning.writing.publish(postmortem, actor=by, key=f"publish {by}", reason="the rest is undecided")


@pytest.mark.covers("P1")
def test_the_draft_has_what_the_record_says(learning: Learning, drafted: Incident) -> None:
    learning.incidents.note(drafted.id, "the join is <b>empty</b>", "noa", key="n1")
    record = learning.writing.draft(drafted.id, actor="ariel", key="draft 2")
    assert (record.stage, record.version, record.revision) == (Stage.DRAFT, 2, 0)
    assert record.report.title == "sales down"
    assert "the join is \\<b>empty\\</b>" in record.report.sections["timeline"]
    assert record.report.detected_by == "user"
    assert all(one.standing is Standing.SUGGESTED for one in record.report.points)
    assert {one.role for one in record.report.points} >= {PointRole.DEFENCE, PointRole.LATENT_CONDITION}
    again = learning.writing.draft(drafted.id, actor="ariel", key="draft 2")
    assert again.version == 2


@pytest.mark.covers("P1")
def test_the_draft_takes_in_what_the_other_rooms_wrote(learning: Learning, drafted: Incident) -> None:
    def tell(kind: str, **payload: object) -> None:
        told = {"incident": drafted.id, **payload}
        learning.ledger.record(Draft(f"incident.{kind}", drafted.urn, "noa", told))

    tell("impact_assessed", dimension="users", low=10, high=20, unit="users", text="first guess")
    tell("impact_assessed", dimension="users", low=1_000, high=3_000, unit="users", text="<b>counted</b>")
    tell("groups_considered", groups=[{"group": "night shoppers", "harm": "higher prices", "why": "no cache"}])
    tell("hypothesis_stated", hypothesis=1, text="the key changed", owner="noa", test="look")
    tell("hypothesis_judged", hypothesis=1, verdict="confirmed", text="the key changed", reason="seen")
    tell("updated", text="We look at keys.", audience="everybody")
    tell("agreed", mitigation="roll-back", of="business")
    tell("near_miss", because="nobody was asked")
    report = learning.writing.draft(drafted.id, actor="ariel", key="draft 2").report
    impact = report.sections["impact"]
    assert "- users: 1,000 to 3,000 users; \\<b>counted\\</b>" in impact
    assert "first guess" not in impact
    assert "- group night shoppers: higher prices, no cache" in impact
    assert impact.endswith("to be added by people: money")
    assert "the key changed" in report.sections["hypotheses"]
    assert "We look at keys." in report.sections["communication"]
    assert report.near_miss
    [cause] = [one for one in report.of_role(PointRole.ROOT_CAUSE) if one.text == "the key changed"]
    assert (cause.standing, cause.by) == (Standing.CONFIRMED, "noa")


@pytest.mark.covers("P1")
def test_a_new_draft_never_overwrites_what_people_wrote(learning: Learning, drafted: Incident) -> None:
    writing = learning.writing
    writing.edit(drafted.id, {"summary": "We sold less.", "severity": "sev1"}, actor="noa", key="e1")
    layers = writing.draft(drafted.id, actor="noa", key="d2").report.of_role(PointRole.DEFENCE)
    writing.judge(drafted.id, layers[0].id, "struck", actor="noa", key="j1")
    writing.judge(drafted.id, layers[1].id, "confirmed", actor="noa", key="j2")
    writing.add(drafted.id, "luck", "It was a Sunday.", actor="noa", key="a1")
    learning.incidents.note(drafted.id, "found something new", "ariel", key="n1")
    after = writing.draft(drafted.id, actor="ariel", key="d3").report
    assert (after.sections["summary"], after.severity) == ("We sold less.", "sev1")
    assert "found something new" in after.sections["timeline"]
    standing = {one.id: (one.standing, one.by) for one in after.points}
    assert standing[layers[0].id] == (Standing.STRUCK, "noa")
    assert standing[layers[1].id] == (Standing.CONFIRMED, "noa")
    assert [one.text for one in after.of_role(PointRole.LUCK)] == ["It was a Sunday."]


@pytest.mark.covers("P1")
def test_two_edit_at_once_and_no_text_is_lost(learning: Learning, drafted: Incident) -> None:
    writing, lost = learning.writing, list[StaleWriteError]()
    seen = learning.library.get(drafted.id).version
    gate = threading.Barrier(2)

    def write(who: str) -> None:
        gate.wait()
        try:
            writing.edit(drafted.id, {"lessons": f"by {who}"}, actor=who, key=who, expected_version=seen)
        except StaleWriteError as error:
            lost.append(error)

    threads = [threading.Thread(target=write, args=(who,)) for who in ("ada", "bo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = learning.library.get(drafted.id)
    assert len(lost) == 1
    winner = stored.report.sections["lessons"].removeprefix("by ")
    loser = {"ada", "bo"}.difference({winner}).pop()
    assert stored.version == seen + 1
    assert lost[0].details["clashes"] == [{"field": "lessons", "theirs": f"by {winner}", "yours": f"by {loser}"}]
    assert f"{winner} changed lessons of postmortem" in lost[0].message
    assert "by ada" not in lost[0].message
    writing.set_aside(drafted.id, {"lessons": f"by {loser}"}, seen=seen, actor=loser)
    assert [(one.field, one.text, one.actor) for one in writing.unsettled(drafted.id)] == [
        ("lessons", f"by {loser}", loser)
    ]


@pytest.mark.covers("P1")
def test_two_who_write_in_different_sections_are_both_served(learning: Learning, drafted: Incident) -> None:
    seen = learning.library.get(drafted.id).version
    learning.writing.edit(drafted.id, {"lessons": "A"}, actor="ada", key="1", expected_version=seen)
    learning.writing.edit(drafted.id, {"impact": "B"}, actor="bo", key="2", expected_version=seen)
    stored = learning.library.get(drafted.id).report.sections
    assert (stored["lessons"], stored["impact"]) == ("A", "B")


@pytest.mark.covers("P1")
def test_the_same_key_writes_once(learning: Learning, drafted: Incident) -> None:
    for _ in range(2):
        learning.writing.edit(drafted.id, {"lessons": "once"}, actor="noa", key="same")
        learning.writing.add(drafted.id, "luck", "It rained.", actor="noa", key="same")
        learning.writing.comment(drafted.id, "good", actor="noa", key="same")
    assert learning.library.get(drafted.id).version == 3
    assert len(learning.told("postmortem.edited")) == 2
    assert len(learning.writing.comments(drafted.id)) == 1
    assert learning.told("postmortem.edited")[0].payload["fields"] == ["lessons"]
    assert "once" not in str([event.payload for event in learning.told("postmortem.edited")])


@pytest.mark.covers("P1")
def test_it_is_reviewed_by_somebody_else_and_published_as_it_was_reviewed(
    learning: Learning, drafted: Incident
) -> None:
    writing = learning.writing
    writing.edit(drafted.id, {"lessons": "Look at joins."}, actor="ariel", key="e1")
    with pytest.raises(IllegalTransitionError, match="ask review, edit"):
        writing.publish(drafted.id, actor="ariel", key="p0")
    writing.ask_review(drafted.id, actor="noa", key="ask")
    for writer in ("ariel", "noa"):
        with pytest.raises(RefusedError, match="cannot review it"):
            writing.review(drafted.id, accept=True, actor=writer, key=f"self {writer}")
    with pytest.raises(InputError, match="without a word"):
        writing.review(drafted.id, accept=False, actor="gil", key="r0")
    with pytest.raises(StaleWriteError, match="you read version 1"):
        writing.review(drafted.id, accept=True, actor="gil", key="r1", expected_version=1)
    writing.review(drafted.id, accept=False, actor="gil", key="r2", comment="what about the canary?")
    assert learning.library.get(drafted.id).stage is Stage.DRAFT
    writing.edit(drafted.id, {"lessons": "Look at joins and canaries."}, actor="ariel", key="e2")
    writing.ask_review(drafted.id, actor="ariel", key="ask 2")
    assert writing.review(drafted.id, accept=True, actor="gil", key="r3").stage is Stage.REVIEWED
    with pytest.raises(RefusedError, match=r"teaches too little yet: No category is confirmed\. 1\d suggestions wait"):
        writing.publish(drafted.id, actor="ariel", key="p1")
    assert learning.library.get(drafted.id).stage is Stage.REVIEWED
    done = writing.publish(drafted.id, actor="ariel", key="p2", reason="none of the nineteen fits")
    assert writing.publish(drafted.id, actor="ariel", key="p2", reason="none of the nineteen fits") == done
    assert (done.stage, done.revision, done.reviewed_by) == (Stage.PUBLISHED, 1, "gil")
    first, second = sorted(one.text for one in writing.comments(drafted.id))
    assert first.startswith("Published although something is open. No category is confirmed.")
    assert first.endswith("The reason: none of the nineteen fits")
    assert second == "what about the canary?"
    assert learning.told("postmortem.published")[0].payload["open"] == ["category", "suggestions"]


@pytest.mark.covers("P1", "P2")
def test_what_is_whole_needs_no_reason_and_the_rest_is_decided_at_once(learning: Learning, drafted: Incident) -> None:
    writing = learning.writing
    writing.add(drafted.id, "category", "", kind="join-failure", actor="ariel", key="c1")
    writing.edit(drafted.id, {"lessons": "Look at joins."}, actor="ariel", key="e1")
    layers = writing.judge(drafted.id, "defence", "confirmed", actor="ariel", key="j1").report.of_role(
        PointRole.DEFENCE
    )
    assert {(one.standing, one.by) for one in layers} == {(Standing.CONFIRMED, "ariel")}
    after = writing.judge(drafted.id, "rest", "struck", actor="ariel", key="j2").report
    assert not [one for one in after.points if one.standing is Standing.SUGGESTED]
    assert after.categories == ("join-failure",)
    assert gaps(after, 0) == ("No root cause is confirmed.", "Where we were lucky is not written.")
    writing.ask_review(drafted.id, actor="ariel", key="ask")
    writing.review(drafted.id, accept=True, actor="gil", key="ok")
    assert writing.publish(drafted.id, actor="ariel", key="p").revision == 1
    assert learning.told("postmortem.published")[0].payload["open"] == []


@pytest.mark.covers("P1")
def test_what_the_record_says_later_is_named_and_can_be_taken_over(learning: Learning, drafted: Incident) -> None:
    learning.writing.edit(drafted.id, {"summary": "We sold less."}, actor="ariel", key="e1")
    published(learning, drafted.id)
    assert learning.library.newer(learning.library.get(drafted.id)) == ()
    told: dict[str, object] = {
        "incident": drafted.id,
        "groups": [{"group": "region=north", "harm": "no orders", "why": "late"}],
    }
    learning.ledger.record(Draft("incident.groups_considered", drafted.urn, "noa", told))
    newer = learning.library.newer(learning.library.get(drafted.id))
    assert newer == ("Impact",)
    learning.ledger.record(Draft("incident.watching", drafted.urn, "steek", {"incident": drafted.id}))
    assert learning.library.newer(learning.library.get(drafted.id)) == newer, "a machine's line is no news"
    learning.incidents.note(drafted.id, "it was *their* clock", "noa", key="late")
    assert learning.library.newer(learning.library.get(drafted.id)) == ("Impact", "Timeline")
    after = learning.writing.draft(drafted.id, actor="ariel", key="d9")
    assert (after.stage, after.revision) == (Stage.DRAFT, 1)
    assert "group region=north: no orders" in after.report.sections["impact"]
    assert after.report.sections["summary"] == "We sold less."
    assert learning.library.newer(after) == ()


@pytest.mark.covers("P2", "P4")
def test_numbers_search_and_front_matter_say_only_what_people_confirmed(learning: Learning, drafted: Incident) -> None:
    learning.incidents.note(drafted.id, "the join is empty", "noa", key="n1")
    report = learning.writing.draft(drafted.id, actor="ariel", key="d2").report
    assert (report.categories, report.suggested_categories) == ((), ("join-failure",))
    published(learning, drafted.id)
    counted = learning.library.statistics()
    assert (counted.postmortems, counted.categories, counted.machine_learning.placed) == (1, (), 0)
    assert learning.library.search("category:join-failure") == ()
    assert learning.library.search("defence:monitor") == ()
    assert "machine_learning" not in report_markdown(report)
    assert learning.told("postmortem.published")[0].payload["machine_learning"] is None
    learning.writing.judge(drafted.id, "category", "confirmed", actor="noa", key="j1")
    published(learning, drafted.id, by="noa", reviewer="gil")
    counted = learning.library.statistics()
    assert (counted.categories, counted.machine_learning.placed) == ((("join-failure", 1),), 1)
    assert learning.library.search("category:join ml:3")[0].record.id == drafted.id
    found = count([Counted("a", with_holes("monitor", "monitor"), None), Counted("b", with_holes("monitor"), None)])
    assert (found.holes, found.quarters, found.undated) == ((("monitor", 2),), (), 2)


def with_holes(*layers: str) -> Report:
    holes = [
        make_point(PointRole.DEFENCE, f"hole {at}", by="a", kind="hole", subject=one) for at, one in enumerate(layers)
    ]
    return Report(id="x", title="x", points=tuple(holes))


@pytest.mark.covers("P1", "I10")
def test_for_outsiders_there_are_roles_for_names(learning: Learning, drafted: Incident) -> None:
    learning.incidents.assign(drafted.id, "commander", "lena@corner.example", "ariel", key="r1")
    learning.incidents.note(
        drafted.id, "Lena asked support@corner.example; the support of joins@2 is thin", "noa", key="n"
    )
    writing = learning.writing
    writing.draft(drafted.id, actor="ariel", key="d2")
    writing.edit(drafted.id, {"lessons": "Ask LENA or noa_team."}, actor="noa", key="e1")
    writing.add(drafted.id, "went_well", "ariel saw dataset:products@2 at once.", actor="ariel", key="a1")
    record = learning.library.get(drafted.id)
    out = export(without_names(record.report, names_of(record, learning.incidents.timeline(drafted.id))))
    for text in (out.markdown, out.json):
        assert not [name for name in ("lena", "ariel", "corner", "noa ") if name in text.lower()]
        assert "the commander asked a colleague; the support of joins@2 is thin (by a colleague)" in text
    assert "Ask the commander or noa_team." in out.markdown
    assert "a colleague saw dataset:products@2 at once." in out.markdown
    assert learning.library.get(drafted.id) == record


@pytest.mark.covers("P1")
def test_what_was_published_stays_whatever_follows(learning: Learning, drafted: Incident) -> None:
    learning.writing.edit(drafted.id, {"lessons": "first"}, actor="ariel", key="e1")
    published(learning, drafted.id)
    learning.writing.edit(drafted.id, {"lessons": "second"}, actor="bo", key="e2")
    assert learning.library.get(drafted.id).stage is Stage.DRAFT
    assert learning.library.revision(drafted.id).report.sections["lessons"] == "first"
    published(learning, drafted.id, by="bo", reviewer="ariel")
    texts = {number: learning.library.revision(drafted.id, number).report.sections["lessons"] for number in (1, 2)}
    assert texts == {1: "first", 2: "second"}
    with pytest.raises(NotFoundError, match="'3'"):
        learning.library.revision(drafted.id, 3)


@pytest.mark.covers("P1", "P2", "P4")
def test_the_publication_tells_only_what_people_confirmed(learning: Learning, drafted: Incident) -> None:
    writing = learning.writing
    writing.add(drafted.id, "category", "", kind="join-failure", actor="ariel", key="c1")
    writing.add(
        drafted.id, "root_cause", "keys", kind="dataset.replaced", subject="dataset:p@2", actor="ariel", key="c2"
    )
    writing.add(drafted.id, "defence", "none was tried", kind="hole", subject="canary", actor="ariel", key="c3")
    writing.edit(drafted.id, {"to_detect": "10 to 20 min", "systems": "model:a, model:b"}, actor="ariel", key="e1")
    published(learning, drafted.id)
    [event] = learning.told("postmortem.published")
    assert event.subject == drafted.urn
    told = event.payload
    assert told["causes"] == [{"role": "root_cause", "kind": "dataset.replaced", "subject": "dataset:p@2"}]
    assert (told["categories"], told["systems"]) == (["join-failure"], ["model:a", "model:b"])
    assert told["defences"] == [{"layer": "canary", "state": "hole"}]
    assert (told["to_detect_s"], told["machine_learning"], told["distributed"]) == (900.0, 3, 4)
    assert "keys" not in str(told["causes"])


@pytest.mark.covers("P2")
def test_people_move_the_axes_and_a_category_no_longer_does(learning: Learning, drafted: Incident) -> None:
    writing = learning.writing
    record = writing.add(drafted.id, "category", "", kind="embedding-space", actor="noa", key="c1")
    assert (record.report.axes.machine_learning, record.report.axes.distributed, record.report.axes.by) == (5, 2, None)
    moved = writing.edit(drafted.id, {"machine_learning": "4"}, actor="noa", key="e1").report.axes
    assert (moved.machine_learning, moved.distributed, moved.by) == (4, 2, "noa")
    [category] = [one for one in record.report.of_role(PointRole.CATEGORY) if one.kind == "embedding-space"]
    assert writing.judge(drafted.id, category.id, "struck", actor="noa", key="j1").report.axes == moved
    with pytest.raises(InputError, match="allowed: 1 to 5"):
        writing.edit(drafted.id, {"distributed": "6"}, actor="noa", key="e2")
    with pytest.raises(NotFoundError, match="process-orchestration"):
        writing.add(drafted.id, "category", "", kind="gremlins", actor="noa", key="c2")


@pytest.mark.covers("P1")
def test_a_name_in_a_cause_is_warned_of(learning: Learning, drafted: Incident) -> None:
    writing = learning.writing
    learning.incidents.assign(drafted.id, "commander", "lena@corner", "ariel", key="r1")
    writing.draft(drafted.id, actor="ariel", key="d2")
    writing.add(drafted.id, "root_cause", "Lena pushed the wrong file.", actor="ariel", key="a1")
    writing.add(drafted.id, "latent_condition", "It was human error.", actor="ariel", key="a2")
    writing.add(drafted.id, "went_well", "Lena found it at once.", actor="ariel", key="a3")
    record = learning.library.get(drafted.id)
    found = learning.library.warnings(record)
    assert [one.where for one in found] == ["Root causes", "Latent conditions"]
    assert "what made the mistake easy" in found[1].sentence
    assert "2 statements read as if somebody were the cause." in gaps(record.report, len(found))


@pytest.mark.covers("P1")
def test_who_confirmed_a_cause_is_not_blamed_for_it() -> None:
    judged = "confirmed by lena@corner; 3 h before the onset. lena@corner confirmed it."
    assert blame(Report(id="x", title="x", points=(cause(judged),)), ["lena@corner"]) == ()
    pushed = "lena@corner pushed it. lena@corner confirmed it."
    assert len(blame(Report(id="x", title="x", points=(cause(pushed),)), ["lena@corner"])) == 1


def cause(because: str) -> Point:
    return make_point(PointRole.ROOT_CAUSE, "A release changed the unit.", because=because)


WRONG: list[tuple[dict[str, str], str]] = [
    ({"severity": "sev9"}, "allowed: sev1, sev2, sev3"),
    ({"to_detect": "soon"}, "no length of time"),
    ({"began_at": "yesterday"}, "no instant"),
    ({"detected_by": "luck"}, "machine, user"),
    ({"title": "  "}, "title is empty"),
    ({"lessons": "x" * 50_001}, "50,001 characters"),
    ({"lessons": "a\x00b"}, "cannot be stored"),
]


@pytest.mark.covers("P1", "N3")
def test_what_a_field_does_not_take_changes_nothing(learning: Learning, drafted: Incident) -> None:
    for changes, words in WRONG:
        with pytest.raises(InputError, match=words):
            learning.writing.edit(drafted.id, {"summary": "new", **changes}, actor="noa", key="e1")
    assert learning.library.get(drafted.id).version == 1


@pytest.mark.covers("P1")
def test_hostile_text_is_kept_as_typed_in_every_place(learning: Learning, drafted: Incident) -> None:
    writing = learning.writing
    places: list[Callable[[], object]] = [
        lambda: writing.edit(drafted.id, {"summary": HOSTILE, "title": HOSTILE[:280]}, actor="noa", key="1"),
        lambda: writing.add(drafted.id, "root_cause", HOSTILE, actor="noa", key="2"),
        lambda: writing.add(drafted.id, "defence", HOSTILE, subject=HOSTILE[:100], kind="hole", actor="noa", key="3"),
        lambda: writing.comment(drafted.id, HOSTILE, actor="noa", key="4", about="summary"),
    ]
    for place in places:
        place()
    record = learning.library.get(drafted.id)
    assert record.report.sections["summary"] == HOSTILE
    assert writing.comments(drafted.id)[0].text == HOSTILE
    with pytest.raises(NotFoundError):
        writing.edit(drafted.id, {HOSTILE[:100]: "x"}, actor="noa", key="5")
    hostile = learning.incidents.declare(HOSTILE[:200], on="x", severity="sev3", actor=HOSTILE[:150], key="h")
    text = report_markdown(learning.library.preview(hostile.id)).partition("\n# ")[2]
    assert "<script>" not in text.replace("\\<script>", "")
    assert "](javascript:" not in text.replace("\\](", "")


@pytest.mark.covers("P1")
def test_the_table_of_stages_reaches_every_stage_and_ends_in_none() -> None:
    assert {stage for stage, _ in TRANSITIONS} == set(Stage)
    assert set(TRANSITIONS.values()) | {Stage.BROUGHT_IN} == set(Stage)
    assert {step for _, step in TRANSITIONS} == set(Step)
    assert all(TRANSITIONS[(stage, Step.EDIT)] in {Stage.DRAFT, Stage.IN_REVIEW} for stage in Stage)
